/** Rate limits beside a model that counts in exact whole numbers and never forgets. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Rule } from "./strict-desk.ts";
import { EXCEEDED, FULL, OK, StrictDesk } from "./strict-desk.ts";

/** More limiters than any history below makes. */
const UNBOUNDED = 200;

/** What one limit knows, in exact whole numbers. */
class Model {
  level: bigint;
  last = 0n;
  readonly rule: Required<Pick<Rule, "kind" | "rate" | "burst">>;

  constructor(rule: Required<Pick<Rule, "kind" | "rate" | "burst">>) {
    this.rule = rule;
    this.level = rule.kind === "token" ? BigInt(rule.burst) * 1000n : 0n;
  }

  after(tick: number): bigint {
    const passed = BigInt(tick) - this.last;
    const { kind, rate, burst } = this.rule;
    const moved = (passed > 0n ? passed : 0n) * BigInt(rate);
    if (kind === "leaky") return this.level > moved ? this.level - moved : 0n;
    return this.level + moved > BigInt(burst) * 1000n ? BigInt(burst) * 1000n : this.level + moved;
  }

  allows(tick: number): boolean {
    return this.rule.kind === "token" ? this.after(tick) >= 1000n : this.after(tick) <= BigInt(this.rule.burst) * 1000n;
  }

  isFull(tick: number): boolean {
    return BigInt(tick) >= this.last && this.after(tick) === (this.rule.kind === "token" ? BigInt(this.rule.burst) * 1000n : 0n);
  }

  take(tick: number): void {
    this.level = this.after(tick) + (this.rule.kind === "token" ? -1000n : 1000n);
    if (BigInt(tick) > this.last) this.last = BigInt(tick);
  }
}

test("beside exact fractions: any rules, any history, whatever the size of the table", () => {
  const rule = fc.record({
    prefix: fc.constantFrom("", "/a", "/a/b"),
    kind: fc.constantFrom("token" as const, "leaky" as const),
    rate: fc.constantFrom(0, 1, 7, 50, 999, 5000),
    burst: fc.nat(4),
    key: fc.constantFrom("address" as const, "path" as const, { header: "X" }),
  });
  const step = fc.record({ client: fc.nat(4), path: fc.constantFrom("/", "/a", "/a/b"), tag: fc.constantFrom("", "p", "q"), wait: fc.constantFrom(0, 0, 0, 1, 2, 19, 300, 2000, -5) });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 3 }), fc.constantFrom(10, 500), fc.integer({ min: 1, max: 6 }), fc.constantFrom(4, 6, UNBOUNDED), fc.array(step, { minLength: 10, maxLength: 80 }), (rules, rate, burst, limitersMax, steps) => {
      const desk = new StrictDesk({ limits: { limitersMax }, arenaBytes: 65_536, rate, burst, rules });
      const own = { kind: "token" as const, rate, burst, prefix: "", key: "address" as const };
      const models = new Map<string, Model>();
      let tick = 10_000;
      for (const { client: number, path, tag, wait } of steps) {
        // Who was full when he made room is new when the clock has stepped back: there, only forwards.
        tick += limitersMax === UNBOUNDED ? wait : Math.max(0, wait);
        const name = `10.0.0.${number}`;
        const limits = [own, ...rules]
          .map((each, i) => ({ each, name: `${i} ${each.key === "address" ? name : each.key === "path" ? "" : tag}` }))
          .filter(({ each }) => (path === each.prefix || path.startsWith(`${each.prefix}/`)) && !(typeof each.key === "object" && tag === ""))
          .map(({ each, name: key }) => ({ key, model: models.get(key) ?? new Model(each) }));
        const got = desk.admit({ client: name, path, headers: tag === "" ? [] : [["x", tag]] }, tick);
        const allowed = limits.every(({ model }) => model.allows(tick));
        // Whoever is not full again needs his place, and this request one for each limit.
        const others = [...models].filter(([key, model]) => !model.isFull(tick) && !limits.some((own) => own.key === key)).length;
        expect(got).toBe(!allowed ? EXCEEDED : others + limits.length > limitersMax ? FULL : OK);
        if (got !== OK) continue;
        for (const { key, model } of limits) {
          model.take(tick);
          models.set(key, model);
        }
      }
      desk.check();
    }),
    { seed: 4, numRuns: 500 },
  );
});
