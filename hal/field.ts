/**
 * The fields a record is made of. Each knows its offset, its width and its kind; reading and writing cannot fail once
 * the record's address is proven (see layout.ts).
 *
 * Kinds decide what a field means for comparing two machines: `state` counts as it is, `time` relative to now,
 * `identity` by order of first use, `statistic` and `scratch` are left out of the canonical hash.
 */

import { assert } from "./assert.ts";
import type { Memory } from "./memory.ts";

declare const record: unique symbol;

/** The address of a record of the named layout. Only tables, allocators and boot make one. */
export type Address<Name extends string = string> = number & { readonly [record]: Name };

export type FieldKind = "state" | "time" | "identity" | "statistic" | "scratch";

/** What `layout()` is given: call it to state a kind (`u32("statistic")`), or leave it bare (`u32`), which means state. */
export interface FieldType<F> {
  (kind: FieldKind): FieldType<F>;
  readonly width: number;
  readonly alignment: number;
  readonly kind: FieldKind;
  readonly make: (name: string, offset: number, kind: FieldKind) => F;
}

abstract class FieldBase {
  readonly name: string;
  readonly offset: number;
  readonly width: number;
  readonly kind: FieldKind;

  constructor(name: string, offset: number, width: number, kind: FieldKind) {
    this.name = name;
    this.offset = offset;
    this.width = width;
    this.kind = kind;
  }

  /** For dumps and differences: the field as text. */
  abstract show(memory: Memory, at: number): string;
}

/** Any field, whatever its record: what dumps and differences work with. */
export type AnyField = FieldBase;

/** A field that is read and written as one number. */
export interface NumberField<Name extends string = string> extends AnyField {
  get(memory: Memory, at: Address<Name>): number;
  set(memory: Memory, at: Address<Name>, value: number): void;
}

export class U8Field extends FieldBase {
  get(memory: Memory, at: number): number {
    return memory.u8[at + this.offset];
  }
  set(memory: Memory, at: number, value: number): void {
    memory.u8[at + this.offset] = value;
  }
  show(memory: Memory, at: number): string {
    return String(this.get(memory, at));
  }
}

export class U16Field extends FieldBase {
  get(memory: Memory, at: number): number {
    return memory.u16[(at + this.offset) >> 1];
  }
  set(memory: Memory, at: number, value: number): void {
    memory.u16[(at + this.offset) >> 1] = value;
  }
  show(memory: Memory, at: number): string {
    return String(this.get(memory, at));
  }
}

/** Unsigned word. Prefer `i32` for indices, counts below 2^31 and handles on hot paths. */
export class U32Field extends FieldBase {
  get(memory: Memory, at: number): number {
    return memory.i32[(at + this.offset) >> 2] >>> 0;
  }
  set(memory: Memory, at: number, value: number): void {
    memory.i32[(at + this.offset) >> 2] = value | 0;
  }
  /** Adds without reading back as unsigned: wraps at 2^32. */
  add(memory: Memory, at: number, value: number): void {
    const index = (at + this.offset) >> 2;
    memory.i32[index] = (memory.i32[index] + value) | 0;
  }
  show(memory: Memory, at: number): string {
    return String(this.get(memory, at));
  }
}

/** Signed word: the cheapest field there is. */
export class I32Field extends FieldBase {
  get(memory: Memory, at: number): number {
    return memory.i32[(at + this.offset) >> 2];
  }
  set(memory: Memory, at: number, value: number): void {
    memory.i32[(at + this.offset) >> 2] = value;
  }
  add(memory: Memory, at: number, value: number): void {
    const index = (at + this.offset) >> 2;
    memory.i32[index] = (memory.i32[index] + value) | 0;
  }
  show(memory: Memory, at: number): string {
    return String(this.get(memory, at));
  }
}

