/** A memory in which heads, scans, descriptors and bodies have their places, and our parser's answers as plain objects. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { HeaderEntry, OUTCOMES, Outcome, RequestDescriptor } from "../../../../services/lb/api.ts";
import { BodyFraming, BodyPhase, skipBody } from "../../../../services/net/http/body.ts";
import { HeadScan, ScanResult, scanHead } from "../../../../services/net/http/head-scan.ts";
import { parseHead } from "../../../../services/net/http/head.ts";

/** Streams lie here at an odd address, poison on both sides. */
export const STREAM_AT = 4097;
const STREAM_MAX = 75_000;
/** What lies around a stream: part of any token, the end of any line, a blank. Reading it would show. */
export const POISONS = [0x41, 0x0a, 0x20] as const;

export const source = new Memory(new ArrayBuffer(80_000));
export const state = new Memory(new ArrayBuffer(16_384));
export const scan = 0 as Address<"HeadScan">;
export const framing = 64 as Address<"BodyFraming">;
export const descriptor = 128 as Address<"RequestDescriptor">;
export const ENTRIES_MAX = 512;

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Writes the stream's first `bytes` bytes, all if not given, with poison on both sides. */
export function place(stream: string, bytes = stream.length, poison: number = POISONS[0]): void {
  if (bytes > STREAM_MAX) throw new Error("too long for the harness");
  source.fill(STREAM_AT - 64, bytes + 128, poison);
  source.u8.set(Buffer.from(stream.slice(0, bytes), "latin1"), STREAM_AT);
}

export function freshScan(): void {
  state.fill(scan, HeadScan.size, 0);
}

export interface HeadAnswer {
  readonly outcome: string;
  readonly method: string;
  readonly target: string;
  readonly minor: number;
  readonly host: string | null;
  readonly cookie: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

function text(at: number, offset: number, bytes: number): string {
  return latin1(source.u8.slice(at + offset, at + offset + bytes));
}

/** Our parser's reading of the head at `at` in `source`. The descriptor is poisoned first. */
export function readHead(at: number, headBytes: number, entriesMax = ENTRIES_MAX): HeadAnswer {
  state.fill(framing, BodyFraming.size, 0xee);
  state.fill(descriptor, RequestDescriptor.size + (ENTRIES_MAX + 1) * HeaderEntry.size, 0xee);
  const outcome = parseHead(source, at, headBytes, state, descriptor, entriesMax, state, framing);
  const read = RequestDescriptor.view(state, descriptor);
  if (read.headBytes !== headBytes) throw new Error("headBytes is not what it was given");
  const headers = Array.from({ length: read.headerCount }, (_, i): [string, string] => {
    const entry = HeaderEntry.view(state, (descriptor + RequestDescriptor.size + i * HeaderEntry.size) as Address<"HeaderEntry">);
    return [text(at, entry.nameOffset, entry.nameBytes), text(at, entry.valueOffset, entry.valueBytes)];
  });
  const expected = BodyFraming.view(state, framing);
  return {
    outcome: nameOf(outcome),
    method: text(at, 0, read.methodBytes),
    target: text(at, read.targetOffset, read.targetBytes),
    minor: read.versionMinor,
    host: read.hostPresent === 1 ? text(at, read.hostOffset, read.hostBytes) : null,
    cookie: text(at, read.cookieOffset, read.cookieBytes),
    headers,
    body: expected.phase === BodyPhase.done ? "none" : expected.part === 0 ? `length ${expected.remainingBytes}` : "chunked",
  };
}

export function nameOf(outcome: number): string {
  return Object.entries(Outcome).find(([, number]) => number === outcome)?.[0] ?? `outcome ${outcome}`;
}

export function statusOf(outcome: string): number {
  return OUTCOMES[Outcome[outcome as keyof typeof Outcome]]?.status ?? 0;
}

export const resultNames: Readonly<Record<number, string>> = {
  [ScanResult.more]: "more",
  [ScanResult.badRequestLine]: "badRequestLine",
  [ScanResult.badVersion]: "badVersion",
  [ScanResult.headTooLarge]: "headTooLarge",
};

/** The scan's answer to the whole stream in one piece: bytes of the head, or why there is none. */
export function scanWhole(stream: string): number | string {
  place(stream);
  freshScan();
  const result = scanHead(source, STREAM_AT, stream.length, state, scan);
  return result > 0 ? result : resultNames[result]!;
}

/** Our parser's reading of a stream's first head, found by our scan. */
export function readFirst(stream: string): HeadAnswer {
  const result = scanWhole(stream);
  const headBytes = result === "headTooLarge" ? 65_536 : result;
  if (typeof headBytes !== "number") throw new Error(`no head: ${result}`);
  return readHead(STREAM_AT + HeadScan.skippedBytes.get(state, scan), headBytes);
}

/** A head with these lines behind its request line. */
export function head(...lines: string[]): string {
  return `POST / HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

export interface FoundRequest {
  readonly offset: number;
  readonly bytes: number;
  readonly head: HeadAnswer;
}

/** All requests of a stream, as net would find them: heads, bodies skipped, the end of parsing in words. */
export function walk(stream: string): { requests: FoundRequest[]; end: string } {
  const bytes = Buffer.from(stream, "latin1");
  const memory = new Memory(new ArrayBuffer((bytes.length + 11) & ~7));
  memory.u8.set(bytes, 1);
  const requests: FoundRequest[] = [];
  for (let at = 0; ; ) {
    freshScan();
    const result = scanHead(memory, 1 + at, bytes.length - at, state, scan);
    if (result <= 0 && result !== ScanResult.headTooLarge) return { requests, end: at === bytes.length ? "whole" : resultNames[result]! };
    const headBytes = result > 0 ? result : 65536;
    at += HeadScan.skippedBytes.get(state, scan);
    place(stream.slice(at, at + headBytes));
    const head = readHead(STREAM_AT, headBytes);
    requests.push({ offset: at, bytes: headBytes, head });
    if (head.outcome !== "routed") return { requests, end: head.outcome };
    at += headBytes;
    at += skipBody(memory, 1 + at, bytes.length - at, state, framing);
    const phase = BodyFraming.phase.get(state, framing);
    if (phase !== BodyPhase.done) return { requests, end: phase === BodyPhase.bad ? "badBody" : "inBody" };
  }
}

export function readData<T>(name: string): T {
  return JSON.parse(gunzipSync(readFileSync(new URL(`../../../data/${name}`, import.meta.url))).toString("utf8")) as T;
}
