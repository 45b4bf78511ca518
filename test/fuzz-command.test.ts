import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inFolder, veridian } from "./commanding.ts";

const LAST_LINE = /^\d+ executions, \d+ executions a second, (\d+) of (\d+) refusal reasons reached\n$/;

/** The known inputs come first: as many executions as there are reasons reach them all. */
test.each([["frames", 44], ["registers", 27], ["descriptors", 11]] as const)("fuzz %s ends with a line of executions and %i reasons", (kind, reasons) =>
  inFolder((path) => {
    const { code, out, err } = veridian("fuzz", kind, "--executions", String(reasons), "--seed", "5", "--out", path("found.json"));
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(LAST_LINE);
    expect(LAST_LINE.exec(out)?.slice(1)).toEqual([String(reasons), String(reasons)]);
  }));

test("--json says which reasons were reached, and which were not", () =>
  inFolder((path) => {
    const { out } = veridian("fuzz", "registers", "--executions", "3", "--manifest", "board-e1000", "--json", "--out", path("found.json"));
    const said = JSON.parse(out) as Record<string, unknown> & { reached: string[]; missed: string[] };
    expect(said).toMatchObject({ schema: 1, kind: "registers", seed: 1, executions: 3, reasons: 27, finding: null });
    expect(said.reached).toEqual(["e1000 filtered", "e1000 noDescriptor", "e1000 tooLong"]);
    expect(said.missed).toHaveLength(24);
  }));

test("what was written is played again; a problem ends with 1", () =>
  inFolder((path) => {
    const input = (actions: readonly object[]): string => JSON.stringify({ stage: "tiny", actions });
    writeFileSync(path("fine.json"), input([{ op: "frame", hex: "ff".repeat(60) }]));
    expect(veridian("fuzz", "--replay", path("fine.json"))).toEqual({ code: 0, out: "1 actions on tiny, 0 problems, refused: net otherEtherType\n", err: "" });
    // Nobody can send a request over a cable that is out.
    writeFileSync(path("wrong.json"), input([{ op: "plug", value: 0 }, { op: "request" }]));
    const { code, out } = veridian("fuzz", "--replay", path("wrong.json"));
    expect([code, out]).toEqual([1, "  traffic does not resume: a request after the input is not decided\n2 actions on tiny, 1 problems, refused: e1000 linkDown\n"]);
    expect(JSON.parse(veridian("fuzz", "--replay", path("wrong.json"), "--json").out)).toEqual({ schema: 1, stage: "tiny", actions: 2, problems: ["traffic does not resume: a request after the input is not decided"], reached: ["e1000 linkDown"] });
    expect(readFileSync(path("wrong.json"), "utf8")).toBe(input([{ op: "plug", value: 0 }, { op: "request" }]));
  }));

test("a device that lies to a driver that was restarted does not end it", () =>
  inFolder((path) => {
    const actions = [{ op: "crash", process: 0, after: 40 }, { op: "memory", address: 2738, after: 272, hex: "e85c" }];
    writeFileSync(path("lie.json"), JSON.stringify({ stage: "virtio-2", actions }));
    expect(veridian("fuzz", "--replay", path("lie.json"))).toEqual({ code: 0, out: "2 actions on virtio-2, 0 problems, refused: virtio-net driver recoveries\n", err: "" });
  }));

test("what makes no sense is refused", () =>
  inFolder((path) => {
    expect(veridian("fuzz")).toMatchObject({ code: 2, err: expect.stringContaining("KIND: it is missing") });
    expect(veridian("fuzz", "cats")).toMatchObject({ code: 2, err: expect.stringContaining('this is "cats"; expected one of frames, registers, descriptors') });
    expect(veridian("fuzz", "frames", "--manifest", "board-e1000")).toMatchObject({ code: 2, err: expect.stringContaining("--manifest board-e1000") });
    expect(veridian("fuzz", "frames", "--seconds", "x")).toMatchObject({ code: 2, err: expect.stringContaining("--seconds x") });
    expect(veridian("fuzz", "frames", "--out", path("nowhere/x"))).toMatchObject({ code: 2, err: expect.stringContaining("--out") });
    expect(veridian("fuzz", "--replay", path("none.json"))).toMatchObject({ code: 2, err: expect.stringContaining("there is none of that name") });
    writeFileSync(path("bad.json"), '{"stage":"tiny","actions":[{"op":"explode"}]}');
    expect(veridian("fuzz", "--replay", path("bad.json"))).toMatchObject({ code: 2, err: expect.stringContaining("bad.json: actions[0]") });
  }));
