/**
 * Skips a request's body in a client's byte stream that arrives in pieces (RFC 9112, 6 and 7): a body of a stated length,
 * or chunks. Chunked syntax is taken strictly where framing hangs on it: sizes are hex digits below 2^53, lines end in
 * CRLF, a chunk's data is followed by CRLF, trailer lines are field lines. Extensions are skipped unread up to their CRLF,
 * as long as they hold no control byte but the tab (7.1.1); blanks in front of their ";" are allowed, none elsewhere.
 * The bounds (limits.ts): a chunk's line, all extensions beside the data they come with, and the trailer section as a whole.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { COLON, CR, LF, TAB, hexDigit, isBlank, isTokenByte } from "./characters.ts";
import { CHUNK_LINE_BYTES_MAX, EXTENSION_BYTES_MAX, TRAILER_BYTES_MAX } from "./limits.ts";

export const BodyPhase = Object.freeze({
  /** The body is skipped whole: what follows is the next request. */
  done: 0,
  more: 1,
  /** The framing is faulty: nothing more of this flow can be parsed. */
  bad: 2,
});

/** How a body is delimited and how much of it is skipped. All zero: no body. */
export const BodyFraming = layout("BodyFraming", 24, {
  /** One of BodyPhase. */
  phase: i32,
  /** One of BodyPart: what the next byte belongs to. */
  part: i32,
  /** Bytes left of the body, or of the current chunk; while its line is read, the size so far. */
  remainingBytes: u64,
  /** Bytes of the chunk's line, or of the trailer section, so far. */
  lineBytes: i32,
  /** Bytes of extensions so far, less the bytes of data behind them; never below 0. */
  extensionBytes: i32,
});

/** What the next byte belongs to. */
export const BodyPart = Object.freeze({
  length: 0,
  /** chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF */
  sizeFirst: 1,
  size: 2,
  sizeBlank: 3,
  extension: 4,
  sizeFeed: 5,
  data: 6,
  dataReturn: 7,
  dataFeed: 8,
  /** trailer-section = *( field-line CRLF ), then CRLF */
  trailerFirst: 9,
  trailerName: 10,
  trailerValue: 11,
  trailerFeed: 12,
  endFeed: 13,
});

const SEMICOLON = 0x3b;
/** One more hex digit stays below 2^53. */
const SIZE_SIXTEENTH_MAX = 2 ** 49 - 1;
/** Answers of a step instead of the next part. */
const DONE = -1;
const BAD = -2;

export function clearBody(memory: Memory, framing: Address<"BodyFraming">): void {
  BodyFraming.phase.set(memory, framing, BodyPhase.done);
  BodyFraming.part.set(memory, framing, BodyPart.length);
  BodyFraming.remainingBytes.setWords(memory, framing, 0, 0);
  BodyFraming.lineBytes.set(memory, framing, 0);
  BodyFraming.extensionBytes.set(memory, framing, 0);
}

/** A body of `remainingBytes` bytes comes. */
export function expectLength(memory: Memory, framing: Address<"BodyFraming">): void {
  if (BodyFraming.remainingBytes.get(memory, framing) > 0) BodyFraming.phase.set(memory, framing, BodyPhase.more);
}

/** A chunked body comes. */
export function expectChunks(memory: Memory, framing: Address<"BodyFraming">): void {
  BodyFraming.phase.set(memory, framing, BodyPhase.more);
  BodyFraming.part.set(memory, framing, BodyPart.sizeFirst);
}

/**
 * Skips what it can of `at..at+bytes`, the stream from the body's next byte on. Answers the bytes consumed: all of them
 * unless the phase is then done (the rest belongs to the next request) or bad (the next byte is the faulty one).
 */
export function skipBody(source: Memory, at: number, bytes: number, framingMemory: Memory, framing: Address<"BodyFraming">): number {
  const end = at + bytes;
  let cursor = at;
  while (cursor < end && BodyFraming.phase.get(framingMemory, framing) === BodyPhase.more) {
    const part = BodyFraming.part.get(framingMemory, framing);
    if (part === BodyPart.length || part === BodyPart.data) {
      cursor += skipData(end - cursor, part, framingMemory, framing);
      continue;
    }
    const next = step(source.u8[cursor], part, framingMemory, framing);
    if (next === BAD) {
      BodyFraming.phase.set(framingMemory, framing, BodyPhase.bad);
      break;
    }
    cursor++;
    if (next === DONE) clearBody(framingMemory, framing);
    else BodyFraming.part.set(framingMemory, framing, next);
  }
  return cursor - at;
}

