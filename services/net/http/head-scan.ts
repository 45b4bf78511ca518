/**
 * Finds where a request's head ends, in a client's byte stream that arrives in pieces.
 *
 * What the request line must look like, and what ends a head, are decided here (RFC 9112 and the contract); what the
 * head says is judged by `parseHead`, once it is whole. Readings:
 *
 *   empty line before the request line   one CRLF is skipped (2.2); a second one, or a bare LF, is a bad request line
 *   request line                         METHOD SP target SP HTTP/1.0 or HTTP/1.1 CRLF, exactly: no other blanks, no
 *                                        bare LF, no HTTP/0.9, METHOD of A-Z, '-', '_' (the contract, stricter than 3.1)
 *   HTTP/ digit . digit, else            bad version, once its CRLF is there: HTTP/1.2, HTTP/2.0, HTTP/9.9
 *   anything else                        bad request line, at the first byte that cannot belong to one
 *   what ends the head                   CRLF CRLF only, the request line's own CRLF included. A bare LF ends no line
 *                                        (2.2 allows it, does not ask for it) and LF LF, CRLF LF, LF CRLF end no head:
 *                                        such bytes stay in the head and make it Malformed when CRLF CRLF comes
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { CR, LF, SPACE, isDigit, isMethodByte } from "./characters.ts";
import { HEAD_BYTES_MAX } from "./limits.ts";
import { blankOrControlAt, lineFeedAt } from "./search.ts";

/** How far the scan of one head has come. All zero: nothing seen yet. */
export const HeadScan = layout("HeadScan", 24, {
  /** Bytes examined, counted from `at`, the skipped ones included. */
  scannedBytes: i32,
  /** Bytes of the empty line before the request line: 0 or 2. The head begins behind them. */
  skippedBytes: i32,
  /** Lines behind the request line that have ended so far, the blank line not counted: what a header table must hold. */
  lines: i32,
  /** One of HeadPhase: `fields` once the request line is complete and valid. */
  phase: i32,
  /** Bytes of the version and its CRLF matched so far. */
  versionBytes: i32,
  reserved: i32,
});

export const HeadPhase = Object.freeze({ start: 0, emptyLine: 1, method: 2, target: 3, version: 4, fields: 5 });

/** Why no head can come of these bytes; answers above 0 are a head's length, 0 means more bytes are needed. */
export const ScanResult = Object.freeze({
  more: 0,
  /** Answered 400, closes the flow, is no request. */
  badRequestLine: -1,
  /** Answered 505, otherwise as badRequestLine. */
  badVersion: -2,
  /** The first line is complete and valid, 65,536 bytes brought no blank line: a request, refused HeadTooLarge. */
  headTooLarge: -3,
});

const VERSION_BYTES = 10;
const HTTP = 0x50545448;
const SLASH_1_DOT_0 = 0x302e312f;
const SLASH_1_DOT_1 = 0x312e312f;
const CRLF = 0x0a0d;
/** Answer of a phase that met a byte which no request line holds. Addresses are never negative. */
const BAD = -1;

/**
 * `at..at+bytes` is the contiguous client stream from the head's first byte on; each call may find it elsewhere, but
 * with the same bytes in front. Bytes that an earlier call has seen are not looked at again. Answers the length of the
 * head (request line through blank line, without skipped bytes), or one of ScanResult.
 */
export function scanHead(source: Memory, at: number, bytes: number, scanMemory: Memory, scan: Address<"HeadScan">): number {
  if (HeadScan.phase.get(scanMemory, scan) < HeadPhase.fields) {
    const result = scanRequestLine(source, at, bytes, scanMemory, scan);
    if (result !== ScanResult.more || HeadScan.phase.get(scanMemory, scan) < HeadPhase.fields) return result;
  }
  return scanFields(source, at, bytes, scanMemory, scan);
}

/**
 * Whether the bytes begin with a whole request line, nothing skipped: what a flow that nobody saw opening must show.
 * `scan` is overwritten.
 */
