/** Whatever arrives in whatever order: nothing breaks, the books balance, and at the end everything is at home. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { Outcome, OUTCOMES } from "../../../services/lb/api.ts";
import type { NetLimits } from "../../../services/limits.ts";
import { netStandard, netTiny } from "../../../services/limits.ts";
import { IGNORED_REASONS } from "../../../services/net/api.ts";
import type { FrameOptions } from "../../frames.ts";
import { frame } from "../../frames.ts";
import { NetBench } from "./bench.ts";
import { dataBytesOf, part } from "./fragment/parts.ts";

const PIECES = [
  "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET /long HTTP/1.1\r\nHost: h\r\nX: ",
  "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 300\r\n\r\n",
  "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "GET / HTTP/1.1\r\nBad line\r\n\r\n",
  "100\r\n",
  "0\r\n\r\n",
  "\r\n",
  "\r\n\r\n",
  "x".repeat(100),
  "y".repeat(700),
  "",
];

const aFrame: fc.Arbitrary<FrameOptions> = fc.record({
  sport: fc.integer({ min: 1, max: 4 }),
  source: fc.constantFrom("10.0.0.1", "10.0.0.1", "fd00::1"),
  dport: fc.constantFrom(80, 80, 80, 8080, 81),
  flags: fc.constantFrom("A", "PA", "PA", "PA", "PA", "S", "S", "FA", "R", "RA", "SF", "", "FPU", "SEC"),
  sequence: fc.oneof(fc.integer({ min: 1000, max: 1400 }), fc.constantFrom(1000, 1000, 1001, 1001, 1001, 66_000, 0xffff_ffff, 0, 0x8000_0000)),
  data: fc.array(fc.constantFrom(...PIECES), { maxLength: 3 }).map((pieces) => pieces.join("").slice(0, 1400)),
  badTcpChecksum: fc.constantFrom(false, false, false, false, false, false, false, true),
});

/** A packet in parts, some of them left out, doubled, or overlapping: each a number of units of 8 bytes to begin at, and how many. */
interface InParts {
  readonly packet: FrameOptions;
  readonly id: number;
  readonly list: readonly (readonly [number, number, boolean])[];
}

const inParts: fc.Arbitrary<InParts> = fc.record({
  packet: aFrame,
  id: fc.nat(3),
  list: fc.oneof(
    fc.constantFrom<readonly (readonly [number, number, boolean])[]>([[0, 4, true], [4, 300, false]], [[4, 300, false], [0, 4, true]], [[3, 300, false], [0, 3, true], [0, 3, true]]),
    fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 0, max: 200 }), fc.boolean()), { minLength: 1, maxLength: 4 }),
  ),
});

function partsOf({ packet, id, list }: InParts): Uint8Array[] {
  const whole = frame(packet);
  const bytes = dataBytesOf(whole);
  return list.map(([from, units, more]) => part(whole, { from: Math.min(from * 8, bytes & ~7), to: Math.min((from + units) * 8, bytes), more }, { id }));
}

type Step = { readonly frame: FrameOptions } | { readonly parts: InParts } | { readonly policy: number } | { readonly wait: number };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: aFrame.map((options) => ({ frame: options })) },
  { weight: 3, arbitrary: inParts.map((parts) => ({ parts })) },
  { weight: 1, arbitrary: fc.nat(7).map((policy) => ({ policy })) },
  { weight: 1, arbitrary: fc.constantFrom(1, 30, 120).map((wait) => ({ wait })) },
);

function act(bench: NetBench, step: Step): void {
  if ("frame" in step) bench.offer(frame(step.frame));
  else if ("parts" in step) bench.offer(...partsOf(step.parts));
  else if ("wait" in step) bench.wait(step.wait);
  else if (step.policy === 0) bench.policy.hold = true;
  else if (step.policy === 1) bench.release();
  else if (step.policy === 2) bench.policy.outcome = Outcome.noRouteMatch;
  else if (step.policy === 3) bench.policy.backend = [];
  else if (step.policy === 4) bench.policy.twice = !bench.policy.twice;
  else {
    bench.policy.outcome = Outcome.routed;
    bench.policy.backend = [10, 9, 9, 9];
  }
}

function balances(bench: NetBench): void {
  const outcomes = OUTCOMES.map(({ name }) => bench.count(name[0].toLowerCase() + name.slice(1)));
  const decided = outcomes.reduce((sum, count) => sum + count, 0);
  expect(decided).toBe(bench.seen.length);
  expect(bench.count("total")).toBe(decided + bench.count("lost"));
  expect(bench.count("transmitted") + bench.count("unroutable") + bench.count("cutShort")).toBeLessThanOrEqual(bench.count("routed"));
  const ends = bench.counts("fragmentedWhole", "fragmentedRefused", "fragmentedTimedOut", "fragmentedCrowded", "fragmentedUnfinished");
  expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBe(bench.count("fragmentedOpened"));
  expect(bench.machine.report().processes.map((process) => process.fault)).toEqual([null, null, null]);
}

const ALWAYS_MET = ["badTcpChecksum", "badFlags", "noFlow", "endedFlow", "strayReset", "otherPort", "lost", "midstream", "badBody", "unfinished", "flowsTimedOut", "badFragment", "overlappingFragment", "fragment", "fragmentedWhole", "fragmentedTimedOut", "fragmentedUnfinished"];

test.each<[string, Partial<NetLimits>, number, number, string[]]>([
  ["tiny", { ...netTiny, flowTimeoutTicks: 100 }, 8, 100, ["fragmentedCrowded", "crowdedSegments", "evictedEnded", "evictedSilent", "overloaded"]],
  ["tight", { ...netStandard, fragmentTimeoutTicks: 90, flowsMax: 6, requestsMax: 3, framesHeldMax: 2, streamsBytes: 4096, waitingBytesMax: 900, flowTimeoutTicks: 100, flowScanTicks: 7 }, 16, 100, ["crowdedSegments", "evictedEnded", "evictedSilent", "overloaded"]],
  ["standard", { fragmentTimeoutTicks: 90, flowTimeoutTicks: 100, flowScanTicks: 50 }, 128, 60, []],
])("%s limits", (_name, limits, buffers, numRuns, reached) => {
  const idle = new NetBench({ limits }).used("requests");
  const room = new NetBench({ limits }).fragmentRoom().used;
  const met = new Set<string>();
  fc.assert(
    fc.property(fc.array(aStep, { minLength: 60, maxLength: 160 }), (steps) => {
      const bench = new NetBench({ limits, buffers });
      for (const step of steps) act(bench, step);
      bench.shutdown();
      expect(bench.shutdownStatus).toBe(0);
      balances(bench);
      expect([bench.used("streams"), bench.used("requests"), bench.buffersInUse(), bench.count("framesHeld"), bench.fragmentRoom().used]).toEqual([0, idle, 0, 0, room]);
      for (const { reason, field } of IGNORED_REASONS) if (reason !== "none" && bench.count(field) > 0) met.add(reason);
      for (const name of ["overloaded", "lost", "midstream", "badBody", "unfinished", "evictedEnded", "evictedSilent", "bodyGivenUp", "crowdedSegments", "flowsTimedOut", "fragmentedWhole", "fragmentedTimedOut", "fragmentedCrowded", "fragmentedUnfinished"]) if (bench.count(name) > 0) met.add(name);
    }),
    { seed: 1, numRuns },
  );
  // The steps are such that they reach what they are meant to reach.
  expect([...met]).toEqual(expect.arrayContaining([...ALWAYS_MET, ...reached]));
});
