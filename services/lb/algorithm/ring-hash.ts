/**
 * Ring hash, as nginx's `hash ... consistent` (compatible with ketama's arithmetic): 160 points on a ring for each unit
 * of weight; a key belongs to the first point at or behind its CRC-32, or the first of all. A request whose backend
 * cannot take it goes on to the next point.
 *
 * Points of a backend are a chain: each is the CRC-32 of HOST 0x00 PORT and of the point before as four bytes, the
 * lowest first, which is 0 for the first one. HOST is the address as configured, an IPv6 address in brackets; PORT is in
 * decimal. Where two points are equal, the one of the backend that stands earlier in the group counts.
 *
 * The same as nginx does, but for this: after 20 points in vain nginx takes turns, and here the walk goes on, so that
 * clients stay where they are when many backends are gone.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import type { LbLimits } from "../../limits.ts";
import { LbErrno } from "../control.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { isOverBound } from "../group/candidate.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { CRC32_BEGIN, crc32Byte, crc32Bytes, crc32Word } from "../hash.ts";
import type { TextAddress } from "../text.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import { PickRequest } from "./pick-request.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { isEligible } from "./references.ts";
import { rendezvousPick } from "./rendezvous.ts";
import { smoothPick } from "./smooth-weighted.ts";
import { SortPair, pairAt, sortPairs } from "./sort.ts";

const POINTS_PER_WEIGHT = 160;

/** In front of the points, which are SortPairs of hash and position, sorted. */
export const HashRing = layout("HashRing", 8, { points: i32, reserved: i32 });
type RingAddress = Address<"HashRing">;

function bytes(memory: Memory, limits: LbLimits, group: GroupAddress): number {
  let points = 0;
  for (let index = groupBackendCount(memory, group) - 1; index >= 0; index--) points += pointsOf(memory, groupBackend(memory, group, index));
  return points > limits.ringPointsMax ? LbErrno.tableFull : HashRing.size + points * SortPair.size;
}

function pointsOf(memory: Memory, backend: BackendAddress): number {
  return POINTS_PER_WEIGHT * Backend.weight.get(memory, backend);
}

function fill(memory: Memory, group: GroupAddress, table: number): void {
  const ring = table as RingAddress;
  const count = groupBackendCount(memory, group);
  let points = 0;
  for (let index = 0; index < count; index++) points = addPoints(memory, ring, points, groupBackend(memory, group, index), index);
  HashRing.points.set(memory, ring, points);
  HashRing.reserved.set(memory, ring, 0);
  sortPairs(memory, ring + HashRing.size, points);
}

/** Writes a backend's points behind the `points` that are there. How many there are then. */
function addPoints(memory: Memory, ring: RingAddress, points: number, backend: BackendAddress, index: number): number {
  const begun = endpointCrc(memory, backend);
  const end = points + pointsOf(memory, backend);
  let hash = 0;
  for (let point = points; point < end; point++) {
    hash = ~crc32Word(begun, hash);
    const pair = pairAt(ring + HashRing.size, point);
    SortPair.key.set(memory, pair, hash);
    SortPair.value.set(memory, pair, index);
  }
  return end;
}

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const DIGIT_ZERO = 0x30;

/** CRC-32, not complemented yet, of HOST 0x00 PORT. */
function endpointCrc(memory: Memory, backend: BackendAddress): number {
  const address = Backend.address.get(memory, backend) as TextAddress;
  const isLiteral6 = Backend.family.get(memory, backend) === 6;
  let crc = isLiteral6 ? crc32Byte(CRC32_BEGIN, OPENING_BRACKET) : CRC32_BEGIN;
  crc = crc32Bytes(memory, byteStringBytes(memory, address), byteStringLength(memory, address), crc);
  if (isLiteral6) crc = crc32Byte(crc, CLOSING_BRACKET);
  crc = crc32Byte(crc, 0);
  const port = Backend.port.get(memory, backend);
  for (let unit = 10_000; unit >= 1; unit = Math.floor(unit / 10)) {
    if (port >= unit || unit === 1) crc = crc32Byte(crc, DIGIT_ZERO + (Math.floor(port / unit) % 10));
  }
  return crc;
}

/** The leaving one's points go, those of backends behind it name them by one position less; the order stays. */
function forget(memory: Memory, _group: GroupAddress, table: number, index: number): void {
  const ring = table as RingAddress;
  const count = HashRing.points.get(memory, ring);
  let kept = 0;
  for (let point = 0; point < count; point++) {
    const from = pairAt(ring + HashRing.size, point);
    const position = SortPair.value.get(memory, from);
    if (position === index) continue;
    const to = pairAt(ring + HashRing.size, kept++);
    SortPair.key.set(memory, to, SortPair.key.get(memory, from));
    SortPair.value.set(memory, to, position > index ? position - 1 : position);
  }
  HashRing.points.set(memory, ring, kept);
}

function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  if (PickRequest.keyless.get(memory, request) !== 0) return smoothPick(memory, group, request, tick);
  const key = PickRequest.key.get(memory, request);
  const ring = Group.table.get(memory, group) as RingAddress;
  if (ring === 0) return rendezvousPick(memory, group, request, key);
  const start = firstPoint(memory, ring, key >>> 0);
  const bounded = GroupPolicy.boundedPercent.get(memory, Group.policy.at(group)) !== 0;
  const chosen = walk(memory, group, request, ring, start, bounded);
  return chosen < 0 && bounded ? walk(memory, group, request, ring, start, false) : chosen;
}

/** The first point at or behind the key; the count of points if there is none. */
function firstPoint(memory: Memory, ring: RingAddress, key: number): number {
  let low = 0;
  let high = HashRing.points.get(memory, ring);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (SortPair.key.get(memory, pairAt(ring + HashRing.size, middle)) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Points in vain after which the walk asks whether there is anybody to be found. */
const PATIENCE = 20;

/** Once round the ring, at most. Of equal points only the first is there. */
function walk(memory: Memory, group: GroupAddress, request: PickRequestAddress, ring: RingAddress, start: number, bounded: boolean): number {
  const count = HashRing.points.get(memory, ring);
  let refused = -1;
  for (let step = 0; step < count; step++) {
    if (step === PATIENCE && !isAnyoneThere(memory, group, request, bounded)) return -1;
    const point = (start + step) % count;
    const pair = pairAt(ring + HashRing.size, point);
    const position = SortPair.value.get(memory, pair);
    if (position === refused) continue;
    if (point > 0 && SortPair.key.get(memory, pair) === SortPair.key.get(memory, pairAt(ring + HashRing.size, point - 1))) continue;
    if (mayTake(memory, group, groupBackend(memory, group, position), request, bounded)) return position;
    refused = position;
  }
  return -1;
}

function mayTake(memory: Memory, group: GroupAddress, backend: BackendAddress, request: PickRequestAddress, bounded: boolean): boolean {
  return isEligible(memory, group, backend, request) && !(bounded && isOverBound(memory, group, backend));
}

function isAnyoneThere(memory: Memory, group: GroupAddress, request: PickRequestAddress, bounded: boolean): boolean {
  for (let index = groupBackendCount(memory, group) - 1; index >= 0; index--) {
    if (mayTake(memory, group, groupBackend(memory, group, index), request, bounded)) return true;
  }
  return false;
}

export const ringHash: Algorithm = Object.freeze({
  names: Object.freeze(["ringhash"]),
  keyHash: KeyHash.crc32,
  bounded: true,
  gradual: false,
  table: Object.freeze({ bytes, fill, forget }),
  pick,
});
