/**
 * A configuration under construction, and its exchange with the one in force. What is built lies in `attempt` (rules and
 * groups), `attemptTransport` (virtual IPs), `attemptPolicy`, `draft` and the two default rates; between operations all
 * of them are empty.
 */

import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringEquals, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { DEFAULT_BURST, DEFAULT_REQUESTS_PER_TICK } from "../config.ts";
import { connectionsEnd } from "../connection/carry.ts";
import { directoryRelease } from "../connection/directory.ts";
import { Backend } from "../group/backend.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { Transport, transportClear, vipAt, vipCount, vipGroup } from "../l4.ts";
import { l7SetDefaults } from "../l7.ts";
import { Policy, Semantics } from "../policy.ts";
import type { PolicyAddress } from "../policy.ts";
import { limitersClear } from "../rate/limiter.ts";
import { rateRulesEqual } from "../rate/rate-rule.ts";
import { Routing, routingClear, routingExchange } from "../routing/routing.ts";
import { ruleClear } from "../routing/rule.ts";
import { policyClear } from "../reset.ts";
import { sessionStoreClear } from "../session/session-store.ts";
import type { TextAddress } from "../text.ts";
import { carryOver } from "./carry-over.ts";

/** Begins with nothing, under these semantics. */
export function attemptOpen(memory: Memory, balancer: BalancerAddress, semantics: number): void {
  Balancer.attemptRequestsPerTick.set(memory, balancer, DEFAULT_REQUESTS_PER_TICK);
  Balancer.attemptBurst.set(memory, balancer, DEFAULT_BURST);
  Balancer.draftOpen.set(memory, balancer, 0);
  Policy.semantics.set(memory, Balancer.attemptPolicy.at(balancer), semantics);
  Routing.semantics.set(memory, Balancer.attempt.at(balancer), semantics);
}

/** Puts a whole and sound attempt into force; what was in force is then the attempt's, to be dropped. Nothing here can fail. */
export function attemptCommit(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const policy = Balancer.policy.at(balancer);
  const attemptPolicy = Balancer.attemptPolicy.at(balancer);
  const wasStrict = Policy.semantics.get(memory, policy) === Semantics.strict;
  const isStrict = Policy.semantics.get(memory, attemptPolicy) === Semantics.strict;
  const requestsPerTick = Balancer.attemptRequestsPerTick.get(memory, balancer);
  const burst = Balancer.attemptBurst.get(memory, balancer);
  if (!ratesStay(memory, balancer)) limitersClear(heap, balancer);
  if (!sameCookie(memory, policy, attemptPolicy)) sessionStoreClear(heap, balancer);
  if (wasStrict && isStrict) carryOver(heap, balancer);
  else if (wasStrict) connectionsEnd(heap, balancer);
  routingExchange(memory, Balancer.routing.at(balancer), Balancer.attempt.at(balancer));
  const vips = Transport.vips.get(memory, Balancer.transport.at(balancer));
  Transport.vips.set(memory, Balancer.transport.at(balancer), Transport.vips.get(memory, Balancer.attemptTransport.at(balancer)));
  Transport.vips.set(memory, Balancer.attemptTransport.at(balancer), vips);
  exchangeRecords(memory, policy, attemptPolicy, Policy.size);
  l7SetDefaults(memory, balancer, requestsPerTick, burst);
}

/** Gives back whatever the attempt holds: what was built in vain, or what was replaced. Cannot fail. */
export function attemptDrop(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const routing = Balancer.attempt.at(balancer);
  const transport = Balancer.attemptTransport.at(balancer);
  for (let group = Routing.firstGroup.get(memory, routing) as GroupAddress; group !== 0; group = Group.next.get(memory, group) as GroupAddress) releaseNames(heap, balancer, group);
  for (let i = vipCount(memory, transport) - 1; i >= 0; i--) releaseNames(heap, balancer, vipGroup(memory, vipAt(memory, transport, i)));
  ruleClear(heap, routing, Balancer.draft.at(balancer));
  routingClear(heap, routing);
  transportClear(heap, transport);
  policyClear(heap, Balancer.attemptPolicy.at(balancer));
}

/** Whether the buckets that were filled under the configuration in force are good under the new one. */
function ratesStay(memory: Memory, balancer: BalancerAddress): boolean {
  const policy = Balancer.policy.at(balancer);
  const attemptPolicy = Balancer.attemptPolicy.at(balancer);
  return (
    Policy.semantics.get(memory, policy) === Policy.semantics.get(memory, attemptPolicy) &&
    Balancer.attemptRequestsPerTick.get(memory, balancer) === Balancer.defaultRequestsPerTick.get(memory, balancer) &&
    Balancer.attemptBurst.get(memory, balancer) === Balancer.defaultBurst.get(memory, balancer) &&
    rateRulesEqual(memory, policy, attemptPolicy)
  );
}

/** Whether both bind sessions by the same cookie, or neither does. */
function sameCookie(memory: Memory, policy: PolicyAddress, other: PolicyAddress): boolean {
  const cookie = Policy.sessionCookie.get(memory, policy) as TextAddress;
  const otherCookie = Policy.sessionCookie.get(memory, other) as TextAddress;
  if (cookie === 0 || otherCookie === 0) return cookie === otherCookie;
  return byteStringEquals(memory, cookie, memory, byteStringBytes(memory, otherCookie), byteStringLength(memory, otherCookie));
}

/** Names that members of an attempt in vain were given. */
function releaseNames(heap: Heap, balancer: BalancerAddress, group: GroupAddress): void {
  for (let i = groupBackendCount(heap.memory, group) - 1; i >= 0; i--) {
    const handle = Backend.handle.get(heap.memory, groupBackend(heap.memory, group, i));
    if (handle !== 0) directoryRelease(heap, balancer, handle);
  }
}

function exchangeRecords(memory: Memory, one: number, other: number, bytes: number): void {
  for (let word = 0; word < bytes; word += 4) {
    const held = memory.i32[(one + word) >> 2];
    memory.i32[(one + word) >> 2] = memory.i32[(other + word) >> 2];
    memory.i32[(other + word) >> 2] = held;
  }
}
