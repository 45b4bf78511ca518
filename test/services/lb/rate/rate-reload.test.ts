import { describe, expect, test } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { AdmittingDesk } from "../connection/admitting.ts";

const base = "group=app:rr\nmember=app:10.0.0.1:80\ndefault=app\n";
const strict = (rest = ""): string => `semantics=strict\n${base}rate_limit_rps=1\nrate_limit_burst=3\nrate_limit=/a:leaky:1:1:path\nrate_limit=/b:token:1:1:address\n${rest}`;

/** Requests to the path that go through at tick 0, of five. */
function admitted(desk: AdmittingDesk, path: string): number {
  let count = 0;
  for (let i = 0; i < 5; i++) {
    if (desk.admit({ path }) !== Outcome.routed) continue;
    desk.end(desk.chosen.connection);
    count++;
  }
  return count;
}

describe("limits of a configuration", () => {
  test("hold for the paths and keys that it says", () => {
    const desk = new AdmittingDesk(`semantics=strict\n${base}rate_limit=/a:leaky:1:1:path\nrate_limit=/b:token:1:1:address\n`);
    expect([admitted(desk, "/a"), admitted(desk, "/b/x"), admitted(desk, "/c")]).toEqual([2, 1, 5]);
    expect(desk.admit({ path: "/b", client: [10, 1, 1, 2] })).toBe(Outcome.routed);
    expect(desk.admit({ path: "/a", client: [10, 1, 1, 2] })).toBe(Outcome.rateLimitExceeded);
  });

  test("go on over a reload that leaves them as they are", () => {
    const desk = new AdmittingDesk(strict());
    expect([admitted(desk, "/a"), admitted(desk, "/c")]).toEqual([2, 1]);
    desk.reload(strict("group=more:rr\nlimiter_full=evict\n"));
    expect([admitted(desk, "/a"), admitted(desk, "/c")]).toEqual([0, 0]);
  });

  test.each([
    ["a rule more", strict("rate_limit=/d:token:1:1:path\n")],
    ["another rate", strict().replace("rate_limit_rps=1", "rate_limit_rps=2")],
    ["another kind of rule", strict().replace("leaky:1:1:path", "token:1:1:path")],
  ])("begin anew with %s", (_name, text) => {
    const desk = new AdmittingDesk(strict());
    expect(admitted(desk, "/c")).toBe(3);
    desk.reload(text);
    expect(admitted(desk, "/c")).toBe(3);
  });

  test("begin anew with other semantics: a bucket per tick is none per second", () => {
    const desk = new AdmittingDesk(`${base}rate_limit_rps=1\nrate_limit_burst=3\n`);
    const rate = () => desk.run({ op: "rate", client: "10.1.1.1", tick: 0 });
    for (let i = 0; i < 3; i++) expect(rate()).toEqual({ ok: null });
    desk.reload(strict());
    expect(admitted(desk, "/c")).toBe(3);
    desk.reload(`${base}rate_limit_rps=1\nrate_limit_burst=3\n`);
    for (let i = 0; i < 3; i++) expect(rate()).toEqual({ ok: null });
    expect(rate()).toEqual({ err: "RateLimitExceeded" });
    expect(desk.run({ op: "rate", client: "10.1.1.1", tick: 1 })).toEqual({ ok: null });
  });

  test("a table without room is LimiterFull, or the one used longest ago goes", () => {
    for (const [policy, outcome] of [["refuse", Outcome.limiterFull], ["evict", Outcome.routed]] as const) {
      const desk = new AdmittingDesk(`semantics=strict\n${base}limiter_full=${policy}\n`, { ...new AdmittingDesk("").limits, limitersMax: 2 });
      for (const last of [1, 2]) expect(desk.admit({ client: [10, 1, 1, last] })).toBe(Outcome.routed);
      expect(desk.admit({ client: [10, 1, 1, 3] })).toBe(outcome);
      expect(Balancer.limitersEvictedOldest.get(desk.memory, desk.balancer)).toBe(policy === "evict" ? 1 : 0);
    }
  });
});
