/**
 * A machine's RAM as somebody finds it: a file, a snapshot, whole or damaged. Nothing is needed but the bytes: RAM's own
 * directory says where things lie and what they are called. Everything in this folder reads such a dump and makes plain
 * data of it; nothing in it changes a machine, and no dump makes it throw anything but DumpError.
 */

import type { BootDirectory } from "../../hal/boot-record.ts";
import { DumpError, decodeBootRecord, partsOf } from "../../hal/boot-record.ts";
import { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";
import type { KernelTables } from "../../kernel/invariants/tables.ts";
import { tablesOf, wide } from "../../kernel/invariants/tables.ts";
import { ClockRecord } from "../../hal/clock.ts";
import { LAYOUTS } from "./layouts.ts";
import type { Names } from "./names.ts";
import { namesOf } from "./names.ts";

export interface Dump {
  readonly directory: BootDirectory;
  readonly ram: Memory;
  readonly parts: readonly Part[];
  readonly tables: KernelTables;
  readonly names: Names;
}

/** Reads a dump; the bytes are copied. Throws DumpError for what is none, is cut, or is of another version. */
export function readDump(bytes: Uint8Array): Dump {
  const { directory, ram, parts } = readParts(bytes);
  return Object.freeze({ directory, ram, parts, tables: tablesOf(ram, parts), names: namesOf(ram, parts) });
}

/** Only the directory and its parts: enough to compare two dumps, whatever the kernel's tables say. */
export function readParts(bytes: Uint8Array): { readonly directory: BootDirectory; readonly ram: Memory; readonly parts: readonly Part[] } {
  const directory = decodeBootRecord(bytes);
  if (bytes.length % 64 !== 0) throw new DumpError(`a machine has a multiple of 64 bytes of RAM; there are ${bytes.length}`);
  const ram = new Memory(new ArrayBuffer(bytes.length));
  ram.u8.set(bytes);
  return { directory, ram, parts: partsOf(directory, LAYOUTS) };
}

/** The tick of a cycle. */
export function tickOf(cycle: number): number {
  return Math.floor(cycle / 1_000_000);
}

export function cycleOf({ ram, tables }: Dump): number {
  return wide(ClockRecord.cycle, ram, tables.clock);
}
