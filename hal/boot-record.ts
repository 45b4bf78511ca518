/**
 * The boot record: RAM's own directory, at address 0, so that a file with nothing but a machine's bytes can be read by
 * name. A header, one entry for each part, and a pool of the names, each ended by a zero byte and kept once.
 *
 * It is written once at boot; the machine never reads it. decodeBootRecord() is given files from anywhere and believes
 * nothing.
 */

import { assert } from "./assert.ts";
import type { Address } from "./field.ts";
import { bytes, u16, u32 } from "./field.ts";
import type { LayoutInfo, Table } from "./layout.ts";
import { layout, table } from "./layout.ts";
import { Memory } from "./memory.ts";
import type { Part } from "./ram-plan.ts";
import { RamPlan } from "./ram-plan.ts";
import { hexBytes } from "./inspect.ts";

export const BOOT_VERSION = 1;
const MAGIC = "VERIDIAN";
const NAME_BYTES_MAX = 31;

export const BootHeader = layout("BootHeader", 64, {
  magic: bytes(8),
  version: u32,
  /** Bytes of RAM: of the whole dump. */
  ramBytes: u32,
  /** Hash of the manifest and limits that the machine was built from. */
  manifestDigest: bytes(8),
  partCount: u32,
  /** Address of the first BootPart. */
  partsAt: u32,
  textAt: u32,
  textBytes: u32,
  reserved: bytes(24),
});

export const BootPart = layout("BootPart", 16, {
  base: u32,
  bytes: u32,
  /** Records; 0 for plain bytes. */
  count: u32,
  /** Offsets into the pool of names; the layout's is 0, the empty name, for plain bytes. */
  name: u16,
  layout: u16,
});

/** Where the boot record lies. */
export interface BootParts {
  readonly header: Address<"BootHeader">;
  readonly parts: Table<"BootPart">;
  readonly text: number;
  readonly textBytes: number;
}

/** What a dump says of itself. */
export interface BootDirectory {
  readonly version: number;
  readonly ramBytes: number;
  /** 16 hex digits. */
  readonly manifestDigest: string;
  readonly parts: readonly DumpedPart[];
}

export interface DumpedPart {
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
  readonly count: number;
  /** Name of its records' layout; null for plain bytes. */
  readonly layoutName: string | null;
}

/** A dump that is none, or is damaged: the message says what was expected and where. */
export class DumpError extends Error {
  override readonly name = "DumpError";
}

/**
 * Plans RAM with the boot record in front. `build` reserves everything else and must do the same each time: it runs
 * once to learn how long the directory is, and once to place the parts behind it.
 */
export function planRam<T>(build: (plan: RamPlan) => T): { readonly plan: RamPlan; readonly parts: T; readonly boot: BootParts } {
  const trial = new RamPlan();
  planBootRecord(trial, 0, 8);
  build(trial);
  const names = new NamePool(trial.parts);
  const plan = new RamPlan();
  const boot = planBootRecord(plan, trial.parts.length, names.bytes.length);
  const parts = build(plan);
  return Object.freeze({ plan, parts, boot });
}

function planBootRecord(plan: RamPlan, partCount: number, textBytes: number): BootParts {
  const header = plan.record("boot", BootHeader);
  const parts = plan.records("boot.parts", BootPart, partCount);
  return Object.freeze({ header, parts, text: plan.bytes("boot.text", textBytes), textBytes });
}

/** Writes the directory. `manifestDigest` is 16 hex digits, as hashText() gives them. */
export function writeBootRecord(ram: Memory, boot: BootParts, parts: readonly Part[], manifestDigest: string): void {
  const names = new NamePool(parts);
  assert(parts.length === boot.parts.count && names.bytes.length === boot.textBytes, "RAM is planned the same way twice");
  assert(/^[0-9a-f]{16}$/.test(manifestDigest), "a manifest's digest is 16 hex digits");
  const header = boot.header;
  for (let i = 0; i < MAGIC.length; i++) ram.u8[BootHeader.magic.at(header) + i] = MAGIC.charCodeAt(i);
  for (let i = 0; i < 8; i++) ram.u8[BootHeader.manifestDigest.at(header) + i] = Number.parseInt(manifestDigest.slice(2 * i, 2 * i + 2), 16);
  BootHeader.version.set(ram, header, BOOT_VERSION);
  BootHeader.ramBytes.set(ram, header, ram.bytes);
  BootHeader.partCount.set(ram, header, parts.length);
  BootHeader.partsAt.set(ram, header, boot.parts.base);
  BootHeader.textAt.set(ram, header, boot.text);
  BootHeader.textBytes.set(ram, header, boot.textBytes);
  for (const [index, part] of parts.entries()) {
    const at = boot.parts.at(index);
    BootPart.base.set(ram, at, part.base);
    BootPart.bytes.set(ram, at, part.bytes);
    BootPart.count.set(ram, at, part.count);
    BootPart.name.set(ram, at, names.offsetOf(part.name));
    BootPart.layout.set(ram, at, part.layout === null ? 0 : names.offsetOf(part.layout.layoutName));
  }
  for (const [index, byte] of names.bytes.entries()) ram.u8[boot.text + index] = byte;
}

