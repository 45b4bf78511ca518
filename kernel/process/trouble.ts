/** What chance may do between two handlers, once in each tick: hold a process, close an endpoint. */

import { TraceState, NO_PROCESS } from "../../hal/trace.ts";
import { KernelChoice } from "../crossing.ts";
import { EndpointRecord } from "../endpoint.ts";
import { FaultCode } from "../fault.ts";
import type { Kernel } from "../kernel.ts";
import { trace } from "../kernel.ts";
import { KernelState, NONE, ProcessRecord, ProcessState } from "../process.ts";
import { endProcess } from "../process-end.ts";
import { KernelTrace } from "../trace-kinds.ts";
import { HELD_TICKS_MAX, hold } from "./hold.ts";
import { hasEnded } from "./restart.ts";

/** A tick was taken. */
export function strikeTick(kernel: Kernel): void {
  const { board, processes } = kernel;
  for (let endpoint = 0; endpoint < kernel.endpoints.count; endpoint++) strikeEndpoint(kernel, endpoint);
  for (let process = 0; process < processes.count; process++) {
    if (hasEnded(kernel, process)) continue;
    const ticks = board.choose(KernelChoice.processStarves, process, HELD_TICKS_MAX + 1);
    if (ticks !== 0) hold(kernel, 1 << process, ticks);
  }
}

/** An endpoint lives as long as its owner: it closes when that is ended from outside, whatever it waits for. */
function strikeEndpoint(kernel: Kernel, endpoint: number): void {
  const { ram, board } = kernel;
  const record = kernel.endpoints.at(endpoint);
  const owner = EndpointRecord.owner.get(ram, record);
  if (owner === NONE || EndpointRecord.open.get(ram, record) === 0 || hasEnded(kernel, owner)) return;
  if (board.choose(KernelChoice.endpointCloses, endpoint, 2) !== 0) endFromOutside(kernel, owner);
}

function endFromOutside(kernel: Kernel, process: number): void {
  const { ram, board, state } = kernel;
  const record = kernel.processes.at(process);
  ProcessRecord.faultCode.set(ram, record, FaultCode.crash);
  ProcessRecord.faultArgument.set(ram, record, 0);
  KernelState.faults.add(ram, state, 1);
  TraceState.process.set(ram, board.trace.stateAt, process);
  trace(kernel, KernelTrace.fault, FaultCode.crash, 0);
  TraceState.process.set(ram, board.trace.stateAt, NO_PROCESS);
  endProcess(kernel, process, ProcessState.zombie);
}
