/**
 * `veridian replay`, `why` and `fate` on the file of a run that fails: a bit of the kernel's table of endpoints flips, and
 * frames are lost beside it.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EndpointRecord } from "../../../kernel/endpoint.ts";
import { Listed } from "../../../sim/chance/decider.ts";
import type { Deviation } from "../../../sim/chance/deviation.ts";
import { SimSite } from "../../../sim/chance/site.ts";
import { readCapture } from "../../../sim/capture/pcap.ts";
import { experimentNamed } from "../../../sim/experiments/catalogue.ts";
import { readSavedWorld } from "../../../sim/explore/saved-world.ts";
import type { Repro } from "../../../sim/explore/repro-file.ts";
import { reproOf, reproText } from "../../../sim/explore/repro-file.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { structureAt, structureNumbers } from "../../../sim/faults/memory/structures.ts";
import { packageVersion } from "../../../sim/host/version.ts";
import { inFolder, veridian } from "../../commanding.ts";
import { readTrace } from "../explore/perfetto/reading.ts";

const BIT = 8;
const experiment = experimentNamed("memory")!;
const theatre = new Theatre(experiment);
const rules = [{ fault: "memory.flip", parts: 1000 }, { fault: "wire.drop", parts: 1000 }];
const sites = [SimSite.bitFlips, SimSite.frameLost];

/** Bit 8 of the capacity of endpoint 0 flips in the fifth tick. */
function flip(): Deviation {
  const entity = structureNumbers(theatre.world.machine).find((number) => structureAt(theatre.world.machine, number).name === "endpoints")!;
  return { site: SimSite.bitFlips, entity, ordinal: 4, answer: 1 + EndpointRecord.capacity.offset * 8 + BIT, rule: 0, tick: 5 };
}

function failing(changes: Partial<Repro> = {}): Repro {
  const lost: Deviation = { site: SimSite.frameLost, entity: 2, ordinal: 1, answer: 1, rule: 1, tick: 3 };
  const outcome = theatre.play({ seed: 1, rules, decider: new Listed([lost, flip()], sites) });
  expect(outcome.failures[0].text).toContain("queue-capacity");
  return { ...reproOf({ experiment: experiment.name, build: packageVersion(), seed: 1, rules, sites, troubleTicks: experiment.troubleTicks, outcome }), ...changes };
}

/** A file of that repro, for as long as `use` runs. */
function withFile<T>(repro: Repro, use: (file: string, path: (name: string) => string) => T): T {
  return inFolder((path) => {
    writeFileSync(path("repro.json"), reproText(repro));
    return use(path("repro.json"), path);
  });
}

const repro = failing();

