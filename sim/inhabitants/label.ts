/**
 * A request says in a field whose it is and the how-manieth, `X-Label: 0000000700000012` (client and request, eight hex
 * digits each). A backend copies the field into its answer, so that a client knows whether the answer is to its own request:
 * whoever stands between them may mix up neither clients nor requests.
 */

import type { Memory } from "../../hal/memory.ts";
import { hexDigit } from "../../services/net/http/characters.ts";
import { putText } from "../../services/net/http/head-writer.ts";

/** In lower case, as field names are compared. */
export const LABEL_FIELD = "x-label";
const LABEL_DIGITS = 16;
const WORD_DIGITS = 8;
/** Bytes of the field line, its CRLF included. */
export const LABEL_LINE_BYTES = "X-Label: ".length + LABEL_DIGITS + 2;

/** Writes the field line, its CRLF included; the address behind it. */
export function putLabelLine(memory: Memory, at: number, client: number, request: number): number {
  const cursor = putText(memory, at, "X-Label: ");
  return putText(memory, putDigits(memory, putDigits(memory, cursor, client), request), "\r\n");
}

/** Whether a value of `bytes` bytes at `at` is a label: a backend copies no other. */
export function isLabel(source: Memory, at: number, bytes: number): boolean {
  if (bytes !== LABEL_DIGITS) return false;
  for (let i = 0; i < LABEL_DIGITS; i++) if (hexDigit(source.u8[at + i]) < 0) return false;
  return true;
}

/** The client that the label at `at` names, as a word. */
export function labelClient(source: Memory, at: number): number {
  return readDigits(source, at);
}

/** The request that the label at `at` names, as a word. */
export function labelRequest(source: Memory, at: number): number {
  return readDigits(source, at + WORD_DIGITS);
}

function putDigits(memory: Memory, at: number, word: number): number {
  for (let i = 0; i < WORD_DIGITS; i++) {
    const digit = (word >>> (28 - 4 * i)) & 15;
    memory.u8[at + i] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
  return at + WORD_DIGITS;
}

function readDigits(source: Memory, at: number): number {
  let word = 0;
  for (let i = 0; i < WORD_DIGITS; i++) word = (word << 4) | hexDigit(source.u8[at + i]);
  return word;
}
