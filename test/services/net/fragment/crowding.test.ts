/** Who gives way when packets in parts leave no room: a client that leaves holes cannot starve others. */

import { describe, expect, test } from "vitest";
import { netStandard } from "../../../../services/limits.ts";
import type { FrameOptions } from "../../../frames.ts";
import { Client } from "../../../frames.ts";
import { NetBench } from "../bench.ts";
import { get } from "./books.ts";
import { part, parts } from "./parts.ts";

/** First parts of packets that are never whole, each with so many bytes of room asked for. */
function holes(count: number, reach: number, options: (index: number) => FrameOptions): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const whole = new Client(options(index)).at(0, "x".repeat(100));
    return part(whole, { from: Math.floor((reach - 64) / 8) * 8, to: 0, more: true, data: new Array<number>(64).fill(0) }, { id: 1000 + index });
  });
}

/** What came whole of these clients' packets in two parts, with so much noise after each frame. */
function honest(bench: NetBench, clients: number, fill: number, noise: (round: number) => readonly Uint8Array[]): number {
  const two = Array.from({ length: clients }, (_, index) => parts(new Client({ source: `10.2.0.${index + 1}` }).at(0, get(`/${index}`, fill)), [64], { id: 3 }));
  two.forEach(([first], index) => bench.offer(first, ...noise(index)));
  two.forEach(([, last], index) => bench.offer(last, ...noise(clients + index)));
  return bench.count("total");
}

const KINDS: readonly (readonly [string, number, number])[] = [["small", 40, 512], ["of two frames", 40, 2000], ["of 32 KiB", 8, 32_768], ["as long as can be", 4, 65_400]];

describe("one client leaves holes without end, in packets", () => {
  test.each(KINDS)("%s: 20 others, two parts each, lose none", (_what, count, reach) => {
    const bench = new NetBench();
    const evil = { source: "10.66.0.1" };
    bench.offer(...holes(count, reach, () => evil));
    let sent = count;
    const total = honest(bench, 20, 1500, () => holes(2, reach, (index) => ({ ...evil, sport: 1000 + sent++ + index })).map((frame, index) => renumbered(frame, sent + index)));
    expect(total).toBe(20);
    // It displaced only what was its own.
    expect(bench.count("fragmentedCrowded")).toBeGreaterThan(0);
    expect(bench.fragmentRoom().peak).toBeLessThanOrEqual(netStandard.fragmentBytes);
    expect(bench.counts("reclaimedBeyond", "reclaimedHeads", "crowdedFlows", "crowdedSegments")).toEqual({ reclaimedBeyond: 0, reclaimedHeads: 0, crowdedFlows: 0, crowdedSegments: 0 });
  });
});

describe("holes under a new address each", () => {
  test("take a packet's place only after as many as there are places have come between its parts", () => {
    const between = (frames: number): number => {
      const bench = new NetBench();
      bench.offer(...holes(netStandard.fragmentedMax, 512, (index) => ({ source: `10.77.1.${index + 1}` })));
      const [first, last] = parts(new Client({ source: "10.2.0.1" }).at(0, get("/x")), [24]);
      bench.offer(first, ...holes(frames, 512, (index) => ({ source: `10.77.2.${index + 1}` })), last);
      return bench.count("total");
    };
    expect([between(netStandard.fragmentedMax - 1), between(netStandard.fragmentedMax)]).toEqual([1, 0]);
  });

  test("and of any length never shut out a packet of two frames", () => {
    for (const [, , reach] of KINDS) {
      const bench = new NetBench();
      bench.offer(...holes(200, reach, (index) => ({ source: `10.77.${index >> 7}.${(index & 127) + 1}` })));
      expect([reach, honest(bench, 1, 1500, () => [])]).toEqual([reach, 1]);
    }
  });
});

test("a packet that grows beyond all room gives way itself when its client has the most, others stay", () => {
  const bench = new NetBench({ limits: { fragmentBytes: 6 * 1024 } });
  const [first, last] = parts(new Client({ source: "10.2.0.1" }).at(0, get("/small", 400)), [64]);
  const whole = new Client({ source: "10.2.0.2" }).at(0, "y".repeat(1900));
  bench.offer(first, part(whole, { from: 0, to: 1000 }), part(whole, { from: 4000, to: 0, more: false, data: new Array<number>(800).fill(0) }), part(whole, { from: 1000, to: 1400 }), last);
  expect(bench.counts("total", "fragmentedCrowded", "ignoredFragment")).toEqual({ total: 1, fragmentedCrowded: 1, ignoredFragment: 1 });
});

test("flows and packets in parts take nothing from each other, whoever fills his own", () => {
  const bench = new NetBench();
  for (let sport = 100; sport < 130; sport++) bench.offer(new Client({ sport }).syn(), new Client({ sport }).at(60_000, "evil"));
  expect(bench.count("reclaimedBeyond")).toBeGreaterThan(0);
  expect(honest(bench, 20, 1500, () => [])).toBe(20);
  const other = new NetBench();
  other.offer(...holes(100, 3000, (index) => ({ source: `10.77.1.${index + 1}` })));
  const slow = new Client({ sport: 9 });
  other.offer(slow.syn(), slow.at(0, "GET /slow"), ...holes(100, 3000, (index) => ({ source: `10.77.2.${index + 1}` })), slow.at(9, " HTTP/1.0\r\n\r\n"));
  expect(other.targets()).toBe("/slow");
});

/** The same part under another identification. */
function renumbered(frame: Uint8Array, id: number): Uint8Array {
  const copy = frame.slice();
  const old = (copy[18] << 8) | copy[19];
  const checksum = (copy[24] << 8) | copy[25];
  // RFC 1624: the sum changes by what the field changes by.
  const sum = (~checksum & 0xffff) + (~old & 0xffff) + id;
  const folded = (sum & 0xffff) + (sum >>> 16);
  copy.set([id >>> 8, id & 255], 18);
  copy.set([(~folded >>> 8) & 255, ~folded & 255], 24);
  return copy;
}

test("who would have as much as another one takes it from him, who would have more from himself", () => {
  const of = (source: string, id: number): readonly Uint8Array[] => parts(new Client({ source, sport: id }).at(0, get(`/${source}-${id}`)), [24], { id });
  const [a1, a2, a3] = [of("10.2.0.1", 1), of("10.2.0.1", 2), of("10.2.0.1", 3)];
  const [b1, b2] = [of("10.2.0.2", 1), of("10.2.0.2", 2)];
  const first = (packet: readonly Uint8Array[]): Uint8Array => packet[0]!;
  const last = (packet: readonly Uint8Array[]): Uint8Array => packet[1]!;
  const equal = new NetBench({ limits: { fragmentedMax: 3 } });
  equal.offer(first(a1), first(b1), first(b2), first(a2), last(a1), last(a2), last(b2));
  expect(equal.targets()).toBe("/10.2.0.1-1 /10.2.0.1-2 /10.2.0.2-2");
  const more = new NetBench({ limits: { fragmentedMax: 3 } });
  more.offer(first(b1), first(a1), first(a2), first(a3), last(b1), last(a2), last(a3));
  expect(more.targets()).toBe("/10.2.0.2-1 /10.2.0.1-2 /10.2.0.1-3");
});
