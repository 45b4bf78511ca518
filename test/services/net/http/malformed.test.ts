/**
 * Hostile streams, each sent to a real nginx 1.22 and a real haproxy 2.6 (test/data/malformed.json.gz: label, bytes, the
 * status each of them logged, and what haproxy says by itself, without the nginx behind it). services/net/README.md has the
 * table: what net does, whom it follows where the two differ, and why. The rule: never more lenient than both about syntax
 * and framing. What one of them refuses for policy (methods, `*`, CONNECT, dot segments) is routed as sent.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readData, walk } from "./harness.ts";

interface Case {
  readonly label: string;
  /** In hex. */
  readonly stream: string;
  /** Statuses logged, one a request. */
  readonly nginx: readonly number[];
  readonly haproxy: readonly number[];
  readonly haproxyAlone: readonly number[];
  /** Heads by a second reading, made with the captures: CRLF CRLF ends a head. */
  readonly heads: readonly { method: string; target: string; host: string | null; offset: number; bytes: number }[];
}

const CASES = readData<Case[]>("malformed.json.gz");

/** The README's words for a stream's reading. */
const WORDS: Readonly<Record<string, string>> = {
  routed: "routed",
  "routed badBody": "routed, bad body",
  malformed: "Malformed 400",
  unsupportedCoding: "UnsupportedCoding 501",
  badRequestLine: "bad request line 400",
  badVersion: "bad version 505",
  more: "unfinished",
  "": "nothing",
};

const readme = readFileSync(new URL("../../../../services/net/README.md", import.meta.url), "utf8");
const ROWS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  readme
    .slice(readme.indexOf("\n## nginx, haproxy and net\n"))
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()))
    .map(([label, ...cells]) => [label!.replaceAll("`", ""), cells]),
);

/** 404 is an answer to a request that was understood. */
const served = (statuses: readonly number[]): boolean => statuses.some((status) => status === 200 || status === 404);
const shown = (statuses: readonly number[]): string => (statuses.length === 0 ? "-" : statuses.join(" "));

/** What became of the stream's first request, and of its body. */
function reading(entry: Case): string {
  const { requests, end } = walk(Buffer.from(entry.stream, "hex").toString("latin1"));
  const outcome = requests[0]?.head.outcome;
  if (outcome === undefined) return WORDS[end === "whole" ? "" : end]!;
  return WORDS[end === "badBody" ? `${outcome} badBody` : outcome]!;
}

describe("the malformed streams", () => {
  test("each has its row, and no row is for nothing", () => {
    expect(Object.keys(ROWS).sort()).toEqual(CASES.map(({ label }) => label).sort());
  });

  test.each(CASES.map((entry) => [entry.label, entry] as const))("%s: as the table has it", (label, entry) => {
    const { nginx, haproxy, haproxyAlone } = entry;
    const ours = reading(entry);
    const haproxyShown = shown(haproxy) === shown(haproxyAlone) ? shown(haproxy) : `${shown(haproxyAlone)} (${shown(haproxy)})`;
    const [nginxCell, haproxyCell, oursCell, why] = ROWS[label]!;
    expect([nginxCell, haproxyCell, oursCell]).toEqual([shown(nginx), haproxyShown, ours]);
    const lenient = ours === "routed";
    if (served(nginx) !== served(haproxyAlone) || served(nginx) !== lenient) expect(why, "a difference has its reason").not.toBe("");
  });

  test.each(CASES.map((entry) => [entry.label, entry] as const))("%s: net is not more lenient than both", (_, entry) => {
    if (reading(entry) === "routed") expect(served(entry.nginx) || served(entry.haproxyAlone)).toBe(true);
  });

  test.each(CASES.filter(({ heads }) => heads.length > 0).map((entry) => [entry.label, entry] as const))("%s: the heads found, whatever their outcome", (_, entry) => {
    const { requests } = walk(Buffer.from(entry.stream, "hex").toString("latin1"));
    expect(requests.map(({ offset, bytes, head }) => ({ method: head.method, target: head.target, host: head.host, offset, bytes }))).toEqual(
      entry.heads.map((head) => ({ ...head, target: Buffer.from(head.target, "utf8").toString("utf8") })),
    );
  });
});
