/** What net counts of packets in parts, and what must hold when all is over. */

import { expect } from "vitest";
import { NetBench } from "../bench.ts";

export const get = (target: string, fill = 0): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n${fill === 0 ? "" : `X: ${"f".repeat(fill)}\r\n`}\r\n`;

const BOOKS = ["fragments", "repeatedFragments", "fragmentedOpened", "fragmentedWhole", "fragmentedRefused", "fragmentedTimedOut", "fragmentedCrowded", "ignoredFragment", "ignoredBadFragment", "ignoredOverlappingFragment"] as const;

/** The books but for those that are 0. */
export function books(bench: NetBench): Record<string, number> {
  return Object.fromEntries(Object.entries(bench.counts(...BOOKS)).filter(([, count]) => count !== 0));
}

export function expectSettled(bench: NetBench): void {
  const { fragmentedOpened, fragmentedWhole, fragmentedRefused, fragmentedTimedOut, fragmentedCrowded, fragmentedUnfinished } = bench.counts("fragmentedOpened", "fragmentedWhole", "fragmentedRefused", "fragmentedTimedOut", "fragmentedCrowded", "fragmentedUnfinished");
  expect(fragmentedWhole + fragmentedRefused + fragmentedTimedOut + fragmentedCrowded + fragmentedUnfinished).toBe(fragmentedOpened);
  expect([bench.fragmentRoom().used, bench.used("streams"), bench.buffersInUse()]).toEqual([new NetBench().fragmentRoom().used, 0, 0]);
  expect(bench.machine.report().processes.map((process) => process.fault)).toEqual([null, null, null]);
}
