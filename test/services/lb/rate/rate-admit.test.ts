import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { DEFAULT_BURST, DEFAULT_REQUESTS_PER_TICK } from "../../../../services/lb/config.ts";
import { lbStandard, lbTiny } from "../../../../services/limits.ts";
import { RequestView } from "../../../../services/lb/request-view.ts";
import { rateAdmit } from "../../../../services/lb/rate/rate-admit.ts";
import type { AskedRequest } from "../requesting.ts";
import { ask } from "../requesting.ts";
import type { Rule } from "./strict-desk.ts";
import { EXCEEDED, FULL, OK, StrictDesk } from "./strict-desk.ts";

const client = (name: string): AskedRequest => ({ client: name });

describe("the limit by client", () => {
  test("is per second, and 100 with a burst of 200 unless configured", () => {
    const desk = new StrictDesk({ rate: DEFAULT_REQUESTS_PER_TICK, burst: DEFAULT_BURST });
    let admitted = 0;
    for (let tick = 1; tick <= 10_000; tick++) for (let i = 0; i < 2; i++) if (desk.admit({}, tick) === OK) admitted++;
    expect(admitted).toBe(200 + 999);
  });

  test("counts each client for itself", () => {
    const desk = new StrictDesk({ rate: 1, burst: 2 });
    for (const name of ["10.0.0.1", "10.0.0.2", "2001:db8::1"]) expect([1, 1, 1].map((tick) => desk.admit(client(name), tick))).toEqual([OK, OK, EXCEEDED]);
  });

  test("is what the rate operation asks, without the rules", () => {
    const desk = new StrictDesk({ rate: 1, burst: 2, rules: [{ rate: 0, burst: 1 }] });
    const rate = (name: string, tick: number) => desk.run({ op: "rate", client: name, tick });
    expect(rate("10.0.0.1", 1)).toEqual({ ok: null });
    expect(rate("10.0.0.1", 1)).toEqual({ ok: null });
    expect(rate("10.0.0.1", 1000)).toEqual({ err: "RateLimitExceeded" });
    expect(desk.admit(client("10.0.0.1"), 1000)).toBe(EXCEEDED);
    expect(rate("10.0.0.1", 1001)).toEqual({ ok: null });
    expect(rate("10.0.0.1", 0)).toEqual({ err: "RateLimitExceeded" });
    desk.allocationsLeft = 0;
    expect(rate("a key that is too long to lie in the table", 1)).toEqual({ err: "outOfMemory" });
  });

  test("finds the client's text in the balancer's own memory, where net's requests have it, and elsewhere afterwards", () => {
    const desk = new StrictDesk({ rate: 0, burst: 2 });
    ask(desk, { client: "nobody here" });
    const view = Balancer.request.at(desk.balancer);
    const at = Balancer.client.at(desk.balancer);
    desk.memory.u8.set(Buffer.from("10.0.0.7"), at);
    RequestView.clientAt.set(desk.memory, view, at);
    RequestView.clientBytes.set(desk.memory, view, 8);
    RequestView.clientKept.set(desk.memory, view, 1);
    expect(rateAdmit(desk.heap, desk.limits, desk.balancer, desk.shared, 1)).toBe(OK);
    expect(desk.run({ op: "rate", client: "10.0.0.7", tick: 1 })).toEqual({ ok: null });
    expect(desk.run({ op: "rate", client: "10.0.0.7", tick: 1 })).toEqual({ err: "RateLimitExceeded" });
    expect(desk.run({ op: "rate", client: "10.0.0.8", tick: 1 })).toEqual({ ok: null });
  });

  test("with a burst of 0 refuses all, and keeps nothing of them", () => {
    const desk = new StrictDesk({ rate: 5, burst: 0 });
    for (let i = 0; i < 5; i++) expect(desk.admit(client(`10.0.0.${i}`), i)).toBe(EXCEEDED);
    expect(desk.usedBytes()).toBe(0);
  });
});

