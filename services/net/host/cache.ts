/**
 * Neighbours by address: records of a fixed table in hash chains. When all are taken, the one that was used longest ago
 * and is not asked for gives way; those that are asked for are few (ask.ts).
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { IpAddress } from "../neighbour.ts";
import type { HostLimits } from "./limits.ts";
import { usedAppend, usedRemove } from "./neighbour-list.ts";
import type { HostAddress, NeighbourAddress } from "./records.ts";
import { HostLink, HostList, HostNeighbour, HostState, NO_NEIGHBOUR, NeighbourState, WaitingFrame } from "./records.ts";

type Ip = Address<"IpAddress">;

const CHAIN_BYTES = 4;

/** Makes state and tables in the heap. The HostState's address, or -5. */
export function hostTablesCreate(heap: Heap, limits: HostLimits, secret: number): number {
  const { memory } = heap;
  let chains = 1;
  while (chains < limits.neighboursMax) chains *= 2;
  const chainsAt = HostState.size + limits.neighboursMax * HostNeighbour.size;
  const waitingAt = chainsAt + chains * CHAIN_BYTES;
  const bytesNeeded = waitingAt + limits.waitingMax * WaitingFrame.size;
  const at = heap.allocate(bytesNeeded);
  if (at < 0) return at;
  const host = at as HostAddress;
  memory.fill(at, bytesNeeded, 0);
  memory.fill(HostState.broadcast.at(host), 6, 0xff);
  HostState.neighboursAt.set(memory, host, at + HostState.size);
  HostState.neighboursMax.set(memory, host, limits.neighboursMax);
  HostState.chainsAt.set(memory, host, at + chainsAt);
  HostState.chains.set(memory, host, chains);
  HostState.secret.set(memory, host, secret);
  HostState.waitingAt.set(memory, host, at + waitingAt);
  for (let index = limits.neighboursMax - 1; index >= 0; index--) giveBack(memory, host, (at + HostState.size + index * HostNeighbour.size) as NeighbourAddress);
  for (let index = limits.waitingMax - 1; index >= 0; index--) {
    const frame = (at + waitingAt + index * WaitingFrame.size) as Address<"WaitingFrame">;
    WaitingFrame.next.set(memory, frame, HostState.waitingFree.get(memory, host));
    HostState.waitingFree.set(memory, host, frame);
  }
  return at;
}

/** The neighbour with this address, or NO_NEIGHBOUR. */
export function neighbourFind(memory: Memory, host: HostAddress, family: number, address: Ip): NeighbourAddress {
  let entry = memory.i32[chainOf(memory, host, family, address) >> 2] as NeighbourAddress;
  while (entry !== NO_NEIGHBOUR && !(HostNeighbour.family.get(memory, entry) === family && isSame(memory, HostNeighbour.address.at(entry), address))) {
    entry = HostNeighbour.chainNext.get(memory, entry) as NeighbourAddress;
  }
  return entry;
}

/** A record for an address that has none, zeroed but for that; NO_NEIGHBOUR when all are taken. */
export function neighbourOpen(memory: Memory, host: HostAddress, family: number, address: Ip): NeighbourAddress {
  const entry = HostState.neighbourFree.get(memory, host) as NeighbourAddress;
  if (entry === NO_NEIGHBOUR) return entry;
  HostState.neighbourFree.set(memory, host, HostNeighbour.chainNext.get(memory, entry));
  memory.fill(entry, HostNeighbour.size, 0);
  memory.copy(HostNeighbour.address.at(entry), address, IpAddress.size);
  HostNeighbour.family.set(memory, entry, family);
  const chain = chainOf(memory, host, family, address) >> 2;
  HostNeighbour.chainNext.set(memory, entry, memory.i32[chain]);
  memory.i32[chain] = entry;
  usedAppend(memory, host, entry);
  return entry;
}

/** The record is free again; nothing waits for it, and it is not asked for. */
export function neighbourClose(memory: Memory, host: HostAddress, entry: NeighbourAddress): void {
  const chain = chainOf(memory, host, HostNeighbour.family.get(memory, entry), HostNeighbour.address.at(entry)) >> 2;
  const next = HostNeighbour.chainNext.get(memory, entry);
  let previous = memory.i32[chain] as NeighbourAddress;
  if (previous === entry) memory.i32[chain] = next;
  else {
    while (HostNeighbour.chainNext.get(memory, previous) !== entry) previous = HostNeighbour.chainNext.get(memory, previous) as NeighbourAddress;
    HostNeighbour.chainNext.set(memory, previous, next);
  }
  usedRemove(memory, host, entry);
  giveBack(memory, host, entry);
}

/** The neighbour is in use: it will be forgotten last. */
export function neighbourTouch(memory: Memory, host: HostAddress, entry: NeighbourAddress): void {
  if (HostList.last.get(memory, HostState.used.at(host)) === entry) return;
  usedRemove(memory, host, entry);
  usedAppend(memory, host, entry);
}

/** The one that was used longest ago of those that are not asked for; NO_NEIGHBOUR if there is none. */
export function neighbourToForget(memory: Memory, host: HostAddress): NeighbourAddress {
  let entry = HostList.first.get(memory, HostState.used.at(host)) as NeighbourAddress;
  while (entry !== NO_NEIGHBOUR && isAsked(memory, entry)) entry = HostLink.next.get(memory, HostNeighbour.used.at(entry)) as NeighbourAddress;
  return entry;
}

/** Whether it is in one of the lists of those that are asked for. */
export function isAsked(memory: Memory, entry: NeighbourAddress): boolean {
  const state = HostNeighbour.state.get(memory, entry);
  return state === NeighbourState.incomplete || state === NeighbourState.probe;
}

export function isSame(memory: Memory, one: Ip, other: Ip): boolean {
  return (
    IpAddress.word0.get(memory, one) === IpAddress.word0.get(memory, other) &&
    IpAddress.word1.get(memory, one) === IpAddress.word1.get(memory, other) &&
    IpAddress.word2.get(memory, one) === IpAddress.word2.get(memory, other) &&
    IpAddress.word3.get(memory, one) === IpAddress.word3.get(memory, other)
  );
}

function giveBack(memory: Memory, host: HostAddress, entry: NeighbourAddress): void {
  HostNeighbour.state.set(memory, entry, NeighbourState.free);
  HostNeighbour.chainNext.set(memory, entry, HostState.neighbourFree.get(memory, host));
  HostState.neighbourFree.set(memory, host, entry);
}

/** Address of the word with the first of the chain that the address belongs to. */
function chainOf(memory: Memory, host: HostAddress, family: number, address: Ip): number {
  let value = Math.imul(IpAddress.word0.get(memory, address) ^ family ^ HostState.secret.get(memory, host), 0x9e3779b1);
  value = Math.imul(value ^ IpAddress.word1.get(memory, address) ^ (value >>> 15), 0x85ebca77);
  value = Math.imul(value ^ IpAddress.word2.get(memory, address) ^ (value >>> 13), 0xc2b2ae3d);
  value = Math.imul(value ^ IpAddress.word3.get(memory, address) ^ (value >>> 16), 0x27d4eb2f);
  const index = (value ^ (value >>> 15)) & (HostState.chains.get(memory, host) - 1);
  return HostState.chainsAt.get(memory, host) + index * CHAIN_BYTES;
}
