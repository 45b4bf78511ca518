/**
 * Client hash, as nginx's ip_hash: the client's address leads to a place in a row of backends, each as wide as its
 * weight. The hash starts at 89 and takes in byte by byte, hash = (hash x 113 + byte) mod 6271: the first three of an
 * IPv4 address (clients of one /24 go together), all of an IPv6 address. If the backend there cannot take the request,
 * the bytes are taken in again, up to 20 times. With another hash key than the address, the four bytes of the key's
 * hash are taken in instead.
 *
 * Two things go beyond nginx. A backend that was removed leaves its place empty, as if it were down, so that no client of
 * another moves; one that joins takes an empty place of its weight (its own, if it was there before), and only if one
 * finds none is the row made anew, as nginx does at any change. And after 21 places in vain nginx takes turns; here
 * rendezvous decides, so that these clients stay where they are as well.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { LbLimits } from "../../limits.ts";
import { Backend } from "../group/backend.ts";
import { isOverBound } from "../group/candidate.ts";
import { GroupPolicy, HashKey } from "../group/group-policy.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { mixBytes } from "../hash.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import { PickRequest } from "./pick-request.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { isEligible } from "./references.ts";
import { rendezvousPick } from "./rendezvous.ts";
import { smoothPick } from "./smooth-weighted.ts";

const HASH_BEGIN = 89;
const HASH_FACTOR = 113;
const HASH_MODULUS = 6271;
/** The first, and twenty more. */
const TRIES = 21;
const IPV4_BYTES = 3;
const IPV6_BYTES = 16;
/** Position of a place whose backend is gone. */
const EMPTY = -1;

/** In front of the places. */
export const ClientRow = layout("ClientRow", 8, {
  places: i32,
  /** Sum of their weights, empty ones included. */
  weight: i32,
});
export const ClientPlace = layout("ClientPlace", 16, {
  mark: i32,
  weight: i32,
  /** Sum of the weights up to this place, its own included. */
  end: i32,
  position: i32,
});
type RowAddress = Address<"ClientRow">;
type PlaceAddress = Address<"ClientPlace">;

function placeAt(row: RowAddress, index: number): PlaceAddress {
  return (row + ClientRow.size + index * ClientPlace.size) as PlaceAddress;
}

/** Room for the row before, if all find a place in it, and for a new one. */
function bytes(memory: Memory, _limits: LbLimits, group: GroupAddress, before: number): number {
  const places = before === 0 ? 0 : ClientRow.places.get(memory, before as RowAddress);
  return ClientRow.size + Math.max(places, groupBackendCount(memory, group)) * ClientPlace.size;
}

function fill(memory: Memory, group: GroupAddress, table: number, before: number): void {
  const row = table as RowAddress;
  if (before !== 0 && seatAll(memory, group, row, before as RowAddress)) return;
  const count = groupBackendCount(memory, group);
  let end = 0;
  for (let index = 0; index < count; index++) {
    const backend = groupBackend(memory, group, index);
    const place = placeAt(row, index);
    end += Backend.weight.get(memory, backend);
    ClientPlace.mark.set(memory, place, Backend.mark.get(memory, backend));
    ClientPlace.weight.set(memory, place, Backend.weight.get(memory, backend));
    ClientPlace.end.set(memory, place, end);
    ClientPlace.position.set(memory, place, index);
  }
  ClientRow.places.set(memory, row, count);
  ClientRow.weight.set(memory, row, end);
}

/** Copies the row before and seats every backend in it: first those who had a place, then the others. False if one finds none. */
function seatAll(memory: Memory, group: GroupAddress, row: RowAddress, before: RowAddress): boolean {
  const places = ClientRow.places.get(memory, before);
  memory.copy(row, before, ClientRow.size + places * ClientPlace.size);
  for (let i = 0; i < places; i++) ClientPlace.position.set(memory, placeAt(row, i), EMPTY);
  const count = groupBackendCount(memory, group);
  let seated = 0;
  for (let index = 0; index < count; index++) if (seat(memory, group, row, index, true)) seated++;
  for (let index = 0; index < count && seated < count; index++) if (!isSeated(memory, row, index) && seat(memory, group, row, index, false)) seated++;
  return seated === count;
}