/** Two words. As a number it must stay below 2^53; the words themselves hold anything. */
export class U64Field extends FieldBase {
  get(memory: Memory, at: number): number {
    const index = (at + this.offset) >> 2;
    const high = memory.i32[index + 1];
    assert(high >= 0 && high < 0x200000, "a number field holds less than 2^53");
    return high * 0x1_0000_0000 + (memory.i32[index] >>> 0);
  }
  set(memory: Memory, at: number, value: number): void {
    assert(value >= 0 && value <= Number.MAX_SAFE_INTEGER, "a number field holds less than 2^53");
    const index = (at + this.offset) >> 2;
    memory.i32[index] = value | 0;
    memory.i32[index + 1] = Math.floor(value / 0x1_0000_0000);
  }
  add(memory: Memory, at: number, value: number): void {
    this.set(memory, at, this.get(memory, at) + value);
  }
  low(memory: Memory, at: number): number {
    return memory.i32[(at + this.offset) >> 2];
  }
  high(memory: Memory, at: number): number {
    return memory.i32[(at + this.offset + 4) >> 2];
  }
  setWords(memory: Memory, at: number, low: number, high: number): void {
    const index = (at + this.offset) >> 2;
    memory.i32[index] = low;
    memory.i32[index + 1] = high;
  }
  show(memory: Memory, at: number): string {
    const high = this.high(memory, at) >>> 0;
    const low = this.low(memory, at) >>> 0;
    if (high < 0x200000) return String(high * 0x1_0000_0000 + low);
    return `0x${high.toString(16).padStart(8, "0")}${low.toString(16).padStart(8, "0")}`;
  }
}

/** Network byte order, at any alignment. */
export class U16BigField extends FieldBase {
  get(memory: Memory, at: number): number {
    const index = at + this.offset;
    return (memory.u8[index] << 8) | memory.u8[index + 1];
  }
  set(memory: Memory, at: number, value: number): void {
    const index = at + this.offset;
    memory.u8[index] = value >> 8;
    memory.u8[index + 1] = value;
  }
  show(memory: Memory, at: number): string {
    return String(this.get(memory, at));
  }
}

/** Network byte order, at any alignment; signed, compare with `| 0` or shift with `>>> 0` yourself. */
export class I32BigField extends FieldBase {
  get(memory: Memory, at: number): number {
    return memory.view.getInt32(at + this.offset);
  }
  set(memory: Memory, at: number, value: number): void {
    memory.view.setInt32(at + this.offset, value);
  }
  show(memory: Memory, at: number): string {
    return String(this.get(memory, at) >>> 0);
  }
}

/** A run of bytes, or a record within the record: `at()` is its address. */
export class BytesField<Inner extends string = "Bytes"> extends FieldBase {
  /** The layout of the record within the record; empty for plain bytes. */
  readonly recordName: string;

  constructor(name: string, offset: number, width: number, kind: FieldKind, recordName = "") {
    super(name, offset, width, kind);
    this.recordName = recordName;
  }

  /** Address of the first byte, given the record's address. */
  at(record: number): Address<Inner> {
    return (record + this.offset) as Address<Inner>;
  }
  show(memory: Memory, at: number): string {
    let text = "";
    const shown = Math.min(this.width, 32);
    for (let i = 0; i < shown; i++) text += memory.u8[at + this.offset + i].toString(16).padStart(2, "0");
    return shown < this.width ? `${text}...` : text;
  }
}

function fieldType<F>(width: number, alignment: number, make: FieldType<F>["make"], kind: FieldKind = "state"): FieldType<F> {
  const restate = (other: FieldKind): FieldType<F> => fieldType(width, alignment, make, other);
  return Object.freeze(Object.assign(restate, { width, alignment, make, kind }));
}

export const u8 = fieldType(1, 1, (name, offset, kind) => new U8Field(name, offset, 1, kind));
export const u16 = fieldType(2, 2, (name, offset, kind) => new U16Field(name, offset, 2, kind));
export const u32 = fieldType(4, 4, (name, offset, kind) => new U32Field(name, offset, 4, kind));
export const i32 = fieldType(4, 4, (name, offset, kind) => new I32Field(name, offset, 4, kind));
export const u64 = fieldType(8, 8, (name, offset, kind) => new U64Field(name, offset, 8, kind));
export const u16be = fieldType(2, 1, (name, offset, kind) => new U16BigField(name, offset, 2, kind));
export const i32be = fieldType(4, 1, (name, offset, kind) => new I32BigField(name, offset, 4, kind));

/** `count` bytes, aligned to 1. */
export function bytes(count: number): FieldType<BytesField> {
  return fieldType(count, 1, (name, offset, kind) => new BytesField(name, offset, count, kind));
}

/** A record within the record, aligned to 8. */
export function nested<Name extends string>(inner: { readonly layoutName: Name; readonly size: number }): FieldType<BytesField<Name>> {
  return fieldType(inner.size, 8, (name, offset, kind) => new BytesField<Name>(name, offset, inner.size, kind, inner.layoutName));
}
