/** What a field of a layout is to a reader in another language: its type, and its byte order where that matters. */

import type { AnyField } from "../../hal/field.ts";
import { BytesField, I32BigField, I32Field, U16BigField, U16Field, U32Field, U64Field, U8Field } from "../../hal/field.ts";
import { assert } from "../../hal/assert.ts";

/** As Rust has it: "u32", "[u8; 16]", or the name of the record within the record. */
export function fieldType(field: AnyField): string {
  if (field instanceof BytesField) return field.recordName === "" ? `[u8; ${field.width}]` : field.recordName;
  if (isBigEndian(field)) return `[u8; ${field.width}]`;
  if (field instanceof U8Field) return "u8";
  if (field instanceof U16Field) return "u16";
  if (field instanceof U32Field) return "u32";
  if (field instanceof I32Field) return "i32";
  assert(field instanceof U64Field, `field ${field.name} is of a type that has no name yet`);
  return "u64";
}

/** Network byte order: kept as bytes, so that nobody reads it as a number of the machine's own order. */
export function isBigEndian(field: AnyField): boolean {
  return field instanceof U16BigField || field instanceof I32BigField;
}
