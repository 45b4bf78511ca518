/**
 * When somebody has waited too long. Deadlines lie in the records they are of, and move on with every byte; the state has
 * one tick that none of them is earlier than. So moving one costs a comparison. When that tick comes all are looked at
 * (proxy.ts): those that are due are attended to, and the earliest of the others is the next tick, often for nothing.
 */

import type { NetContext } from "../state.ts";
import type { ClientAddress } from "./records.ts";
import { ProxyClient, ProxyState } from "./records.ts";
import { nowTick, proxyOf } from "./state.ts";

/** The client has so many ticks from now on. */
export function limitClient(context: NetContext, client: ClientAddress, ticks: number): void {
  const tick = nowTick(context) + ticks;
  ProxyClient.deadlineTick.set(context.memory, client, tick);
  noteDue(context, tick);
}

/** Something is due at that tick, if it does not move. */
export function noteDue(context: NetContext, tick: number): void {
  const proxy = proxyOf(context);
  const due = ProxyState.dueTick.get(context.memory, proxy);
  if (due === 0 || tick < due) ProxyState.dueTick.set(context.memory, proxy, tick);
}

/** Whether anything may be due now; if so, whoever asks notes what is due later. */
export function takeDue(context: NetContext): boolean {
  const proxy = proxyOf(context);
  const due = ProxyState.dueTick.get(context.memory, proxy);
  if (due === 0 || due > nowTick(context)) return false;
  ProxyState.dueTick.set(context.memory, proxy, 0);
  return true;
}
