import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readRepro } from "../../../../sim/explore/read-repro.ts";
import type { Report } from "../../../../sim/explore/report.ts";
import { inFolder, veridian } from "../../../commanding.ts";

/** An experiment that is quick to play: the tiny machine, few checkers. */
const QUICK = { schema: 1, name: "quick", world: "tiny", faults: [{ fault: "wire.drop", parts: 50_000 }], troubleTicks: 60, recoveryTicks: 300, checks: ["invariants"], marks: ["wire.drop"] };
/** The same, with nothing that could go right: nobody answers within no time at all. */
const BROKEN = { ...QUICK, name: "broken", faults: [{ fault: "process.crash", parts: 2_000 }], troubleTicks: 40, recoveryTicks: 1, checks: ["invariants"] };

/** Each worker reads the whole program from source before it begins. */
const WORKERS_MILLIS_MAX = 300_000;

/** Plays with the experiment in a file, and whatever files come of it in the same folder. */
function explore(experiment: object, args: readonly string[], look: (ran: ReturnType<typeof veridian>, path: (name: string) => string) => void): void {
  inFolder((path) => {
    writeFileSync(path("experiment.json"), JSON.stringify(experiment));
    look(veridian("explore", path("experiment.json"), "--repros", path("."), ...args), path);
  });
}

describe("what is played", () => {
  test("is said in words, without a word about time", () => {
    explore(QUICK, ["--seeds", "3..12"], ({ code, out, err }) => {
      expect(code).toBe(0);
      expect(out).toMatch(/^quick: 10 seeds \(3\.\.12\) by random, 10 runs, \d+ ticks\nmarks: .*\nfaults: 1 of 1 reached\nplayed again: (none of them|1 seed, all the same|\d seeds, all the same)\nnothing failed\ndigest [0-9a-f]{16}\n$/);
      expect(err).toMatch(/10 of 10 seeds, \d+ runs a second, 0 failed, [\d.]+ seconds, 1 job\n$/);
    });
  });

  test("is the same with workers, in shards, and all at once", () => {
    inFolder((path) => {
      writeFileSync(path("experiment.json"), JSON.stringify(QUICK));
      const json = (...args: string[]): string => veridian("explore", path("experiment.json"), "--seeds", "25", "--json", ...args).out;
      const whole = json();
      expect((JSON.parse(whole) as Report).seeds).toEqual([[1, 25]]);
      expect(json("--jobs", "2")).toBe(whole);
      expect(json("--jobs", "4")).toBe(whole);
      for (const shard of ["1/2", "2/2"]) json("--shard", shard, "--jobs", "1", "--out", path(`${shard[0]}.json`));
      expect(veridian("merge", path("2.json"), path("1.json"), "--json").out).toBe(whole);
    });
  }, WORKERS_MILLIS_MAX);

  test("is counted in words that fit one, and none", () => {
    explore(QUICK, ["--seeds", "1..1"], ({ out }) => expect(out).toMatch(/^quick: 1 seed \(1\) by random, 1 run, \d+ ticks\n[^]*\nplayed again: none of them\n/));
  });

  test.each([
    ["a field that there is not", { end: [{ field: "no.such", least: 1 }] }, /experiment\.json: its machine does not begin: FIELD no\.such: no part of machine or world/],
    ["a configuration that is refused", { configuration: "semantics=strict\nmember=:\n" }, /experiment\.json: its machine does not begin: .*line 2, column 8/],
  ])("is refused with %s, before anything is played", (_what, more, expected) => {
    explore({ ...QUICK, ...more }, ["--seeds", "1..1"], ({ code, out, err }) => {
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(expected);
    });
  });

  test("ends when its time is over, with a report of what was played", () => {
    explore(QUICK, ["--time-budget", "1", "--json"], ({ code, out }) => {
      const { seeds } = JSON.parse(out) as Report;
      expect([code, seeds.length, seeds[0]![0]]).toEqual([0, 1, 1]);
      expect(seeds[0]![1] % 20).toBe(0);
    });
  });
});

