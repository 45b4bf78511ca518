/**
 * What a backend answers that has gone mad: some of it is no HTTP, some says two things at once, some goes on where it
 * should have ended. Behind most the backend closes. Whoever stands between it and a client hands nothing on that
 * the client could take for an answer to somebody else.
 */

import type { Memory } from "../../../hal/memory.ts";
import { putText } from "../../../services/net/http/head-writer.ts";

const INTERIMS = 100;
const LONG_BYTES = 3000;
const OK = "HTTP/1.1 200 OK\r\n";
/** An answer that nobody asked for, with a label that no request has: whoever gets it knows that it is not his. */
const STOLEN = `${OK}X-Label: ${"f".repeat(16)}\r\nContent-Length: 6\r\n\r\nstolen`;

/** By number; 0 is what a plan's garbled answers are. None is longer than PIECE_BYTES. */
const TEXTS: readonly (readonly [text: string, words: string])[] = Object.freeze([
  ["SSH-2.0-backend\r\n\r\n", "something that is no HTTP"],
  [`${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, "two lengths that differ"],
  [`${OK}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${STOLEN}`, "a length and chunks at once, and another answer behind them"],
  [`${OK}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello`, "a chunk longer than any number"],
  [`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n0\r\n\r\n`, "a chunk that is longer than it says"],
  [`${OK}Content-Length: 2\r\n\r\nok${STOLEN}`, "a second answer behind the first"],
  ["HTTP/1.1 102 Processing\r\n\r\n".repeat(INTERIMS), "interim answers without end"],
  ["HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\nraw", "another protocol than anybody asked for"],
  [`${OK}X-Long: ${"a".repeat(LONG_BYTES)}`, "a head that never ends"],
  [`${OK}X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n`, "a field with a zero byte in it"],
  [`${OK}X-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n`, "a folded field"],
  [`${OK}Content-Length: -5\r\n\r\nhello`, "a negative length"],
  ["HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n", "a status that there is not"],
  ["HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "a version that there is not on this line"],
  ["", "nothing at all, and closes"],
].map(([text, words]) => Object.freeze([text, words] as const)));

/** Answers of SimSite.answerNonsense: 0, and each of the above but the first. */
export const NONSENSE_WAYS = TEXTS.length;

/** Writes that answer; the address behind it. */
export function putNonsense(memory: Memory, at: number, number: number): number {
  return putText(memory, at, TEXTS[number][0]);
}

/** Whether the backend closes behind it, as it does behind all that does not end by itself. */
export function closesBehind(number: number): boolean {
  return !TEXTS[number][0].endsWith(STOLEN);
}

export function nonsenseWords(number: number): string {
  return TEXTS[number]?.[1] ?? "nonsense";
}
