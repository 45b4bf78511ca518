/**
 * The reference parser (reference.ts) for whole streams: one request after the other, and the bodies between them, by
 * splitting strings. It knows nothing of pieces.
 */

import type { ReferenceHead } from "./reference.ts";
import { referenceHead } from "./reference.ts";

export interface ReferenceRequest {
  /** Of the head's first byte in the stream. */
  readonly offset: number;
  readonly head: ReferenceHead;
}

export interface ReferenceStream {
  readonly requests: readonly ReferenceRequest[];
  /** "whole" between requests, else why nothing follows. */
  readonly end: string;
}

export function referenceStream(stream: string): ReferenceStream {
  const requests: ReferenceRequest[] = [];
  for (let at = 0; ; ) {
    if (at === stream.length) return { requests, end: "whole" };
    const head = referenceHead(stream.slice(at));
    if (head.kind !== "head") return { requests, end: head.kind };
    requests.push({ offset: at + head.skipped, head });
    if (head.outcome !== "routed") return { requests, end: head.outcome };
    at += head.skipped + head.bytes;
    const body = bodyEnd(stream, at, head);
    if (typeof body === "string") return { requests, end: body };
    at = body;
  }
}

function bodyEnd(stream: string, at: number, { body }: ReferenceHead): number | "inBody" | "badBody" {
  if (body.kind === "none") return at;
  if (body.kind === "length") return stream.length - at < body.bytes ? "inBody" : at + body.bytes;
  const chunks = referenceChunks(stream.slice(at));
  return typeof chunks === "string" ? chunks : at + chunks;
}

const LINE_MAX = 8192;
const EXTENSIONS_MAX = 65536;
const TRAILERS_MAX = 65536;
const TEXT = "[\\t\\x20-\\x7e\\x80-\\xff]*";
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";
/** Size, extension, and what ends the line; the second one fits every beginning of such a line, and nothing else. */
const CHUNK_LINE = new RegExp(`^([0-9A-Fa-f]+)(?:[ \\t]*(;${TEXT}))?\\r\\n$`);
const CHUNK_LINE_BEGUN = new RegExp(`^(?:|([0-9A-Fa-f]+)(?:[ \\t]*|(?:[ \\t]*(;${TEXT}))?\\r?))$`);
const TRAILER_LINE = new RegExp(`^(?:${TOKEN}+:${TEXT})?\\r\\n$`);
const TRAILER_LINE_BEGUN = new RegExp(`^(?:${TOKEN}*|(?:${TOKEN}+:${TEXT})?\\r?)$`);

/** Bytes of the chunked body that the text begins with. */
export function referenceChunks(text: string): number | "inBody" | "badBody" {
  let at = 0;
  /** Bytes of extensions that no data has made up for. */
  let owed = 0;
  for (;;) {
    const line = lineFrom(text, at);
    const whole = line.endsWith("\n");
    const match = (whole ? CHUNK_LINE : CHUNK_LINE_BEGUN).exec(line);
    if (match === null || line.length > LINE_MAX) return "badBody";
    const size = BigInt(`0x${match[1] ?? "0"}`);
    owed += (match[2] ?? "").length;
    if (size >= 2n ** 53n || owed > EXTENSIONS_MAX) return "badBody";
    if (!whole) return "inBody";
    at += line.length;
    if (size === 0n) return trailerEnd(text, at);
    owed = Math.max(0, owed - Math.min(Number(size), text.length - at));
    at += Number(size);
    const after = text.slice(at, at + 2);
    if (after !== "\r\n") return "\r\n".startsWith(after) ? "inBody" : "badBody";
    at += 2;
  }
}

function trailerEnd(text: string, from: number): number | "inBody" | "badBody" {
  for (let at = from; ; ) {
    const line = lineFrom(text, at);
    const whole = line.endsWith("\n");
    if (!(whole ? TRAILER_LINE : TRAILER_LINE_BEGUN).test(line) || at + line.length - from > TRAILERS_MAX) return "badBody";
    if (!whole) return "inBody";
    at += line.length;
    if (line === "\r\n") return at;
  }
}

/** From here through the next line feed, or to the text's end. */
function lineFrom(text: string, at: number): string {
  const feed = text.indexOf("\n", at);
  return feed < 0 ? text.slice(at) : text.slice(at, feed + 1);
}
