/**
 * Every byte at every place of a request, sent to a real nginx 1.22.1 and a real haproxy 2.6.12, each in front of a server
 * that takes anything (test/data/bytes-at-servers.json.gz): who serves what. Net is never more lenient than both, and where it
 * is stricter than both, it says why.
 */

import { describe, expect, test } from "vitest";
import { readData, walk } from "./harness.ts";

/** A stream with a byte between two texts. By byte: "s" served, "r" refused, "z" closed without a status, "-" no answer. */
interface Place {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly nginx: string;
  readonly haproxy: string;
}

const CONTROLS = "control bytes (RFC 9110, 5.5)";
const LF = "a bare LF ends no line (RFC 9112, 2.2 lets choose)";
const HOST = "no byte of a host (RFC 9112, 3.2)";
const BLANK = "a chunk's size is followed by CRLF or an extension (RFC 9112, 7.1)";

/** Bytes in hex that both servers serve and we refuse, by place. */
const STRICTER: Readonly<Record<string, readonly [string, string]>> = {
  "first byte": ["a", "an empty line is CRLF (RFC 9112, 2.2)"],
  "first byte of target": ["20", "one SP (RFC 9112, 3)"],
  "minor version": ["32-39", "HTTP/1.0 and HTTP/1.1 only (contract)"],
  "first byte of name": ["a", LF],
  "first byte of value": ["1-8 b-c e-1f 7f", CONTROLS],
  value: ["1-8 b-c e-1f 7f", CONTROLS],
  "end of value": ["1-8 a-c e-1f 7f", CONTROLS],
  "CR of line": ["1-c e-ff", LF],
  "before blank line": ["a", LF],
  "CR of blank line": ["a", LF],
  Host: ["22-23 25 3a 3c 3e-40 5b-5e 60 7b-7d 80-ff", HOST],
  "first byte of Host": ["22-23 25 3c 3e-40 5b-5e 60 7b-7d 80-ff", HOST],
  "whole Host": ["22-23 25 3c 3e-40 5b-5e 60 7b-7d 80-ff", HOST],
  "port of Host": ["a 21-2e 3a-7e 80-ff", "no digit (RFC 9110, 7.2)"],
  "literal of Host": ["21-2e 3a-40 47-60 67-7e 80-ff", "no IPv6 address (RFC 3986, 3.2.2)"],
  "Content-Length": ["a", LF],
  "end of a chunk's size": ["9 20", BLANK],
  "CR of a chunk's size": ["9 20 3b", BLANK],
  extension: ["0-8 b-c e-1f 7f", "control bytes hide the line's end from other readers"],
  "last chunk": ["9-a 20", BLANK],
  "value of trailer": ["0-8 b-c e-1f 7f", CONTROLS],
  "CR of trailer": ["0-c e-ff", LF],
  "before the end": ["a", LF],
  "CR of the end": ["a", LF],
};

const PLACES = readData<Place[]>("bytes-at-servers.json.gz");

/** Whether we take the stream's first request, and its body. */
function takes(stream: string): boolean {
  const { requests, end } = walk(stream);
  return requests[0]?.head.outcome === "routed" && end !== "badBody" && end !== "inBody";
}

/** "1-8 b" for these bytes. */
function ranges(bytes: readonly number[]): string {
  const begins = bytes.filter((byte) => !bytes.includes(byte - 1));
  const ends = bytes.filter((byte) => !bytes.includes(byte + 1));
  return begins.map((begin, i) => (begin === ends[i] ? begin.toString(16) : `${begin.toString(16)}-${ends[i]!.toString(16)}`)).join(" ");
}

describe("every byte at", () => {
  test.each(PLACES.map((place) => [place.name, place] as const))("%s: never more lenient than nginx and haproxy both", (name, { before, after, nginx, haproxy }) => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    const taken = bytes.filter((byte) => takes(before + String.fromCharCode(byte) + after));
    expect(ranges(taken.filter((byte) => nginx[byte] !== "s" && haproxy[byte] !== "s"))).toBe("");
    expect(ranges(bytes.filter((byte) => nginx[byte] === "s" && haproxy[byte] === "s" && !taken.includes(byte)))).toBe(STRICTER[name]?.[0] ?? "");
  });

  test("the places are worth it", () => {
    expect(PLACES.map(({ nginx, haproxy }) => [nginx.length, haproxy.length])).toEqual(PLACES.map(() => [256, 256]));
    expect(Object.keys(STRICTER).filter((name) => !PLACES.some((place) => place.name === name))).toEqual([]);
    const differ = PLACES.flatMap(({ nginx, haproxy }) => [...nginx].filter((answer, byte) => (answer === "s") !== (haproxy[byte] === "s")));
    expect(differ.length).toBeGreaterThan(1500);
  });
});
