import { expect, test } from "vitest";
import { ConfigProblem } from "../../services/lb/config/problem-codes.ts";
import { configFindings, configNotes, configProblems } from "../../sim/config-words.ts";
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

test("names are suggested where there are few, and not where comparing all would take long", () => {
  const text = (members: number): string => `${Array.from({ length: 300 }, (_, i) => `group=group${i}:rr\n`).join("")}${"member=gruop7:a:1\n".repeat(members)}`;
  const suggestions = (members: number): string[] =>
    configFindings(Array.from({ length: members }, (_, i) => ({ code: ConfigProblem.unknownGroup, line: 301 + i, column: 8, argument: "gruop7" })), text(members)).map((finding) => finding.suggestion);
  expect(suggestions(2)).toEqual(["group7", "group7"]);
  expect(new Set(suggestions(700))).toEqual(new Set([""]));
});

test("ranges are those of the number that is meant, also behind an IPv6 address", () => {
  const expected = (line: string, column: number): string => configFindings([{ code: ConfigProblem.invalidNumber, line: 1, column, argument: "x" }], `${line}\nsemantics=strict`)[0]!.expected;
  expect(expected("health=g:1:x:3", 12)).toBe("a number of ticks of 1 to 1000000000");
  expect(expected("health=g:1:1:x", 14)).toBe("a number of ticks of 0 to 1000000000");
  expect(expected(" retry_budget = g:x:1", 19)).toBe("a percentage of 0 to 100");
  expect(expected("rate_limit=/:token:x:1:path", 20)).toBe("a rate per second of 1 to 1000000");
  expect(expected("rate_limit=/:token:1:x:path", 22)).toBe("a burst of 0 to 1000000, of token 1 at least");
  expect(expected("rate_limit=/:leaky:1:1:network:x:64", 32)).toBe("a number of bits of 0 to 32");
  expect(expected("rate_limit=/:leaky:1:1:network:24:x", 35)).toBe("a number of bits of 0 to 128");
  expect(expected("nothing=x", 9)).toBe("a whole number");
});

test("a virtual IP is suggested by its address, and IPv6 is written in brackets", () => {
  const text = "vip=192.0.2.1:443:rr\nvip=[2001:db8::1]:80:rr\n";
  const of = (argument: string): unknown => {
    const { expected, suggestion } = configFindings([{ code: ConfigProblem.unknownVip, line: 3, column: 9, argument }], `${text}backend=x`)[0]!;
    return [expected, suggestion];
  };
  expect(of("192.0.2.1")).toEqual(["a line vip=192.0.2.1:PORT:ALGORITHM", "192.0.2.1:443"]);
  expect(of("192.0.2.11")).toEqual(["a line vip=192.0.2.11:PORT:ALGORITHM", "192.0.2.1:443"]);
  expect(of("2001:db8::2")).toEqual(["a line vip=[2001:db8::2]:PORT:ALGORITHM", "[2001:db8::1]:80"]);
  expect(of("203.0.113.77")).toEqual(["a line vip=203.0.113.77:PORT:ALGORITHM", ""]);
});

test("a note on an option says which algorithms go by it", () => {
  const of = (line: string): string => configFindings([{ code: ConfigProblem.otherAlgorithm, line: 1, column: line.indexOf("=") + 2, argument: "app" }], line)[0]!.expected;
  expect(of("hash=app:host")).toBe("iphash, ringhash, maglev or rendezvous");
  expect(of("slow_start=app:5")).toBe("leastconn, weighted, random, p2c or peakewma");
});