export function beginsWithRequestLine(source: Memory, at: number, bytes: number, scanMemory: Memory, scan: Address<"HeadScan">): boolean {
  clearHeadScan(scanMemory, scan);
  const result = scanRequestLine(source, at, bytes, scanMemory, scan);
  return (
    result === ScanResult.more &&
    HeadScan.phase.get(scanMemory, scan) === HeadPhase.fields &&
    HeadScan.skippedBytes.get(scanMemory, scan) === 0
  );
}

export function clearHeadScan(memory: Memory, scan: Address<"HeadScan">): void {
  HeadScan.scannedBytes.set(memory, scan, 0);
  HeadScan.skippedBytes.set(memory, scan, 0);
  HeadScan.lines.set(memory, scan, 0);
  HeadScan.phase.set(memory, scan, HeadPhase.start);
  HeadScan.versionBytes.set(memory, scan, 0);
}

/** Goes on with the request line. `more` with phase `fields` when it is complete and valid. */
function scanRequestLine(source: Memory, at: number, bytes: number, scanMemory: Memory, scan: Address<"HeadScan">): number {
  let cursor = at + HeadScan.scannedBytes.get(scanMemory, scan);
  if (HeadScan.phase.get(scanMemory, scan) <= HeadPhase.emptyLine) cursor = scanStart(source, cursor, at + bytes, scanMemory, scan);
  if (cursor === BAD) return ScanResult.badRequestLine;
  const begin = at + HeadScan.skippedBytes.get(scanMemory, scan);
  const end = Math.min(at + bytes, begin + HEAD_BYTES_MAX);
  if (HeadScan.phase.get(scanMemory, scan) === HeadPhase.method) cursor = scanMethod(source, begin, cursor, end, scanMemory, scan);
  if (cursor === BAD) return ScanResult.badRequestLine;
  if (HeadScan.phase.get(scanMemory, scan) === HeadPhase.target) cursor = scanTarget(source, cursor, end, scanMemory, scan);
  if (cursor === BAD) return ScanResult.badRequestLine;
  if (HeadScan.phase.get(scanMemory, scan) === HeadPhase.version) cursor = scanVersion(source, cursor, end, scanMemory, scan);
  if (cursor === BAD) return ScanResult.badRequestLine;
  HeadScan.scannedBytes.set(scanMemory, scan, cursor - at);
  if (HeadScan.phase.get(scanMemory, scan) === HeadPhase.fields) {
    const minor = source.u8[cursor - 3];
    return source.u8[cursor - 5] === 0x31 && (minor === 0x30 || minor === 0x31) ? ScanResult.more : ScanResult.badVersion;
  }
  return cursor - begin >= HEAD_BYTES_MAX ? ScanResult.badRequestLine : ScanResult.more;
}

// Each phase below answers the address behind the last byte it took, and sets the next phase where it ends.

function scanStart(source: Memory, from: number, end: number, scanMemory: Memory, scan: Address<"HeadScan">): number {
  let cursor = from;
  if (HeadScan.phase.get(scanMemory, scan) === HeadPhase.start) {
    if (cursor >= end) return cursor;
    if (source.u8[cursor] !== CR) {
      HeadScan.phase.set(scanMemory, scan, HeadPhase.method);
      return cursor;
    }
    cursor++;
    HeadScan.phase.set(scanMemory, scan, HeadPhase.emptyLine);
  }
  if (cursor >= end) return cursor;
  if (source.u8[cursor] !== LF) return BAD;
  HeadScan.skippedBytes.set(scanMemory, scan, 2);
  HeadScan.phase.set(scanMemory, scan, HeadPhase.method);
  return cursor + 1;
}

