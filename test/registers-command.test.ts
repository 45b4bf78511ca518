import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { inFolder, veridian } from "./commanding.ts";
import { KNOWN_DIFFERENCES, KNOWN_FILE, scriptTexts } from "./registers/load.ts";

const script = (name: string, steps: readonly object[], more: object = {}): string => JSON.stringify({ name, device: "e1000", mac: "02:00:00:00:00:01", steps, ...more });
const TIPG = { op: "readl", offset: 0x410, reg: "TIPG" };

test("scripts that agree end with 0 and one line; what departs is not compared", () =>
  inFolder((path) => {
    mkdirSync(path("scripts"));
    writeFileSync(path("scripts/a.json"), script("a", [{ op: "writel", offset: 0x410, value: 5 }, { ...TIPG, value: 5 }, { ...TIPG, value: 6, departs: "why" }]));
    writeFileSync(path("scripts/b.json.gz"), gzipSync(script("b", [{ ...TIPG, value: 0 }, { op: "irq", level: 0 }])));
    writeFileSync(path("scripts/notes.txt"), "no script");
    expect(veridian("registers", path("scripts"))).toEqual({ code: 0, out: "2 scripts, 3 answers, 0 differences, 0 not modelled\n", err: "" });
    expect(JSON.parse(veridian("registers", path("scripts"), "--json").out)).toMatchObject({ schema: 1, scripts: 2, answers: 3, differences: 0, notModelled: 0, outcomes: [{ file: "a.json", answers: 1 }, { file: "b.json.gz" }] });
  }));

test("a difference ends with 1; --verbose shows script, step, what was asked, and both answers", () =>
  inFolder((path) => {
    const bytes = "ab".repeat(200);
    writeFileSync(path("a.json"), script("a", [{ ...TIPG, value: 7 }, { op: "mem_write", addr: 0x10_0000, hex: bytes }, { op: "mem_read", addr: 0x10_0000, len: 200, hex: `${bytes.slice(0, 300)}00${bytes.slice(302)}` }, { op: "expect_tx", hex: "01" }, { op: "irq", level: 1 }]));
    expect(veridian("registers", path("."))).toEqual({ code: 1, out: "a.json: 4 of 4 answers differ\n1 scripts, 4 answers, 4 differences, 0 not modelled\n", err: "" });
    expect(veridian("registers", path("."), "--verbose").out.split("\n")).toEqual([
      "a.json: 4 of 4 answers differ",
      "  steps[0] readl, TIPG (0x410)",
      "    wanted 0x7",
      "    got    0x0",
      "  steps[2] mem_read, 200 bytes at 0x100000",
      `    wanted (from byte 142) ...${"ab".repeat(8)}00${"ab".repeat(49)}`,
      `    got    (from byte 142) ...${"ab".repeat(58)}`,
      "  steps[3] expect_tx, the next frame sent",
      "    wanted 01",
      "    got    no frame",
      "  steps[4] irq, the interrupt line",
      "    wanted high",
      "    got    low",
      "1 scripts, 4 answers, 4 differences, 0 not modelled",
      "",
    ]);
  }));

