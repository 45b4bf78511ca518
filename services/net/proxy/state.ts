/** What the proxy's parts ask of net's context: where its records lie, what it counts. */

import type { Address } from "../../../hal/field.ts";
import type { NetContext } from "../state.ts";
import { NetState, stateOf } from "../state.ts";
import type { StackAddress } from "../tcp/api.ts";
import { TcpStack } from "../tcp/api.ts";
import type { ProxyLimits } from "./limits.ts";
import type { ProxyAddress } from "./records.ts";
import { ProxyState } from "./records.ts";

/** A field of the proxy's state that counts. */
export type ProxyCounter = typeof ProxyState.responses;

export function proxyOf(context: NetContext): ProxyAddress {
  return NetState.proxy.get(context.memory, stateOf(context)) as ProxyAddress;
}

export function stackOf(context: NetContext): StackAddress {
  return ProxyState.stack.get(context.memory, proxyOf(context)) as StackAddress;
}

export function limitsOf(context: NetContext): ProxyLimits {
  return context.parameters.proxy as ProxyLimits;
}

export function count(context: NetContext, counter: ProxyCounter, more = 1): void {
  counter.add(context.memory, proxyOf(context), more);
}

export function nowTick(context: NetContext): number {
  return NetState.nowTick.get(context.memory, stateOf(context));
}

/** The stack learns what time it is: before it is used in a handler run. */
export function setStackTime(context: NetContext): void {
  TcpStack.nowTick.set(context.memory, stackOf(context), nowTick(context));
}

/** Net's emitter: MAC address, next hops, pool, driver. */
export function emitterOf(context: NetContext): Address<"Emitter"> {
  return NetState.emitter.get(context.memory, stateOf(context)) as Address<"Emitter">;
}
