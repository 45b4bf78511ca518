/** Goal: who follows sim/README.md word for word sees what it shows. Method: its blocks are played, numbers aside. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { experimentNamed } from "../sim/experiments/catalogue.ts";
import { explore } from "../sim/explore/explore.ts";
import { veridian, inFolder } from "./commanding.ts";
import { ROOT } from "./house/source.ts";
import { blocksUnder, missingLines } from "./readme.ts";

const page = readFileSync(join(ROOT, "sim/README.md"), "utf8");

/** Lines of the page that are indented, behind a command, up to the next one or the end of the block. */
function shownBehind(command: string): string {
  const lines = page.split("\n");
  const from = lines.indexOf(`    $ ${command}`);
  expect(from, command).toBeGreaterThan(0);
  const rest = lines.slice(from + 1);
  const end = rest.findIndex((line) => !line.startsWith("    ") || line.startsWith("    $ "));
  return rest.slice(0, end).map((line) => line.slice(4)).join("\n");
}

test("the experiment is sound, and nothing fails in it", () =>
  inFolder((path) => {
    const text = blocksUnder(page, "Write an experiment").find(({ language }) => language === "json")!.text;
    writeFileSync(path("my-cable.json"), text);
    const { code, out } = veridian("explore", path("my-cable.json"), "--seeds", "60", "--repros", path("."));
    expect(missingLines(shownBehind("veridian explore ./my-cable.json --seeds 60"), out)).toEqual([]);
    expect(code).toBe(0);
  }));

test("the hazard breaks, is made small, plays again, and can be asked about", () =>
  inFolder((path) => {
    const explored = veridian("explore", "crowd with H24", "--seeds", "1", "--repros", path("."));
    const file = path("crowd-with-H24-invariants-1.repro.json");
    expect(missingLines(shownBehind('veridian explore "crowd with H24" --seeds 1').replace("veridian replay crowd", "veridian replay"), explored.out.replace(file, "")).filter((line) => !line.includes("see it again"))).toEqual([]);
    const replayed = veridian("replay", file, "--trace", "--last", "24");
    expect(missingLines(shownBehind("veridian replay crowd-with-H24-invariants-1.repro.json --trace --last 12"), replayed.out)).toEqual([]);
    const asked = veridian("why", file, "processes[member0].waitsFor");
    expect([explored.code, replayed.code, asked.code]).toEqual([1, 1, 0]);
    expect(asked.out).toContain("because");
  }));

test("what is kept as a test passes", () => {
  explore(experimentNamed("crowd")!, { seeds: 3 });
});
