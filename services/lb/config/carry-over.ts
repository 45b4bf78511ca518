/**
 * What a reload leaves as it is, from semantics=strict to semantics=strict: groups of the same name and virtual IPs of the
 * same address and port are the same group; members of the same group with the same address and port are the same
 * member. A member keeps its name, so that connections, sessions and probes still find it; health, ejection, draining,
 * slow start, connections, latency and counters. A group keeps its requests that wait, its turn and draws (if its
 * algorithm is the same), and its counters; a route its counter and its shares' turn (carry-routes.ts).
 *
 * What is gone is let go: requests that wait for a vanished group are refused, connections to a vanished member are
 * forgotten. What is new starts slowly in a group that was in service. From and to the seed's semantics nothing is
 * carried over.
 */

import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringEquals, byteStringLength, bytesEqual } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { groupWaitersCarry, groupWaitersEnd } from "../connection/carry.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { memberCarry, memberForget, memberJoin } from "../group/member.ts";
import { Vip, vipAt, vipCount, vipFind, vipGroup, vipWanted } from "../l4.ts";
import type { TransportAddress } from "../l4.ts";
import { Policy, Semantics } from "../policy.ts";
import { Random } from "../random.ts";
import { Routing, routingGroup } from "../routing/routing.ts";
import type { RoutingAddress } from "../routing/routing.ts";
import type { TextAddress } from "../text.ts";
import { carryRoutes } from "./carry-routes.ts";

const LITERAL_BYTES = 16;

/** The group in force that the one under construction takes the place of, or 0. */
export function groupBefore(memory: Memory, balancer: BalancerAddress, group: GroupAddress): GroupAddress | 0 {
  return isStrict(memory, balancer) ? counterpart(memory, Balancer.routing.at(balancer), group) : 0;
}

/** The same for the virtual IP that `wantedVip` names, its address in `source`. */
export function vipBefore(memory: Memory, balancer: BalancerAddress, source: Memory): GroupAddress | 0 {
  if (!isStrict(memory, balancer)) return 0;
  const transport = Balancer.transport.at(balancer);
  const index = vipFind(memory, transport, Balancer.wantedVip.at(balancer), source);
  return index < 0 ? 0 : vipGroup(memory, vipAt(memory, transport, index));
}

/**
 * Position among the members of `before` of the one with this backend's address and port, or -1. The search goes round
 * from `cursor`: where most lines stay in their order, the next member is found at once.
 */
export function memberBefore(memory: Memory, before: GroupAddress, backend: BackendAddress, cursor: number): number {
  const count = groupBackendCount(memory, before);
  for (let step = 0; step < count; step++) {
    const index = cursor + step < count ? cursor + step : cursor + step - count;
    if (isSame(memory, groupBackend(memory, before, index), backend)) return index;
  }
  return -1;
}

/** Carries over all that can be. The attempt is whole and ready, and will be exchanged with what is in force. Cannot fail. */
export function carryOver(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const routing = Balancer.routing.at(balancer);
  const attempt = Balancer.attempt.at(balancer);
  for (let group = Routing.firstGroup.get(memory, attempt) as GroupAddress; group !== 0; group = Group.next.get(memory, group) as GroupAddress) {
    const before = counterpart(memory, routing, group);
    if (before !== 0) carryGroup(memory, balancer, before, group);
  }
  for (let group = Routing.firstGroup.get(memory, routing) as GroupAddress; group !== 0; group = Group.next.get(memory, group) as GroupAddress) {
    if (counterpart(memory, attempt, group) === 0) groupWaitersEnd(memory, balancer, group);
    forgetMembers(heap, balancer, group);
  }
  carryVips(heap, balancer);
  carryRoutes(memory, routing, attempt);
}

function carryVips(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const transport = Balancer.transport.at(balancer);
  const attempt = Balancer.attemptTransport.at(balancer);
  for (let i = vipCount(memory, transport) - 1; i >= 0; i--) {
    const before = vipGroup(memory, vipAt(memory, transport, i));
    const index = vipCounterpart(memory, balancer, transport, i, attempt);
    if (index >= 0) carryGroup(memory, balancer, before, vipGroup(memory, vipAt(memory, attempt, index)));
    // Nobody waits for one that is gone: flows never wait.
    forgetMembers(heap, balancer, before);
  }
}

