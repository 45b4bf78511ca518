/**
 * Whatever clients send, in whatever order: net's requests are those that the independent reader finds, each with the frame
 * that completes it. (Within the bounds of net's tables: who gives way beyond them is tried elsewhere.)
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { IGNORED_REASONS } from "../../services/net/api.ts";
import type { FrameOptions } from "../frames.ts";
import { Client, bytesOf } from "../frames.ts";
import { NetBench } from "../services/net/bench.ts";
import { dataBytesOf, part } from "../services/net/fragment/parts.ts";
import { readTraffic } from "./reader.ts";

const STREAM = [
  "GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
  "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nGET /no H",
  "\r\nGET /c HTTP/1.0\r\n\r\n",
  "PUT /d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
];
/** What ends a stream, by turns: a refused head, a bad request line. */
const ENDS = ["GET /e HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "oops\r\nGET /g HTTP/1.1\r\nHost: h\r\n\r\n"];

interface Sent {
  readonly client: number;
  /** 0: none is left out; the streams of a client begin with another request each. */
  readonly at: number;
  readonly bytes: number;
  readonly kind: "data" | "data" | "syn" | "synData" | "newSyn" | "fin" | "finData" | "reset" | "farReset" | "spoilt" | "badSum";
  readonly inParts: "no" | "whole" | "backwards" | "first" | "last" | "overlap";
}

const aSent: fc.Arbitrary<Sent> = fc.record({
  client: fc.nat(3),
  at: fc.oneof(fc.nat(220), fc.constantFrom(0, 0, 28, 29, 85, 107, -1, -30, 65_500, 65_536, 66_000)),
  bytes: fc.oneof(fc.nat(60), fc.nat(300), fc.constant(0)),
  kind: fc.constantFrom("data", "data", "data", "data", "data", "data", "syn", "synData", "newSyn", "fin", "finData", "reset", "farReset", "spoilt", "badSum"),
  inParts: fc.constantFrom("no", "no", "no", "no", "no", "whole", "backwards", "first", "last", "overlap"),
});

const OPTIONS: readonly FrameOptions[] = [{ sport: 1 }, { sport: 2 }, { sport: 3, source: "fd00::1" }, { sport: 4, dport: 8080, tags: [[0x8100, 5]] }];
const INITIALS = [1000, 0xffff_ffc0, 77, 5_000_000];

/** Frames of one step; a later generation of a client has other numbers. */
function framesOf(sent: Sent, generations: number[], id: number): Uint8Array[] {
  const { client: number, kind, at, bytes } = sent;
  if (kind === "newSyn") generations[number]! += 1;
  const client = new Client(OPTIONS[number], (INITIALS[number]! + generations[number]! * 300_000) >>> 0);
  const stream = [...STREAM.slice((number + generations[number]!) % STREAM.length), ENDS[number % 2], ...STREAM].join("");
  const data = at < 0 ? "x".repeat(Math.min(bytes, -at)) + stream.slice(0, Math.max(0, bytes + at)) : stream.slice(at, at + bytes);
  if (kind === "syn" || kind === "newSyn") return [client.syn()];
  if (kind === "synData") return [client.syn({ data: stream.slice(0, bytes) })];
  if (kind === "reset" || kind === "farReset") return [client.at(kind === "reset" ? at : 300_000, "", { flags: "R" })];
  const flags = kind === "fin" || kind === "finData" ? "FA" : "PA";
  const whole = client.at(at, kind === "fin" ? "" : kind === "spoilt" ? data.replace(/[a-z]/g, "!") : data, { flags, badTcpChecksum: kind === "badSum" });
  return OPTIONS[number]!.tags === undefined ? inParts(whole, sent, id) : [whole];
}

function inParts(whole: Uint8Array, { inParts: how }: Sent, id: number): Uint8Array[] {
  const bytes = dataBytesOf(whole);
  if (how === "no" || bytes <= 32) return [whole];
  const [first, last] = [part(whole, { from: 0, to: 32 }, { id }), part(whole, { from: 32, to: bytes }, { id })];
  if (how === "whole") return [first, last];
  if (how === "backwards") return [last, last, first];
  // A part alone, which the next packet of the same identification may complete or contradict.
  if (how === "first") return [part(whole, { from: 0, to: 32 }, { id: id & 3 })];
  if (how === "last") return [part(whole, { from: 32, to: bytes }, { id: id & 3 })];
  return [first, part(whole, { from: 24, to: 40, more: true, data: [...bytesOf("sixteen of these")] }, { id }), last];
}

test("net and the reader find the same requests", () => {
  const met = new Set<string>();
  fc.assert(
    fc.property(fc.array(aSent, { minLength: 10, maxLength: 80 }), (steps) => {
      const generations = [0, 0, 0, 0];
      const frames = OPTIONS.slice(1).map((options, index) => new Client(options, INITIALS[index + 1]).syn()).concat(steps.flatMap((sent, id) => framesOf(sent, generations, id + 100)));
      const bench = new NetBench();
      bench.offer(...frames);
      const { requests, midstream } = readTraffic(frames.map((bytes, index) => ({ number: index + 1, seconds: index / 1000, bytes })));
      const expected = requests.map(({ frame, sport, method, target, host, nthInFlow, headBytes, outcome }) => [frame, sport, method, target, host, nthInFlow, headBytes, outcome].join(" "));
      const found = bench.seen.map(({ ordinal, source, method, target, host, nth, head, outcome }) => [ordinal, source.split(":").at(-1), method, target, host, nth, head.length, outcome[0]!.toLowerCase() + outcome.slice(1)].join(" "));
      expect([...found].sort()).toEqual([...expected].sort());
      expect(bench.count("midstream")).toBe(midstream);
      const state = bench.machine.inspect("state.net");
      for (const { reason, field } of IGNORED_REASONS) if (reason !== "none" && (state[field] as number) > 0) met.add(reason);
      for (const name of ["midstream", "flowsReplaced", "unfinished", "badRequestLine", "cutSegments", "outOfOrderSegments", "malformed", "fragmentedWhole", "repeatedFragments", "fragmentedRefused"]) if ((state[name] as number) > 0) met.add(name);
      for (const { target } of bench.seen) met.add(target);
    }),
    { seed: 1, numRuns: 200 },
  );
  // The steps are such that they reach what they are meant to reach.
  expect([...met]).toEqual(expect.arrayContaining(["midstream", "flowsReplaced", "unfinished", "badRequestLine", "cutSegments", "outOfOrderSegments", "malformed", "fragmentedWhole", "repeatedFragments", "fragmentedRefused", "endedFlow", "noFlow", "strayReset", "badTcpChecksum", "fragment", "overlappingFragment", "/a", "/b", "/c", "/d", "/e"]));
});
