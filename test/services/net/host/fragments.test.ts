/** Packets in parts on a machine that ends connections itself: put together, taken as one segment, and given up in time. */

import { describe, expect, test } from "vitest";
import { parts } from "../fragment/parts.ts";
import { HostBench, syn } from "./bench.ts";

const SENT = "SA from 10.20.0.2 to 10.20.0.77 at 02:00:00:00:00:77";

/** No packet in parts waits any more, and nobody has a buffer. */
function nothingLeft(bench: HostBench): void {
  bench.world.frames.push("shutdown");
  bench.wait(4);
  expect(bench.net("fragmentedUnfinished")).toBe(0);
  expect(bench.buffersInUse()).toBe(0);
}

describe("a SYN in parts", () => {
  test.each([
    ["in order", [0, 1, 2]],
    ["the last part first", [2, 1, 0]],
    ["one part twice", [1, 0, 1, 2]],
  ])("is answered once: %s", (_, order) => {
    const bench = new HostBench();
    const all = parts(syn("10.20.0.77", { tcpOptions: [2, 4, 5, 180, 1, 3, 3, 7] }), [8, 16]);
    expect(bench.says(...order.map((index) => all[index]))).toEqual([SENT]);
    expect(bench.net("fragmentedWhole")).toBe(1);
    expect(bench.net("fragmentedOpened")).toBe(1);
    nothingLeft(bench);
  });

  test("over IPv6", () => {
    const bench = new HostBench({ parameters: { neighbours: { "fd00::9": "02:00:00:00:00:09" } } });
    expect(bench.says(...parts(syn("fd00::9", { data: "x".repeat(16) }), [24]))).toEqual(["SA from fd00::2 to fd00::9 at 02:00:00:00:00:09"]);
    expect(bench.net("fragmentedWhole")).toBe(1);
  });

  test("with a part missing is given up in time, its room is free again", () => {
    const bench = new HostBench({ parameters: { fragmentTimeoutTicks: 100, flowScanTicks: 10 } });
    bench.says(...parts(syn("10.20.0.77"), [8, 16]).slice(1));
    expect(bench.net("fragmentedOpened")).toBe(1);
    bench.wait(120);
    expect(bench.net("fragmentedTimedOut")).toBe(1);
    expect(bench.buffersInUse()).toBe(0);
  });

  test("to another address takes no room, nor does one from nobody answer", () => {
    const bench = new HostBench();
    expect(bench.says(...parts(syn("10.20.0.77", { destination: "10.20.0.3" }), [8]))).toEqual([]);
    expect(bench.net("fragmentedOpened")).toBe(0);
    expect(bench.counts()).toEqual({ packetsForOthers: 2 });
    expect(bench.says(...parts(syn("224.0.0.9"), [8], { id: 8 }))).toEqual([]);
    expect(bench.counts()).toEqual({ packetsForOthers: 2, packetsFromNobody: 1 });
    expect(bench.net("fragmentedWhole")).toBe(1);
    nothingLeft(bench);
  });

  test("is lost with the packets under way when net is shut down", () => {
    const bench = new HostBench();
    bench.says(parts(syn("10.20.0.77"), [8])[0]);
    bench.world.frames.push("shutdown");
    bench.wait(4);
    expect(bench.net("fragmentedUnfinished")).toBe(1);
    expect(bench.buffersInUse()).toBe(0);
  });
});
