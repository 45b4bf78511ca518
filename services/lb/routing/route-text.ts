/**
 * Texts of routes: prefixes, hosts, names and values of headers, names of groups. Each is kept once in a routing and
 * counts who refers to it: ten thousand routes name few hosts and groups.
 *
 * The address of a text is that of a ByteString, like any other text's (text.ts); it is good as long as one refers to it.
 * Names of header fields are kept in small letters under semantics=strict, and then found whatever their case.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { bytesEqual, copyBytes } from "../../../kernel/collections/byte-string.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { mixWord } from "../hash.ts";
import { foldByte } from "../header-lines.ts";
import type { TextAddress } from "../text.ts";
import { EntryKind, RouteTable, TableEntry, entryHash, tableCreate, tableEnter, tableFirst, tableFree, tableRemove } from "./route-table.ts";
import type { EntryAddress, RouteTableAddress } from "./route-table.ts";
import { Routing } from "./routing-record.ts";
import type { RoutingAddress } from "./routing-record.ts";

/** From `lengthBytes` on it is a ByteString; its bytes follow. */
export const RouteText = layout("RouteText", 16, {
  next: i32("identity"),
  hash: i32,
  references: i32,
  lengthBytes: i32,
});
const STRING_OFFSET = RouteText.lengthBytes.offset;

/**
 * Keeps the `length` bytes at `at` in `source`, in small letters if `folded`, or counts one more reference to what is
 * kept already. The text's address, or messageTooLarge, or outOfMemory; then nothing has changed.
 */
export function routeTextKeep(heap: Heap, limits: LbLimits, routing: RoutingAddress, source: Memory, at: number, length: number, folded = false): number {
  if (length > limits.textBytesMax) return Errno.messageTooLarge;
  const memory = heap.memory;
  const fresh = Routing.table.get(memory, routing) === 0;
  const table = (fresh ? tableCreate(heap) : Routing.table.get(memory, routing)) as RouteTableAddress;
  if (table < 0) return table;
  const known = fresh ? 0 : routeTextFind(memory, table, source, at, length, folded);
  if (known !== 0) {
    routeTextRefer(memory, known as TextAddress);
    return known;
  }
  const text = heap.allocate(RouteText.size + length);
  if (text < 0) {
    if (fresh) tableFree(heap, table);
    return text;
  }
  // ---- nothing below can fail ----
  const record = text as Address<"RouteText">;
  const bytesAt = text + RouteText.size;
  Routing.table.set(memory, routing, table);
  RouteText.references.set(memory, record, 1);
  RouteText.lengthBytes.set(memory, record, length);
  copyBytes(memory, bytesAt, source, at, length);
  if (folded) for (let i = bytesAt; i < bytesAt + length; i++) memory.u8[i] = foldByte(memory.u8[i]);
  tableEnter(heap, table, text as EntryAddress, textHash(memory, bytesAt, length, false));
  return text + STRING_OFFSET;
}

/** The text of these bytes (of these bytes in small letters, if `folded`), or 0 if none is kept. */
export function routeTextFind(memory: Memory, table: RouteTableAddress, source: Memory, at: number, length: number, folded: boolean): TextAddress | 0 {
  const hash = textHash(source, at, length, folded);
  let entry = tableFirst(memory, table, hash);
  while (entry !== 0) {
    const record = entry as number as Address<"RouteText">;
    if (TableEntry.hash.get(memory, entry) === hash && RouteText.lengthBytes.get(memory, record) === length) {
      const bytesAt = record + RouteText.size;
      if (folded ? equalsFolded(memory, bytesAt, source, at, length) : bytesEqual(memory, bytesAt, source, at, length)) {
        return (record + STRING_OFFSET) as TextAddress;
      }
    }
    entry = TableEntry.next.get(memory, entry) as EntryAddress;
  }
  return 0;
}

/** Counts one more reference to a text that is kept. */
export function routeTextRefer(memory: Memory, text: TextAddress): void {
  RouteText.references.add(memory, (text - STRING_OFFSET) as Address<"RouteText">, 1);
}

/** Gives up a reference, or nothing if it is 0. The last one takes the text away, and with the last text goes the table. */
export function routeTextRelease(heap: Heap, routing: RoutingAddress, text: number): void {
  if (text === 0) return;
  const memory = heap.memory;
  const record = (text - STRING_OFFSET) as Address<"RouteText">;
  RouteText.references.add(memory, record, -1);
  if (RouteText.references.get(memory, record) > 0) return;
  const table = Routing.table.get(memory, routing) as RouteTableAddress;
  tableRemove(heap, table, record as number as EntryAddress);
  if (RouteTable.count.get(memory, table) > 0) return;
  tableFree(heap, table);
  Routing.table.set(memory, routing, 0);
}

/** The hash of a text, by which the table finds it; of its small letters, if `folded`. */
export function textHash(memory: Memory, at: number, length: number, folded: boolean): number {
  const view = memory.view;
  const wholeWords = length & ~3;
  let hash = length;
  for (let i = 0; i < wholeWords; i += 4) {
    const word = view.getInt32(at + i, true);
    hash = mixIn(hash, folded ? foldWord(word) : word);
  }
  let tail = 0;
  for (let i = wholeWords; i < length; i++) tail = (tail << 8) | (folded ? foldByte(memory.u8[at + i]) : memory.u8[at + i]);
  return entryHash(mixWord(mixIn(hash, tail)), EntryKind.text);
}

/** Multiplying by an odd number and turning keep every bit of the hash; mixWord() at the end spreads them. */
function mixIn(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e37_79b1);
  return (product << 13) | (product >>> 19);
}

/** foldByte() of each of four bytes: a byte of 0x41 to 0x5a has its highest bit set in exactly one of the two sums. */
function foldWord(word: number): number {
  const low = word & 0x7f7f_7f7f;
  const capitals = ((low + 0x3f3f_3f3f) ^ (low + 0x2525_2525)) & ~word & 0x8080_8080;
  return word | (capitals >>> 2);
}

/** Whether the bytes at `at` are the other ones in small letters. */
function equalsFolded(memory: Memory, at: number, other: Memory, otherAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (memory.u8[at + i] !== foldByte(other.u8[otherAt + i])) return false;
  return true;
}
