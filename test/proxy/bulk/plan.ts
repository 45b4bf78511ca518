/** What a bulk run asks for: which request has which method, sizes and framing is told by its number alone. */

import { drawBelow, drawWord } from "../../../sim/chance/draw.ts";
import { Framing } from "./body.ts";

/** Sites of draws of the tests. */
const Site = Object.freeze({ requestStep: 1000, requestBytes: 1001, requestFraming: 1002, responseStep: 1003, responseBytes: 1004, responseFraming: 1005, method: 1006, close: 1007, seed: 1008 });

/** Bytes of bodies: parts of 10,000 from `from` to `to`. The median is 2 KiB, the mean 5.4 KiB, the largest 1 MiB. */
const SIZES = Object.freeze([
  { parts: 500, from: 0, to: 0 },
  { parts: 4500, from: 1, to: 2048 },
  { parts: 3500, from: 2049, to: 4096 },
  { parts: 1150, from: 4097, to: 16_384 },
  { parts: 310, from: 16_385, to: 65_536 },
  { parts: 35, from: 65_537, to: 262_144 },
  { parts: 5, from: 262_145, to: 1_048_576 },
]);
const SIZE_PARTS = 10_000;
/** Below there is no HEAD: who sees answers without requests cannot tell what follows one. */
export const FIRST_HEAD = 200;
const LARGEST_BYTES = 1_048_576;

function bodyBytes(id: number, stepSite: number, bytesSite: number): number {
  // The first two requests have the largest and the smallest body there is.
  if (id < 2) return id === 0 ? LARGEST_BYTES : 0;
  let left = drawBelow(SIZE_PARTS, 1, stepSite, id, 0);
  for (const { parts, from, to } of SIZES) {
    if (left < parts) return from + drawBelow(to - from + 1, 1, bytesSite, id, 0);
    left -= parts;
  }
  throw new Error("the parts of SIZES add up to SIZE_PARTS");
}

export interface BulkRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly bytes: number;
  readonly framing: number;
  readonly seed: number;
  /** Whether the client asks for the connection to be closed behind the answer. */
  readonly closes: boolean;
}

export function requestOf(id: number): BulkRequest {
  const bytes = bodyBytes(id, Site.requestStep, Site.requestBytes);
  const bare = drawBelow(4, 1, Site.method, id, 0);
  const method = bytes > 0 || bare > 2 ? "POST" : bare > 0 || id < FIRST_HEAD ? "GET" : "HEAD";
  const framing = method === "POST" && drawBelow(4, 1, Site.requestFraming, id, 0) === 0 ? Framing.chunked : Framing.length;
  return { method, bytes, framing, seed: drawWord(2, Site.seed, id, 0), closes: drawBelow(50, 1, Site.close, id, 0) === 0 };
}

export function responseOf(id: number): { readonly bytes: number; readonly framing: number; readonly seed: number } {
  const kind = drawBelow(100, 1, Site.responseFraming, id, 0);
  return {
    bytes: bodyBytes(id, Site.responseStep, Site.responseBytes),
    framing: kind < 25 ? Framing.chunked : kind < 27 ? Framing.untilClose : Framing.length,
    seed: drawWord(3, Site.seed, id, 0),
  };
}

/** The head of `bytes` bytes at `at`, up to its blank line, as text; "" while it is not whole. */
export function headText(u8: Uint8Array, at: number, bytes: number): string {
  const there = Buffer.from(u8.buffer, u8.byteOffset + at, bytes);
  const end = there.indexOf("\r\n\r\n");
  return end < 0 ? "" : there.toString("latin1", 0, end + 4);
}

/** The value of a field that stands in the head once, "" if it does not. */
export function fieldOf(head: string, name: string): string {
  const values = head.split("\r\n").filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return values.length === 1 ? values[0]!.slice(name.length + 1).trim() : "";
}

/** How the body behind a head is delimited, and its bytes where the head says. */
export function framingOf(head: string, without: number): { readonly framing: number; readonly bytes: number } {
  if (fieldOf(head, "Transfer-Encoding").toLowerCase() === "chunked") return { framing: Framing.chunked, bytes: 0 };
  const length = fieldOf(head, "Content-Length");
  return length === "" ? { framing: without, bytes: 0 } : { framing: Framing.length, bytes: Number(length) };
}
