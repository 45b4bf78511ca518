/**
 * Where two machines first differ, by name. Both must have been laid out by the same plan; the parts are those of
 * RamPlan.parts or of a decoded boot record joined with layouts.
 */

import { assert } from "./assert.ts";
import type { AnyField } from "./field.ts";
import type { Memory } from "./memory.ts";
import type { Part } from "./ram-plan.ts";

export interface Difference {
  /** "part[index].field", as a person looks for it; "part+offset" for plain bytes. */
  readonly name: string;
  readonly part: string;
  /** Of the record in the part; of the byte for plain bytes. */
  readonly index: number;
  /** "byte" for plain bytes. */
  readonly field: string;
  /** The field, or the byte, as text, in each machine. */
  readonly a: string;
  readonly b: string;
  /** Of the first differing byte. */
  readonly address: number;
}

/** What bytes between the parts are called: padding, which nothing writes. */
const NOWHERE: Part = Object.freeze({ name: "(between parts)", base: 0, bytes: 0, layout: null, count: 0 });

/** The first byte that differs, at or behind `from`; null if all are equal. */
export function firstDifference(a: Memory, b: Memory, parts: readonly Part[], from = 0): Difference | null {
  assert(a.bytes === b.bytes, "two machines of different size are not compared");
  const address = firstDifferentByte(a, b, from);
  return address < 0 ? null : nameDifference(a, b, parts, address);
}

/**
 * What an address is called: part, record, field. A part inside another (a service's state in its arena) is the closer
 * name and wins.
 */
export function partAt(parts: readonly Part[], address: number): Part {
  let found = NOWHERE;
  for (const part of parts) {
    if (address < part.base || address >= part.base + part.bytes) continue;
    if (found === NOWHERE || part.bytes <= found.bytes) found = part;
  }
  return found;
}

function nameDifference(a: Memory, b: Memory, parts: readonly Part[], address: number): Difference {
  const part = partAt(parts, address);
  const offset = address - part.base;
  if (part.layout !== null) {
    const index = Math.floor(offset / part.layout.size);
    const record = part.base + index * part.layout.size;
    const field = fieldAt(part.layout.fields, address - record);
    if (field !== undefined) {
      const name = `${part.name}[${index}].${field.name}`;
      return Object.freeze({ name, part: part.name, index, field: field.name, a: showAt(field, a, record, address), b: showAt(field, b, record, address), address });
    }
  }
  const name = `${part.name}+${offset}`;
  return Object.freeze({ name, part: part.name, index: offset, field: "byte", a: String(a.u8[address]), b: String(b.u8[address]), address });
}

function fieldAt(fields: readonly AnyField[], offset: number): AnyField | undefined {
  return fields.find((field) => offset >= field.offset && offset < field.offset + field.width);
}

/** A field's text; for a run of bytes too long to be shown whole, the text from the differing byte on. */
function showAt(field: AnyField, memory: Memory, record: number, address: number): string {
  const shown = field.show(memory, record);
  return shown.endsWith("...") ? `byte ${address - record - field.offset} is ${memory.u8[address]}` : shown;
}

function firstDifferentByte(a: Memory, b: Memory, from: number): number {
  for (let at = from; at < a.bytes && at % 4 !== 0; at++) if (a.u8[at] !== b.u8[at]) return at;
  const left = a.i32;
  const right = b.i32;
  let word = (from + 3) >> 2;
  while (word < left.length && left[word] === right[word]) word += 1;
  if (word === left.length) return -1;
  let at = word << 2;
  while (a.u8[at] === b.u8[at]) at += 1;
  return at;
}
