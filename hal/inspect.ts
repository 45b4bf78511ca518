/** Any record as a plain object, by its layout: for people, reports and tests. Never on a machine's hot path. */

import type { Address } from "./field.ts";
import { BytesField } from "./field.ts";
import type { AnyField, NumberField } from "./field.ts";
import type { LayoutInfo } from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { Part } from "./ram-plan.ts";
import { assert } from "./assert.ts";

export type Inspected = Readonly<Record<string, number | string>>;

/**
 * Every field of the record at `at`, in order: numbers as numbers, a 64-bit word of 2^53 or more as "0x" and 16 digits,
 * bytes as hex digits, two a byte.
 */
export function inspectRecord(memory: Memory, info: LayoutInfo, at: number): Inspected {
  assert(at >= 0 && at + info.size <= memory.bytes, `a ${info.layoutName} at ${at} does not lie in memory`);
  return Object.freeze(Object.fromEntries(info.fields.map((field) => [field.name, inspectField(memory, field, at)])));
}

/** Record `index` of a part; a part of plain bytes has none. */
export function inspectPart(memory: Memory, part: Part, index = 0): Inspected {
  assert(part.layout !== null, `${part.name} holds plain bytes, not records`);
  assert(index >= 0 && index < part.count, `${part.name} holds ${part.count} records, there is no number ${index}`);
  return inspectRecord(memory, part.layout, part.base + index * part.layout.size);
}

function inspectField(memory: Memory, field: AnyField, at: number): number | string {
  if (field instanceof BytesField) return hexBytes(memory.u8, at + field.offset, field.width);
  const shown = field.show(memory, at);
  return shown.startsWith("0x") ? shown : (field as NumberField).get(memory, at as Address);
}

/** `count` bytes from `at` on as hex digits, two a byte. */
export function hexBytes(bytes: Uint8Array, at: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += bytes[at + i].toString(16).padStart(2, "0");
  return text;
}
