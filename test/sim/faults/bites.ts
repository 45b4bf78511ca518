/**
 * Faults of memory, timer, IPC and processes on the tiny machine: a run of the small traffic with one rule, watched; and the
 * same run without it. Whoever expects nothing else expects that all checkers are content: what breaks here is survived.
 */

import type { Probe } from "../../../hal/trace.ts";
import { processes } from "../../../sim/experiments/process.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import type { Outcome } from "../../../sim/explore/outcome.ts";
import type { FaultRule } from "../../../sim/faults/fault.ts";
import type { MachineReport } from "../../../kernel/machine-report.ts";

export const ALWAYS = 1_000_000;

export interface Bitten {
  readonly outcome: Outcome;
  /** Behind the run. */
  readonly report: MachineReport;
}

export class Bites {
  readonly theatre = new Theatre(processes);

  play(rules: readonly FaultRule[], probe?: Probe, seed = 1): Bitten {
    const outcome = this.theatre.play({ seed, rules }, probe === undefined ? {} : { watches: [{ probe }] });
    return { outcome, report: this.theatre.world.machine.report() };
  }

  /** The process of that name. */
  process(name: string): number {
    return this.theatre.world.machine.processNames.indexOf(name);
  }

  /** Number of the endpoint that belongs to that queue: "net.decisions". */
  endpoint(name: string): number {
    return this.theatre.world.machine.parts.filter((part) => part.name.startsWith("queue.")).findIndex((part) => part.name === `queue.${name}`);
  }

  /** Without any rule. */
  untouched(): Outcome {
    return this.play([]).outcome;
  }
}