describe("veridian replay", () => {
  test("says that it fails still, and that it is the same run: exit code 1", () => {
    const { code, out, err } = withFile(repro, (file) => veridian("replay", file));
    expect([code, err]).toEqual([1, ""]);
    expect(out).toContain("memory, seed 1: 2 deviations\n");
    expect(out).toMatch(/ {2}5 ticks in, endpoints, question 4 of bitFlips: bit 0 of byte 17 flips \(memory\.flip\)\n/);
    expect(out).toMatch(/check failed: tick [0-9]+, invariants: endpoint 0: capacity: .*\n/);
    expect(out).toContain(`hash ${repro.hash}: the same run, byte for byte\n`);
  });

  test("as JSON says the same", () => {
    const { out } = withFile(repro, (file) => veridian("replay", file, "--json"));
    expect(JSON.parse(out)).toMatchObject({ schema: 1, experiment: "memory", seed: 1, failures: [repro.failure], hash: repro.hash, ticks: repro.ticks, sameBuild: true, sameHash: true, sameFailure: true, repeats: true });
  });

  test("of a run that fails no more: exit code 0", () => {
    const { code, out } = withFile({ ...repro, deviations: repro.deviations.slice(0, 1) }, (file) => veridian("replay", file));
    expect([code, out.includes("nothing fails any more")]).toEqual([0, true]);
  });

  test("of another version, records or costs is checked by invariant, not by hash", () => {
    for (const other of [{ build: "0.0.0" }, { layouts: "0".repeat(16) }, { costs: "0".repeat(16) }]) {
      const { code, out } = withFile({ ...repro, ...other, hash: "0".repeat(32) }, (file) => veridian("replay", file));
      expect([code, out.includes("checked by invariant, not by hash")]).toEqual([1, true]);
    }
  });

  test("of the same version with another hash has diverged: exit code 3", () => {
    const { code, out } = withFile({ ...repro, hash: "0".repeat(32) }, (file) => veridian("replay", file));
    expect(code).toBe(3);
    expect(out).toContain(`hash ${repro.hash}, in the file ${"0".repeat(32)}`);
  });

  test("tells the last events in words, as many as are asked for", () => {
    const { out } = withFile(repro, (file) => veridian("replay", file, "--trace", "--last", "100000"));
    for (const words of ["sends received to net.frames", "takes message request"]) expect(out).toContain(words);
    const few = withFile(repro, (file) => veridian("replay", file, "--trace", "--last", "3")).out;
    expect(few).toMatch(/[0-9,]+ older events not shown/);
    expect(few.split("What happened")[1].split("\n").filter((line) => /^ +[0-9,]+\.[0-9]{6}/.test(line))).toHaveLength(3);
  });

  test("stops at a tick, and writes what is asked for", () => {
    withFile(repro, (file, path) => {
      const { code, out } = veridian("replay", file, "--until", "12", "--dump", path("d"), "--save", path("w"), "--perfetto", path("p"), "--pcap-out", path("c"));
      expect([code, out]).toEqual([0, expect.stringMatching(/^stopped at tick 12, after [0-9]+ steps; hash [0-9a-f]{32}\n$/)]);
      expect(veridian("inspect", path("d")).out).toContain("tick 12");
      expect(readSavedWorld(readFileSync(path("w")), [])).toMatchObject({ tick: 12, build: packageVersion() });
      expect(readTrace(readFileSync(path("p"))).length).toBeGreaterThan(100);
      expect(readCapture(readFileSync(path("c"))).capture!.count).toBeGreaterThan(0);
      const later = veridian("replay", file, "--perfetto", path("q"));
      expect([later.code, readTrace(readFileSync(path("q"))).length > readTrace(readFileSync(path("p"))).length]).toEqual([1, true]);
    });
  });

  test("stops behind a single step", () => {
    const places = withFile(repro, (file) => [50, 51].map((step) => JSON.parse(veridian("replay", file, "--step", String(step), "--json").out) as { step: number; hash: string }));
    expect(places.map(({ step }) => step)).toEqual([50, 51]);
    expect(places[0].hash).not.toBe(places[1].hash);
    expect(withFile(repro, (file) => veridian("replay", file, "--step", "9999999"))).toMatchObject({ code: 2, err: expect.stringContaining("--step 9999999: the run has ") });
    expect(withFile(repro, (file) => veridian("replay", file, "--step", "5", "--until", "5"))).toMatchObject({ code: 2, err: expect.stringContaining("either --until or --step") });
  });

  test("does not stop behind the run's end", () => {
    const { code, err } = withFile(repro, (file) => veridian("replay", file, "--until", String(repro.ticks + 1)));
    expect([code, err]).toEqual([2, `veridian replay: --until ${repro.ticks + 1}: the run ended at tick ${repro.ticks}; expected a tick before that\n`]);
  });

  test.each([
    [["--until", "soon"], "--until soon"],
    [["--last", "-1"], "--last"],
    [["--dump", "/nowhere/at/all"], "--dump"],
  ])("refuses %j", (args, place) => {
    const { code, err } = withFile(repro, (file) => veridian("replay", file, ...args));
    expect([code, err.includes(place)]).toEqual([2, true]);
  });

  test("refuses what is no repro file, or of an experiment that there is not", () => {
    withFile({ ...repro, experiment: "memmory" }, (file) => expect(veridian("replay", file)).toMatchObject({ code: 2, err: expect.stringContaining("memory, perhaps") }));
    expect(veridian("replay", "/nowhere.json")).toMatchObject({ code: 2, err: expect.stringContaining("/nowhere.json") });
    inFolder((path) => {
      writeFileSync(path("bad.json"), "{}");
      expect(veridian("replay", path("bad.json"))).toMatchObject({ code: 2, err: expect.stringContaining("seed is missing") });
    });
  });
});

