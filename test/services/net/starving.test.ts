/**
 * Memory of streams is bounded, and a client that leaves holes, or begins heads and does not end them, cannot starve others:
 * measured with as many connections of such a client as the table of flows takes beside the honest ones.
 */

import { describe, expect, test } from "vitest";
import { netStandard } from "../../../services/limits.ts";
import { Client } from "../../frames.ts";
import { NetBench } from "./bench.ts";

const HONEST = 20;
const EVIL = netStandard.flowsMax - HONEST;
const get = (target: string, fill: number): string => `GET ${target} HTTP/1.1\r\nHost: h\r\nX: ${"f".repeat(fill)}\r\n\r\n`;
const evilClient = (index: number): Client => new Client({ source: "10.66.0.1", sport: 2000 + index });

/** What one connection of the evil client keeps net busy with. */
const KINDS: readonly (readonly [string, (client: Client) => Uint8Array[]])[] = [
  ["a hole in front of a few bytes", (client) => [client.at(100, "evil")]],
  ["a hole of 2,000 bytes", (client) => [client.at(2000, "evil")]],
  ["a hole of 30,000 bytes", (client) => [client.at(30_000, "evil")]],
  ["a hole as large as can be", (client) => [client.at(65_530, "evil")]],
  ["a head without an end, and a hole", (client) => [client.at(0, "GET /evil HTTP/1.1\r\nX: "), client.at(40_000, "evil")]],
];

describe.each(KINDS)("%s, a thousand times", (_what, occupy) => {
  test("honest heads in three segments, backwards, are all read, and memory stays within its bound", () => {
    const bench = new NetBench();
    const occupied = (from: number, to: number): Uint8Array[] => Array.from({ length: to - from }, (_, index) => evilClient(from + index)).flatMap((client) => [client.syn(), ...occupy(client)]);
    bench.offer(...occupied(0, EVIL));
    const heads = Array.from({ length: HONEST }, (_, index) => get(`/${index}`, 1500));
    const honest = heads.map((_, index) => new Client({ source: `10.2.0.${index + 1}` }));
    // Between any two honest segments the evil client is heard on some of its connections again.
    const again = (round: number): Uint8Array[] => [0, 1, 2].flatMap((step) => occupy(evilClient((round * 3 + step) % EVIL)));
    honest.forEach((client, index) => bench.offer(client.syn(), client.at(1000, heads[index].slice(1000)), ...again(index)));
    honest.forEach((client, index) => bench.offer(client.at(500, heads[index].slice(500, 1000)), ...again(HONEST + index)));
    honest.forEach((client, index) => bench.offer(client.at(0, heads[index].slice(0, 500)), ...again(2 * HONEST + index)));
    expect(bench.seen.map(({ head }) => head)).toEqual(heads);
    expect(bench.counts("crowdedFlows", "ignoredFlowTableFull")).toEqual({ crowdedFlows: 0, ignoredFlowTableFull: 0 });
    expect(bench.peak("streams")).toBeLessThanOrEqual(netStandard.streamsBytes);
  });
});

test("what one flow can hold is bounded, whatever it sends", () => {
  const bench = new NetBench();
  const client = new Client();
  bench.offer(client.syn());
  for (let at = 1; at < 140_000; at += 1300) bench.offer(client.at(at, "x".repeat(1300)));
  // Of 65,535 bytes beyond the first missing one: 64 KiB, and a bit for each (space.ts).
  expect(bench.used("streams")).toBeLessThanOrEqual(65_536 + 8192 + 64);
  expect(bench.count("cutSegments")).toBeGreaterThan(50);
});
