/**
 * Responses that the proxy makes itself (RFC 9110, 15): short, correct, and without a Date, since the machine knows no time
 * of day (6.6.1). 200 answers an OPTIONS that is to go no further (7.6.2).
 */

import type { Memory } from "../../../hal/memory.ts";
import { putNumber, putText } from "./head-writer.ts";

/** By status: the reason phrase, which is the body too. */
const REASONS: Readonly<Record<number, string>> = Object.freeze({
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  408: "Request Timeout",
  414: "URI Too Long",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
});

/** Room that a refusal takes at most. */
export const REFUSAL_BYTES_MAX = 256;

/** Writes the response of that status at `to`; `close` says that the connection ends behind it, `headOnly` that the request was a HEAD. The bytes written. */
export function writeRefusal(memory: Memory, to: number, status: number, close: boolean, headOnly: boolean): number {
  const reason = REASONS[status] ?? REASONS[500];
  let cursor = putText(memory, to, "HTTP/1.1 ");
  cursor = putNumber(memory, cursor, status);
  cursor = putText(memory, cursor, " ");
  cursor = putText(memory, cursor, reason);
  cursor = putText(memory, cursor, "\r\nContent-Type: text/plain\r\nContent-Length: ");
  cursor = putNumber(memory, cursor, reason.length + 1);
  cursor = putText(memory, cursor, close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
  if (!headOnly) cursor = putText(memory, putText(memory, cursor, reason), "\n");
  return cursor - to;
}
