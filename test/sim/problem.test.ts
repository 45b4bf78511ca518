import { expect, test } from "vitest";
import { problem, problemsIn, problemText } from "../../sim/problem.ts";

test("a problem says where, what, and what was expected, leaving out what is not known", () => {
  expect(problemText(problem("--ram", "it is 5", "at least 64K"))).toBe("--ram: it is 5; expected at least 64K");
  expect(problemText(problem("", "nothing is there"), "a.pcap")).toBe("a.pcap: nothing is there");
  expect(problemText(problem("", "nothing is there"))).toBe("nothing is there");
});

test("problems keep their places inside a named whole", () => {
  expect(problemsIn("lb.conf", [problem("line 2", "x"), problem("", "y", "z")]).map((item) => problemText(item))).toEqual(["lb.conf: line 2: x", "lb.conf: y; expected z"]);
});
