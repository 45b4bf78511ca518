/**
 * Where everything lies in RAM. Boot reserves part after part, in a fixed order, before the buffer exists; the plan then
 * says how much RAM that takes, and keeps the directory by which dumps and differences find names for addresses.
 */

import { assert } from "./assert.ts";
import type { Address } from "./field.ts";
import type { LayoutInfo, Table } from "./layout.ts";
import { table } from "./layout.ts";

/** One part of RAM: records of a layout, or plain bytes. */
export interface Part {
  /** Unique, as printed: "processes", "queue.net.frames", "arena.lb", "state.lb". */
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
  /** The layout of its records; null for plain bytes. */
  readonly layout: LayoutInfo | null;
  readonly count: number;
}

const ALIGNMENT = 64;

export class RamPlan {
  readonly #parts: Part[] = [];
  #end = 0;

  /** `count` records of a layout. */
  records<Name extends string>(name: string, info: LayoutInfo<Name>, count: number): Table<Name> {
    const base = this.#reserve(name, info.size * count, ALIGNMENT, info, count);
    return table(info, base, count);
  }

  /** One record. */
  record<Name extends string>(name: string, info: LayoutInfo<Name>): Address<Name> {
    return this.records(name, info, 1).at(0);
  }

  /** Plain bytes, aligned to `alignment` (a power of two, at least 8). The address of the first. */
  bytes(name: string, bytes: number, alignment: number = ALIGNMENT): number {
    return this.#reserve(name, (bytes + 7) & ~7, alignment, null, 0);
  }

  /** Names a record inside a part already reserved (a service's state within its arena). */
  name<Name extends string>(name: string, info: LayoutInfo<Name>, base: number): void {
    this.#parts.push(Object.freeze({ name, base, bytes: info.size, layout: info, count: 1 }));
  }

  /** Bytes reserved so far. */
  get end(): number {
    return this.#end;
  }

  /** In the order in which they were reserved; a named record inside a part comes after that part. */
  get parts(): readonly Part[] {
    return Object.freeze([...this.#parts]);
  }

  #reserve(name: string, bytes: number, alignment: number, info: LayoutInfo | null, count: number): number {
    assert(this.#parts.every((part) => part.name !== name), `two parts of RAM are called ${name}`);
    const base = (this.#end + alignment - 1) & -alignment;
    this.#end = base + bytes;
    this.#parts.push(Object.freeze({ name, base, bytes, layout: info, count }));
    return base;
  }
}