test("a known difference is no failure; one that is gone, or another, is", () =>
  inFolder((path) => {
    const entry = { script: "a", step: 0, wanted: "0x7", got: "0x0", reason: "why" };
    const bytes = { script: "a", step: 1, wanted: "byte 1: 01", got: "byte 1: 00", reason: "why" };
    mkdirSync(path("scripts"));
    writeFileSync(path("scripts/a.json"), script("a", [{ ...TIPG, value: 7 }, { op: "mem_read", addr: 0x10_0000, len: 3, hex: "000100" }]));
    const told = (...known: object[]): { code: number; out: string } => {
      writeFileSync(path("known.json"), JSON.stringify(known));
      return veridian("registers", path("scripts"), "--known", path("known.json"));
    };
    const last = "1 scripts, 2 answers, 2 differences, 0 not modelled\n";
    expect(told(entry, bytes, { ...entry, script: "b" })).toEqual({ code: 0, out: `a.json: 2 of 2 answers differ, 2 known\n${last}`, err: "" });
    expect(told(entry)).toMatchObject({ code: 1, out: `a.json: 2 of 2 answers differ, 1 known\n${last}` });
    for (const other of [{ ...entry, step: 1 }, { ...entry, wanted: "0x8" }, { ...entry, got: "0x1" }]) {
      expect(told(other, bytes)).toMatchObject({ code: 1, out: `a.json: 2 of 2 answers differ, 1 known\na.json: the known difference at steps[${other.step}] is gone, or another\n${last}` });
    }
    expect(told({ ...entry, reason: undefined }, { ...entry, step: -1 }, 7 as unknown as object).code).toBe(2);
    writeFileSync(path("known.json"), "{}");
    expect(veridian("registers", path("scripts"), "--known", path("known.json"))).toMatchObject({ code: 2, err: expect.stringContaining("known.json: this is an object; expected a list of at most 10000 known differences") });
    writeFileSync(path("known.json"), "[");
    expect(veridian("registers", path("scripts"), "--known", path("known.json"))).toMatchObject({ code: 2, err: expect.stringContaining("known.json: this is no JSON") });
    expect(veridian("registers", path("scripts"), "--known", path("missing"))).toMatchObject({ code: 2, err: expect.stringContaining("missing: the file cannot be read") });
  }));

test("a device that is not modelled as the script has it is said to be so, and is no success of ours", () =>
  inFolder((path) => {
    writeFileSync(path("a.json"), script("a", [{ ...TIPG, value: 0 }], { device_options: "speed=10" }));
    expect(veridian("registers", path("."))).toMatchObject({
      code: 0,
      out: "a.json: 1 answers of a device that is not modelled as this script has it configured\n1 scripts, 0 answers, 0 differences, 1 not modelled\n",
    });
  }));

test("folders and files that are none end with 2, everything at once, before a script is played", () =>
  inFolder((path) => {
    expect(veridian("registers", path("missing"))).toMatchObject({ code: 2, out: "" });
    expect(veridian("registers")).toMatchObject({ code: 2, err: expect.stringContaining("DIR: it is missing; expected the argument DIR") });
    mkdirSync(path("empty"));
    expect(veridian("registers", path("empty"))).toMatchObject({ code: 2, err: expect.stringContaining("there is no script in it; expected files that end in .json") });
    writeFileSync(path("a.json"), "{");
    writeFileSync(path("b.json"), script("b", [{ op: "readl", offset: 1, value: 0 }, { op: "irq" }]));
    writeFileSync(path("c.json"), Buffer.of(0x7b, 0, 0x7d));
    writeFileSync(path("d.json"), script("d", []));
    mkdirSync(path("e.json"));
    const { code, out, err } = veridian("registers", path("."));
    expect([code, out]).toEqual([2, ""]);
    expect(err.trimEnd().split("\n").map((line) => line.replace(/\((?!UTF)[^)]*\)/, "()"))).toEqual([
      "veridian registers: a.json: this is no JSON (); expected a register script",
      "veridian registers: b.json: steps[0]: offset is 1; expected a whole number from 0 to 131068, a multiple of 4",
      "veridian registers: b.json: steps[1]: level is missing; expected a whole number from 0 to 1",
      "veridian registers: c.json: byte 1 is 0; expected text (UTF-8)",
      "veridian registers: e.json: the file cannot be read (); expected a file that can",
    ]);
  }));

test("all recorded scripts, in one run", () =>
  inFolder((path) => {
    for (const [i, text] of scriptTexts().entries()) writeFileSync(path(`${String(i).padStart(2, "0")}.json`), text);
    const { code, out } = veridian("registers", path("."), "--known", fileURLToPath(KNOWN_FILE));
    expect(out.trimEnd().split("\n").at(-1)).toBe(`56 scripts, 1950 answers, ${KNOWN_DIFFERENCES.length} differences, 0 not modelled`);
    expect(code).toBe(0);
  }));
