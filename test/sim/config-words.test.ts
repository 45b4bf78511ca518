import { expect, test } from "vitest";
import { ConfigProblem } from "../../services/lb/config/problem-codes.ts";
import { configNotes, configProblems } from "../../sim/config-words.ts";
import { problemText } from "../../sim/problem.ts";

test("every code of the balancer has words of its own, as a fault or as a note", () => {
  const texts = Object.values(ConfigProblem).map((code) => {
    const remarks = [{ code, line: 3, column: 7, argument: "here" }];
    const [faults, notes] = [configProblems(remarks), configNotes(remarks)];
    expect([faults.length, notes.length]).toEqual(code < 64 ? [1, 0] : [0, 1]);
    const text = problemText([...faults, ...notes][0]!);
    expect(text).toMatch(/^line 3, column 7: /);
    expect(text).not.toMatch(/problem \d+/);
    return text;
  });
  expect(new Set(texts).size).toBe(texts.length);
});

test("a remark about the whole text has no place, and an unknown code is still told", () => {
  expect(problemText(configProblems([{ code: ConfigProblem.more, line: 0, column: 0, argument: "" }])[0]!)).toBe("there are more problems than the answer has room for");
  expect(problemText(configProblems([{ code: 63, line: 1, column: 1, argument: "x" }])[0]!)).toBe("line 1, column 1: problem 63 (x)");
});

test("hostile arguments are shown quoted", () => {
  expect(problemText(configProblems([{ code: ConfigProblem.unknownAlgorithm, line: 1, column: 1, argument: 'a"\u001b[31m' }])[0]!)).toContain('"a\\"\\u001b[31m"');
});
