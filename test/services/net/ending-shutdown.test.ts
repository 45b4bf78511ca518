/** Ends of connections that the balancer has not heard of when net is shut down. */

import { describe, expect, test } from "vitest";
import { experimentNamed } from "../../../sim/experiments/catalogue.ts";
import { explore } from "../../../sim/explore/explore.ts";
import { Client } from "../../frames.ts";
import type { BenchOptions } from "./bench.ts";
import { NetBench } from "./bench.ts";

const toVip = (sport: number): Client => new Client({ sport, dport: 8080 });

function counting(options: BenchOptions): NetBench {
  const bench = new NetBench(options).vips("10.0.0.80:8080");
  bench.policy.connections = true;
  return bench;
}

/** Each name was told once, as finished. */
function expectAllTold(bench: NetBench): void {
  expect([...bench.world.ended].sort()).toEqual(bench.world.connections.map((name) => `${name}.0`).sort());
  const told = bench.world.connections.length;
  expect(bench.counts("connectionsNamed", "connectionsEnded", "endsUnheard")).toEqual({ connectionsNamed: told, connectionsEnded: told, endsUnheard: 0 });
}

describe("net that is shut down does not leave it to its timer", () => {
  const LB = 1;
  const NET = 2;
  const sports = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const syns = (): Uint8Array[] => sports.map((sport) => toVip(sport).syn());
  const resets = (): Uint8Array[] => sports.map((sport) => toVip(sport).reset());

  /** A bench where `hold()` keeps a process from running for so many ticks. */
  function holding(flowScanTicks: number, balancer: BenchOptions): { readonly bench: NetBench; readonly hold: (process: number, ticks: number) => void } {
    const asked = { process: -1, ticks: 0 };
    const starves = (process: number): number => (process === asked.process ? ((asked.process = -1), asked.ticks) : 0);
    const bench = counting({ ...balancer, limits: { flowScanTicks }, starves });
    return { bench, hold: (process, ticks) => void (Object.assign(asked, { process, ticks }), bench.wait(1)) };
  }

  test.each([5, 50_000])("to say what is refused then: it waits for room, and says it once (timer every %i ticks)", (flowScanTicks) => {
    const { bench, hold } = holding(flowScanTicks, { requestsQueue: 2 });
    bench.offer(...syns());
    hold(LB, 30);
    bench.shutdown().wait(12);
    expect([bench.world.ended, bench.shutdownStatus, bench.machine.quiet()]).toEqual([[], 0, false]);
    bench.machine.runUntilQuiet(1000);
    expectAllTold(bench);
    expect(bench.count("endsDelayed")).toBeGreaterThan(8);
  });

  test("to say what has waited since before", () => {
    const bench = counting({ requestsQueue: 2, lateBalancer: true, limits: { flowScanTicks: 50_000 } });
    for (const syn of syns()) bench.offer(syn);
    bench.offer(...resets());
    bench.machine.runUntilQuiet(1000);
    expect([bench.world.connections.length, bench.world.ended.length < 8, bench.machine.quiet()]).toEqual([12, true, true]);
    expectAllTold(bench.shutdown());
  });

  test("nor waits for a balancer that ends", () => {
    const { bench, hold } = holding(50_000, { requestsQueue: 2 });
    bench.offer(...syns());
    hold(LB, 30);
    bench.policy.die = true;
    bench.offer(toVip(13).syn()).shutdown();
    bench.machine.runUntilQuiet(1000);
    expect(bench.counts("connectionsNamed", "connectionsEnded", "endsUnheard", "endsDelayed")).toEqual({ connectionsNamed: 12, connectionsEnded: 1, endsUnheard: 11, endsDelayed: 11 });
  });

  test("but where the balancer waits for net, which takes that first", () => {
    const { bench, hold } = holding(50, { requestsQueue: 2 });
    bench.offer(...syns());
    hold(NET, 10);
    bench.policy.call = true;
    bench.shutdown().wait(10);
    expect([bench.shutdownStatus, bench.world.ended.length]).toEqual([0, 2]);
    expectAllTold(bench.wait(50));
  });
});

test("what messages that are refused by chance once left behind: 24 connections, 20 ends", () => {
  expect(explore(experimentNamed("ipc")!, { seeds: [10_331, 10_331] })).toMatchObject({ runs: 1, failures: [] });
});
