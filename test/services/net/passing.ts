/** What tests of flows to virtual IPs say and ask. */

import { expect } from "vitest";
import type { FrameOptions } from "../../frames.ts";
import { Client } from "../../frames.ts";
import type { BenchOptions } from "./bench.ts";
import { NetBench } from "./bench.ts";
import type { Passed } from "./passed-frame.ts";
import { readPassed } from "./passed-frame.ts";

export const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
/** The tests' frames go to 10.0.0.80. */
export const VIP = "10.0.0.80:80";
export const client = (sport: number, initial = 1000, more: FrameOptions = {}): Client => new Client({ sport, ...more }, initial);
export const withVip = (options: BenchOptions = {}, vip = VIP): NetBench => new NetBench(options).vips(vip);
export const passed = (bench: NetBench): Passed[] => bench.transmitted.map(readPassed);
export const brief = (bench: NetBench): string[] => passed(bench).map(({ sport, flags, sequence, data }) => `${sport} ${flags} ${sequence} ${data}`.trim());
export const flows = (bench: NetBench): Record<string, number> => bench.counts("vipFlows", "vipRouted", "vipNoHealthyBackend", "vipGone", "vipOverloaded", "vipServiceRestarted", "vipRefused", "vipLost");
export const none = { vipFlows: 0, vipRouted: 0, vipNoHealthyBackend: 0, vipGone: 0, vipOverloaded: 0, vipServiceRestarted: 0, vipRefused: 0, vipLost: 0 };

/** What must hold whatever came: each flow has its end, each segment too, and nothing stays behind. */
export function expectBalanced(bench: NetBench): void {
  const { vipFlows, ...ends } = flows(bench);
  expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBe(vipFlows);
  expect(bench.count("vipSent") + bench.count("vipNotSent")).toBe(bench.count("vipSegments"));
  expect([bench.used("streams"), bench.used("requests"), bench.buffersInUse()]).toEqual([0, new NetBench().used("requests"), 0]);
}
