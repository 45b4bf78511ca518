/** The machine's own IP addresses: those that its connections end at. Read once from the manifest, kept in net's arena. */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { parseAddressLiteral } from "../../address-literal.ts";
import { proxyOf } from "../proxy/state.ts";
import { ProxyState } from "../proxy/records.ts";
import { FlowKey } from "../segment.ts";
import type { NetContext } from "../state.ts";

export const OwnAddress = layout("OwnAddress", 20, { word0: i32, word1: i32, word2: i32, word3: i32, family: i32 });

/** Longest text of an address. */
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
    const literal = addresses[index];
    const entry = (at + index * OwnAddress.size) as Address<"OwnAddress">;
    if (literal.length > LITERAL_BYTES_MAX) return refuse(heap, at);
    for (let i = 0; i < literal.length; i++) memory.u8[text + i] = Math.min(literal.charCodeAt(i), 0xff);
    const family = parseAddressLiteral(memory, entry, memory, text, literal.length);
    if (family === 0) return refuse(heap, at);
    OwnAddress.family.set(memory, entry, family);
  }
  return at;
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

function refuse(heap: Heap, at: number): number {
  heap.free(at);
  return Errno.invalidArgument;
}
