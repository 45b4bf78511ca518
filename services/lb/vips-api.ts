/**
 * How the table in the region "vips" is read and kept in order: net searches it at every SYN, whoever sends them, so the
 * time of a search must not depend on what is searched for. Ten steps for a thousand entries.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { VipEntry, VipTableHeader } from "./api.ts";

/** Entries that a region of that size holds. */
export function vipTableRoom(regionBytes: number): number {
  return Math.max(0, Math.floor((regionBytes - VipTableHeader.size) / VipEntry.size));
}

/** Bytes of a region that holds so many entries. */
export function vipTableBytes(entries: number): number {
  return VipTableHeader.size + entries * VipEntry.size;
}

/** Entry number `position` of the table at `table`. */
export function vipEntryAt(table: Address<"VipTableHeader">, position: number): Address<"VipEntry"> {
  return (table + VipTableHeader.size + position * VipEntry.size) as Address<"VipEntry">;
}

/**
 * Position among the first `count` entries of the one with this port, family (4 or 6) and address (16 bytes at
 * `addressAt` in `source`, aligned to words, the rest of an IPv4 address zero); if there is none, -1 minus the position
 * that it would have.
 */
export function vipSearch(shared: Memory, table: Address<"VipTableHeader">, count: number, source: Memory, addressAt: number, port: number, family: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = vipOrder(shared, vipEntryAt(table, middle), source, addressAt, port, family);
    if (order === 0) return middle;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return -1 - low;
}

/** Above 0, 0 or below 0 as the wanted one comes behind, is, or comes before the entry: by the address's words as they lie (signed), port, family. */
function vipOrder(shared: Memory, entry: Address<"VipEntry">, source: Memory, addressAt: number, port: number, family: number): number {
  const wanted = addressAt >> 2;
  const held = VipEntry.address.at(entry) >> 2;
  for (let word = 0; word < 4; word++) {
    const one = source.i32[wanted + word];
    const other = shared.i32[held + word];
    if (one !== other) return one > other ? 1 : -1;
  }
  const ports = port - VipEntry.port.get(shared, entry);
  return ports !== 0 ? ports : family - VipEntry.family.get(shared, entry);
}
