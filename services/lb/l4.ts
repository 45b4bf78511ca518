/**
 * The transport balancer: virtual IPs, each with its backends (a Group named by the VIP's address), and the choice among
 * them, as the seed's sibling makes it, bit for bit. One counter and one random state serve all VIPs.
 *
 * The list of VIPs is kept in the order of the bytes of their keys: address, colon, port in decimal.
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32, nested, u16, u64, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../kernel/collections/byte-string.ts";
import { listAt, listCount, listCreate, listFree, listPush, listRemove } from "../../kernel/collections/list.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { LbLimits } from "../limits.ts";
import { Backend } from "./group/backend.ts";
import { LbErrno } from "./control.ts";
import { Group, groupBackend, groupBackendCount, groupCreate, groupFree, groupSetHealth } from "./group/group.ts";
import type { GroupAddress } from "./group/group.ts";
import type { TextAddress } from "./text.ts";

/** A backend with more active connections than this is taken for overloaded by the health check. */
const ACTIVE_CONNECTIONS_MAX = 10_000;

/** The random state at first. */
const RANDOM_SEED = 0x1234_5678;

export const Vip = layout("Vip", 16, {
  /** Group: name is the address, which the key begins with. 0 in the one that is looked for. */
  group: i32,
  port: u16,
  tailBytes: u8,
  reserved: u8("scratch"),
  /** The end of the key: a colon and up to five digits. */
  tail: bytes(8),
});
export type VipAddress = Address<"Vip">;

export const Transport = layout("Transport", 24, {
  /** Selections by turn so far, of all VIPs together: all 64 bits count. */
  counter: u64,
  /** State of the 64-bit linear congruential generator. */
  random: u64,
  /** List of Vip, 0 for none. */
  vips: i32,
  reserved: i32("scratch"),
});
export type TransportAddress = Address<"Transport">;

/** The VIP that an operation names. */
export const WantedVip = layout("WantedVip", 40, {
  /** The address, in the memory of the operands. */
  addressAt: i32("scratch"),
  addressBytes: i32("scratch"),
  /** The port, and the end of the key. */
  vip: nested(Vip)("scratch"),
  /** The bytes of an address of the table of virtual IPs that is being written. */
  literal: bytes(16)("scratch"),
});
export type WantedVipAddress = Address<"WantedVip">;

/** Forgets all VIPs, the counter and the random state. Cannot fail. */
export function transportReset(heap: Heap, transport: TransportAddress): void {
  transportClear(heap, transport);
  Transport.counter.setWords(heap.memory, transport, 0, 0);
  Transport.random.setWords(heap.memory, transport, RANDOM_SEED, 0);
}

/** Forgets all VIPs. Counter and random state stay. Cannot fail. */
export function transportClear(heap: Heap, transport: TransportAddress): void {
  const memory = heap.memory;
  for (let i = vipCount(memory, transport) - 1; i >= 0; i--) groupFree(heap, vipGroup(memory, vipAt(memory, transport, i)));
  freeList(heap, transport);
}

export function vipCount(memory: Memory, transport: TransportAddress): number {
  const vips = Transport.vips.get(memory, transport) as Address<"List">;
  return vips === 0 ? 0 : listCount(memory, vips);
}

/** The VIP at that position in the order of keys. It moves when one is added or removed. */
export function vipAt(memory: Memory, transport: TransportAddress, index: number): VipAddress {
  return listAt<"Vip">(memory, Transport.vips.get(memory, transport) as Address<"List">, index);
}

export function vipGroup(memory: Memory, vip: VipAddress): GroupAddress {
  return Vip.group.get(memory, vip) as GroupAddress;
}

