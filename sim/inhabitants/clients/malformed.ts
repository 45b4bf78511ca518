/**
 * Requests that make no sense, or two kinds of sense. A server refuses each of them, or ends the connection; none may reach
 * a backend as something else than it is.
 */

import type { Memory } from "../../../hal/memory.ts";
import { putText } from "../../../services/net/http/head-writer.ts";

const LONG_BYTES = 3500;
const HOST = "Host: a.example\r\n";

/** None is longer than QUIRK_BYTES_MAX. */
const TEXTS: readonly (readonly [text: string, words: string])[] = Object.freeze([
  ["", "nothing"],
  ["\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "the beginning of another protocol"],
  ["GET\r\n\r\n", "a line without a target"],
  [`GET / HTTP/9.9\r\n${HOST}\r\n`, "a version that there is not"],
  [`GET /a b HTTP/1.1\r\n${HOST}\r\n`, "a target with a blank in it"],
  [`GET / HTTP/1.1\r\n${HOST}X-Nul: a\0b\r\n\r\n`, "a field with a zero byte in it"],
  [`GET / HTTP/1.1\r\n${HOST}X Y: a\r\n\r\n`, "a field name with a blank in it"],
  [`GET / HTTP/1.1\r\n${HOST}Content-Length : 5\r\n\r\nhello`, "a blank in front of a colon"],
  [`POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, "two lengths that differ"],
  [`POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, "a length and chunks at once"],
  [`POST / HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`, "a negative length"],
  [`POST / HTTP/1.1\r\n${HOST}Content-Length: 99999999999999999999\r\n\r\n`, "a length beyond all numbers"],
  [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n`, "a chunk whose size is no number"],
  [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`, "a chunk that is longer than it says"],
  [`POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\nhello`, "a coding without an end"],
  [`GET / HTTP/1.1\r\n${HOST}X-Folded: a\r\n b\r\n\r\n`, "a folded field"],
  ["GET / HTTP/1.1\r\n\r\n", "no host"],
  [`GET / HTTP/1.1\r\n${HOST}Host: b.example\r\n\r\n`, "two hosts"],
  [`GET / HTTP/1.1\r\n${HOST}X-Long: ${"a".repeat(LONG_BYTES)}\r\n\r\n`, "a head that is too long"],
  [`GET /${"a".repeat(LONG_BYTES)}`, "a target that never ends"],
].map(([text, words]) => Object.freeze([text, words] as const)));

/** Answers of SimSite.requestMalformed; 0 is a sound request. */
export const MALFORMED_WAYS = TEXTS.length;

/** Writes that request; the address behind it. */
export function putMalformed(memory: Memory, at: number, number: number): number {
  return putText(memory, at, TEXTS[number][0]);
}

export function malformedWords(number: number): string {
  return TEXTS[number]?.[1] ?? "nonsense";
}
