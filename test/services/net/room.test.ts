import { describe, expect, test } from "vitest";
import { Client } from "../../frames.ts";
import { NetBench } from "./bench.ts";

const get = (target: string, fill = 0): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n${fill === 0 ? "" : `X: ${"f".repeat(fill)}\r\n`}\r\n`;
const client = (sport: number): Client => new Client({ sport });

/** Room for three of the smallest spaces (592 bytes). */
const small = (): NetBench => new NetBench({ limits: { streamsBytes: 2304, reclaimsMax: 4 } });
const SMALLEST = 592 + 8;

describe("when the region of streams is used up", () => {
  test("it holds what was counted", () => {
    const bench = small();
    for (const [sport, spaces] of [[1, 1], [2, 2], [3, 3]] as const) {
      bench.offer(client(sport).syn(), client(sport).at(0, "GET /half"));
      expect(bench.used("streams")).toBeLessThanOrEqual(spaces * SMALLEST + 8 * spaces);
    }
    expect(bench.counts("reclaimedHeads", "reclaimedBeyond", "crowdedFlows")).toEqual({ reclaimedHeads: 0, reclaimedBeyond: 0, crowdedFlows: 0 });
  });

  test("among equals the one whose last progress is the longest ago gives way, in the middle of its head", () => {
    const bench = small();
    for (const sport of [1, 2, 3]) bench.offer(client(sport).syn(), client(sport).at(0, "GET /half"));
    bench.offer(client(1).at(9, "er"), client(4).syn(), client(4).at(0, "GET /four"));
    expect(bench.counts("reclaimedHeads", "unfinished", "crowdedFlows")).toEqual({ reclaimedHeads: 1, unfinished: 1, crowdedFlows: 0 });
    for (const sport of [1, 2, 3, 4]) bench.offer(client(sport).at(sport === 1 ? 11 : 9, " HTTP/1.0\r\n\r\n"));
    expect(bench.targets()).toBe("/halfer /half /four");
    expect(bench.seen.map((request) => request.source)).toEqual(["10.0.0.1:1", "10.0.0.1:3", "10.0.0.1:4"]);
    expect(bench.used("streams")).toBe(0);
  });

  test("what lies beyond a hole goes before its flow does", () => {
    const bench = small();
    const whole = get("/hole", 100);
    bench.offer(client(1).syn(), client(1).at(0, whole.slice(0, 30)), client(1).at(60, whole.slice(60)));
    for (const sport of [2, 3]) bench.offer(client(sport).syn(), client(sport).at(0, "GET /half"));
    bench.offer(client(4).syn(), client(4).at(0, "GET /four"));
    // The smallest space cannot shrink: the hole alone makes no room, so the head goes too.
    expect(bench.counts("reclaimedBeyond", "reclaimedHeads", "unfinished")).toEqual({ reclaimedBeyond: 1, reclaimedHeads: 1, unfinished: 1 });
  });

  test("a space shrinks to its partial head, and takes the lost bytes again", () => {
    const bench = new NetBench({ limits: { streamsBytes: 3328, reclaimsMax: 4 } });
    const whole = get("/hole", 1500);
    bench.offer(client(1).syn(), client(1).at(0, whole.slice(0, 30)), client(1).at(60, whole.slice(60, 1400)), client(1).at(1400, whole.slice(1400)));
    for (const sport of [2, 3, 4]) bench.offer(client(sport).syn(), client(sport).at(0, "GET /half"));
    expect(bench.counts("reclaimedBeyond", "reclaimedHeads", "unfinished")).toEqual({ reclaimedBeyond: 1, reclaimedHeads: 0, unfinished: 0 });
    for (const sport of [2, 3, 4]) bench.offer(client(sport).at(9, " HTTP/1.0\r\n\r\n"));
    bench.offer(client(1).at(30, whole.slice(30, 1400)), client(1).at(1400, whole.slice(1400)));
    expect(bench.targets()).toBe("/half /half /half /hole");
    expect(bench.seen[3].head).toBe(whole);
  });

  test("a flow with nothing but bytes beyond a hole loses its space and nothing else", () => {
    const bench = small();
    const whole = get("/hole", 100);
    bench.offer(client(1).syn(), client(1).at(60, whole.slice(60)));
    for (const sport of [2, 3, 4]) bench.offer(client(sport).syn(), client(sport).at(0, "GET /half"));
    expect(bench.counts("reclaimedBeyond", "reclaimedHeads", "unfinished")).toEqual({ reclaimedBeyond: 1, reclaimedHeads: 0, unfinished: 0 });
    bench.offer(client(1).at(0, whole));
    expect(bench.targets()).toBe("/hole");
  });

  test("the largest gives way to smaller ones, never a smaller one to a larger", () => {
    const bench = new NetBench({ limits: { streamsBytes: 3328, reclaimsMax: 4 } });
    // A hole with a space of 2 KiB; then three small heads: the large one goes, the small ones stay.
    bench.offer(client(1).syn(), client(1).at(1500, "x".repeat(100)));
    for (const sport of [2, 3, 4]) bench.offer(client(sport).syn(), client(sport).at(0, "GET /half"));
    expect(bench.counts("reclaimedBeyond", "reclaimedHeads", "crowdedSegments")).toEqual({ reclaimedBeyond: 1, reclaimedHeads: 0, crowdedSegments: 0 });
    // It comes again, again and again, and takes nothing from them.
    for (let round = 0; round < 5; round++) bench.offer(client(1).at(1500 + round, "x".repeat(100)), client(5 + round).syn(), client(5 + round).at(1900, "y".repeat(90)));
    expect(bench.counts("reclaimedBeyond", "reclaimedHeads", "crowdedSegments")).toEqual({ reclaimedBeyond: 1, reclaimedHeads: 0, crowdedSegments: 10 });
    for (const sport of [2, 3, 4]) bench.offer(client(sport).at(9, " HTTP/1.0\r\n\r\n"));
    expect(bench.count("routed")).toBe(3);
  });

  test("a head that grows beyond all room ends its flow, counted; others are untouched", () => {
    const bench = small();
    bench.offer(client(2).syn(), client(2).at(0, "GET /half"), client(1).syn());
    for (let at = 0; at < 5000; at += 500) bench.offer(client(1).at(at, at === 0 ? get("/long", 5000).slice(0, 500) : "f".repeat(500)));
    expect(bench.counts("crowdedFlows", "unfinished", "total", "reclaimedHeads")).toEqual({ crowdedFlows: 1, unfinished: 1, total: 0, reclaimedHeads: 0 });
    expect(bench.count("ignoredEndedFlow")).toBeGreaterThan(0);
    bench.offer(client(2).at(9, " HTTP/1.0\r\n\r\n"));
    expect(bench.targets()).toBe("/half");
    expect(bench.used("streams")).toBe(0);
  });

  test("a head that outgrows its space behind one that is done takes the room of a larger one", () => {
    const bench = new NetBench({ limits: { streamsBytes: 3328, reclaimsMax: 4 } });
    const stream = get("/first", 150) + get("/second", 900);
    bench.offer(client(2).syn(), client(2).at(1500, "x".repeat(100)), client(1).syn(), client(1).at(0, stream.slice(0, 10)));
    bench.offer(client(1).at(10, stream.slice(10, 400)), client(1).at(400, stream.slice(400, 900)));
    expect(bench.counts("reclaimedBeyond", "crowdedFlows")).toEqual({ reclaimedBeyond: 1, crowdedFlows: 0 });
    bench.offer(client(1).at(900, stream.slice(900)));
    expect(bench.seen.map((request) => request.head)).toEqual([get("/first", 150), get("/second", 900)]);
  });

  test("waiting body bytes take no room from their own flow", () => {
    const bench = new NetBench({ limits: { streamsBytes: 3328, reclaimsMax: 4 } });
    bench.policy.hold = true;
    const head = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1600\r\n\r\n";
    const body = Array.from({ length: 1600 }, (_, place) => String.fromCharCode(97 + (place % 26))).join("");
    const at = (from: number, to: number): Uint8Array => client(1).at(head.length + from, body.slice(from, to));
    bench.offer(client(1).syn(), client(1).at(0, head), at(1400, 1600), at(0, 1100));
    expect(bench.counts("reclaimedBeyond", "bodyGivenUp", "routed")).toEqual({ reclaimedBeyond: 0, bodyGivenUp: 1, routed: 0 });
    bench.offer(at(1100, 1400), client(1).at(head.length + 1600, get("/next"))).release();
    expect(bench.targets()).toBe("/p /next");
    expect(bench.used("streams")).toBe(0);
  });

  test("a space that a waiting request holds is neither moved nor given away", () => {
    const bench = small();
    bench.policy.hold = true;
    const head = get("/held", 300);
    bench.offer(client(1).syn(), client(1).at(0, head.slice(0, 100)), client(1).at(100, `${head.slice(100)}GET /next`));
    for (const sport of [2, 3, 4, 5]) bench.offer(client(sport).syn(), client(sport).at(0, "GET /half"));
    bench.release();
    expect(bench.seen[0].head).toBe(head);
    expect(bench.transmitted).toHaveLength(1);
    expect(bench.machine.report().processes[2].fault).toBeNull();
  });
});

test("one client with many holes cannot keep another from a hole of its own (standard limits)", () => {
  const bench = new NetBench();
  for (let sport = 100; sport < 130; sport++) bench.offer(client(sport).syn(), client(sport).at(60_000, "evil"));
  expect(bench.count("reclaimedBeyond")).toBeGreaterThan(0);
  const whole = get("/honest", 5000);
  const honest = client(7);
  bench.offer(honest.syn(), honest.at(1400, whole.slice(1400, 2800)), honest.at(2800, whole.slice(2800, 4200)), honest.at(4200, whole.slice(4200)));
  for (let sport = 130; sport < 160; sport++) bench.offer(client(sport).syn(), client(sport).at(60_000, "evil"));
  bench.offer(honest.at(0, whole.slice(0, 1400)));
  expect(bench.targets()).toBe("/honest");
});
