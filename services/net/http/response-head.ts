/**
 * A response's head, as a proxy reads it from a backend (RFC 9112, 4 and 6.3; RFC 9110, 15): where it ends, what it says,
 * and how its body is delimited. Strict where framing hangs on it: whoever cannot be understood for certain is a bad gateway.
 * That is so of a line that is no field line, of one that goes on in the next (5.2 lets a proxy refuse it), of control
 * bytes, of codings other than chunked alone, of a coding together with a length, of lengths that contradict each other.
 * Blanks in front of a colon are let through, and are not handed on (5.1).
 */

import type { Address } from "../../../hal/field.ts";
import { i32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { COLON, CR, LF, SPACE, TAB, isDigit } from "./characters.ts";
import { HEADER_LINES_MAX } from "./limits.ts";
import { blanksEnd, controlAt, lineFeedAt, nameIs, tokenEnd, trimmedEnd } from "./search.ts";
import { hasToken } from "./token-list.ts";

/** How a body ends. */
export const ResponseBody = Object.freeze({ none: 0, length: 1, chunked: 2, untilClose: 3 });

export const ResponseHead = layout("ResponseHead", 24, {
  /** Content-Length, for ResponseBody.length. */
  bodyBytes: u64,
  /** 100 to 599. */
  status: i32,
  /** Bytes of the head, the blank line included. */
  headBytes: i32,
  /** One of ResponseBody. */
  body: u8,
  /** The digit behind "HTTP/1.". */
  versionMinor: u8,
  /** 1: the backend will take another request when the body is through. */
  keepAlive: u8,
  /** 1: there is a Connection line. */
  hasConnection: u8,
  /** Field lines. */
  lines: i32,
});

/** Answers of scanResponseHead() that are no head's length. */
export const ResponseScan = Object.freeze({ more: 0, bad: -1, tooLarge: -2 });

/** Longest head taken of a backend. */
export const RESPONSE_HEAD_BYTES_MAX = 32 * 1024;

const LENGTH_TENTH_MAX = 900719925474099;
/** "HTTP/1.1 200 ". */
const STATUS_LINE_BYTES = 13;
const STATUS_MAX = 599;

/**
 * Where the head ends that begins at `at`, of which `bytes` are there; `scanned` of them were looked at before. The bytes of
 * the head, or one of ResponseScan. A line that begins with a bare LF ends nothing.
 */
export function scanResponseHead(source: Memory, at: number, bytes: number, scanned: number): number {
  const end = at + Math.min(bytes, RESPONSE_HEAD_BYTES_MAX);
  let cursor = at + Math.max(0, scanned - 3);
  for (;;) {
    const feed = lineFeedAt(source, cursor, end);
    if (feed >= end) return bytes >= RESPONSE_HEAD_BYTES_MAX ? ResponseScan.tooLarge : ResponseScan.more;
    if (feed - at >= 3 && source.u8[feed - 1] === CR && source.u8[feed - 2] === LF && source.u8[feed - 3] === CR) return feed + 1 - at;
    cursor = feed + 1;
  }
}

/** Whether the bytes that are there may begin a status line: what certainly does not is not waited for. */
export function mayBeginResponse(source: Memory, at: number, bytes: number): boolean {
  const begin = "HTTP/1.";
  for (let i = 0; i < Math.min(bytes, begin.length); i++) if (source.u8[at + i] !== begin.charCodeAt(i)) return false;
  return true;
}

/**
 * Reads the head of `headBytes` bytes at `at` into `response`; `headOnly` says that the request was a HEAD. False if it is no
 * head that can be relied on.
 */
export function parseResponseHead(source: Memory, at: number, headBytes: number, memory: Memory, response: Address<"ResponseHead">, headOnly: boolean): boolean {
  memory.fill(response, ResponseHead.size, 0);
  ResponseHead.headBytes.set(memory, response, headBytes);
  const fieldsAt = readStatusLine(source, at, at + headBytes, memory, response);
  if (fieldsAt < 0) return false;
  const found = readFields(source, fieldsAt, at + headBytes - 2, memory, response);
  if (found < 0) return false;
  const status = ResponseHead.status.get(memory, response);
  const body = framingOf(status, headOnly, found);
  ResponseHead.body.set(memory, response, body);
  ResponseHead.hasConnection.set(memory, response, (found & Said.connection) !== 0 ? 1 : 0);
  const asked = ResponseHead.versionMinor.get(memory, response) === 1 ? (found & Said.close) === 0 : (found & (Said.keepAlive | Said.close)) === Said.keepAlive;
  // Who announces a body where there can be none may send it, too: what comes behind could not be told from it.
  const contradicts = status === 204 && ((found & Said.chunked) !== 0 || ResponseHead.bodyBytes.get(memory, response) > 0);
  ResponseHead.keepAlive.set(memory, response, asked && !contradicts && body !== ResponseBody.untilClose ? 1 : 0);
  return true;
}

/** What the fields say: bits. */
const Said = Object.freeze({ length: 1, chunked: 2, close: 4, keepAlive: 8, connection: 16 });

/** RFC 9112, 6.3. */
function framingOf(status: number, headOnly: boolean, found: number): number {
  if (headOnly || status < 200 || status === 204 || status === 304) return ResponseBody.none;
  if ((found & Said.chunked) !== 0) return ResponseBody.chunked;
  return (found & Said.length) !== 0 ? ResponseBody.length : ResponseBody.untilClose;
}

/** Address of the first field line; -1 for a bad status line. */
function readStatusLine(source: Memory, at: number, end: number, memory: Memory, response: Address<"ResponseHead">): number {
  const { u8: code } = source;
  if (end - at < STATUS_LINE_BYTES || !isHttp1(source, at) || code[at + 8] !== SPACE) return -1;
  if (!isDigit(code[at + 9]) || !isDigit(code[at + 10]) || !isDigit(code[at + 11])) return -1;
  const status = (code[at + 9] - 0x30) * 100 + (code[at + 10] - 0x30) * 10 + (code[at + 11] - 0x30);
  if (status < 100 || status > STATUS_MAX) return -1;
  ResponseHead.status.set(memory, response, status);
  ResponseHead.versionMinor.set(memory, response, code[at + 7] - 0x30);
  // The reason is optional, and so, from many servers, is the space before it (RFC 9112, 4).
  if (code[at + 12] !== SPACE && code[at + 12] !== CR) return -1;
  const line = valueEnd(source, at + 12, end);
  return line + 1 < end && code[line] === CR && code[line + 1] === LF ? line + 2 : -1;
}

function isHttp1(source: Memory, at: number): boolean {
  const { view } = source;
  // "HTTP/1." and a digit of 0 or 1.
  return view.getInt32(at) === 0x48545450 && view.getInt16(at + 4) === 0x2f31 && source.u8[at + 6] === 0x2e && (source.u8[at + 7] | 1) === 0x31;
}

/** What the lines up to `stop` say; -1 for one that is broken, or says what contradicts another, or too many. */
function readFields(source: Memory, from: number, stop: number, memory: Memory, response: Address<"ResponseHead">): number {
  let found = 0;
  let lines = 0;
  let cursor = from;
  while (cursor < stop) {
    const nameEnd = tokenEnd(source, cursor, stop);
    const colon = blanksEnd(source, nameEnd, stop);
    if (nameEnd === cursor || colon >= stop || source.u8[colon] !== COLON) return -1;
    const valueAt = blanksEnd(source, colon + 1, stop);
    const lineEnd = valueEnd(source, valueAt, stop);
    if (lineEnd + 1 >= stop || source.u8[lineEnd] !== CR || source.u8[lineEnd + 1] !== LF) return -1;
    const said = readField(source, cursor, nameEnd - cursor, valueAt, trimmedEnd(source, valueAt, lineEnd), memory, response, found);
    lines += 1;
    if (said < 0 || lines > HEADER_LINES_MAX) return -1;
    found |= said;
    cursor = lineEnd + 2;
  }
  ResponseHead.lines.set(memory, response, lines);
  // A coding and a length together may be an attempt at smuggling (6.3): a proxy refuses it.
  return (found & Said.length) !== 0 && (found & Said.chunked) !== 0 ? -1 : found;
}

function readField(source: Memory, nameAt: number, nameBytes: number, valueAt: number, valueStop: number, memory: Memory, response: Address<"ResponseHead">, found: number): number {
  if (nameBytes === 14 && nameIs(source, nameAt, "content-length")) return readLength(source, valueAt, valueStop, memory, response, found);
  if (nameBytes === 17 && nameIs(source, nameAt, "transfer-encoding")) {
    const chunked = valueStop - valueAt === 7 && nameIs(source, valueAt, "chunked") && (found & Said.chunked) === 0;
    return chunked && ResponseHead.versionMinor.get(memory, response) === 1 ? Said.chunked : -1;
  }
  if (nameBytes === 10 && nameIs(source, nameAt, "connection")) {
    return Said.connection | (hasToken(source, valueAt, valueStop, "close") ? Said.close : 0) | (hasToken(source, valueAt, valueStop, "keep-alive") ? Said.keepAlive : 0);
  }
  return 0;
}

/** The same length twice is one length (6.3); another one is a fault. */
function readLength(source: Memory, valueAt: number, valueStop: number, memory: Memory, response: Address<"ResponseHead">, found: number): number {
  let length = 0;
  for (let cursor = valueAt; cursor < valueStop; cursor++) {
    const byte = source.u8[cursor];
    if (!isDigit(byte) || length > LENGTH_TENTH_MAX || (length === LENGTH_TENTH_MAX && byte > 0x31)) return -1;
    // In this order: no sum on the way is above the last one.
    length = length * 10 + (byte - 0x30);
  }
  if (valueStop === valueAt || ((found & Said.length) !== 0 && ResponseHead.bodyBytes.get(memory, response) !== length)) return -1;
  ResponseHead.bodyBytes.set(memory, response, length);
  return Said.length;
}

/** Where the value ends: at the first control byte that is no tab. */
function valueEnd(source: Memory, from: number, stop: number): number {
  let cursor = controlAt(source, from, stop);
  while (cursor < stop && source.u8[cursor] === TAB) cursor = controlAt(source, cursor + 1, stop);
  return cursor;
}
