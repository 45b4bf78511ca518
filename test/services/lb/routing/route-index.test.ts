/** Routes entering and leaving: whole or not at all, wherever memory ends, and nothing left behind. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { GroupReference, Route, routeAddShare, routeSetPrefix } from "../../../../services/lb/routing/route.ts";
import type { RouteAddress } from "../../../../services/lb/routing/route.ts";
import { Routing, routingAddRule, routingClear, routingRule, routingTargetStrict } from "../../../../services/lb/routing/routing.ts";
import { Rule, ruleAddRoute, ruleClear } from "../../../../services/lb/routing/rule.ts";
import { lbStandard, lbTiny } from "../../../../services/limits.ts";
import { hint, seedRequest, seedRules, strictRequest, strictRules, towards } from "./arbitraries.ts";
import { ConditionLink } from "../../../../services/lb/routing/condition.ts";
import type { ConditionAddress, ConditionLinkAddress } from "../../../../services/lb/routing/condition.ts";
import { hostOfRoute, hostRoot } from "../../../../services/lb/routing/route-host.ts";
import type { HostEntryAddress } from "../../../../services/lb/routing/route-host.ts";
import { RouteBucket, bucketFind } from "../../../../services/lb/routing/route-index.ts";
import type { RouteBucketAddress } from "../../../../services/lb/routing/route-index.ts";
import { nodeChild } from "../../../../services/lb/routing/route-node.ts";
import type { RouteNodeAddress } from "../../../../services/lb/routing/route-node.ts";
import type { RouteTableAddress } from "../../../../services/lb/routing/route-table.ts";
import type { PlainRequest, PlainRule } from "./plain-scan.ts";
import { scanSeed, scanStrict } from "./plain-scan.ts";
import { RoutingDesk, ask, route, rule } from "./routing-desk.ts";

const exact = (name: string, value: string) => ({ kind: "exact", name, value }) as const;

/** Adds the rules one after the other, each first with too little memory, at every step at which it can end. How often that was. */
function addStepwise(desk: RoutingDesk, rules: readonly PlainRule[], requests: readonly PlainRequest[], scan: typeof scanSeed): number {
  let failures = 0;
  rules.forEach((one, i) => {
    const used = desk.usedBytes();
    for (let steps = 0; ; steps++) {
      desk.allocationsLeft = steps;
      const status = desk.add(one);
      const whole = desk.allocationsLeft > 0;
      desk.allocationsLeft = Infinity;
      if (status === 0 && whole) break;
      if (status === 0) {
        // The table grew no chains, or the list by one item only: that is no failure. Whatever was added goes again.
        routingClear(desk.heap, desk.routing);
        Routing.semantics.set(desk.memory, desk.routing, desk.strict ? 1 : 0);
        for (const before of rules.slice(0, i)) expect(desk.add(before)).toBe(0);
        continue;
      }
      failures += 1;
      expect(status).toBe(Errno.outOfMemory);
      expect(desk.usedBytes()).toBe(used);
      for (const request of requests) expect(desk.ask(request)).toBe(scan(rules.slice(0, i), request));
    }
    for (const request of requests) expect(desk.ask(request)).toBe(scan(rules.slice(0, i + 1), request));
  });
  desk.check();
  return failures;
}

