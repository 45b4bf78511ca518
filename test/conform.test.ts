import { describe, expect, test } from "vitest";
import { boot } from "../kernel/boot.ts";
import { runOperation, runScript, sameData } from "../sim/conform/run-script.ts";
import { standard } from "../sim/machines/index.ts";
import type { World } from "../sim/world.ts";
import { worldOf } from "../sim/world.ts";
import { loadScript, scriptNames } from "./vectors/load.ts";

const names = scriptNames();

/** One machine for all scripts: each starts from a fresh balancer, and what one leaves behind would show in the next. */
const world: World = worldOf(boot(standard.manifest()), null, 0);
world.machine.runUntilQuiet(10);
const usedAtStart = usedBytes();

function usedBytes(): number {
  return world.machine.report().processes.find((process) => process.name === "lb")!.usedBytes;
}

describe("recorded scripts, sent to the running balancer through the mailbox", () => {
  test.each(names)("%s", (name) => {
    const script = loadScript(name);
    expect(script.ops.length).toBeGreaterThan(100);
    expect(script.results.length).toBe(script.ops.length);
    expect(runScript(world, script)).toEqual([]);
  });

  test("are all there", () => {
    expect(names.filter((name) => name.startsWith("l7-")).length).toBe(17 + 5);
    expect(names.filter((name) => name.startsWith("l4-")).length).toBe(12);
    expect(names.reduce((operations, name) => operations + loadScript(name).ops.length, 0)).toBe(26_887);
    expect(names.filter((name) => name.startsWith("config-")).length).toBe(8);
  });

  test("leave nothing behind once the balancer is fresh again", () => {
    // An empty script begins with a balancer that has no pieces either; the operation "new" leaves those.
    expect(runScript(world, { ...loadScript(names[0]), ops: [], results: [] })).toEqual([]);
    expect(usedBytes()).toBe(usedAtStart);
    expect(runOperation(world, { op: "counts" })).toEqual({ ok: { backend_groups: 0, rules: 0 } });
  });
});

describe("comparing results", () => {
  const results = { ok: { name: "a", backends: [{ port: 1 }, { port: 2 }] } };

  test.each([
    [{ ok: { backends: [{ port: 1 }, { port: 2 }], name: "a" } }, true],
    [{ ok: { name: "a", backends: [{ port: 2 }, { port: 1 }] } }, false],
    [{ ok: { name: "a", backends: [{ port: 1 }] } }, false],
    [{ ok: { name: "a", backends: { 0: { port: 1 }, 1: { port: 2 } } } }, false],
    [{ ok: { name: "a", backends: [{ port: 1 }, { port: 2 }], more: null } }, false],
    [{ ok: null }, false],
    [{ err: "NoRouteMatch" }, false],
  ])("%j: %s", (other, same) => {
    expect(sameData(results, other)).toBe(same);
    expect(sameData(other, results)).toBe(same);
  });

  test("a script with a wrong result differs there, and nowhere else", () => {
    const script = loadScript("l7-01-basic");
    const wrong = script.results.map((result, i) => (i === 100 ? { err: "Wrong" } : result));
    const found = runScript(world, { ...script, results: wrong });
    expect(found.map((difference) => difference.index)).toEqual([100]);
    expect(found[0].expected).toEqual({ err: "Wrong" });
    expect(found[0].got).toEqual(script.results[100]);
  });
});
