import { expect, test } from "vitest";
import { checkManifest } from "../../../kernel/manifest.ts";
import { MACHINES, standard } from "../../../sim/machines/index.ts";
import { readRamBytes, readSettings } from "../../../sim/machines/settings.ts";
import type { Problem } from "../../../sim/problem.ts";
import { problemText } from "../../../sim/problem.ts";

function read(...texts: string[]): { settings: Record<string, number>; problems: string[] } {
  const problems: Problem[] = [];
  const settings = readSettings(standard, texts, problems);
  return { settings, problems: problems.map((item) => problemText(item)) };
}

test("settings are read by their unit, the last one counts", () => {
  expect(read("arena.lb=4K", "rx.posted=2", "arena.lb=1M", "net.flowTimeout=7")).toEqual({ settings: { "arena.lb": 1048576, "rx.posted": 2, "net.flowTimeout": 7 }, problems: [] });
});

test("what is no setting, or no value of one, is told with what was expected", () => {
  expect(read("arena.l=4K", "toString=1", "rx.posted", "rx.posted=4K", "rx.posted=0", "arena.lb=-1").problems).toEqual([
    '--set arena.l=4K: machine standard has no setting "arena.l"; expected arena.lb, perhaps',
    expect.stringMatching(/^--set toString=1: machine standard has no setting "toString"; expected one of arena.driver, /),
    "--set rx.posted: the value is missing; expected a whole number of 1 to 4095",
    '--set rx.posted=4K: the value is "4K"; expected a whole number of 1 to 4095',
    '--set rx.posted=0: the value is "0"; expected a whole number of 1 to 4095',
    '--set arena.lb=-1: the value is "-1"; expected a size of 0 to 1G',
  ]);
});

test("a size of RAM is 64K to 1G and a multiple of 64", () => {
  const sizes = ["64K", "4M", "1G", "65600", "63K", "65601", "2G", "much"].map((text) => readRamBytes(text, []));
  expect(sizes).toEqual([65536, 4194304, 1073741824, 65600, 0, 0, 0, 0]);
});

test("every machine is sound as it is, and every setting reaches its manifest", () => {
  for (const model of MACHINES) {
    const plain = JSON.stringify(model.manifest());
    expect(checkManifest(model.manifest())).toEqual([]);
    for (const [name, { value }] of Object.entries(model.settings)) {
      expect(JSON.stringify(model.manifest({ settings: { [name]: value + 64 } })), name).not.toBe(plain);
    }
    expect(() => model.manifest({ settings: { nothing: 1 } })).toThrow(RangeError);
  }
});
