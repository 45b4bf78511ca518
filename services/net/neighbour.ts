/**
 * The next hop of an address: the manifest's neighbours in a hash table of net's arena, made once at start and never
 * changed. Whoever is not in it is reached through the gateway, if there is one.
 *
 * Open addressing with linear probing; at most half of the slots are taken, so that a probe ends soon and always.
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32, nested, u16 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Heap } from "../../kernel/heap.ts";
import { parseAddressLiteral } from "../address-literal.ts";

export const MAC_BYTES = 6;

/** An address in network order, in words as they lie; IPv4 uses the first word, the others are zero. */
export const IpAddress = layout("IpAddress", 16, { word0: i32, word1: i32, word2: i32, word3: i32 });

/** Its slots follow it. */
export const NeighbourTable = layout("NeighbourTable", 16, {
  /** A power of two. */
  slots: i32,
  gatewayMac: bytes(MAC_BYTES),
  /** 1: gatewayMac is one. */
  gatewayKnown: u16,
  reserved1: i32,
});

export const Neighbour = layout("Neighbour", 32, {
  address: nested(IpAddress),
  /** 4 or 6; 0 marks a slot that is free. */
  family: i32,
  mac: bytes(MAC_BYTES),
  reserved0: u16,
  reserved1: i32,
});

/** Neighbours that one manifest may name: the hosts of a few racks on one link. */
export const NEIGHBOURS_MAX = 1024;

/** Longest text of an IP literal: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255". */
const LITERAL_BYTES_MAX = 45;
/** Room for a literal's text, and for what it means. */
const SCRATCH_BYTES = 64;
const SLOTS_MIN = 4;

/**
 * Reads the manifest's table ("10.1.0.1" -> "02:00:00:00:01:01") into the heap. Its address, or errno: -17 for a text that
 * is no address, an address that is there twice, or too many; -5.
 */
export function neighbourTableCreate(heap: Heap, neighbours: Readonly<Record<string, string>>, gatewayMac: string | undefined): number {
  const names = Object.keys(neighbours);
  if (names.length > NEIGHBOURS_MAX) return Errno.invalidArgument;
  let slots = SLOTS_MIN;
  while (slots < 2 * names.length) slots *= 2;
  const bytesNeeded = NeighbourTable.size + slots * Neighbour.size;
  const at = heap.allocate(bytesNeeded);
  if (at < 0) return at;
  const scratch = heap.allocate(SCRATCH_BYTES);
  if (scratch < 0) {
    heap.free(at);
    return scratch;
  }
  const table = at as Address<"NeighbourTable">;
  heap.memory.fill(at, bytesNeeded, 0);
  NeighbourTable.slots.set(heap.memory, table, slots);
  NeighbourTable.gatewayKnown.set(heap.memory, table, gatewayMac === undefined ? 0 : 1);
  const read =
    (gatewayMac === undefined || parseMac(heap.memory, NeighbourTable.gatewayMac.at(table), gatewayMac)) &&
    names.every((name) => addNeighbour(heap.memory, table, scratch, name, neighbours[name] ?? ""));
  heap.free(scratch);
  if (read) return at;
  heap.free(at);
  return Errno.invalidArgument;
}

/** Address of the six bytes of MAC address through which this address of this family (4 or 6) is reached. Of IPv4, the last three words are zero. */
export function nextHopMac(memory: Memory, table: Address<"NeighbourTable">, family: number, address: Address<"IpAddress">): number {
  const slot = findSlot(memory, table, family, address);
  return Neighbour.family.get(memory, slot) === 0 ? NeighbourTable.gatewayMac.at(table) : Neighbour.mac.at(slot);
}

/** Address of the six bytes of MAC address that the table has for this address; 0 if it is not in it. */
export function fixedMac(memory: Memory, table: Address<"NeighbourTable">, family: number, address: Address<"IpAddress">): number {
  const slot = findSlot(memory, table, family, address);
  return Neighbour.family.get(memory, slot) === 0 ? 0 : Neighbour.mac.at(slot);
}

/** Writes "02:00:00:00:01:01" as six bytes. False, and perhaps some bytes written, if the text is something else. */
export function parseMac(memory: Memory, at: number, text: string): boolean {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return false;
  for (let i = 0; i < MAC_BYTES; i++) memory.u8[at + i] = Number.parseInt(text.slice(i * 3, i * 3 + 2), 16);
  return true;
}

function addNeighbour(memory: Memory, table: Address<"NeighbourTable">, scratch: number, name: string, mac: string): boolean {
  if (name.length > LITERAL_BYTES_MAX) return false;
  const text = scratch + IpAddress.size;
  for (let i = 0; i < name.length; i++) memory.u8[text + i] = Math.min(name.charCodeAt(i), 0xff);
  const family = parseAddressLiteral(memory, scratch, memory, text, name.length);
  if (family === 0) return false;
  const slot = findSlot(memory, table, family, scratch as Address<"IpAddress">);
  if (Neighbour.family.get(memory, slot) !== 0) return false;
  memory.copy(Neighbour.address.at(slot), scratch, IpAddress.size);
  Neighbour.family.set(memory, slot, family);
  return parseMac(memory, Neighbour.mac.at(slot), mac);
}

/** The slot that holds the address, or the free one where it would go. */
function findSlot(memory: Memory, table: Address<"NeighbourTable">, family: number, address: Address<"IpAddress">): Address<"Neighbour"> {
  const mask = NeighbourTable.slots.get(memory, table) - 1;
  for (let index = hash(memory, address, family) & mask; ; index = (index + 1) & mask) {
    const slot = (table + NeighbourTable.size + index * Neighbour.size) as unknown as Address<"Neighbour">;
    const held = Neighbour.family.get(memory, slot);
    if (held === 0 || (held === family && isSame(memory, Neighbour.address.at(slot), address))) return slot;
  }
}

function hash(memory: Memory, address: Address<"IpAddress">, family: number): number {
  let value = Math.imul(IpAddress.word0.get(memory, address) ^ family, 0x9e3779b1);
  value = Math.imul(value ^ IpAddress.word1.get(memory, address) ^ (value >>> 15), 0x85ebca77);
  value = Math.imul(value ^ IpAddress.word2.get(memory, address) ^ (value >>> 13), 0xc2b2ae3d);
  value = Math.imul(value ^ IpAddress.word3.get(memory, address) ^ (value >>> 16), 0x27d4eb2f);
  return value ^ (value >>> 15);
}

function isSame(memory: Memory, one: Address<"IpAddress">, other: Address<"IpAddress">): boolean {
  return (
    IpAddress.word0.get(memory, one) === IpAddress.word0.get(memory, other) &&
    IpAddress.word1.get(memory, one) === IpAddress.word1.get(memory, other) &&
    IpAddress.word2.get(memory, one) === IpAddress.word2.get(memory, other) &&
    IpAddress.word3.get(memory, one) === IpAddress.word3.get(memory, other)
  );
}
