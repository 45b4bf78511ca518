/** What services/net/host/README.md says is so: bounds, and names of counters. */

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hostStandard, hostTiny } from "../../../../services/net/host/limits.ts";
import { hostCounterTypes } from "../../../../services/net/host/records.ts";
import { linksOf } from "../../../readme.ts";

const FILE = new URL("../../../../services/net/host/README.md", import.meta.url);
const readme = readFileSync(FILE, "utf8");

test("every bound is there, standard and tiny", () => {
  const rows = readme.slice(readme.indexOf("\n## Limits\n")).split("\n").filter((line) => line.startsWith("| `")).map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
  const names = Object.keys(hostStandard) as (keyof typeof hostStandard)[];
  expect(rows.map(([name, standard, tiny]) => [name.replaceAll("`", ""), Number(standard), Number(tiny)])).toEqual(names.map((name) => [name, hostStandard[name], hostTiny[name]]));
});

test("what it names is a counter, a limit or a member of the manifest", () => {
  const known = [...Object.keys(hostCounterTypes), ...Object.keys(hostStandard), "neighbours", "gatewayMac", "gateways", 'mode: "terminate"', "10.20.0.2/16"];
  for (const [, name] of readme.matchAll(/`([^`]+)`/g)) expect(known).toContain(name);
});

test("its links lead somewhere", () => {
  for (const link of linksOf(readme)) expect(existsSync(new URL(link.split("#")[0], FILE)), link).toBe(true);
});
