/** The kernel's timer for the questions that are due next: one for all. */

import { nowTick } from "../proxy/state.ts";
import type { NetContext } from "../state.ts";
import { askedList } from "./neighbour-list.ts";
import type { NeighbourAddress } from "./records.ts";
import { ASKED_LISTS, HostList, HostNeighbour, HostState, NO_NEIGHBOUR, hostOf } from "./records.ts";

/** Raised when a neighbour is to be asked again. */
export const HOST_BIT = 8;

/** After lists of those that are asked for have changed: the timer goes off when the first of them is due. Too early is no harm. */
export function armHostTimer(context: NetContext): void {
  const { memory, needs } = context;
  const host = hostOf(context);
  const next = nextDue(context);
  const armed = HostState.timerTick.get(memory, host);
  if (next === 0 || (armed !== 0 && armed <= next)) return;
  cancelHostTimer(context);
  const timer = context.timerStart(needs.ticks, Math.max(1, next - nowTick(context)), 0, HOST_BIT);
  HostState.timer.set(memory, host, timer > 0 ? timer : 0);
  HostState.timerTick.set(memory, host, timer > 0 ? next : 0);
}

/** No timer is armed any more. */
export function cancelHostTimer(context: NetContext): void {
  const { memory, needs } = context;
  const host = hostOf(context);
  if (HostState.timerTick.get(memory, host) !== 0) context.timerCancel(needs.ticks, HostState.timer.get(memory, host));
  HostState.timer.set(memory, host, 0);
  HostState.timerTick.set(memory, host, 0);
}

function nextDue(context: NetContext): number {
  const { memory } = context;
  let next = 0;
  for (let asked = 0; asked < ASKED_LISTS; asked++) {
    const first = HostList.first.get(memory, askedList(hostOf(context), asked)) as NeighbourAddress;
    if (first === NO_NEIGHBOUR) continue;
    const due = HostNeighbour.dueTick.get(memory, first);
    if (next === 0 || due < next) next = due;
  }
  return next;
}