describe("memory may end at every step of a rule's way in", () => {
  test.each([
    ["veridian", false, scanSeed, seedRules, seedRequest],
    ["strict", true, scanStrict, strictRules, strictRequest],
  ] as const)("semantics=%s", (_name, strict, scan, someRules, someRequest) => {
    let failures = 0;
    fc.assert(fc.property(someRules, fc.array(fc.tuple(someRequest, hint), { minLength: 2, maxLength: 4 }), (rules, hinted) => {
      const desk = new RoutingDesk(strict);
      failures += addStepwise(desk, rules, hinted.map(([request, some]) => towards(rules, request, some)), scan);
      desk.run({ op: "new" });
      expect(desk.usedBytes()).toBe(0);
    }), { seed: 33, numRuns: 60 });
    expect(failures).toBeGreaterThan(1000);
  });

  test("of many routes whose prefixes branch, half of which are there", () => {
    const prefixes = Array.from({ length: 40 }, (_, i) => `/${(i * 7) % 3}${(i * 11) % 5}/${i % 2 === 0 ? "" : "abc"}${(i * 13) % 17}`);
    const routes = prefixes.map((prefix, i) => route(prefix, i % 4 === 0 ? "*.example" : i % 4 === 1 ? "[::1]" : "", `${i}`, { conditions: i % 3 === 0 ? [exact("a", `${i % 2}`), exact("b", `${i}`)] : [] }));
    const requests = prefixes.flatMap((prefix, i) => [ask(prefix, "b.example", [["A", `${i % 2}`], ["B", `${i}`]]), ask(`${prefix}/x`, "[0::1]:80")]);
    const failures = addStepwise(new RoutingDesk(true), [rule(routes.slice(0, 20)), rule(routes.slice(20))], requests, scanStrict);
    expect(failures).toBeGreaterThan(100);
  });
});

test("a bucket counts its routes, also when others came and did not stay", () => {
  const desk = new RoutingDesk(true, { ...lbStandard, rulesMax: 2 });
  const { memory, routing } = desk;
  const same = (count: number): PlainRule => rule(Array.from({ length: count }, (_, i) => route("/", "", `${i}`, { conditions: [exact("a", "1")] })));
  expect(desk.add(same(2))).toBe(0);
  const first = Rule.firstRoute.get(memory, routingRule(memory, routing, 0)) as RouteAddress;
  const table = Routing.table.get(memory, routing) as RouteTableAddress;
  const count = (): number => {
    const host = hostOfRoute(memory, routing, table, first);
    const node = nodeChild(memory, table, hostRoot(host as HostEntryAddress), 0x2f) as RouteNodeAddress;
    const condition = ConditionLink.condition.get(memory, Route.conditions.get(memory, first) as ConditionLinkAddress) as ConditionAddress;
    return RouteBucket.routeCount.get(memory, bucketFind(memory, table, node, condition) as RouteBucketAddress);
  };
  expect(count()).toBe(2);
  let failures = 0;
  for (let steps = 0; ; steps++) {
    desk.allocationsLeft = steps;
    if (desk.add({ ...same(3), routes: [...same(3).routes, route("/other", "", "g")] }) === 0) break;
    failures += 1;
    expect(count()).toBe(2);
  }
  expect(failures).toBeGreaterThan(5);
  expect(count()).toBe(5);
});

test("a draft that was refused can be added again, whole", () => {
  const desk = new RoutingDesk(true, { ...lbStandard, rulesMax: 1 });
  expect(desk.add(rule([route("/a", "", "a")]))).toBe(0);
  const { heap, memory, routing, draft } = desk;
  expect(ruleAddRoute(heap, desk.limits, draft)).toBeGreaterThan(0);
  expect(routingAddRule(heap, desk.limits, routing, draft)).toBe(LbErrno.tableFull);
  expect(Rule.routeCount.get(memory, draft)).toBe(1);
  ruleClear(heap, routing, draft);
  expect(desk.ask(ask("/a"))).toBe("a");
});

test("a route that was only half made stays out of the index", () => {
  const desk = new RoutingDesk(true);
  const { heap, limits, draft, memory, source } = desk;
  const attempt = Balancer.attempt.at(desk.balancer);
  Routing.semantics.set(memory, attempt, 1);
  const half = ruleAddRoute(heap, limits, draft) as RouteAddress;
  expect(routeSetPrefix(heap, limits, attempt, half, source, desk.put("/", true), 1)).toBe(0);
  // What an address of 0 would lead to: a text as long as can be.
  memory.i32[0] = 0x7fff_ffff;
  expect(routingAddRule(heap, limits, attempt, draft)).toBe(0);
  memory.i32[0] = 0;
  desk.describe(ask("/"));
  expect(routingTargetStrict(memory, attempt, source, desk.request)).toBe(0);
  routingClear(heap, attempt);
  expect(desk.usedBytes()).toBe(0);
});

