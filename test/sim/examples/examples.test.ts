/** Goal: every example does what it shows, from the command line and from code, and stands on its own. */

import { readdirSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { describe, expect, test } from "vitest";
import { EXAMPLES } from "../../../sim/examples/index.ts";
import { answerText, playExample, textWords } from "../../../sim/examples/example.ts";
import { veridian } from "../../commanding.ts";
import { findUnfrozen } from "../../house/frozen.ts";
import { importsOf } from "../../house/arrows.ts";
import { listFiles, ROOT, sources } from "../../house/source.ts";

describe.each(EXAMPLES)("$name", (example) => {
  test("plays as its scenario says", () => {
    const { bench, played } = playExample(example);
    expect(played.map(({ step, text }) => `${step.text}: ${text}`)).toEqual(example.steps.map((step) => `${step.text}: ${step.expected}`));
    expect(played.every(({ cycles, serviceCycles }) => serviceCycles > 0 && cycles > serviceCycles)).toBe(true);
    expect(bench.machine.report().processes.map(({ fault }) => fault).filter((fault) => fault !== null)).toEqual([]);
  });

  test("plays the same twice, byte for byte", () => {
    expect(playExample(example).bench.machine.hash()).toBe(playExample(example).bench.machine.hash());
  });

  test("prints what was sent, what came back, and cycles", () => {
    const { code, out, err } = veridian("example", example.name);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain(example.summary);
    for (const { step, cycles } of playExample(example).played) {
      const line = out.split("\n").find((one) => one.startsWith(`  ${step.text} `) && one.includes(step.expected) && one.includes(cycles.toLocaleString("en-US")));
      expect(line, step.text).toBeDefined();
    }
  });

  test("is JSON for programs", () => {
    const { code, out } = veridian("example", example.name, "--json");
    const printed = JSON.parse(out) as { schema: number; example: string; steps: { text: string; expected: string; answer: { status: number } }[] };
    expect([code, printed.schema, printed.example]).toEqual([0, 1, example.name]);
    expect(printed.steps.map(({ answer, ...step }) => [step.text, answerText(answer as never)])).toEqual(example.steps.map((step) => [step.text, step.expected]));
  });

  test("names files that are there", () => {
    const files = listFiles();
    expect(example.files.filter((file) => !files.includes(file))).toEqual([]);
  });
});

describe("the command", () => {
  test("lists the examples", () => {
    const { code, out } = veridian("example");
    expect(code).toBe(0);
    for (const { name, summary } of EXAMPLES) expect(out).toMatch(new RegExp(`^  ${name} .*${summary}`, "m"));
    const { examples } = JSON.parse(veridian("example", "--json").out) as { examples: { name: string }[] };
    expect(examples.map(({ name }) => name)).toEqual(EXAMPLES.map(({ name }) => name));
  });

  test("suggests a name that was meant", () => {
    expect(veridian("example", "ecko")).toEqual({ code: 2, out: "", err: 'veridian example: "ecko": there is no such example; expected echo, perhaps\n' });
    expect(veridian("example", "echo", "twice").code).toBe(2);
  });
});

test("a step that is answered otherwise is told", () => {
  const wrong = { ...EXAMPLES[0]!, steps: [{ ...EXAMPLES[0]!.steps[0]!, expected: "ok 42" }] };
  const [only] = playExample(wrong).played;
  expect([only!.text, only!.step.expected]).toEqual(["ok 41", "ok 42"]);
});

test("examples know nothing of the load balancer, of net or of drivers", () => {
  const own = sources().filter(({ path }) => /^(services|sim)\/examples\//.test(path));
  expect(own.length).toBeGreaterThan(8);
  const foreign = own.flatMap((source) => importsOf(source).map(({ specifier }) => join(dirname(source.path), specifier))).filter((path) => /^services\//.test(path) && !/^services\/examples\//.test(path));
  expect(foreign).toEqual([]);
});

test("each service of the folder is in an example, and is short", () => {
  const services = readdirSync(join(ROOT, "services/examples")).filter((name) => !/(-api|words)\.ts$/.test(name));
  const shown = EXAMPLES.flatMap(({ files }) => files);
  expect(services.filter((name) => !shown.includes(`services/examples/${name}`))).toEqual([]);
  for (const source of sources()) if (/^services\/examples\//.test(source.path)) expect(source.text.split("\n").length, source.path).toBeLessThan(140);
});

test("the examples are fixed", () => {
  for (const { steps, files, name } of EXAMPLES) expect(findUnfrozen(name, { steps, files }, false)).toEqual([name]);
});

test("texts as words", () => {
  expect(textWords("")).toEqual([0, 0]);
  expect(textWords("ab")).toEqual([0x6261, 0]);
  expect(textWords("abcdefg")).toEqual([0x666564636261, 0x67]);
  expect(() => textWords("abcdefghijklm")).toThrow("more than 12");
});
