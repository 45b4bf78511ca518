/** What services/net/README.md says is so: reasons, outcomes, bounds, and where net leaves the RFCs. */

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OUTCOMES } from "../../../services/lb/api.ts";
import { netStandard, netTiny } from "../../../services/limits.ts";
import { IGNORED_REASONS } from "../../../services/net/api.ts";
import { ledgerCounterTypes } from "../../../services/net/counters.ts";
import { CHUNK_LINE_BYTES_MAX, EXTENSION_BYTES_MAX, HEADER_LINES_MAX, HEAD_BYTES_MAX, TARGET_BYTES_MAX, TRAILER_BYTES_MAX } from "../../../services/net/http/limits.ts";
import { proxyStandard, proxyTiny } from "../../../services/net/proxy/limits.ts";
import { proxyCounterTypes } from "../../../services/net/proxy/records.ts";
import { linksOf } from "../../readme.ts";
import { RULES } from "./http/rules/index.ts";

const FILE = new URL("../../../services/net/README.md", import.meta.url);
const readme = readFileSync(FILE, "utf8");

/** Cells of the table rows under a heading. */
function rowsUnder(heading: string): string[][] {
  const from = readme.indexOf(`\n## ${heading}\n`);
  expect(from, heading).toBeGreaterThan(0);
  const to = readme.indexOf("\n## ", from + 1);
  const lines = readme.slice(from, to < 0 ? undefined : to).split("\n");
  return lines.filter((line) => line.startsWith("| ") && !line.startsWith("| ---")).map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
}

/** Words in backquotes. */
const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
const shown = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

describe("the README of net", () => {
  test("names every reason why a frame is left aside, and no other", () => {
    const named = rowsUnder("What becomes of a frame").flatMap(([reason]) => quoted(reason!));
    expect(named.sort()).toEqual(IGNORED_REASONS.slice(1).map(({ reason }) => reason).sort());
  });

  test("gives outcomes their status", () => {
    const rows = rowsUnder("What becomes of a head").slice(1);
    for (const [names, status] of rows.slice(0, -1)) {
      for (const name of quoted(names!)) expect(OUTCOMES.find((outcome) => outcome.name === name)?.status, name).toBe(Number(status));
    }
    expect(rows.map(([names]) => quoted(names!)[0])).toEqual(["HeadTooLarge", "UriTooLong", "HeadTooLarge", "Malformed", "UnsupportedCoding", "Overloaded", "routed"]);
  });

  test("gives the bounds of heads and bodies", () => {
    const [, large, long, lines] = rowsUnder("What becomes of a head").map((cells) => cells[2]!);
    expect(large).toContain(shown(HEAD_BYTES_MAX));
    expect(long).toContain(shown(TARGET_BYTES_MAX));
    expect(lines).toContain(shown(HEADER_LINES_MAX));
    expect(rowsUnder("What becomes of a body").slice(1).map((cells) => cells[1])).toEqual([CHUNK_LINE_BYTES_MAX, EXTENSION_BYTES_MAX, TRAILER_BYTES_MAX].map(shown));
  });

  test("gives every limit, standard and tiny", () => {
    const rows = rowsUnder("Limits").slice(1).map(([name, standard, tiny]) => [quoted(name!)[0], Number(standard), Number(tiny)]);
    const names = Object.keys(netStandard) as (keyof typeof netStandard)[];
    expect(rows.sort()).toEqual(names.map((name) => [name, netStandard[name], netTiny[name]]).sort());
  });

  test("gives every bound of a proxy, and names its counters", () => {
    const rows = rowsUnder("As a proxy");
    const bounds = rows.slice(rows.findIndex(([name]) => name === "limit") + 1).map(([name, standard, tiny]) => [quoted(name!)[0], Number(standard), Number(tiny)]);
    const names = (Object.keys(proxyStandard) as (keyof typeof proxyStandard)[]).filter((name) => name !== "tcp");
    expect(bounds.sort()).toEqual(names.map((name) => [name, proxyStandard[name], proxyTiny[name]]).sort());
    const failures = rows.slice(rows.findIndex(([name]) => name === "what happens") + 1, rows.findIndex(([name]) => name === "limit"));
    expect(failures.length).toBeGreaterThan(10);
    for (const counter of failures.flatMap((cells) => quoted(cells[3]!))) expect(counter in proxyCounterTypes || counter in ledgerCounterTypes, counter).toBe(true);
  });

  test("lists the rules that net does not keep to the letter, with their numbers and reasons", () => {
    const departures = RULES.map((rule, index) => [String(index + 1), rule.section, rule.rule, rule.stand, rule.why]).filter(([, , , stand]) => stand !== "kept");
    expect(rowsUnder("Where net leaves the RFCs").slice(1)).toEqual(departures);
  });

  test("links to what is there", () => {
    expect(linksOf(readme).filter((link) => !existsSync(new URL(link, FILE)))).toEqual([]);
  });
});
