import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCapture } from "../../../sim/capture/pcap.ts";
import { Fuzzer } from "../../../sim/fuzz/fuzzer.ts";
import type { FuzzKind } from "../../../sim/fuzz/input.ts";
import { FUZZ_KINDS } from "../../../sim/fuzz/input.ts";
import { readReplay, replayText } from "../../../sim/fuzz/replay-file.ts";
import type { Stage } from "../../../sim/fuzz/stage.ts";
import { Stages, stagesFor } from "../../../sim/fuzz/stages.ts";
import type { Problem } from "../../../sim/problem.ts";

const capture = readCapture(gunzipSync(readFileSync(new URL("../../../sim/captures/13b-200-clients.pcap.gz", import.meta.url)))).capture!;
const stages = new Stages();

function fuzzer(kind: FuzzKind, seed: number, only: readonly string[] = stagesFor(kind)): Fuzzer {
  return new Fuzzer({ kind, seed, stages: only, capture }, stages);
}

/** The small version: behind the known inputs, some that nobody thought of. */
test.each([["frames", 140], ["registers", 300], ["descriptors", 80]] as const)("%s: %i inputs break nothing, and reach every reason", (kind, executions) => {
  const made = fuzzer(kind, 2026);
  while (made.executions < executions) {
    const finding = made.step();
    expect(finding === null ? "" : replayText(finding)).toBe("");
  }
  expect(made.reached).toEqual(made.reasons);
});

test("a finding is made smaller as long as something is wrong, and says so", () => {
  /** Breaks when the cable is out and a frame comes. */
  const fragile: Stage = {
    name: "fragile",
    nicKind: "e1000",
    play: (actions) => (actions.findIndex(({ op }) => op === "plug") >= 0 && actions.some(({ op }) => op === "frame") ? [`${actions.length} actions broke it`] : []),
  };
  const made = new Fuzzer({ kind: "frames", seed: 4, stages: ["tiny"], capture }, { get: () => fragile });
  let finding = made.step();
  while (finding === null || finding.input.actions.length < 10) finding = made.step();
  expect(finding).toMatchObject({ kind: "frames", seed: 4, execution: made.executions - 1, problems: [`${finding.input.actions.length} actions broke it`] });
  const small = made.shrink(finding);
  expect(small.input.actions.map(({ op }) => op).sort()).toEqual(["frame", "plug"]);
  expect(small).toMatchObject({ execution: finding.execution, problems: ["2 actions broke it"] });
});

test.each(FUZZ_KINDS)("%s: the same seed makes the same inputs, another one others", (kind) => {
  const inputs = (seed: number): string => {
    const made = fuzzer(kind, seed);
    return JSON.stringify(Array.from({ length: 30 }, (_, i) => made.inputOf(30 + i)));
  };
  expect(inputs(1)).toBe(inputs(1));
  expect(inputs(1)).not.toBe(inputs(2));
});

test("an input that is written can be read, and is the same", () => {
  for (const kind of FUZZ_KINDS) {
    const made = fuzzer(kind, 3);
    for (let execution = 30; execution < 60; execution++) {
      const input = made.inputOf(execution);
      const problems: Problem[] = [];
      expect(readReplay(replayText({ kind, seed: 3, execution, input, problems: ["a problem"] }), problems)).toEqual(input);
      expect(problems).toEqual([]);
    }
  }
});

describe("a file that is no input is refused, with what is wrong", () => {
  test.each([
    ["", "this is no JSON"],
    ["[]", "this is a list"],
    ["{}", "stage is missing"],
    ['{"stage":"moon","actions":[]}', "stage is \"moon\""],
    ['{"stage":"tiny"}', "actions is missing"],
    ['{"stage":"tiny","actions":[5]}', "actions[0]: this is 5"],
    ['{"stage":"tiny","actions":[{"op":"frame","hex":"0"}]}', "actions[0]: hex is \"0\""],
    ['{"stage":"tiny","actions":[{"op":"wait","cycles":-1}]}', "actions[0]: cycles is -1"],
    ['{"stage":"tiny","actions":[{"op":"wait","cycles":10000000001}]}', "actions[0]: cycles is 10000000001"],
    [`{"stage":"tiny","actions":[${Array.from({ length: 7 }, () => '{"op":"wait","cycles":10000000000}').join(",")}]}`, "actions[6]: by now 70000000000 cycles have been waited"],
    ['{"stage":"tiny","actions":[{"op":"write","offset":2,"value":0}]}', "actions[0]: offset is 2"],
    ['{"stage":"tiny","actions":[{"op":"write","offset":0,"value":4294967296}]}', "actions[0]: value is 4294967296"],
    ['{"stage":"tiny","actions":[{"op":"plug","value":2}]}', "actions[0]: value is 2"],
    ['{"stage":"tiny","actions":[{"op":"memory","address":0,"hex":"","after":0}]}', "actions[0]: hex is \"\""],
    ['{"stage":"tiny","actions":[{"op":"explode"}]}', "actions[0]: op is \"explode\""],
    ['{"stage":"tiny","actions":[{"op":"crash","process":65,"after":1}]}', "actions[0]: process is 65"],
  ])("%s", (text, wrong) => {
    const problems: Problem[] = [];
    expect(readReplay(text, problems)).toBeNull();
    expect(problems.map(({ place, found }) => (place === "" ? found : `${place}: ${found}`)).join("\n")).toContain(wrong);
  });
});
