import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inFolder, veridian } from "./commanding.ts";
import { loadScript, scriptNames } from "./vectors/load.ts";

const script = (name: string, ops: readonly unknown[], results: readonly unknown[]): string => JSON.stringify({ name, kind: "l7", description: "", ops, results });
const counts = { op: "counts" };
const none = { ok: { backend_groups: 0, rules: 0 } };

test("scripts that agree end with 0 and one line", () =>
  inFolder((path) => {
    mkdirSync(path("scripts"));
    writeFileSync(path("scripts/a.json"), script("a", [counts, { op: "rate", client: "c", tick: 5 }], [none, { ok: null }]));
    writeFileSync(path("scripts/b.json"), script("b", [counts], [none]));
    writeFileSync(path("scripts/notes.txt"), "no script");
    expect(veridian("conform", path("scripts"))).toEqual({ code: 0, out: "2 scripts, 3 operations, 0 differences\n", err: "" });
    expect(JSON.parse(veridian("conform", path("scripts"), "--json").out)).toMatchObject({ schema: 1, scripts: 2, operations: 3, differences: 0, notRun: 0 });
  }));

test("a difference is shown with both results, and ends with 1", () =>
  inFolder((path) => {
    writeFileSync(path("a.json"), script("a", [counts, counts], [none, { ok: { backend_groups: 7, rules: 0 } }]));
    expect(veridian("conform", path("."))).toEqual({
      code: 1,
      out: 'a.json: operation 1: {"op":"counts"}\n  recorded {"ok":{"backend_groups":7,"rules":0}}\n  answered {"ok":{"backend_groups":0,"rules":0}}\n1 scripts, 2 operations, 1 differences\n',
      err: "",
    });
  }));

test("a script with operations that the balancer does not have is not run, and that is no success", () =>
  inFolder((path) => {
    writeFileSync(path("a.json"), script("a", [{ op: "juggle" }], [none]));
    expect(veridian("conform", path("."))).toMatchObject({ code: 1, out: "a.json: not run: there is no operation juggle\n0 scripts, 0 operations, 0 differences; 1 scripts not run\n" });
  }));

test("folders and files that are none end with 2, all at once", () =>
  inFolder((path) => {
    expect(veridian("conform", path("missing"))).toMatchObject({ code: 2, out: "" });
    expect(veridian("conform")).toMatchObject({ code: 2, err: expect.stringContaining("DIR: it is missing; expected the argument DIR") });
    writeFileSync(path("a.json"), "{");
    writeFileSync(path("b.json"), '{"ops":[],"results":[1]}');
    const { code, err } = veridian("conform", path("."));
    expect(code).toBe(2);
    expect(err.trimEnd().split("\n").map((line) => line.replace(/\(.*\)/, "()"))).toEqual([
      "veridian conform: a.json: this is no JSON (); expected a script",
      "veridian conform: b.json: this is no script; expected an object with as many ops as results",
    ]);
  }));

test("all recorded scripts, in one run", () =>
  inFolder((path) => {
    for (const name of scriptNames()) writeFileSync(path(`${name}.json`), JSON.stringify(loadScript(name)));
    expect(veridian("conform", path("."))).toEqual({ code: 0, out: "42 scripts, 26887 operations, 0 differences\n", err: "" });
  }));