describe("what fails", () => {
  test("is in a file, made smaller, and is played again from there", () => {
    explore(BROKEN, ["--seeds", "30"], ({ code, out }, path) => {
      expect(code).toBe(1);
      const [file, ...more] = readdirSync(path(".")).filter((name) => name.endsWith(".repro.json"));
      expect([file, more]).toEqual([expect.stringMatching(/^broken-liveness-\d+\.repro\.json$/), []]);
      expect(out).toContain(`veridian replay ${path(file!)}`);
      const repro = readRepro(readFileSync(path(file!), "utf8"), []);
      expect(repro?.failure?.checker).toBe("liveness");
      expect(veridian("replay", path(file!)).code).toBe(1);
    });
  });

  test("is a line each, in order, and one at the end", () => {
    explore(BROKEN, ["--seeds", "30", "--minimise", "0", "--ndjson", "--jobs", "2"], ({ code, out }) => {
      const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line) as { readonly type: string; readonly seed: number; readonly failedSeeds: Report["failedSeeds"] });
      const failed = lines.slice(0, -1);
      expect([code, lines.at(-1)!.type, failed.every(({ type }) => type === "failed")]).toEqual([1, "summary", true]);
      expect(failed.map(({ seed }) => seed)).toEqual(lines.at(-1)!.failedSeeds.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)));
      expect(failed.length).toBeGreaterThan(0);
    });
  });

  test("is also what was not reached, where that is asked for", () => {
    const unreached = { ...QUICK, faults: [{ fault: "wire.drop", parts: 50_000, entities: [60] }] };
    explore(unreached, ["--seeds", "3"], ({ code, out }) => expect([code, out.includes("faults: 0 of 1 reached, not wire.drop")]).toEqual([0, true]));
    explore(unreached, ["--seeds", "3", "--marks"], ({ code }) => expect(code).toBe(1));
  });
});

describe("a command line that makes no sense", () => {
  const CASES: readonly (readonly [string, readonly string[], string])[] = [
    ["no such experiment", ["wier"], 'EXPERIMENT: there is no experiment "wier"; expected wire, perhaps'],
    ["no such file", ["./nothing.json"], "the file cannot be read"],
    ["seeds", ["wire", "--seeds", "9..3"], '--seeds: this is "9..3"; expected A..B, or N for 1..N'],
    ["seed 0", ["wire", "--seeds", "0..3"], "--seeds"],
    ["strategy", ["wire", "--strategy", "luck"], "expected one of random, swarm, pct, dfs"],
    ["depth of what has none", ["wire", "--depth", "3"], "--strategy random has no depth; expected --strategy pct or dfs"],
    ["depth 0", ["wire", "--strategy", "pct", "--depth", "0"], "--depth"],
    ["no jobs", ["wire", "--jobs", "0"], "--jobs"],
    ["shard", ["wire", "--shard", "4/3"], '--shard: this is "4/3"; expected i/n'],
    ["two kinds of JSON", ["wire", "--json", "--ndjson"], "--json, --ndjson: both were given"],
    ["no folder", ["wire", "--repros", "/nowhere/at/all"], "--repros"],
  ];
  test.each(CASES)("%s", (_, args, text) => {
    const { code, out, err } = veridian("explore", ...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(text);
  });

  test("reports that do not go together, or are none", () => {
    inFolder((path) => {
      writeFileSync(path("experiment.json"), JSON.stringify(QUICK));
      veridian("explore", path("experiment.json"), "--seeds", "1..3", "--out", path("a.json"));
      writeFileSync(path("b.json"), "{}");
      const { code, err } = veridian("merge", path("a.json"), path("a.json"), path("b.json"));
      expect(code).toBe(2);
      expect(err).toContain("a.json: it does not go with the files before it: both have played seed 1");
      expect(err).toMatch(/b\.json: .*schema is missing/);
      expect(veridian("merge").code).toBe(2);
    });
  });
});

test("both commands explain themselves with examples", () => {
  for (const name of ["explore", "merge"]) expect(veridian(name, "--help").out).toMatch(/Examples[^]*veridian (explore|merge)/);
});
