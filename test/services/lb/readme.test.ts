/** What the load balancer's README says is compared with what the code does. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CONFIG_ENTRIES } from "../../../services/lb/config/keys.ts";
import { ConfigProblem } from "../../../services/lb/config/problem-codes.ts";
import { ALGORITHM_NAMES } from "../../../services/lb/config/value.ts";
import { ControlOperation, LbErrno } from "../../../services/lb/control.ts";
import { lbLarge, lbStandard, lbTiny } from "../../../services/limits.ts";
import type { LbLimits } from "../../../services/limits.ts";
import { large } from "../../../sim/machines/large.ts";
import { standard } from "../../../sim/machines/standard.ts";
import { configure } from "./configuring.ts";
import { Desk } from "./desk.ts";

const readme = readFileSync(new URL("../../../services/lb/README.md", import.meta.url), "utf8");
const rows = readme.split("\n").filter((line) => line.startsWith("| "));
const cells = (row: string): string[] => row.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));

/** Words in backquotes of a row's first cell. */
const named = (row: string): string[] => [...cells(row)[0]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);

describe("services/lb/README.md", () => {
  test("has a row for each key, and for no other", () => {
    const keys = rows.flatMap(named).filter((name) => name.includes("=")).map((name) => name.split("=")[0]!);
    expect(new Set(keys)).toEqual(new Set(CONFIG_ENTRIES.map((entry) => entry.name).filter((name) => name !== "")));
  });

  test("gives an example that is sound, without a note", () => {
    const example = readme.slice(readme.indexOf("### An example"), readme.indexOf("## Algorithms")).split("\n").filter((line) => line.startsWith("    ")).join("\n");
    expect(example).toContain("semantics=strict");
    expect(configure(new Desk(), example)).toEqual({ status: 0, remarks: [] });
  });

  test("gives the bounds of each option: its least and most are taken, one more is not", () => {
    for (const entry of CONFIG_ENTRIES) {
      const row = rows.find((candidate) => named(candidate).some((name) => name.startsWith(`${entry.name}=`)) && (entry.name !== "member" || candidate.includes("1000")));
      for (const { least, most } of entry.numbers) {
        if (row === undefined) throw new Error(`no row for ${entry.name}`);
        const shown = most === 1_000_000_000 ? "10^9" : String(most);
        expect(cells(row).at(-1), entry.name).toContain(shown);
        expect(cells(row).at(-1), entry.name).toContain(String(least));
      }
    }
  });

  test("names every algorithm", () => {
    const table = rows.flatMap(named);
    for (const { name } of ALGORITHM_NAMES) expect(table).toContain(name);
  });

  test("gives the limits of each machine", () => {
    const fields: Readonly<Record<string, keyof LbLimits>> = {
      "lb.groups": "groupsMax", "lb.vips": "vipsMax", "lb.backends": "backendsMax", "lb.rules": "rulesMax", "lb.routes": "routesMax", conditions: "requiredHeadersMax", "lb.shares": "sharesMax",
      "lb.rateRules": "rateRulesMax", "lb.directory": "directoryMax", "lb.ringPoints": "ringPointsMax", "lb.limiters": "limitersMax", "lb.sessions": "sessionsMax", "lb.connections": "connectionsMax",
      "lb.pending": "pendingMax", "lb.problems": "problemsMax",
    };
    const seen = new Set<string>();
    for (const row of rows.filter((candidate) => /^\| (lb\.|conditions)/.test(candidate))) {
      const [names, ...values] = cells(row);
      const of = [...names!.matchAll(/lb\.\w+|^conditions/g)].map((match) => match[0]);
      [lbStandard, lbLarge, lbTiny].forEach((limits, column) => {
        const numbers = values[column]!.split(", ").map(Number);
        of.forEach((name, i) => expect(numbers[i] ?? numbers[0], `${name}, column ${column}`).toBe(limits[fields[name]!]));
      });
      for (const name of of) seen.add(name);
    }
    expect([...seen].sort()).toEqual(Object.keys(fields).sort());
    for (const name of seen) if (name !== "conditions") expect(standard.settings).toHaveProperty([name]);
  });

  test("gives the arena of the large machine", () => {
    const mebibytes = large.settings["arena.lb"]!.value / 1024 ** 2;
    expect(readme.replaceAll("\n", " ")).toContain(`On the \`large\` machine, whose balancer has an arena of ${mebibytes} MiB`);
  });

  test("names operations, problems and refusals that there are", () => {
    const known = new Set([...Object.keys(ControlOperation), ...Object.keys(ConfigProblem), ...Object.keys(LbErrno)]);
    for (const name of ["memberRemove", "memberDrain", "memberHealth", "probes", "probeResult", "otherSemantics", "needsStrict", "duplicateKey", "tooMany", "tooManyMembers", "tableTooLarge"]) {
      expect(readme).toContain(name);
      expect(known).toContain(name);
    }
  });
});