describe("several limits", () => {
  const path: AskedRequest = { path: "/a" };

  test.each([
    ["a rule refuses", 10, [2], 2],
    ["the first of two rules refuses", 10, [2, 5], 2],
    ["the second of two rules refuses", 10, [5, 2], 2],
    ["the limit by client refuses", 2, [5, 5], 2],
  ] as const)("%s: nothing is taken from the others", (_name, burst, bursts, admitted) => {
    const desk = new StrictDesk({ rate: 0, burst, rules: bursts.map((most) => ({ prefix: "/a", rate: 0, burst: most })) });
    for (let i = 0; i < 9; i++) expect(desk.admit(path, i)).toBe(i < admitted ? OK : EXCEEDED);
    // What is left of the limit by client, where no rule applies.
    let left = 0;
    while (desk.admit({ path: "/b" }, 9) === OK) left++;
    expect(left).toBe(burst - admitted);
  });

  test("a refused request takes nothing from a leaky rule", () => {
    const rules: Rule[] = [{ prefix: "/a", kind: "leaky", rate: 0, burst: 3, key: "path" }, { prefix: "/a/b", rate: 0, burst: 1 }];
    const desk = new StrictDesk({ rules });
    expect([1, 1, 1].map((tick) => desk.admit({ path: "/a/b" }, tick))).toEqual([OK, EXCEEDED, EXCEEDED]);
    expect([2, 2, 2, 2].map((tick) => desk.admit({ path: "/a" }, tick))).toEqual([OK, OK, OK, EXCEEDED]);
  });

  test("a leaky rule without a burst lets the first request of each key through", () => {
    const desk = new StrictDesk({ rules: [{ kind: "leaky", rate: 5, burst: 0 }] });
    for (const name of ["10.0.0.1", "10.0.0.2"]) expect([7, 206, 207].map((tick) => desk.admit(client(name), tick))).toEqual([OK, EXCEEDED, OK]);
  });
});

describe("memory", () => {
  const long = "a value that is too long to lie in the table itself";
  const rules: Rule[] = [{ prefix: "/a", rate: 0, burst: 5, key: { header: "X" } }, { prefix: "/a", rate: 0, burst: 5, key: { header: "Y" } }, { kind: "leaky", rate: 0, burst: 9, key: "path" }];
  const request: AskedRequest = { client: "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1234", path: "/a", headers: [["X", long], ["Y", long]] };

  test.each([["empty", 0], ["with some limiters", 6], ["about to grow", 7]])("may end anywhere: a table that is %s", (_name, before) => {
    for (let steps = 0; ; steps++) {
      const desk = new StrictDesk({ rules, rate: 0, burst: 9 });
      for (let i = 0; i < before; i++) desk.admit({ client: `10.0.0.${i}`, path: "/b" }, 1);
      const used = desk.usedBytes();
      const remembered = desk.remembered();
      desk.allocationsLeft = steps;
      const got = desk.admit(request, 1);
      desk.check();
      if (got === OK) {
        expect(steps).toBeGreaterThan(3);
        break;
      }
      expect(got).toBe(FULL);
      // A table that has grown keeps its room, and a key's block is given back.
      if (before === 0) expect([desk.usedBytes(), desk.remembered()]).toEqual([used, remembered]);
      desk.allocationsLeft = Infinity;
      let admitted = 0;
      while (desk.admit(request, 1) === OK) admitted++;
      expect(admitted).toBe(Math.min(5, 10 - before));
      let left = 0;
      while (desk.admit({ client: "10.0.0.200", path: "/b" }, 1) === OK) left++;
      expect(left).toBe(Math.min(9, 10 - before - admitted));
    }
  });

  test("is constant under a hostile stream of keys, and clients who behave are served", () => {
    const desk = new StrictDesk({ limits: { limitersMax: 256 }, rate: 1000, burst: 2, rules: [{ rate: 1000, burst: 1, key: { header: "X" } }, { kind: "leaky", rate: 1000, burst: 3, key: [16, 48] }] });
    let used = 0;
    let served = 0;
    for (let i = 0; i < 50_000; i++) {
      const tick = 1 + (i >> 5);
      const stranger = { client: `${10 + (i & 127)}.${(i * 7919) & 255}.${(i * 104_729) & 255}.${i & 255}`, headers: [["X", `key ${i}`.padStart(8 + (i % 20), "-")]] as const };
      if (desk.admit(stranger, tick) === OK) served++;
      if (i % 32 === 0) expect(desk.admit({ client: "200.1.1.1" }, tick)).toBe(OK);
      if (i === 2000) used = desk.usedBytes();
      if (i > 2000 && i % 100 === 0) expect(Math.abs(desk.usedBytes() - used)).toBeLessThan(256 * 32);
    }
    expect(served).toBeGreaterThan(40_000);
    desk.check();
  });
});