/** How many of the next bytes are data for certain, and nothing of the framing; 0 if the next byte is none. */
export function bodyDataBytes(memory: Memory, framing: Address<"BodyFraming">): number {
  const part = BodyFraming.part.get(memory, framing);
  const data = BodyFraming.phase.get(memory, framing) === BodyPhase.more && (part === BodyPart.length || part === BodyPart.data);
  return data ? BodyFraming.remainingBytes.get(memory, framing) : 0;
}

/** Bytes that are nothing but data: how many of `available` are. */
function skipData(available: number, part: number, memory: Memory, framing: Address<"BodyFraming">): number {
  const remaining = BodyFraming.remainingBytes.get(memory, framing);
  const skipped = Math.min(available, remaining);
  BodyFraming.remainingBytes.set(memory, framing, remaining - skipped);
  BodyFraming.extensionBytes.set(memory, framing, Math.max(0, BodyFraming.extensionBytes.get(memory, framing) - skipped));
  if (skipped === remaining) {
    if (part === BodyPart.length) clearBody(memory, framing);
    else BodyFraming.part.set(memory, framing, BodyPart.dataReturn);
  }
  return skipped;
}

/** Takes one byte of chunked syntax: the part that the next byte belongs to, DONE or BAD. */
function step(byte: number, part: number, memory: Memory, framing: Address<"BodyFraming">): number {
  if (part === BodyPart.dataReturn) return byte === CR ? BodyPart.dataFeed : BAD;
  if (part === BodyPart.dataFeed) {
    BodyFraming.lineBytes.set(memory, framing, 0);
    return byte === LF ? BodyPart.sizeFirst : BAD;
  }
  const lineBytes = BodyFraming.lineBytes.get(memory, framing) + 1;
  BodyFraming.lineBytes.set(memory, framing, lineBytes);
  if (part >= BodyPart.trailerFirst) return lineBytes > TRAILER_BYTES_MAX ? BAD : stepTrailer(byte, part);
  return lineBytes > CHUNK_LINE_BYTES_MAX ? BAD : stepChunkLine(byte, part, memory, framing);
}

function stepChunkLine(byte: number, part: number, memory: Memory, framing: Address<"BodyFraming">): number {
  switch (part) {
    case BodyPart.sizeFirst:
      return takeSizeDigit(byte, memory, framing);
    case BodyPart.size:
      if (byte === CR) return BodyPart.sizeFeed;
      if (byte === SEMICOLON) return takeExtension(memory, framing);
      return isBlank(byte) ? BodyPart.sizeBlank : takeSizeDigit(byte, memory, framing);
    case BodyPart.sizeBlank:
      if (byte === SEMICOLON) return takeExtension(memory, framing);
      return isBlank(byte) ? BodyPart.sizeBlank : BAD;
    case BodyPart.extension:
      if (byte === CR) return BodyPart.sizeFeed;
      return isControl(byte) ? BAD : takeExtension(memory, framing);
    default:
      if (byte !== LF) return BAD;
      BodyFraming.lineBytes.set(memory, framing, 0);
      return BodyFraming.remainingBytes.get(memory, framing) > 0 ? BodyPart.data : BodyPart.trailerFirst;
  }
}

function takeSizeDigit(byte: number, memory: Memory, framing: Address<"BodyFraming">): number {
  const digit = hexDigit(byte);
  const size = BodyFraming.remainingBytes.get(memory, framing);
  if (digit < 0 || size > SIZE_SIXTEENTH_MAX) return BAD;
  BodyFraming.remainingBytes.set(memory, framing, size * 16 + digit);
  return BodyPart.size;
}

/** One more byte of an extension, unless extensions outweigh the data by too much. */
function takeExtension(memory: Memory, framing: Address<"BodyFraming">): number {
  const extensionBytes = BodyFraming.extensionBytes.get(memory, framing) + 1;
  BodyFraming.extensionBytes.set(memory, framing, extensionBytes);
  return extensionBytes > EXTENSION_BYTES_MAX ? BAD : BodyPart.extension;
}

function stepTrailer(byte: number, part: number): number {
  switch (part) {
    case BodyPart.trailerFirst:
      if (byte === CR) return BodyPart.endFeed;
      return isTokenByte(byte) ? BodyPart.trailerName : BAD;
    case BodyPart.trailerName:
      if (byte === COLON) return BodyPart.trailerValue;
      return isTokenByte(byte) ? BodyPart.trailerName : BAD;
    case BodyPart.trailerValue:
      if (byte === CR) return BodyPart.trailerFeed;
      return isControl(byte) ? BAD : BodyPart.trailerValue;
    case BodyPart.trailerFeed:
      return byte === LF ? BodyPart.trailerFirst : BAD;
    default:
      return byte === LF ? DONE : BAD;
  }
}

/** What neither a field value nor an extension holds. */
function isControl(byte: number): boolean {
  return (byte < 0x20 && byte !== TAB) || byte === 0x7f;
}