/** The directory of a dump. Throws DumpError if the bytes are no dump, or not a whole one. */
export function decodeBootRecord(dump: Uint8Array): BootDirectory {
  check(dump.length >= BootHeader.size, `a dump begins with a boot record of ${BootHeader.size} bytes; there are ${dump.length}`);
  check(textAt(dump, 0, MAGIC.length) === MAGIC, `a dump begins with "${MAGIC}"`);
  const ram = copyOf(dump, 0, BootHeader.size);
  const header = table(BootHeader, 0, 1).at(0);
  const version = BootHeader.version.get(ram, header);
  check(version === BOOT_VERSION, `its boot record has version ${version}; this is for version ${BOOT_VERSION}`);
  const ramBytes = BootHeader.ramBytes.get(ram, header);
  check(ramBytes === dump.length, `the machine had ${ramBytes} bytes of RAM; the dump has ${dump.length}`);
  const count = BootHeader.partCount.get(ram, header);
  const partsAt = BootHeader.partsAt.get(ram, header);
  const textBytes = BootHeader.textBytes.get(ram, header);
  const textStart = BootHeader.textAt.get(ram, header);
  check(partsAt + count * BootPart.size <= ramBytes, `its directory of ${count} parts at ${partsAt} does not lie in RAM`);
  check(textStart + textBytes <= ramBytes, `its names at ${textStart} do not lie in RAM`);
  const pool = dump.subarray(textStart, textStart + textBytes);
  const directory = copyOf(dump, partsAt, count * BootPart.size);
  const entries = table(BootPart, 0, count);
  const parts: DumpedPart[] = [];
  for (let index = 0; index < count; index++) parts.push(decodePart(directory, entries.at(index), index, pool, ramBytes));
  const manifestDigest = hexBytes(dump, BootHeader.manifestDigest.offset, 8);
  return Object.freeze({ version, ramBytes, manifestDigest, parts: Object.freeze(parts) });
}

/** Bytes of a dump as words, wherever they lie in whatever buffer. */
function copyOf(dump: Uint8Array, at: number, size: number): Memory {
  const copy = new Memory(new ArrayBuffer(size));
  copy.u8.set(dump.subarray(at, at + size));
  return copy;
}

function decodePart(directory: Memory, at: Address<"BootPart">, index: number, pool: Uint8Array, ramBytes: number): DumpedPart {
  const base = BootPart.base.get(directory, at);
  const size = BootPart.bytes.get(directory, at);
  const name = nameAt(pool, BootPart.name.get(directory, at), index);
  const layoutOffset = BootPart.layout.get(directory, at);
  const layoutName = layoutOffset === 0 ? null : nameAt(pool, layoutOffset, index);
  check(base + size <= ramBytes, `part ${index} (${name}) of ${size} bytes at ${base} does not lie in RAM`);
  return Object.freeze({ name, base, bytes: size, count: BootPart.count.get(directory, at), layoutName });
}

/** Gives a decoded directory its layouts back, as far as they are known by name: what differences and inspection need. */
export function partsOf(directory: BootDirectory, layouts: readonly LayoutInfo[]): readonly Part[] {
  return directory.parts.map(({ name, base, bytes: size, count, layoutName }) => {
    const known = layouts.find((info) => info.layoutName === layoutName && info.size * count === size);
    return Object.freeze({ name, base, bytes: size, count, layout: known ?? null });
  });
}

/** All names of parts and layouts, each once, each ended by a zero byte; offset 0 is the empty name. */
class NamePool {
  readonly bytes: number[] = [0];
  readonly #offsets = new Map<string, number>();

  constructor(parts: readonly Part[]) {
    for (const part of parts) {
      this.#add(part.name);
      if (part.layout !== null) this.#add(part.layout.layoutName);
    }
    while (this.bytes.length % 8 !== 0) this.bytes.push(0);
    assert(this.bytes.length <= 0x1_0000, "the names of all parts fit 64 KiB");
    Object.freeze(this);
  }

  offsetOf(name: string): number {
    const offset = this.#offsets.get(name);
    assert(offset !== undefined, `the name ${name} is in the pool`);
    return offset;
  }

  #add(name: string): void {
    assert(isName(name), `"${name}" is no name of a part: 1 to ${NAME_BYTES_MAX} characters of printable ASCII`);
    if (this.#offsets.has(name)) return;
    this.#offsets.set(name, this.bytes.length);
    for (let i = 0; i < name.length; i++) this.bytes.push(name.charCodeAt(i));
    this.bytes.push(0);
  }
}

function nameAt(pool: Uint8Array, offset: number, index: number): string {
  const end = pool.indexOf(0, offset);
  check(end > offset && end - offset <= NAME_BYTES_MAX, `part ${index} has no name at ${offset} of the names`);
  const name = textAt(pool, offset, end - offset);
  check(isName(name), `part ${index} has a name that is not printable ASCII`);
  return name;
}

function isName(name: string): boolean {
  return name.length <= NAME_BYTES_MAX && /^[!-~]+$/.test(name);
}

function textAt(from: Uint8Array, at: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += String.fromCharCode(from[at + i]);
  return text;
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new DumpError(message);
}
