import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { Policy } from "../../../../services/lb/policy.ts";
import { rateRuleCount, rateRulesClear, rateRulesEqual } from "../../../../services/lb/rate/rate-rule.ts";
import { balancerReset } from "../../../../services/lb/reset.ts";
import { lbTiny } from "../../../../services/limits.ts";
import type { Rule } from "./strict-desk.ts";
import { EXCEEDED, OK, StrictDesk } from "./strict-desk.ts";

const policyOf = (desk: StrictDesk) => Balancer.policy.at(desk.balancer);
const attemptOf = (desk: StrictDesk) => Balancer.attemptPolicy.at(desk.balancer);

describe("the list of rate rules", () => {
  test("has a bound", () => {
    const desk = new StrictDesk({ limits: lbTiny });
    for (let i = 0; i < lbTiny.rateRulesMax; i++) expect(desk.addRule({ prefix: `/${i}` })).toBeGreaterThan(0);
    const used = desk.usedBytes();
    expect(desk.addRule({ prefix: "/x" })).toBe(LbErrno.tableFull);
    expect(rateRuleCount(desk.memory, policyOf(desk))).toBe(lbTiny.rateRulesMax);
    expect(desk.usedBytes()).toBe(used);
  });

  test("takes no text that is too long", () => {
    const desk = new StrictDesk({ limits: lbTiny });
    expect(desk.addRule({ prefix: "/".repeat(lbTiny.textBytesMax + 1) })).toBe(Errno.messageTooLarge);
    expect(desk.usedBytes()).toBe(0);
    expect(Policy.rateRules.get(desk.memory, policyOf(desk))).toBe(0);
    expect(desk.addRule({ key: { header: "h".repeat(lbTiny.textBytesMax + 1) } })).toBe(Errno.messageTooLarge);
    rateRulesClear(desk.heap, policyOf(desk));
    expect(desk.usedBytes()).toBe(0);
  });

  test("memory may end anywhere", () => {
    for (const before of [0, 1, 4]) {
      for (let steps = 0; ; steps++) {
        const desk = new StrictDesk({});
        for (let i = 0; i < before; i++) desk.addRule({ prefix: `/${i}` });
        const used = desk.usedBytes();
        const remembered = desk.remembered();
        desk.allocationsLeft = steps;
        const added = desk.addRule({ prefix: "/new", rate: 5 });
        if (added < 0) {
          expect(added).toBe(Errno.outOfMemory);
          expect(desk.usedBytes()).toBe(used);
          expect(desk.remembered()).toBe(remembered);
        }
        desk.allocationsLeft = Infinity;
        expect(rateRuleCount(desk.memory, policyOf(desk))).toBe(added < 0 ? before : before + 1);
        rateRulesClear(desk.heap, policyOf(desk));
        expect(desk.usedBytes()).toBe(0);
        desk.check();
        if (added > 0) {
          expect(steps).toBeGreaterThan(0);
          break;
        }
      }
    }
  });

  test("a header's name that finds no memory leaves the rule as it was", () => {
    const desk = new StrictDesk({});
    desk.addRule({ prefix: "/first" });
    desk.allocationsLeft = 1;
    expect(desk.addRule({ key: { header: "X" }, rate: 0, burst: 1 })).toBe(Errno.outOfMemory);
    desk.allocationsLeft = Infinity;
    expect(desk.admit({}, 1)).toBe(OK);
    expect(desk.admit({}, 1)).toBe(EXCEEDED);
  });

  test("goes with everything else when the balancer is made anew, and so does one under construction", () => {
    const desk = new StrictDesk({ rules: [{ prefix: "/a" }, { key: { header: "X-Key" } }], cookie: "sid" });
    desk.addRule({ prefix: "/b", key: { header: "Y" } }, attemptOf(desk));
    desk.admit({ path: "/a", headers: [["X-Key", "a value that is too long to lie in the table"]] }, 1);
    balancerReset(desk.heap, desk.balancer);
    expect(desk.usedBytes()).toBe(0);
    expect(rateRuleCount(desk.memory, policyOf(desk))).toBe(0);
    balancerReset(desk.heap, desk.balancer);
    expect(desk.usedBytes()).toBe(0);
  });
});

test("two lists are equal if they limit the same by the same", () => {
  const rules: readonly Rule[] = [{ prefix: "/a", kind: "token", rate: 5, burst: 6, key: "address" }, { prefix: "/b", kind: "leaky", rate: 1, burst: 0, key: { header: "X" } }, { key: [24, 64] }];
  const variants: readonly (readonly Rule[])[] = [
    [],
    rules.slice(0, 2),
    [...rules, rules[0]],
    [rules[1], rules[0], rules[2]],
    ...[{ prefix: "/A" }, { prefix: "/a/" }, { kind: "leaky" }, { rate: 4 }, { burst: 5 }, { key: "path" }, { key: "session" }, { key: { header: "X" } }].map((change) => [{ ...rules[0], ...change } as Rule, rules[1], rules[2]]),
    ...[{ key: { header: "x" } }, { key: { header: "Y" } }, { key: "address" }].map((change) => [rules[0], { ...rules[1], ...change } as Rule, rules[2]]),
    ...([[23, 64], [24, 63]] as const).map((key) => [rules[0], rules[1], { ...rules[2], key }]),
  ];
  const equal = (other: readonly Rule[]): boolean => {
    const desk = new StrictDesk({ rules });
    for (const rule of other) desk.addRule(rule, attemptOf(desk));
    expect(rateRulesEqual(desk.memory, attemptOf(desk), policyOf(desk))).toBe(rateRulesEqual(desk.memory, policyOf(desk), attemptOf(desk)));
    return rateRulesEqual(desk.memory, policyOf(desk), attemptOf(desk));
  };
  expect(equal(rules)).toBe(true);
  for (const variant of variants) expect(equal(variant)).toBe(false);
});
