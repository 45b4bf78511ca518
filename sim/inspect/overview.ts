/** A dump on one page: what machine it is, what it was doing, what is odd about it. */

import type { InvariantProblem } from "../../kernel/invariants/checker.ts";
import { CHECKERS, checkTables } from "../../kernel/invariants/invariants.ts";
import { KernelState } from "../../kernel/process.ts";
import { seamWords } from "../../kernel/seams.ts";
import type { Dump } from "./dump.ts";
import { cycleOf, tickOf } from "./dump.ts";
import type { EndpointView } from "./endpoints.ts";
import { endpointsOf } from "./endpoints.ts";
import type { MemoryView } from "./memory.ts";
import { memoryOf } from "./memory.ts";
import type { NicView } from "./nics.ts";
import { nicsOf } from "./nics.ts";
import type { ProcessView } from "./processes.ts";
import { processesOf } from "./processes.ts";
import { capabilitiesOf } from "./capabilities.ts";
import type { TimerView } from "./timers.ts";
import { timersOf } from "./timers.ts";

export interface Overview {
  readonly machine: string;
  readonly manifestDigest: string;
  readonly ramBytes: number;
  readonly cycle: number;
  readonly tick: number;
  readonly messagesFast: number;
  readonly messagesQueued: number;
  readonly refusals: number;
  readonly faults: number;
  readonly capabilities: number;
  /** Small parts of the kernel that are not its own, each with its number: "receiver 24". */
  readonly seams: readonly string[];
  readonly processes: readonly ProcessView[];
  readonly endpoints: readonly EndpointView[];
  readonly memory: MemoryView;
  readonly timers: readonly TimerView[];
  readonly nics: readonly NicView[];
  /** How many invariants were checked, and what does not hold. */
  readonly checked: number;
  readonly problems: readonly InvariantProblem[];
}

export function overviewOf(dump: Dump): Overview {
  const { ram, tables, names, directory } = dump;
  const cycle = cycleOf(dump);
  return {
    machine: names.machine,
    manifestDigest: directory.manifestDigest,
    ramBytes: ram.bytes,
    cycle,
    tick: tickOf(cycle),
    messagesFast: KernelState.ipcFast.get(ram, tables.state),
    messagesQueued: KernelState.ipcQueued.get(ram, tables.state),
    refusals: KernelState.refusals.get(ram, tables.state),
    faults: KernelState.faults.get(ram, tables.state),
    capabilities: capabilitiesOf(dump).length,
    seams: seamWords(ram, KernelState.seams.at(tables.state)),
    processes: processesOf(dump),
    endpoints: endpointsOf(dump),
    memory: memoryOf(dump),
    timers: timersOf(dump),
    nics: nicsOf(dump),
    checked: CHECKERS.length,
    problems: checkTables(tables),
  };
}
