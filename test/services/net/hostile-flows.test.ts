/**
 * Whatever arrives in whatever order, with virtual IPs that come and go and connections that are counted: each flow,
 * segment and connection has its end, and at the end everything is at home.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { Outcome } from "../../../services/lb/api.ts";
import type { NetLimits } from "../../../services/limits.ts";
import { netStandard, netTiny } from "../../../services/limits.ts";
import type { FrameOptions } from "../../frames.ts";
import { frame } from "../../frames.ts";
import { NetBench } from "./bench.ts";
import { readPassed } from "./passed-frame.ts";
import { flows } from "./passing.ts";

const aFrame: fc.Arbitrary<FrameOptions> = fc.record({
  sport: fc.integer({ min: 1, max: 5 }),
  source: fc.constantFrom("10.0.0.1", "10.0.0.1", "10.0.0.2", "fd00::1"),
  dport: fc.constantFrom(80, 80, 443, 443, 81),
  flags: fc.constantFrom("A", "PA", "PA", "S", "S", "S", "FA", "R", "SF", "", "FPU"),
  sequence: fc.oneof(fc.integer({ min: 1000, max: 1100 }), fc.constantFrom(1000, 1000, 1000, 1001, 1001, 2000, 66_000, 0xffff_ffff)),
  data: fc.constantFrom("", "", "x", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "y".repeat(300), "z".repeat(1900)),
  tcpOptions: fc.constantFrom([], [2, 4, 5, 180], new Array<number>(40).fill(1)),
});

const VIPS = [[], ["10.0.0.80:443"], ["10.0.0.80:80", "10.0.0.80:443"], ["10.0.0.80:80"], ["10.0.0.80:81", { address: [0xfd, ...new Array<number>(14).fill(0), 0x80], port: 443 }]];

type Step = { readonly frame: FrameOptions } | { readonly policy: number } | { readonly wait: number } | { readonly vips: number };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: aFrame.map((options) => ({ frame: options })) },
  { weight: 2, arbitrary: fc.nat(7).map((policy) => ({ policy })) },
  { weight: 1, arbitrary: fc.nat(VIPS.length - 1).map((vips) => ({ vips })) },
  { weight: 1, arbitrary: fc.constantFrom(1, 30, 120).map((wait) => ({ wait })) },
);

function act(bench: NetBench, step: Step): void {
  if ("frame" in step) bench.offer(frame(step.frame));
  else if ("wait" in step) bench.wait(step.wait);
  else if ("vips" in step) bench.vips(...VIPS[step.vips]);
  else if (step.policy < 2) bench.policy.hold = true;
  else if (step.policy < 4) bench.release();
  else if (step.policy === 4) bench.policy.outcome = Outcome.noHealthyBackend;
  else if (step.policy === 5) bench.policy.backend = new Array<number>(16).fill(7);
  else {
    bench.policy.outcome = Outcome.routed;
    bench.policy.backend = [10, 9, 9, 9];
  }
}

function expectAllEnded(bench: NetBench, idle: number): void {
  const { vipFlows, ...ends } = flows(bench);
  expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBe(vipFlows);
  expect(bench.count("vipSent") + bench.count("vipNotSent")).toBe(bench.count("vipSegments"));
  expect([...bench.world.ended].sort()).toEqual(bench.world.connections.map((name) => `${name}.0`).sort());
  expect(bench.counts("connectionsEnded", "endsUnheard")).toEqual({ connectionsEnded: bench.world.connections.length, endsUnheard: 0 });
  expect([bench.used("streams"), bench.used("requests"), bench.buffersInUse(), bench.count("framesHeld")]).toEqual([0, idle, 0, 0]);
  expect(bench.machine.report().processes.map((process) => process.fault)).toEqual([null, null, null]);
}

const REACHED = ["vipRouted", "vipNoHealthyBackend", "vipGone", "vipAskedAgain", "vipUnroutable", "vipLost", "vipNotSent", "connectionsNamed", "flowsReplaced", "flowsTimedOut", "strayDecisions", "routed"];

test.each<[string, Partial<NetLimits>, number, string[]]>([
  ["tiny", { ...netTiny, connectionsMax: 64, flowTimeoutTicks: 100 }, 2, ["vipOverloaded", "evictedEnded", "evictedSilent", "endsDelayed"]],
  ["tight", { ...netStandard, flowsMax: 6, requestsMax: 3, streamsBytes: 4096, waitingBytesMax: 900, flowTimeoutTicks: 100, flowScanTicks: 7 }, 4, ["vipOverloaded", "evictedEnded"]],
  ["standard", { flowTimeoutTicks: 100, flowScanTicks: 50 }, 1024, []],
])("%s limits", (_name, limits, requestsQueue, reached) => {
  const idle = new NetBench({ limits }).used("requests");
  const met = new Set<string>();
  fc.assert(
    fc.property(fc.array(aStep, { minLength: 60, maxLength: 160 }), (steps) => {
      const bench = new NetBench({ limits, requestsQueue, buffers: 24 }).vips("10.0.0.80:443");
      bench.policy.connections = true;
      for (const step of steps) act(bench, step);
      bench.shutdown();
      bench.release();
      bench.transmitted.forEach(readPassed);
      expectAllEnded(bench, idle);
      for (const name of [...REACHED, ...reached]) if (bench.count(name) > 0) met.add(name);
    }),
    { seed: 1, numRuns: 60 },
  );
  // The steps are such that they reach what they are meant to reach.
  expect([...met].sort()).toEqual([...REACHED, ...reached].sort());
});

test("a flood of SYNs to a virtual IP: as many wait as may, the others are refused at once, and memory stays as it is", () => {
  const bench = new NetBench({ limits: { ...netTiny, flowTimeoutTicks: 60_000 } }).vips("10.0.0.80:443");
  bench.policy.hold = true;
  const arena = (): number => bench.machine.report().processes[2].usedBytes;
  const before = arena();
  for (let sport = 1; sport <= 500; sport++) bench.offer(frame({ sport, dport: 443, flags: "S", sequence: sport }));
  expect(bench.counts("vipFlows", "vipOverloaded", "flowsOpened")).toEqual({ vipFlows: 500, vipOverloaded: 498, flowsOpened: 500 });
  expect([arena(), bench.count("evictedEnded") + bench.count("evictedSilent")]).toEqual([before, 496]);
  bench.release();
  expect(bench.counts("vipRouted", "vipSent")).toEqual({ vipRouted: 2, vipSent: 2 });
});
