/**
 * `layout()` declares a record once: its fields in order, their widths, its size. From it come the accessors, the names
 * that dumps and differences print, and the offsets that docs and other languages are given.
 *
 *     const TimerEntry = layout("TimerEntry", 16, { deadlineTick: u64("time"), period: u32, owner: u32 });
 *     TimerEntry.period.get(memory, at);      // `at` is an Address<"TimerEntry">; a bare number does not compile
 *
 * The stated size is checked, and so is alignment: there is never hidden padding. The accessors check nothing:
 * whoever makes an Address (a table, an allocator, boot) has proven that the whole record lies in memory.
 */

import { assert } from "./assert.ts";
import type { Address, AnyField, FieldType } from "./field.ts";
import { BytesField, U64Field } from "./field.ts";
import type { Memory } from "./memory.ts";

type FieldTypes = Record<string, FieldType<unknown>>;

/** A field whose accessors take only addresses of records of this layout. */
export type Bound<F, Name extends string> = {
  [K in keyof F]: F[K] extends (memory: Memory, at: number, ...rest: infer Rest) => infer Result
    ? (memory: Memory, at: Address<Name>, ...rest: Rest) => Result
    : F[K] extends (record: number) => infer Result
      ? (record: Address<Name>) => Result
      : F[K];
};

/** A record's number fields as plain properties; for code that is read more often than it runs. */
export type View<T> = { -readonly [K in keyof T as T[K] extends FieldType<infer F> ? (F extends { set(...a: never[]): void } ? K : never) : never]: number };

export interface LayoutInfo<Name extends string = string> {
  readonly layoutName: Name;
  /** In bytes. */
  readonly size: number;
  readonly fields: readonly AnyField[];
}

export type Layout<Name extends string, T extends FieldTypes> = LayoutInfo<Name> & {
  readonly [K in keyof T]: T[K] extends FieldType<infer F> ? Bound<F, Name> : never;
} & {
  /** Properties that read and write the record at this address. */
  view(memory: Memory, at: Address<Name>): View<T>;
};

const RESERVED: readonly string[] = Object.freeze(["layoutName", "size", "fields", "view"]);

/** Declares a record whose size is fixed by another party or crosses a boundary: the size is stated and checked. */
export function layout<Name extends string, T extends FieldTypes>(name: Name, size: number, types: T): Layout<Name, T>;
/** Declares a record whose size is its own affair: rounded up to a multiple of 8. */
export function layout<Name extends string, T extends FieldTypes>(name: Name, types: T): Layout<Name, T>;
export function layout<Name extends string, T extends FieldTypes>(name: Name, sizeOrTypes: number | T, maybeTypes?: T): Layout<Name, T> {
  const stated = typeof sizeOrTypes === "number" ? sizeOrTypes : undefined;
  const types = typeof sizeOrTypes === "number" ? (maybeTypes as T) : sizeOrTypes;
  const fields: AnyField[] = [];
  let offset = 0;
  for (const [fieldName, type] of Object.entries(types)) {
    assert(!RESERVED.includes(fieldName), `layout ${name}: "${fieldName}" is a reserved name`);
    assert(offset % type.alignment === 0, `layout ${name}: field ${fieldName} at offset ${offset} is not aligned to ${type.alignment}`);
    fields.push(type.make(fieldName, offset, type.kind) as AnyField);
    offset += type.width;
  }
  const size = stated ?? (offset + 7) & ~7;
  assert(stated === undefined || stated === offset, `layout ${name}: ${offset} bytes of fields, ${size} stated`);
  const View = viewClass(fields);
  const made = {
    layoutName: name,
    size,
    fields: Object.freeze(fields),
    view: (memory: Memory, at: number) => new View(memory, at),
    ...Object.fromEntries(fields.map((field) => [field.name, Object.freeze(field)])),
  };
  return Object.freeze(made) as unknown as Layout<Name, T>;
}

function viewClass(fields: readonly AnyField[]): new (memory: Memory, at: number) => object {
  class View {
    readonly #memory: Memory;
    readonly #at: number;
    constructor(memory: Memory, at: number) {
      this.#memory = memory;
      this.#at = at;
      Object.freeze(this);
    }
    static {
      for (const field of fields) {
        if (field instanceof BytesField) continue;
        const numeric = field as U64Field;
        Object.defineProperty(View.prototype, field.name, {
          enumerable: true,
          get(this: View) {
            return numeric.get(this.#memory, this.#at);
          },
          set(this: View, value: number) {
            numeric.set(this.#memory, this.#at, value);
          },
        });
      }
    }
  }
  return View;
}

/** Consecutive records of one layout. `at()` is the only place that checks an index. */
export interface Table<Name extends string> {
  readonly layout: LayoutInfo<Name>;
  readonly base: number;
  readonly count: number;
  readonly stride: number;
  at(index: number): Address<Name>;
  /** The index of a record of this table. */
  indexOf(at: Address<Name>): number;
}

class RecordTable<Name extends string> implements Table<Name> {
  readonly layout: LayoutInfo<Name>;
  readonly base: number;
  readonly count: number;
  readonly stride: number;

  constructor(info: LayoutInfo<Name>, base: number, count: number) {
    this.layout = info;
    this.base = base;
    this.count = count;
    this.stride = info.size;
    Object.freeze(this);
  }

  at(index: number): Address<Name> {
    if (!(index >= 0 && index < this.count)) assert(false, `${this.layout.layoutName} ${index} of ${this.count}`);
    return (this.base + index * this.stride) as Address<Name>;
  }

  indexOf(at: Address<Name>): number {
    return ((at - this.base) / this.stride) | 0;
  }
}

/** `count` records of this layout from address `base` on; `base` must be aligned to 8. */
export function table<Name extends string>(info: LayoutInfo<Name>, base: number, count: number): Table<Name> {
  assert(base % 8 === 0, `table of ${info.layoutName} at ${base} is not aligned to 8`);
  return new RecordTable(info, base, count);
}
