/**
 * The machine's own IP addresses: those that its connections end at. Read once from the manifest, kept in net's arena. With
 * a prefix length ("10.20.0.2/16") an address says who else is on its link. Gateways are kept the same way.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { parseAddressLiteral } from "../../address-literal.ts";
import { proxyOf } from "../proxy/state.ts";
import { ProxyState } from "../proxy/records.ts";
import { FlowKey } from "../segment.ts";
import type { NetContext } from "../state.ts";

export const OwnAddress = layout("OwnAddress", 24, {
  word0: i32,
  word1: i32,
  word2: i32,
  word3: i32,
  /** 4 or 6. */
  family: i32,
  /** Leading bits that it has in common with whoever is on its link; 0 if it says nothing of that. */
  prefixBits: i32,
});

/** Longest text of an address with its prefix length. */
const LITERAL_BYTES_MAX = 64;

/** Most of them. */
export const OWN_ADDRESSES_MAX = 16;

/** A table of the addresses in text. Its address in the heap; -17 for a text that is none, or too many; -5. */
export function ownAddressesCreate(heap: Heap, addresses: readonly string[]): number {
  if (addresses.length === 0 || addresses.length > OWN_ADDRESSES_MAX) return Errno.invalidArgument;
  const { memory } = heap;
  const at = heap.allocate(OWN_ADDRESSES_MAX * OwnAddress.size + LITERAL_BYTES_MAX);
  if (at < 0) return at;
  memory.fill(at, OWN_ADDRESSES_MAX * OwnAddress.size, 0);
  const text = at + OWN_ADDRESSES_MAX * OwnAddress.size;
  for (let index = 0; index < addresses.length; index++) {
    if (readAddress(memory, (at + index * OwnAddress.size) as Address<"OwnAddress">, text, addresses[index])) continue;
    heap.free(at);
    return Errno.invalidArgument;
  }
  return at;
}

/** The entry at that position of such a table. */
export function addressAt(table: number, index: number): Address<"OwnAddress"> {
  return (table + index * OwnAddress.size) as Address<"OwnAddress">;
}

/** Whether the key's destination is one of them. */
export function isOwnAddress(context: NetContext, key: Address<"FlowKey">): boolean {
  const { memory } = context;
  const proxy = proxyOf(context);
  const table = ProxyState.ownAddresses.get(memory, proxy);
  const count = ProxyState.ownAddressCount.get(memory, proxy);
  for (let index = 0; index < count; index++) {
    const entry = (table + index * OwnAddress.size) as Address<"OwnAddress">;
    if (OwnAddress.family.get(memory, entry) !== FlowKey.family.get(memory, key)) continue;
    if (OwnAddress.word0.get(memory, entry) !== FlowKey.destination0.get(memory, key)) continue;
    if (OwnAddress.word1.get(memory, entry) !== FlowKey.destination1.get(memory, key)) continue;
    if (OwnAddress.word2.get(memory, entry) !== FlowKey.destination2.get(memory, key)) continue;
    if (OwnAddress.word3.get(memory, entry) === FlowKey.destination3.get(memory, key)) return true;
  }
  return false;
}

/** The entry of a table of `count` with exactly this address (four words at `address`); 0 if there is none. */
export function findAddress(memory: Memory, table: number, count: number, family: number, address: number): Address<"OwnAddress"> | 0 {
  const words = memory.i32;
  const first = address >> 2;
  for (let index = 0; index < count; index++) {
    const entry = addressAt(table, index);
    if (OwnAddress.family.get(memory, entry) !== family) continue;
    const own = entry >> 2;
    if (words[own] === words[first] && words[own + 1] === words[first + 1] && words[own + 2] === words[first + 2] && words[own + 3] === words[first + 3]) return entry;
  }
  return 0;
}

/** Whether the address (four words) is on the link of `own`, by its prefix; false if that says nothing. */
export function isOnLinkOf(memory: Memory, own: Address<"OwnAddress">, address: number): boolean {
  let bits = OwnAddress.prefixBits.get(memory, own);
  if (bits === 0) return false;
  for (let offset = 0; bits > 0; offset++, bits -= 8) {
    const different = memory.u8[own + offset] ^ memory.u8[address + offset];
    if (different >> (bits >= 8 ? 0 : 8 - bits) !== 0) return false;
  }
  return true;
}

/** "10.20.0.2" or "10.20.0.2/16". */
function readAddress(memory: Memory, entry: Address<"OwnAddress">, textAt: number, literal: string): boolean {
  if (literal.length > LITERAL_BYTES_MAX) return false;
  const slash = literal.indexOf("/");
  const length = slash < 0 ? literal.length : slash;
  for (let i = 0; i < length; i++) memory.u8[textAt + i] = Math.min(literal.charCodeAt(i), 0xff);
  const family = parseAddressLiteral(memory, entry, memory, textAt, length);
  if (family === 0) return false;
  OwnAddress.family.set(memory, entry, family);
  if (slash < 0) return true;
  const digits = literal.slice(slash + 1);
  const bits = Number(digits);
  OwnAddress.prefixBits.set(memory, entry, bits);
  return /^[1-9][0-9]{0,2}$/.test(digits) && bits <= (family === 4 ? 32 : 128);
}
