/**
 * The streams of the rules as what they are: a client's connection through the net process, in segments of all sizes. What
 * is refused closes the flow, and whatever ends in the middle is counted as that.
 */

import { expect, test } from "vitest";
import { Client } from "../../../frames.ts";
import { NetBench } from "../bench.ts";
import { NEXT } from "./rules/rule.ts";
import { RULES } from "./rules/index.ts";

const COUNTED = ["badRequestLine", "badBody", "unfinished", "ignoredEndedFlow", "total"] as const;

type Counts = Readonly<Record<(typeof COUNTED)[number], number>>;

/** What must have been counted of a stream of this reading, behind which one more request and a FIN came. */
function expectedCounts(reading: string): { outcomes: readonly string[]; counts: Counts } {
  const words = reading === "" ? [] : reading.split(" ");
  const end = words.at(-1) ?? "";
  const outcomes = words.filter((word) => !["badRequestLine", "badVersion", "badBody", "more", "inBody"].includes(word));
  const refused = outcomes.length > 0 && outcomes.at(-1) !== "routed";
  const line = end === "badRequestLine" || end === "badVersion";
  const ended = refused || line || end === "badBody";
  const counts = { badRequestLine: line ? 1 : 0, badBody: end === "badBody" ? 1 : 0, unfinished: end === "more" ? 1 : 0, ignoredEndedFlow: ended ? 1 : 0, total: outcomes.length };
  return { outcomes, counts };
}

/** Plays the stream in segments of so many bytes; then, if the flow should have ended, another request, and a FIN in any case. */
function play(bench: NetBench, sport: number, stream: string, segmentBytes: number, ended: boolean): { outcomes: string[]; counts: Counts } {
  const client = new Client({ sport });
  const before = bench.counts(...COUNTED);
  const seen = bench.seen.length;
  const flags = { flags: "PA" };
  bench.offer(client.syn());
  const segments: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += segmentBytes) segments.push(client.send(stream.slice(at, at + segmentBytes), flags));
  bench.offer(...segments);
  const ignored = bench.count("ignoredEndedFlow");
  if (ended) bench.offer(client.send(NEXT, flags));
  const after = bench.count("ignoredEndedFlow");
  bench.offer(client.send("", { flags: "FA" }));
  const counts = bench.counts(...COUNTED);
  const differences = Object.fromEntries(COUNTED.map((name) => [name, counts[name]! - before[name]!])) as Counts;
  return { outcomes: bench.seen.slice(seen).map(({ outcome }) => outcome[0]!.toLowerCase() + outcome.slice(1)), counts: { ...differences, ignoredEndedFlow: after - ignored } };
}

test.each(RULES.map((rule, index) => [index + 1, rule.section, rule.rule, rule] as const))("%i. RFC %s: %s", (_, __, ___, { cases }) => {
  const bench = new NetBench();
  cases.forEach(([stream, reading], i) => {
    const expected = expectedCounts(reading);
    const segmentBytes = stream.length > 1000 ? 1400 : [1, 3, 7, 20, 61, 1400][i % 6]!;
    expect(play(bench, 1000 + i, stream, segmentBytes, expected.counts.ignoredEndedFlow === 1), JSON.stringify(stream.slice(0, 200))).toEqual(expected);
  });
  bench.shutdown();
  expect([bench.used("streams"), bench.used("requests"), bench.buffersInUse()]).toEqual([0, expect.any(Number), 0]);
});