describe("veridian why", () => {
  test("says that nobody's handler wrote the bit", () => {
    const { code, out } = withFile(repro, (file) => veridian("why", file, "endpoints[driver.transmit].capacity"));
    expect(code).toBe(0);
    expect(out).toMatch(/^endpoints\[0\]\.capacity is 260 at tick [0-9]+, and was 4 before\nwritten outside of handlers, by the board or the kernel at /);
    expect(out).toMatch(/since +5 ticks in, .*: bit 0 of byte 17 flips \(memory\.flip\)\n$/);
  });

  test("says whose handler wrote a word, and why, as text and as JSON", () => {
    const { out } = withFile(repro, (file) => veridian("why", file, "processes[lb].handled"));
    expect(out).toMatch(/^processes\[1\]\.handled is [0-9]+ at tick/);
    const json = JSON.parse(withFile(repro, (file) => veridian("why", file, "state.net.routed", "--json")).out) as { writer: string; chain: readonly { process: string }[] };
    expect(json).toMatchObject({ schema: 1, field: "state.net[0].routed", writer: "net" });
    expect(json.chain.map(({ process }) => process)).toContain("lb");
  });

  test("says how it was at a tick, and that nothing had changed it yet", () => {
    expect(withFile(repro, (file) => veridian("why", file, "endpoints[0].capacity", "--at", "3")).out).toBe("endpoints[0].capacity is 4 at tick 3; nothing has changed it since the run began\n");
  });

  test.each([
    [["endpoints[0].capacityy"], "capacity, perhaps"],
    [["endpoints[0].capacity", "--at", "99999"], "the run ended at tick"],
    [["endpoints[0].capacity", "--depth", "0"], "this is no depth"],
    [["endpoints[0].capacity", "--depth", "1001"], "this is no depth"],
  ])("refuses %j", (args, words) => {
    const { code, err } = withFile(repro, (file) => veridian("why", file, ...args));
    expect([code, err.includes(words)]).toEqual([2, true]);
  });
});

describe("veridian fate", () => {
  test("says when it was too late, and what sealed it", () => {
    const { code, out } = withFile(repro, (file) => veridian("fate", file, "--futures", "5", "--points", "4"));
    expect(code).toBe(0);
    expect(out).toContain("inevitable from 6 ticks in: none of 5 futures escapes any more");
    expect(out).toMatch(/What sealed it:\n {2}5 ticks in, .*flips \(memory\.flip\)\n$/);
  });

  test("as JSON has the points", () => {
    const { out } = withFile(repro, (file) => veridian("fate", file, "--futures", "2", "--points", "1", "--json"));
    expect(JSON.parse(out)).toMatchObject({ schema: 1, fails: true, inevitableTick: 6, points: expect.arrayContaining([expect.objectContaining({ tick: 0, futures: 2 })]) });
  });

  test("of a run that does not fail: exit code 1", () => {
    expect(withFile({ ...repro, deviations: [] }, (file) => veridian("fate", file))).toMatchObject({ code: 1, out: expect.stringContaining("nothing to foretell") });
  });

  test("refuses numbers that are none", () => {
    for (const args of [["--futures", "0"], ["--points", "1001"]]) expect(withFile(repro, (file) => veridian("fate", file, ...args)).code).toBe(2);
  });
});