function scanMethod(source: Memory, begin: number, from: number, end: number, scanMemory: Memory, scan: Address<"HeadScan">): number {
  const u8 = source.u8;
  let cursor = from;
  while (cursor < end && isMethodByte(u8[cursor])) cursor++;
  if (cursor >= end) return cursor;
  if (u8[cursor] !== SPACE || cursor === begin) return BAD;
  HeadScan.phase.set(scanMemory, scan, HeadPhase.target);
  return cursor + 1;
}

/** Control bytes other than CR and LF are let through here: they wait for the blank line to be refused. */
function scanTarget(source: Memory, from: number, end: number, scanMemory: Memory, scan: Address<"HeadScan">): number {
  const u8 = source.u8;
  let cursor = blankOrControlAt(source, from, end);
  while (cursor < end && u8[cursor] !== SPACE) {
    if (u8[cursor] === CR || u8[cursor] === LF) return BAD;
    cursor = blankOrControlAt(source, cursor + 1, end);
  }
  if (cursor >= end) return cursor;
  // No byte of a target is a space: one in front of this one is the space that began an empty target.
  if (u8[cursor - 1] === SPACE) return BAD;
  HeadScan.phase.set(scanMemory, scan, HeadPhase.version);
  return cursor + 1;
}

function scanVersion(source: Memory, from: number, end: number, scanMemory: Memory, scan: Address<"HeadScan">): number {
  let matched = HeadScan.versionBytes.get(scanMemory, scan);
  let cursor = from;
  if (matched === 0 && cursor + VERSION_BYTES <= end && isServedVersion(source, cursor)) {
    cursor += VERSION_BYTES;
    matched = VERSION_BYTES;
  }
  while (cursor < end && matched < VERSION_BYTES) {
    if (!versionHolds(matched, source.u8[cursor])) return BAD;
    cursor++;
    matched++;
  }
  HeadScan.versionBytes.set(scanMemory, scan, matched);
  if (matched === VERSION_BYTES) HeadScan.phase.set(scanMemory, scan, HeadPhase.fields);
  return cursor;
}

/** HTTP/1.0 or HTTP/1.1 and CRLF, all ten bytes at once. */
function isServedVersion(source: Memory, at: number): boolean {
  const view = source.view;
  const second = view.getInt32(at + 4, true);
  return view.getInt32(at, true) === HTTP && (second === SLASH_1_DOT_1 || second === SLASH_1_DOT_0) && view.getUint16(at + 8, true) === CRLF;
}

/** Whether this byte may stand at this position of "HTTP/" digit "." digit CRLF (RFC 9112, 2.3). */
function versionHolds(position: number, byte: number): boolean {
  if (position === 5 || position === 7) return isDigit(byte);
  if (position === 8) return byte === CR;
  if (position === 9) return byte === LF;
  return byte === "HTTP/ .".charCodeAt(position);
}

/** Looks for CRLF CRLF at each line feed, backwards: the request line in front of it is longer than what is looked at. */
function scanFields(source: Memory, at: number, bytes: number, scanMemory: Memory, scan: Address<"HeadScan">): number {
  const u8 = source.u8;
  const begin = at + HeadScan.skippedBytes.get(scanMemory, scan);
  const end = Math.min(at + bytes, begin + HEAD_BYTES_MAX);
  let lines = HeadScan.lines.get(scanMemory, scan);
  let result: number = ScanResult.more;
  let cursor = at + HeadScan.scannedBytes.get(scanMemory, scan);
  for (;;) {
    const feed = lineFeedAt(source, cursor, end);
    if (feed >= end) {
      cursor = end;
      if (end - begin >= HEAD_BYTES_MAX) result = ScanResult.headTooLarge;
      break;
    }
    cursor = feed + 1;
    if (u8[feed - 1] === CR && u8[feed - 2] === LF && u8[feed - 3] === CR) {
      result = cursor - begin;
      break;
    }
    lines++;
  }
  HeadScan.lines.set(scanMemory, scan, lines);
  HeadScan.scannedBytes.set(scanMemory, scan, cursor - at);
  return result;
}