/** Says which VIP the next functions mean: the address is the `addressBytes` bytes at `at` in their `source`. */
export function vipWanted(memory: Memory, wantedVip: WantedVipAddress, at: number, addressBytes: number, port: number): void {
  const wanted = WantedVip.vip.at(wantedVip);
  WantedVip.addressAt.set(memory, wantedVip, at);
  WantedVip.addressBytes.set(memory, wantedVip, addressBytes);
  Vip.group.set(memory, wanted, 0);
  Vip.port.set(memory, wanted, port);
  let digits = 1;
  for (let rest = port; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  const tail = Vip.tail.at(wanted);
  memory.u8[tail] = 0x3a;
  for (let i = digits, rest = port; i > 0; i--, rest = Math.floor(rest / 10)) memory.u8[tail + i] = 0x30 + (rest % 10);
  Vip.tailBytes.set(memory, wanted, digits + 1);
}

/** Position of the wanted VIP in the order of keys, or, if it is not there, -1 minus the position it would have. */
export function vipFind(memory: Memory, transport: TransportAddress, wantedVip: WantedVipAddress, source: Memory): number {
  let low = 0;
  let high = vipCount(memory, transport);
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareKeys(memory, wantedVip, source, vipAt(memory, transport, middle));
    if (order === 0) return middle;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return -1 - low;
}

/** Makes the wanted VIP, without backends. 0, or vipAlreadyExists, tableFull, messageTooLarge (the address), outOfMemory. */
export function vipAdd(heap: Heap, limits: LbLimits, transport: TransportAddress, wantedVip: WantedVipAddress, source: Memory, algorithm: number): number {
  const memory = heap.memory;
  const found = vipFind(memory, transport, wantedVip, source);
  if (found >= 0) return LbErrno.vipAlreadyExists;
  if (vipCount(memory, transport) >= limits.vipsMax) return LbErrno.tableFull;
  const group = groupCreate(heap, limits, source, WantedVip.addressAt.get(memory, wantedVip), WantedVip.addressBytes.get(memory, wantedVip), algorithm);
  if (group < 0) return group;
  const status = enter(heap, limits, transport, -1 - found);
  if (status < 0) {
    groupFree(heap, group as GroupAddress);
    return status;
  }
  const vip = vipAt(memory, transport, -1 - found);
  memory.copy(vip, WantedVip.vip.at(wantedVip), Vip.size);
  Vip.group.set(memory, vip, group);
  return 0;
}

/** Takes the VIP at that position out, with its backends. Counter and random state stay. */
export function vipRemove(heap: Heap, transport: TransportAddress, index: number): void {
  groupFree(heap, vipGroup(heap.memory, vipAt(heap.memory, transport, index)));
  listRemove(heap, Transport.vips.get(heap.memory, transport) as Address<"List">, index);
  if (vipCount(heap.memory, transport) === 0) freeList(heap, transport);
}

/** Marks every backend with too many active connections unhealthy; never makes one healthy. */
export function transportHealthCheck(memory: Memory, transport: TransportAddress): void {
  for (let i = vipCount(memory, transport) - 1; i >= 0; i--) {
    const group = vipGroup(memory, vipAt(memory, transport, i));
    for (let k = groupBackendCount(memory, group) - 1; k >= 0; k--) {
      const backend = groupBackend(memory, group, k);
      if (Backend.activeConnections.get(memory, backend) > ACTIVE_CONNECTIONS_MAX) groupSetHealth(memory, group, backend, false);
    }
  }
}

/** Room for one more at that position, zeroed. 0, or outOfMemory; then nothing has changed. */
function enter(heap: Heap, limits: LbLimits, transport: TransportAddress, index: number): number {
  const memory = heap.memory;
  const fresh = Transport.vips.get(memory, transport) === 0;
  const vips = (fresh ? listCreate(heap, Vip.size, limits.vipsMax) : Transport.vips.get(memory, transport)) as Address<"List">;
  if (vips < 0) return vips;
  const last = listPush<"Vip">(heap, vips);
  if (last < 0) {
    if (fresh) listFree(heap, vips);
    return last;
  }
  Transport.vips.set(memory, transport, vips);
  const at = listAt<"Vip">(memory, vips, index);
  if (at !== last) memory.copy(at + Vip.size, at, last - at);
  return 0;
}

function freeList(heap: Heap, transport: TransportAddress): void {
  const vips = Transport.vips.get(heap.memory, transport) as Address<"List">;
  if (vips !== 0) listFree(heap, vips);
  Transport.vips.set(heap.memory, transport, 0);
}

/** Below 0, 0 or above 0 as the wanted key comes before, is, or comes behind the VIP's. */
function compareKeys(memory: Memory, wantedVip: WantedVipAddress, source: Memory, vip: VipAddress): number {
  const wanted = WantedVip.vip.at(wantedVip);
  const wantedAt = WantedVip.addressAt.get(memory, wantedVip);
  const wantedBytes = WantedVip.addressBytes.get(memory, wantedVip);
  const name = Group.name.get(memory, vipGroup(memory, vip)) as TextAddress;
  const nameAt = byteStringBytes(memory, name);
  const nameBytes = byteStringLength(memory, name);
  const wantedAll = wantedBytes + Vip.tailBytes.get(memory, wanted);
  const all = nameBytes + Vip.tailBytes.get(memory, vip);
  for (let i = 0; i < wantedAll && i < all; i++) {
    const one = i < wantedBytes ? source.u8[wantedAt + i] : memory.u8[Vip.tail.at(wanted) + i - wantedBytes];
    const other = i < nameBytes ? memory.u8[nameAt + i] : memory.u8[Vip.tail.at(vip) + i - nameBytes];
    if (one !== other) return one - other;
  }
  return wantedAll - all;
}
