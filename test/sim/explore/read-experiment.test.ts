import { describe, expect, test } from "vitest";
import { readExperiment } from "../../../sim/explore/read-experiment.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import type { Problem } from "../../../sim/problem.ts";
import { problemText } from "../../../sim/problem.ts";

function problemsOf(file: unknown): string[] {
  const problems: Problem[] = [];
  const experiment = readExperiment(typeof file === "string" ? file : JSON.stringify(file), "it", problems);
  expect(experiment === null).toBe(problems.length > 0);
  return problems.map((one) => problemText(one));
}

const rule = (more: object): object => ({ schema: 1, faults: [{ fault: "wire.drop", parts: 1, ...more }] });

describe("each problem has its place", () => {
  test.each([
    ["{", /^this is no JSON/],
    ["[]", /^this is a list of 0; expected an object such as/],
    [{}, /^schema: it is missing; expected 1/],
    [{ schema: 2 }, /^schema: this is 2/],
    [{ schema: 1, fault: [] }, /^fault: this member means nothing; expected faults, perhaps/],
    [{ schema: 1, world: "tinny" }, /^world: this is "tinny"; expected "tiny", perhaps/],
    [{ schema: 1, world: "tiny", frames: [] }, /^frames: this is a list of 0; expected nothing, where there is world/],
    [{ schema: 1, faults: [{ fault: "wire.drip", parts: 1 }] }, /^faults\[0\]\.fault: this is "wire\.drip"; expected "wire\.drop", perhaps/],
    [{ schema: 1, faults: [{ fault: "wire.drop" }] }, /^faults\[0\]\.parts: it is missing; expected how often/],
    [rule({ parts: 1_000_001 }), /^faults\[0\]\.parts: this is 1000001; expected a whole number of 0 to 1000000/],
    [rule({ fromTick: 5, toTick: 5 }), /^faults\[0\]\.toTick: this is 5; expected a tick after 5/],
    [rule({ entities: [-1] }), /^faults\[0\]\.entities\[0\]: this is -1; expected the number of an entity/],
    [rule({ most: 0 }), /^faults\[0\]\.most: this is 0/],
    [rule({ parameters: { lateness: 3 } }), /^faults\[0\]\.parameters\.lateness: this member means nothing/],
    [{ schema: 1, faults: [{ fault: "timer.jump", parts: 1, parameters: { ticksMost: 0 } }] }, /^faults\[0\]\.parameters\.ticksMost: this is 0; expected a whole number of 1 to/],
    [{ schema: 1, troubleTicks: -1 }, /^troubleTicks: this is -1/],
    [{ schema: 1, recoveryTicks: 0 }, /^recoveryTicks: this is 0/],
    [{ schema: 1, checks: ["order", "odour"] }, /^checks\[1\]: this is "odour"; expected one of invariants, /],
    [{ schema: 1, configuration: ["a\nb"] }, /^configuration\[0\]: this is "a\\nb"; expected one line of a configuration/],
    [{ schema: 1, frames: [{ tick: 3, hex: "00".repeat(14) }, { tick: 2, hex: "0".repeat(27) }] }, /^frames\[1\]\.tick: this is 2; expected at least 3[^]*frames\[1\]\.hex: this is "0{27}"/],
    [{ schema: 1, scenario: { schema: 1, clients: [{}], backends: [{ prot: 1 }] } }, /^scenario\.backends\[0\]\.prot: this member means nothing; expected port, perhaps/],
    [{ schema: 1, end: [{ least: 1 }] }, /^end\[0\]\.field: it is missing; expected a field of machine or world/],
    [{ schema: 1, end: [{ field: "pool.inUse" }] }, /^end\[0\]\.least: it is missing; expected a number, or one for most/],
    [{ schema: 1, end: [{ field: "pool.inUse", least: 3, most: 2 }] }, /^end\[0\]\.most: this is 2; expected at least 3/],
  ] as const)("%j", (file, expected) => expect(problemsOf(file).join("\n")).toMatch(expected));

  test("all are said at once", () => expect(problemsOf({ schema: 0, nmae: "", faults: [{}], marks: [1] })).toHaveLength(5));
});

describe("what a file says is played", () => {
  const played = (file: object): ReturnType<Theatre["play"]> => {
    const experiment = readExperiment(JSON.stringify(file), "it", []);
    return new Theatre(experiment!).play({ seed: 1 });
  };

  test("what must be true at the end: a number of machine or world by its name", () => {
    expect(played({ schema: 1, end: [{ field: "state.net.routed", least: 1 }, { field: "pool.inUse", most: 6 }] }).failures).toEqual([]);
    const { failures } = played({ schema: 1, end: [{ field: "pool.inUse", least: 100 }] });
    expect(failures).toMatchObject([{ checker: "end", place: "pool[0].inUse", text: expect.stringMatching(/^it is \d+ at the end; at least 100 was to be$/) }]);
  });

  test("a field that the world does not have is said before any run", () => {
    expect(() => played({ schema: 1, end: [{ field: "pool.inUze", least: 1 }] })).toThrow(/pool/);
  });

  test("a scripted fault: the next two frames from tick 3 on are lost", () => {
    const { deviations, failures } = played({ schema: 1, faults: [{ fault: "wire.drop", parts: 1_000_000, fromTick: 3, most: 2 }] });
    expect(failures).toEqual([]);
    expect(deviations).toHaveLength(2);
  });

  test("frames of its own, and a configuration", () => {
    expect(played({ schema: 1, frames: [{ tick: 0, hex: "ff".repeat(60) }], configuration: ["group=app:roundrobin"] })).toMatchObject({ failures: [], deviations: [] });
  });

  test("a configuration that the balancer refuses is said when the machine boots", () => {
    expect(() => played({ schema: 1, configuration: "group=" })).toThrow(RangeError);
  });
});
