/** Weighted shares of routes and defaults. */

import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { GroupReference, Route, routeAddShare } from "../../../../services/lb/routing/route.ts";
import type { RouteAddress } from "../../../../services/lb/routing/route.ts";
import { Routing, routingAddRule, routingRule } from "../../../../services/lb/routing/routing.ts";
import { Rule, ruleAddShare, ruleClear } from "../../../../services/lb/routing/rule.ts";
import { Share, Shares, shareAt } from "../../../../services/lb/routing/shares.ts";
import type { SharesAddress } from "../../../../services/lb/routing/shares.ts";
import { RoutingDesk, ask, route, rule } from "./routing-desk.ts";

/** A desk whose only default divides requests by these weights; the groups are called a, b, c... */
function divided(weights: readonly number[]): RoutingDesk {
  const desk = new RoutingDesk(true);
  expect(desk.add(rule([route("/one", "", "one")]))).toBe(0);
  weights.forEach((weight, i) => {
    expect(ruleAddShare(desk.heap, desk.limits, desk.routing, desk.draft, desk.source, desk.put("abcdefgh"[i]!, true), 1, weight)).toBe(0);
  });
  expect(routingAddRule(desk.heap, desk.limits, desk.routing, desk.draft)).toBe(0);
  return desk;
}

const take = (desk: RoutingDesk, count: number): string => Array.from({ length: count }, () => desk.ask(ask("/"))).join("");

describe("turns", () => {
  test("5, 1, 1 give a a b a c a a, again and again", () => {
    expect(take(divided([5, 1, 1]), 14)).toBe("aabacaaaabacaa");
  });

  test("over a whole round each has taken its weight, and never runs ahead of its share by one or more", () => {
    const weights = [70, 0, 25, 5];
    const desk = divided(weights);
    const taken = [0, 0, 0, 0];
    for (let turn = 1; turn <= 300; turn++) {
      taken["abcd".indexOf(take(desk, 1))]! += 1;
      taken.forEach((count, i) => expect(count - (turn * weights[i]!) / 100).toBeLessThan(1));
      if (turn % 100 === 0) expect(taken).toEqual(weights.map((weight) => (weight * turn) / 100));
    }
    const shares = Rule.shares.get(desk.memory, routingRule(desk.memory, desk.routing, 1)) as SharesAddress;
    expect(taken.map((_, i) => Share.hits.get(desk.memory, shareAt(shares, i)))).toEqual(taken);
    expect(Shares.weightTotal.get(desk.memory, shares)).toBe(100);
  });

  test("one alone takes all, and so does the first if no weight is above 0", () => {
    expect(take(divided([3]), 4)).toBe("aaaa");
    expect(take(divided([0, 7]), 4)).toBe("bbbb");
    expect(take(divided([0, 0]), 4)).toBe("aaaa");
  });
});

test("routes have turns of their own, and count what they took", () => {
  const desk = new RoutingDesk(true);
  const { heap, limits, routing, memory } = desk;
  for (const prefix of ["/x", "/y"]) {
    expect(desk.add(rule([route(prefix, "", `${prefix} as written`)]))).toBe(0);
    const last = Rule.firstRoute.get(memory, routingRule(memory, routing, prefix === "/x" ? 0 : 1)) as RouteAddress;
    for (const name of ["a", "b"]) expect(routeAddShare(heap, limits, routing, last, desk.source, desk.put(name, true), 1, 1)).toBe(0);
  }
  expect(["/x", "/y", "/x", "/y/z", "/x"].map((path) => desk.ask(ask(path)))).toEqual(["a", "a", "b", "b", "a"]);
  const first = Rule.firstRoute.get(memory, routingRule(memory, routing, 0)) as RouteAddress;
  expect(Route.hits.get(memory, first)).toBe(3);
  expect(Routing.matched.get(memory, routing)).toBe(first);
  expect(desk.ask(ask("/z"))).toBeNull();
  expect(Routing.matched.get(memory, routing)).toBe(0);
  desk.run({ op: "new" });
  expect(desk.usedBytes()).toBe(0);
});

test("without memory the shares stay as they are", () => {
  const desk = new RoutingDesk(true);
  const { heap, limits, routing, draft, memory } = desk;
  const add = (name: string): number => ruleAddShare(heap, limits, routing, draft, desk.source, desk.put(name, true), name.length, 1);
  for (const [name, before] of [["a", 0], ["b", 1]] as const) {
    for (let steps = 0; ; steps++) {
      const used = desk.usedBytes();
      desk.allocationsLeft = steps;
      const status = add(name);
      desk.allocationsLeft = Infinity;
      if (status === 0) break;
      expect(status).toBe(Errno.outOfMemory);
      expect(desk.usedBytes()).toBe(used);
      const shares = Rule.shares.get(memory, draft) as SharesAddress;
      expect(shares === 0 ? 0 : Shares.count.get(memory, shares)).toBe(before);
    }
  }
  const shares = Rule.shares.get(memory, draft) as SharesAddress;
  expect([0, 1].map((i) => desk.text(GroupReference.name.get(memory, Share.reference.at(shareAt(shares, i)))))).toEqual(["a", "b"]);
  ruleClear(heap, routing, draft);
  expect(desk.usedBytes()).toBe(0);
});