describe("one request at the bound", () => {
  test("never loses one of its own limiters to another of them", () => {
    for (const evict of [false, true]) {
      const desk = new StrictDesk({ limits: { limitersMax: 1 }, rules: [{ key: "path", burst: 3 }], evict });
      for (let i = 0; i < 5; i++) expect(desk.admit(client(`10.0.0.${i}`), i)).toBe(FULL);
      expect(desk.usedBytes()).toBeGreaterThan(0);
      desk.addRule({ prefix: "/none" });
      expect(Balancer.limitersEvictedOldest.get(desk.memory, desk.balancer)).toBe(0);
    }
  });

  test("finds room for all of its limiters if the table has as many places", () => {
    const count = lbTiny.rateRulesMax + 1;
    expect(lbTiny.limitersMax).toBeGreaterThanOrEqual(count);
    expect(lbStandard.limitersMax).toBeGreaterThan(lbStandard.rateRulesMax);
    const desk = new StrictDesk({ limits: { ...lbTiny, limitersMax: count }, rules: Array.from({ length: count - 1 }, () => ({ burst: 2 })), evict: true });
    for (const name of ["10.0.0.1", "10.0.0.2", "10.0.0.1"]) expect([1, 1, 1].map((tick) => desk.admit(client(name), tick))).toEqual([OK, OK, EXCEEDED]);
    expect(Balancer.limitersEvictedOldest.get(desk.memory, desk.balancer)).toBe(2 * count);
  });

  test("that cannot be served leaves the limiters of others, and its own, as they were", () => {
    const desk = new StrictDesk({ limits: { limitersMax: 2 }, rate: 0, burst: 5, rules: [{ prefix: "/a", key: { header: "X" }, burst: 5 }] });
    for (let i = 0; i < 2; i++) desk.admit(client("10.0.0.1"), 1);
    desk.admit(client("10.0.0.2"), 1);
    for (let i = 0; i < 3; i++) expect(desk.admit({ client: "10.0.0.1", path: "/a", headers: [["X", `${i}`]] }, 1)).toBe(FULL);
    expect([1, 1, 1, 1].map((tick) => desk.admit(client("10.0.0.1"), tick))).toEqual([OK, OK, OK, EXCEEDED]);
    expect([1, 1, 1, 1, 1].map((tick) => desk.admit(client("10.0.0.2"), tick))).toEqual([OK, OK, OK, OK, EXCEEDED]);
  });

  test("that was refused for want of room does not hide its own full limiter from others", () => {
    const desk = new StrictDesk({ limits: { limitersMax: 2 }, rate: 1, burst: 1, rules: [{ prefix: "/a", key: { header: "X" }, rate: 0, burst: 1 }] });
    desk.admit(client("10.0.0.1"), 1);
    desk.admit({ client: "10.0.0.2", path: "/" }, 1);
    // At 1001 both are full again; the first asks for a second limiter, and takes the place of the other one.
    expect(desk.admit({ client: "10.0.0.1", path: "/a", headers: [["X", "a"]] }, 1001)).toBe(OK);
    // Now the one full at 2001 is the asker's own: there is no room, for it itself.
    expect(desk.admit({ client: "10.0.0.1", path: "/a", headers: [["X", "b"]] }, 2001)).toBe(FULL);
    // Nor does it cost a search each time.
    expect(Balancer.noneFullBeforeTick.get(desk.memory, desk.balancer)).toBeGreaterThan(2001);
    expect(desk.admit(client("10.0.0.3"), 2001)).toBe(OK);
  });
});

test("errno names for keys that are too long do not leak into the answer to a request", () => {
  const desk = new StrictDesk({ limits: { textBytesMax: 8 } });
  expect(desk.admit(client("2001:db8::1"), 1)).toBe(FULL);
  expect(desk.run({ op: "rate", client: "2001:db8::1", tick: 1 })).toEqual({ err: "messageTooLarge" });
  expect(Errno.messageTooLarge).not.toBe(FULL);
});
