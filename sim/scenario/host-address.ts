/** IP addresses of a scenario's hosts: read from their text, counted upwards, written again. */

import { Memory } from "../../hal/memory.ts";
import { parseAddressLiteral } from "../../services/address-literal.ts";
import { addressText } from "../address-text.ts";
import { encodeUtf8 } from "../utf8.ts";

/** Bytes in network order: 4 or 16. */
export interface ScenarioAddress {
  readonly family: 4 | 6;
  readonly bytes: readonly number[];
}

const LITERAL_CHARACTERS_MAX = 45;
const TARGET = 0;
const SOURCE = 16;

/** Null if the text is no IP literal: four decimal numbers, or RFC 4291 section 2.2. */
export function parseScenarioAddress(text: string): ScenarioAddress | null {
  if (text.length > LITERAL_CHARACTERS_MAX) return null;
  const source = encodeUtf8(text);
  const memory = new Memory(new ArrayBuffer((SOURCE + source.length + 7) & ~7));
  memory.u8.set(source, SOURCE);
  const family = parseAddressLiteral(memory, TARGET, memory, SOURCE, source.length);
  if (family === 0) return null;
  return family === 4 ? { family: 4, bytes: [...memory.u8.subarray(TARGET, TARGET + 4)] } : { family: 6, bytes: [...memory.u8.subarray(TARGET, TARGET + 16)] };
}

export function scenarioAddressText({ family, bytes }: ScenarioAddress): string {
  return addressText(family, Uint8Array.from(bytes), 0);
}

/** Whether hosts can have it: not the unspecified one, no loopback, no multicast or reserved one. */
export function isHostAddress({ family, bytes }: ScenarioAddress): boolean {
  if (family === 4) return bytes[0] !== 0 && bytes[0] !== 127 && bytes[0] < 224;
  return bytes[0] !== 0xff && (bytes.slice(0, 15).some((byte) => byte !== 0) || bytes[15] > 1);
}

/** The address `by` further on; null where there is none. `by` is below 2^32. */
export function addressAfter({ family, bytes }: ScenarioAddress, by: number): ScenarioAddress | null {
  const sum = [...bytes];
  let carry = by;
  for (let i = sum.length - 1; i >= 0 && carry > 0; i--) {
    carry += sum[i];
    sum[i] = carry % 256;
    carry = Math.floor(carry / 256);
  }
  return carry > 0 ? null : { family, bytes: sum };
}

/** Negative, 0 or positive, by family and then by value. */
export function compareAddresses(a: ScenarioAddress, b: ScenarioAddress): number {
  if (a.family !== b.family) return a.family - b.family;
  for (let i = 0; i < a.bytes.length; i++) if (a.bytes[i] !== b.bytes[i]) return a.bytes[i] - b.bytes[i];
  return 0;
}