test("a later route for what an earlier one takes anyhow stays out of the index, and does no harm", () => {
  const desk = new RoutingDesk(true);
  const rules = [rule([
    route("/a", "", "first", { conditions: [{ kind: "present", name: "x", value: "" }] }), route("/a", "", "exact", { exact: true }), route("/a", "", "second exact", { exact: true }),
    route("/a", "", "all"), route("/a", "", "never"), route("/a", "", "never exact", { exact: true }), route("/a", "", "never either", { conditions: [exact("x", "1")] }),
  ]), rule([route("/a", "", "never in another rule"), route("", "", "rest")])];
  for (const one of rules) expect(desk.add(one)).toBe(0);
  for (const request of [ask("/a"), ask("/a", "", [["x", "1"]]), ask("/a/b"), ask("/b")]) expect(desk.ask(request)).toBe(scanStrict(rules, request));
  const { memory, routing } = desk;
  const out: string[] = [];
  for (const i of [0, 1]) {
    for (let one = Rule.firstRoute.get(memory, routingRule(memory, routing, i)) as RouteAddress; one !== 0; one = Route.next.get(memory, one) as RouteAddress) {
      if (Route.nextHere.get(memory, one) === 0) out.push(desk.text(GroupReference.name.get(memory, Route.target.at(one))));
    }
  }
  expect(out).toEqual(["second exact", "never", "never exact", "never either", "never in another rule"]);
});

describe("bounds", () => {
  test("conditions of a route, methods included, are at most requiredHeadersMax", () => {
    const conditions = [exact("a", "1"), exact("a", "2"), exact("b", "1")];
    const desk = new RoutingDesk(true, lbTiny);
    expect(desk.add(rule([route("/", "", "g", { conditions })]))).toBe(LbErrno.tableFull);
    expect(desk.add(rule([route("/", "", "g", { conditions: conditions.slice(0, 1), methods: ["GET", "PUT"] })]))).toBe(LbErrno.tableFull);
    expect(desk.usedBytes()).toBe(0);
    expect(desk.add(rule([route("/", "", "g", { conditions: conditions.slice(0, 1), methods: ["GET"] })]))).toBe(0);
    expect(desk.ask(ask("/", "", [["A", "2"], ["A", "1"]]))).toBe("g");
    expect(desk.ask(ask("/", "", [["A", "1"]], "get"))).toBeNull();
  });

  test("shares of a route are at most sharesMax, and texts at most textBytesMax", () => {
    const desk = new RoutingDesk(true, lbTiny);
    const { heap, limits, routing, draft, source } = desk;
    const one = ruleAddRoute(heap, limits, draft) as never;
    const add = (name: string): number => routeAddShare(heap, limits, routing, one, source, desk.put(name, true), name.length, 1);
    expect([add("a"), add("x".repeat(65)), add("b"), add("c")]).toEqual([0, Errno.messageTooLarge, 0, LbErrno.tableFull]);
    ruleClear(heap, routing, draft);
    expect(desk.usedBytes()).toBe(0);
    for (const text of ["x".repeat(65)]) {
      expect(desk.add(rule([route("/", "", "g", { methods: [text] })]))).toBe(Errno.messageTooLarge);
      expect(desk.add(rule([route("/", "", "g", { conditions: [exact(text, "")] })]))).toBe(Errno.messageTooLarge);
      expect(desk.add(rule([route("/", "", "g", { conditions: [exact("a", text)] })]))).toBe(Errno.messageTooLarge);
      expect(desk.add(rule([route(text, "", "g")]))).toBe(Errno.messageTooLarge);
    }
    expect(desk.usedBytes()).toBe(0);
  });
});
