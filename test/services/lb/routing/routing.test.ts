/** Rules and groups together: defaults, texts that are shared, groups that come after the rules that name them, exchange. */

import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { groupCreate } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { GroupReference, Route } from "../../../../services/lb/routing/route.ts";
import type { RouteAddress } from "../../../../services/lb/routing/route.ts";
import { RouteTable } from "../../../../services/lb/routing/route-table.ts";
import type { RouteTableAddress } from "../../../../services/lb/routing/route-table.ts";
import { Routing, routingAddGroup, routingClear, routingExchange, routingResolve, routingRule } from "../../../../services/lb/routing/routing.ts";
import { Rule } from "../../../../services/lb/routing/rule.ts";
import { lbStandard } from "../../../../services/limits.ts";
import { RoutingDesk, ask, route, rule } from "./routing-desk.ts";

function addGroup(desk: RoutingDesk, name: string): GroupAddress {
  const group = groupCreate(desk.heap, desk.limits, desk.source, desk.put(name, true), name.length, 0) as GroupAddress;
  expect(routingAddGroup(desk.heap, desk.limits, desk.routing, group)).toBe(0);
  return group;
}

describe("defaults", () => {
  const rules = [rule([route("/a", "", "a")]), rule([], "first"), rule([route("/b", "", "b")], "second"), rule([route("/c", "", "c")]), rule([route("/a/x", "", "never")])];

  test("the seed asks one rule more behind the first default", () => {
    const desk = new RoutingDesk(false);
    for (const one of rules) expect(desk.add(one)).toBe(0);
    expect(["/a/x", "/b", "/c", "/d"].map((path) => desk.ask(ask(path)))).toEqual(["a", "b", "first", "first"]);
    expect(Routing.matched.get(desk.memory, desk.routing)).toBe(0);
  });

  test("strict asks all rules", () => {
    const desk = new RoutingDesk(true);
    for (const one of rules) expect(desk.add(one)).toBe(0);
    expect(["/a/x", "/b", "/c", "/d"].map((path) => desk.ask(ask(path)))).toEqual(["a", "b", "c", "first"]);
  });

  test("without rules nothing is found", () => {
    for (const strict of [false, true]) expect(new RoutingDesk(strict).ask(ask("/"))).toBeNull();
    const desk = new RoutingDesk(true);
    expect(desk.add(rule([]))).toBe(0);
    expect(desk.ask(ask("/"))).toBeNull();
  });
});

test("the seed counts what a route took, and not what its default took instead", () => {
  const desk = new RoutingDesk(false);
  for (const one of [rule([], "default"), rule([route("/", "", "near")]), rule([route("", "", "far")])]) expect(desk.add(one)).toBe(0);
  expect(["/", "/x", "*"].map((path) => desk.ask(ask(path)))).toEqual(["near", "near", "default"]);
  const hits = [1, 2].map((i) => Route.hits.get(desk.memory, Rule.firstRoute.get(desk.memory, routingRule(desk.memory, desk.routing, i)) as RouteAddress));
  expect(hits).toEqual([2, 0]);
});

test("a group is found once, also one that comes after the rule", () => {
  const desk = new RoutingDesk(true);
  expect(desk.add(rule([route("/", "", "late")]))).toBe(0);
  desk.describe(ask("/"));
  const target = desk.target();
  if (target === 0) throw new Error("no target");
  expect(routingResolve(desk.memory, desk.routing, target)).toBe(0);
  const group = addGroup(desk, "late");
  expect(routingResolve(desk.memory, desk.routing, target)).toBe(group);
  expect(GroupReference.group.get(desk.memory, target)).toBe(group);
  // Another of that name takes the old one's place: the reference stays good.
  addGroup(desk, "late");
  expect(routingResolve(desk.memory, desk.routing, target)).toBe(group);
});

test("texts are kept once: ten thousand routes to few hosts and groups take little more than their own", () => {
  const desk = new RoutingDesk(true, { ...lbStandard, routesMax: 10_000 }, 4 * 1024 * 1024);
  const routes = Array.from({ length: 10_000 }, (_, i) => route(`/service-${i}/`, `app-${i % 64}.a-host-with-a-long-name.example`, `a group with a long name ${i % 16}`));
  expect(desk.add(rule(routes))).toBe(0);
  expect(desk.usedBytes() / 10_000).toBeLessThan(190);
  for (const i of [0, 17, 9999]) expect(desk.ask(ask(`/service-${i}/x`, `app-${i % 64}.a-host-with-a-long-name.example`))).toBe(`a group with a long name ${i % 16}`);
  routingClear(desk.heap, desk.routing);
  expect(desk.usedBytes()).toBe(0);
});

test("the chains of the table grow with its entries, and are fewer again when a rule that came did not stay", () => {
  const desk = new RoutingDesk(true, { ...lbStandard, routesMax: 400 });
  expect(desk.add(rule([route("/g", "", "g")]))).toBe(0);
  const table = Routing.table.get(desk.memory, desk.routing) as RouteTableAddress;
  const chains = (): number => RouteTable.headsMask.get(desk.memory, table) + 1;
  expect(chains()).toBe(16);
  const many = Array.from({ length: 300 }, (_, i) => route(`/${i}`, "", `${i}`));
  const used = desk.usedBytes();
  expect(desk.add(rule([...many, route("x".repeat(9000), "", "too long")]))).toBeLessThan(0);
  expect([chains(), desk.usedBytes()]).toEqual([16, used]);
  expect(desk.add(rule(many))).toBe(0);
  expect(chains()).toBeGreaterThan(512);
  for (let i = 0; i < 300; i++) expect(desk.ask(ask(`/${i}`))).toBe(`${i}`);
});

test("wildcards that came and did not stay are not looked for", () => {
  const desk = new RoutingDesk(true);
  expect(desk.add(rule([route("/g", "", "g")]))).toBe(0);
  const table = Routing.table.get(desk.memory, desk.routing) as RouteTableAddress;
  let failures = 0;
  for (let steps = 0; ; steps++) {
    desk.allocationsLeft = steps;
    if (desk.add(rule([route("/w", "*.example", "g"), route("/v", "*.example", "g")])) === 0) break;
    failures += 1;
    expect(RouteTable.wildcardCount.get(desk.memory, table)).toBe(0);
  }
  expect(failures).toBeGreaterThan(5);
  expect(RouteTable.wildcardCount.get(desk.memory, table)).toBe(1);
});

test("two routings exchanged whole answer for each other", () => {
  const desk = new RoutingDesk(true);
  expect(desk.add(rule([route("/", "a.example", "old")]))).toBe(0);
  const attempt = Balancer.attempt.at(desk.balancer);
  routingExchange(desk.memory, desk.routing, attempt);
  Routing.semantics.set(desk.memory, desk.routing, 1);
  expect(desk.add(rule([route("/", "a.example", "new")]))).toBe(0);
  expect(desk.ask(ask("/", "a.example"))).toBe("new");
  routingExchange(desk.memory, desk.routing, attempt);
  expect(desk.ask(ask("/", "A.EXAMPLE."))).toBe("old");
  routingClear(desk.heap, attempt);
  expect(desk.ask(ask("/", "A.EXAMPLE."))).toBe("old");
  routingClear(desk.heap, desk.routing);
  expect(desk.usedBytes()).toBe(0);
});
