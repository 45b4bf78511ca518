/**
 * What chance may do between two handlers, once in each tick: hold a process, close an endpoint. An endpoint that was
 * closed so is opened anew at the next tick, as if its owner had thought better of it: with a new epoch, and news for
 * those whose needs lead there.
 */

import { KernelChoice } from "../crossing.ts";
import { EndpointRecord } from "../endpoint.ts";
import type { Kernel } from "../kernel.ts";
import { NONE } from "../process.ts";
import { closeEndpoint } from "../process-end.ts";
import { HELD_TICKS_MAX, hold } from "./hold.ts";
import { hasEnded, reopen } from "./restart.ts";

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

function strikeEndpoint(kernel: Kernel, endpoint: number): void {
  const { ram, board } = kernel;
  const record = kernel.endpoints.at(endpoint);
  const owner = EndpointRecord.owner.get(ram, record);
  if (owner === NONE || hasEnded(kernel, owner)) return;
  if (EndpointRecord.open.get(ram, record) === 0) reopen(kernel, endpoint);
  else if (board.choose(KernelChoice.endpointCloses, endpoint, 2) !== 0) closeEndpoint(kernel, endpoint);
}
