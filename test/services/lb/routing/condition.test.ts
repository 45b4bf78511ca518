/** Conditions on header lines and on the method: what each kind asks for, and how conditions are shared and forgotten. */

import { describe, expect, test } from "vitest";
import { HeaderForm } from "../../../../services/lb/request-view.ts";
import { RouteTable } from "../../../../services/lb/routing/route-table.ts";
import type { RouteTableAddress } from "../../../../services/lb/routing/route-table.ts";
import { Routing } from "../../../../services/lb/routing/routing.ts";
import type { ConditionName, PlainRequest } from "./plain-scan.ts";
import { RoutingDesk, ask, route, rule } from "./routing-desk.ts";

const condition = (kind: ConditionName, name: string, value = "") => ({ kind, name, value });

type Lines = PlainRequest["headers"];

function holds(kind: ConditionName, value: string, lines: Lines, strict = true): boolean {
  const desk = new RoutingDesk(strict);
  expect(desk.add(rule([route("/", "", "yes", { conditions: [condition(kind, "X-Name", value)] })], "no"))).toBe(0);
  const answers = Object.values(HeaderForm).map((form) => desk.ask(ask("/", "", lines), form));
  expect(answers[0]).toBe(answers[1]);
  return answers[0] === "yes";
}

describe("of strict semantics", () => {
  test.each<[ConditionName, string, Lines, boolean]>([
    ["exact", "12", [["X-Name", "12"]], true],
    ["exact", "12", [["x-nAME", "12"]], true],
    ["exact", "12", [["x-name", "1"], ["x-name", "12"], ["x-name", "2"]], true],
    ["exact", "12", [["x-name", "123"]], false],
    ["exact", "ab", [["x-name", "AB"]], false],
    ["exact", "12", [["x-names", "12"], ["x-nam", "12"]], false],
    ["exact", "", [["x-name", ""]], true],
    ["exact", "", [], false],
    ["prefix", "12", [["x-name", "123"]], true],
    ["prefix", "12", [["x-name", "2"], ["X-NAME", "12"]], true],
    ["prefix", "", [["x-name", ""]], true],
    ["prefix", "", [], false],
    ["prefix", "12", [["x-name", "2"]], false],
    // What follows in memory does not count.
    ["prefix", "12", [["x-name", "1"], ["2", ""]], false],
    ["exact", "12", [["x-name", "1"], ["2", ""]], false],
    ["present", "", [["X-NAME", ""]], true],
    ["present", "", [["x-nam", "e"]], false],
    ["absent", "", [["x-nam", "e"]], true],
    ["absent", "", [["a", "b"], ["x-name", ""]], false],
  ])("%s %s, lines %j: %s", (kind, value, lines, expected) => {
    expect(holds(kind, value, lines)).toBe(expected);
  });

  test("all must hold, of several methods one", () => {
    const desk = new RoutingDesk(true);
    expect(desk.add(rule([route("/", "", "yes", { methods: ["GET", "HEAD"], conditions: [condition("exact", "a", "1"), condition("exact", "A", "2"), condition("absent", "b")] })], "no"))).toBe(0);
    const both: Lines = [["A", "2"], ["a", "1"]];
    expect(desk.ask(ask("/", "", both))).toBe("yes");
    expect(desk.ask(ask("/", "", both, "HEAD"))).toBe("yes");
    expect(desk.ask(ask("/", "", both, "get"))).toBe("no");
    expect(desk.ask(ask("/", "", both.slice(1)))).toBe("no");
    expect(desk.ask(ask("/", "", [...both, ["B", ""]]))).toBe("no");
  });

  test("a line that was there in one request is not in the next", () => {
    const desk = new RoutingDesk(true);
    expect(desk.add(rule([route("/", "", "yes", { methods: ["GET"], conditions: [condition("exact", "a", "1")] })], "no"))).toBe(0);
    expect(["1", "2", "1"].map((value) => desk.ask(ask("/", "", [["a", value], ["a", value]])))).toEqual(["yes", "no", "yes"]);
    expect(desk.ask(ask("/", "", [["a", "1"]], "PUT"))).toBe("no");
  });
});

test("under semantics=veridian names are bytes, and the last of several lines counts", () => {
  expect(holds("exact", "12", [["X-Name", "12"]], false)).toBe(true);
  expect(holds("exact", "12", [["x-name", "12"]], false)).toBe(false);
  expect(holds("exact", "12", [["X-Name", "12"], ["X-Name", "1"]], false)).toBe(false);
  expect(holds("exact", "12", [["X-Name", "1"], ["X-Name", "12"]], false)).toBe(true);
});

test("what no route asks for any more is not looked up", () => {
  const desk = new RoutingDesk(true);
  const looked = (): number => {
    const table = Routing.table.get(desk.memory, desk.routing) as RouteTableAddress;
    return RouteTable.conditionCount.get(desk.memory, table);
  };
  const one = route("/", "", "g", { methods: ["GET"], conditions: [condition("exact", "a", "1"), condition("present", "b"), condition("prefix", "c", "1")] });
  expect(desk.add(rule([one, one]))).toBe(0);
  expect(looked()).toBe(2);
  expect(desk.add(rule([route("/", "", "g", { conditions: [condition("exact", "new", "1")] }), route("x".repeat(9000), "", "too long")]))).toBeLessThan(0);
  expect(looked()).toBe(2);
});