function isSeated(memory: Memory, row: RowAddress, index: number): boolean {
  for (let i = ClientRow.places.get(memory, row) - 1; i >= 0; i--) if (ClientPlace.position.get(memory, placeAt(row, i)) === index) return true;
  return false;
}

/** Gives the backend an empty place of its weight, its own or any; looks first where it stands in the group. */
function seat(memory: Memory, group: GroupAddress, row: RowAddress, index: number, own: boolean): boolean {
  const places = ClientRow.places.get(memory, row);
  const backend = groupBackend(memory, group, index);
  const mark = Backend.mark.get(memory, backend);
  for (let i = 0; i < places; i++) {
    const place = placeAt(row, (index + i) % places);
    if (ClientPlace.position.get(memory, place) !== EMPTY || ClientPlace.weight.get(memory, place) !== Backend.weight.get(memory, backend)) continue;
    if (own && ClientPlace.mark.get(memory, place) !== mark) continue;
    ClientPlace.mark.set(memory, place, mark);
    ClientPlace.position.set(memory, place, index);
    return true;
  }
  return false;
}

function forget(memory: Memory, _group: GroupAddress, table: number, index: number): void {
  const row = table as RowAddress;
  for (let i = ClientRow.places.get(memory, row) - 1; i >= 0; i--) {
    const place = placeAt(row, i);
    const position = ClientPlace.position.get(memory, place);
    if (position === index) ClientPlace.position.set(memory, place, EMPTY);
    if (position > index) ClientPlace.position.set(memory, place, position - 1);
  }
}

function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  if (PickRequest.keyless.get(memory, request) !== 0) return smoothPick(memory, group, request, tick);
  const row = Group.table.get(memory, group) as RowAddress;
  const weight = row === 0 ? 0 : ClientRow.weight.get(memory, row);
  const byAddress = GroupPolicy.hashKey.get(memory, Group.policy.at(group)) === HashKey.address;
  let hash = HASH_BEGIN;
  for (let tries = weight === 0 ? 0 : TRIES; tries > 0; tries--) {
    hash = byAddress ? takeAddress(memory, request, hash) : takeKey(memory, request, hash);
    const position = ClientPlace.position.get(memory, placeFor(memory, row, hash % weight));
    if (position === EMPTY) continue;
    const backend = groupBackend(memory, group, position);
    if (isEligible(memory, group, backend, request) && !isOverBound(memory, group, backend)) return position;
  }
  const key = byAddress ? mixBytes(memory, PickRequest.client.at(request), addressBytes(memory, request), 0) : PickRequest.key.get(memory, request);
  return rendezvousPick(memory, group, request, key);
}

/** A client without an IPv6 address counts by three bytes, which are zero if it has none at all. */
function addressBytes(memory: Memory, request: PickRequestAddress): number {
  return PickRequest.family.get(memory, request) === 6 ? IPV6_BYTES : IPV4_BYTES;
}

function takeAddress(memory: Memory, request: PickRequestAddress, hash: number): number {
  const at = PickRequest.client.at(request);
  const end = at + addressBytes(memory, request);
  let taken = hash;
  for (let i: number = at; i < end; i++) taken = (taken * HASH_FACTOR + memory.u8[i]) % HASH_MODULUS;
  return taken;
}

function takeKey(memory: Memory, request: PickRequestAddress, hash: number): number {
  const key = PickRequest.key.get(memory, request);
  let taken = hash;
  for (let shift = 0; shift < 32; shift += 8) taken = (taken * HASH_FACTOR + ((key >>> shift) & 0xff)) % HASH_MODULUS;
  return taken;
}

/** The place within whose weight `distance`, from the beginning of the row, falls: the first that ends behind it. */
function placeFor(memory: Memory, row: RowAddress, distance: number): PlaceAddress {
  let low = 0;
  let high = ClientRow.places.get(memory, row) - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ClientPlace.end.get(memory, placeAt(row, middle)) <= distance) low = middle + 1;
    else high = middle;
  }
  return placeAt(row, low);
}

export const clientHash: Algorithm = Object.freeze({
  names: Object.freeze(["iphash"]),
  keyHash: KeyHash.mixed,
  bounded: true,
  gradual: false,
  table: Object.freeze({ bytes, fill, forget }),
  pick,
});
