/** How flows leave the table without a word of theirs: by silence, and to make room. */

import { describe, expect, test } from "vitest";
import { netTiny } from "../../../services/limits.ts";
import { Client } from "../../frames.ts";
import { NetBench } from "./bench.ts";

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const client = (sport: number, initial = 1000): Client => new Client({ sport }, initial);

describe("silence", () => {
  const limits = { flowTimeoutTicks: 100, flowScanTicks: 1000 };

  test("of the time-out ends a flow, exactly, without waiting for the timer", () => {
    const bench = new NetBench({ limits });
    bench.offer(client(1).syn(), client(1).at(0, "GET /half"));
    bench.wait(97).offer(client(1).at(9, " HTTP/1.0\r\n\r\n"));
    expect(bench.counts("total", "flowsTimedOut")).toEqual({ total: 1, flowsTimedOut: 0 });
    bench.offer(client(1).at(22, "GET /2 HT"));
    bench.wait(100).offer(client(1).at(31, "TP/1.0\r\n\r\n"));
    expect(bench.counts("total", "flowsTimedOut", "unfinished", "ignoredNoFlow")).toEqual({ total: 1, flowsTimedOut: 1, unfinished: 1, ignoredNoFlow: 1 });
  });

  test("is noticed by the timer for flows that nobody speaks of any more, ended ones too", () => {
    const bench = new NetBench({ limits: { flowTimeoutTicks: 100, flowScanTicks: 10 } });
    bench.offer(client(1).syn(), client(1).at(0, "GET /half"), client(2).syn(), client(3).syn(), client(3).at(0, "", { flags: "R" }));
    expect(bench.wait(80).count("flowsTimedOut")).toBe(0);
    expect(bench.wait(40).counts("flowsTimedOut", "unfinished")).toEqual({ flowsTimedOut: 3, unfinished: 1 });
    expect(bench.used("streams")).toBe(0);
    bench.offer(client(3).at(0, get("/again")));
    expect(bench.counts("midstream", "total")).toEqual({ midstream: 1, total: 1 });
  });

  test("is broken by any segment of the flow, by one to a deaf flow too", () => {
    const bench = new NetBench({ limits: { flowTimeoutTicks: 100, flowScanTicks: 10 } });
    bench.offer(client(1).syn(), client(1).reset(), client(2).syn());
    for (let round = 0; round < 3; round++) bench.wait(70).offer(client(1).at(0, "x"), client(2).at(0, "", { flags: "A" }));
    expect(bench.counts("flowsTimedOut", "ignoredEndedFlow")).toEqual({ flowsTimedOut: 0, ignoredEndedFlow: 3 });
  });
});

describe("a full table (tiny: 4 flows)", () => {
  const full = (): NetBench => new NetBench({ limits: { ...netTiny, flowTimeoutTicks: 60_000, streamsBytes: 8192 } });
  const alive = (bench: NetBench, ...ports: readonly number[]): boolean[] =>
    ports.map((sport) => {
      const before = bench.count("total");
      bench.offer(client(sport).at(0, "GET "), client(sport).at(4, "/ HTTP/1.0\r\n\r\n"));
      return bench.count("total") > before;
    });

  test("gives up the longest-silent ended flow first", () => {
    const bench = full();
    for (const sport of [1, 2, 3, 4]) bench.offer(client(sport).syn());
    bench.offer(client(3).reset(), client(2).reset(), client(5).syn());
    expect(bench.counts("evictedEnded", "evictedSilent")).toEqual({ evictedEnded: 1, evictedSilent: 0 });
    bench.offer(client(3).at(0, "x"), client(2).at(0, "x"));
    expect(bench.counts("ignoredNoFlow", "ignoredEndedFlow")).toEqual({ ignoredNoFlow: 1, ignoredEndedFlow: 1 });
  });

  test("then the longest-silent one that is not in the middle of a head", () => {
    const bench = full();
    for (const sport of [1, 2, 3, 4]) bench.offer(client(sport).syn());
    bench.offer(client(1).at(0, "GET "), client(2).at(0, "", { flags: "A" }), client(5).syn());
    expect(bench.counts("evictedEnded", "evictedSilent", "unfinished")).toEqual({ evictedEnded: 0, evictedSilent: 1, unfinished: 0 });
    expect(alive(bench, 3, 1, 2, 4)).toEqual([false, true, true, true]);
  });

  test("refuses a new flow when all are in the middle of a head, and takes it when one no longer is", () => {
    const bench = full();
    for (const sport of [1, 2, 3, 4]) bench.offer(client(sport).syn(), client(sport).at(0, "GET "));
    bench.offer(client(5).syn(), client(6).at(0, get("/midstream")));
    expect(bench.counts("ignoredFlowTableFull", "flowsOpened", "midstream", "unfinished")).toEqual({ ignoredFlowTableFull: 2, flowsOpened: 4, midstream: 0, unfinished: 0 });
    bench.offer(client(2).at(4, "/ HTTP/1.0\r\n\r\n"), client(5).syn(), client(5).at(0, get("/5")));
    expect(bench.counts("total", "evictedSilent", "flowsOpened")).toEqual({ total: 2, evictedSilent: 1, flowsOpened: 5 });
  });

  test("never needs room for a SYN that replaces its own flow", () => {
    const bench = full();
    for (const sport of [1, 2, 3, 4]) bench.offer(client(sport).syn(), client(sport).at(0, "GET "));
    bench.offer(client(1, 5).syn());
    expect(bench.counts("flowsReplaced", "ignoredFlowTableFull", "unfinished")).toEqual({ flowsReplaced: 1, ignoredFlowTableFull: 0, unfinished: 1 });
  });

  test("an evicted flow's request is still answered and sent on", () => {
    const bench = full();
    bench.policy.hold = true;
    bench.offer(client(1).syn(), client(1).at(0, "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nbody"));
    for (const sport of [2, 3, 4, 5]) bench.offer(client(sport).syn());
    expect(bench.count("evictedSilent")).toBe(1);
    bench.release();
    expect(bench.counts("routed", "transmitted")).toEqual({ routed: 1, transmitted: 1 });
    expect(bench.transmitted).toHaveLength(1);
    expect([bench.used("streams"), bench.buffersInUse()]).toEqual([0, 0]);
  });
});