/** Position in `other` of the VIP with the key of number `index` of `transport`; negative if there is none. */
function vipCounterpart(memory: Memory, balancer: BalancerAddress, transport: TransportAddress, index: number, other: TransportAddress): number {
  const vip = vipAt(memory, transport, index);
  const name = Group.name.get(memory, vipGroup(memory, vip)) as TextAddress;
  const wanted = Balancer.wantedVip.at(balancer);
  vipWanted(memory, wanted, byteStringBytes(memory, name), byteStringLength(memory, name), Vip.port.get(memory, vip));
  return vipFind(memory, other, wanted, memory);
}

/** `from` is in force, `to` has begun. */
function carryGroup(memory: Memory, balancer: BalancerAddress, from: GroupAddress, to: GroupAddress): void {
  const alike = Group.algorithm.get(memory, from) === Group.algorithm.get(memory, to);
  const count = groupBackendCount(memory, to);
  for (let i = 0, cursor = 0; i < count; i++) {
    const backend = groupBackend(memory, to, i);
    if (Backend.handle.get(memory, backend) !== 0) {
      memberJoin(memory, to, backend);
      continue;
    }
    cursor = memberBefore(memory, from, backend, cursor);
    const before = groupBackend(memory, from, cursor);
    memberCarry(memory, balancer, before, backend);
    if (alike) Backend.currentWeight.set(memory, backend, Backend.currentWeight.get(memory, before));
    cursor++;
  }
  groupWaitersCarry(memory, balancer, from, to);
  Group.sessionSpace.set(memory, to, Group.sessionSpace.get(memory, from));
  for (let i = 0; i < COUNTERS.length; i++) COUNTERS[i].set(memory, to, COUNTERS[i].get(memory, from));
  if (!alike) return;
  Group.position.setWords(memory, to, Group.position.low(memory, from), Group.position.high(memory, from));
  memory.copy(Group.random.at(to), Group.random.at(from), Random.size);
}

/** Statistics that go on. */
const COUNTERS = Object.freeze([Group.refused, Group.routed, Group.overloaded, Group.retried, Group.retriesRefused, Group.ejectionsRefused]);

/** Of a group that is about to be freed: members that were not carried over still have names. */
function forgetMembers(heap: Heap, balancer: BalancerAddress, group: GroupAddress): void {
  for (let i = groupBackendCount(heap.memory, group) - 1; i >= 0; i--) {
    const backend = groupBackend(heap.memory, group, i);
    if (Backend.handle.get(heap.memory, backend) !== 0) memberForget(heap, balancer, backend);
  }
}

/** The group of that name in another routing, or 0. */
function counterpart(memory: Memory, routing: RoutingAddress, group: GroupAddress): GroupAddress | 0 {
  const name = Group.name.get(memory, group) as TextAddress;
  return routingGroup(memory, routing, memory, byteStringBytes(memory, name), byteStringLength(memory, name));
}

/** Address and port are the same: of literals the bytes, of names the text. */
function isSame(memory: Memory, one: BackendAddress, other: BackendAddress): boolean {
  if (Backend.mark.get(memory, one) !== Backend.mark.get(memory, other)) return false;
  const family = Backend.family.get(memory, one);
  if (Backend.port.get(memory, one) !== Backend.port.get(memory, other) || family !== Backend.family.get(memory, other)) return false;
  if (family !== 0) return bytesEqual(memory, Backend.literal.at(one), memory, Backend.literal.at(other), LITERAL_BYTES);
  const text = Backend.address.get(memory, other) as TextAddress;
  return byteStringEquals(memory, Backend.address.get(memory, one) as TextAddress, memory, byteStringBytes(memory, text), byteStringLength(memory, text));
}

function isStrict(memory: Memory, balancer: BalancerAddress): boolean {
  return Policy.semantics.get(memory, Balancer.policy.at(balancer)) === Semantics.strict;
}
