import { expect, test } from "vitest";
import { readOptions } from "../../../sim/host/options.ts";
import { problemText } from "../../../sim/problem.ts";

const specs = [
  { name: "capture", value: "FILE", help: "" },
  { name: "set", value: "KEY=VALUE", repeats: true, help: "" },
  { name: "json", help: "" },
];

test("options are read in both spellings, switches and repeats included", () => {
  const { options, problems } = readOptions(["--capture", "a", "--set=x=1", "--json", "--set", "y=2"], specs);
  expect(problems).toEqual([]);
  expect([options.text("capture"), options.list("set"), options.has("json"), options.has("verify")]).toEqual(["a", ["x=1", "y=2"], true, false]);
});

test("everything that is wrong is told at once", () => {
  const { problems } = readOptions(["--captrue", "a", "--json=1", "--set", "b", "surplus", "--capture"], specs, []);
  expect(problems.map((item) => problemText(item))).toEqual([
    "--captrue: there is no such option; expected --capture, perhaps",
    '--json: it was given the value "1"; expected no value',
    "--capture: its value is missing; expected FILE",
    '"a": this argument means nothing here; expected options, which begin with --',
    '"surplus": this argument means nothing here; expected options, which begin with --',
  ]);
});

test("a value given twice, and a missing argument", () => {
  const { problems } = readOptions(["--capture", "a", "--capture", "b"], specs, ["DIR"]);
  expect(problems.map((item) => item.place)).toEqual(["--capture", "DIR"]);
  expect(readOptions(["here"], specs, ["DIR"]).options.positionals).toEqual(["here"]);
  for (const args of [[], ["here"]]) expect(readOptions(args, specs, ["[DIR]"])).toMatchObject({ problems: [], options: { positionals: args } });
  expect(readOptions(["here", "there"], specs, ["[DIR]"]).problems.map((item) => item.place)).toEqual(['"there"']);
});
