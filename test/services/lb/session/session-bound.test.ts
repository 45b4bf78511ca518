/** The table of sessions at its bound, and where memory ends; and any history beside a plain map. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { balancerReset } from "../../../../services/lb/reset.ts";
import { sessionStoreClear, sessionsExpire } from "../../../../services/lb/session/session-store.ts";
import { smallLimits } from "../connection/strict-desk.ts";
import { SessionDesk } from "./session-desk.ts";

describe("the table of sessions at its bound", () => {
  test("takes no more, counts them, and lets no one take another's place; known ones are bound anew", () => {
    const desk = new SessionDesk(0, { sessionsMax: 2 });
    const app = desk.group("app", 2);
    const [first, second] = desk.backends(app);
    for (const session of ["a", "b"]) expect(desk.bind(app, session, first)).toBe(true);
    const used = desk.usedBytes();
    for (let i = 0; i < 5; i++) expect(desk.bind(app, `c${i}`, first)).toBe(false);
    expect([desk.count, desk.unbound, desk.usedBytes()]).toEqual([2, 5, used]);
    expect(desk.bind(app, "a", second)).toBe(true);
    expect(desk.find(app, "a")).toBe(second);
    expect(desk.find(app, "b")).toBe(first);
  });

  test("gives the place of those that have ended", () => {
    const desk = new SessionDesk(10, { sessionsMax: 2 });
    const app = desk.group("app", 1);
    const [backend] = desk.backends(app);
    desk.bind(app, "a", backend, 0);
    desk.bind(app, "b", backend, 5);
    expect(desk.bind(app, "c", backend, 9)).toBe(false);
    expect(desk.bind(app, "c", backend, 10)).toBe(true);
    expect(desk.find(app, "b", 10)).toBe(backend);
    expect(desk.bind(app, "d", backend, 14)).toBe(false);
    expect(desk.unbound).toBe(2);
  });

  test("gives the place of those whose backend is gone, after a few attempts at the latest", () => {
    const desk = new SessionDesk(0, { sessionsMax: 40 });
    const app = desk.group("app", 2);
    const [first, second] = desk.backends(app);
    for (let i = 0; i < 40; i++) desk.bind(app, `s${i}`, i === 29 ? first : second);
    desk.remove(app, first);
    const attempts = Array.from({ length: 11 }, () => desk.bind(app, "new", second));
    expect(attempts).toContain(true);
    expect(desk.find(app, "new")).toBe(second);
    for (let i = 0; i < 40; i++) expect(desk.find(app, `s${i}`)).toBe(i === 29 ? 0 : second);
    for (let i = 0; i < 20; i++) expect(desk.bind(app, "newer", second)).toBe(false);
    desk.check();
  });

  test("stays in memory of constant size under 100,000 hostile values, and serves those who are in it", () => {
    const desk = new SessionDesk(1000, { sessionsMax: 64 });
    const app = desk.group("app", 2);
    const [first, second] = desk.backends(app);
    desk.bind(app, "mine", first, 0);
    let used = 0;
    for (let i = 0; i < 100_000; i++) {
      const tick = i >> 2;
      if (i % 2000 === 0) expect(desk.find(app, "mine", tick)).toBe(first);
      desk.bind(app, `${i}`.padStart(6 + (i % 12), "x"), second, tick);
      if (i === 5000) used = desk.usedBytes();
      if (i > 5000 && i % 100 === 0) expect(desk.usedBytes()).toBe(used);
    }
    expect(desk.count).toBe(64);
    expect(desk.unbound).toBeGreaterThan(90_000);
    desk.check();
  });
});

test("memory may end anywhere: a request is not bound then, and nothing is lost", () => {
  const session = "a value that is too long to lie in the table itself";
  for (const before of [0, 3, 8]) {
    for (let steps = 0; ; steps++) {
      const desk = new SessionDesk();
      const app = desk.group("app", 1);
      const [backend] = desk.backends(app);
      for (let i = 0; i < before; i++) desk.bind(app, `s${i}`, backend);
      const used = desk.usedBytes();
      desk.allocationsLeft = steps;
      const bound = desk.bind(app, session, backend);
      desk.check();
      expect(desk.find(app, session)).toBe(bound ? backend : 0);
      for (let i = 0; i < before; i++) expect(desk.find(app, `s${i}`)).toBe(backend);
      expect(desk.count).toBe(before + (bound ? 1 : 0));
      expect(desk.unbound).toBe(bound ? 0 : 1);
      if (!bound) expect(desk.usedBytes()).toBe(used);
      sessionStoreClear(desk.heap, desk.balancer);
      expect(desk.count).toBe(0);
      if (bound && desk.allocationsLeft > 0) {
        expect(steps).toBeGreaterThan(0);
        break;
      }
    }
  }
});

test("all memory comes back when the balancer is made anew", () => {
  const desk = new SessionDesk();
  const app = desk.group("app", 1);
  for (let i = 0; i < 30; i++) desk.bind(app, `a value that is too long to lie in the table itself ${i}`, desk.backends(app)[0]);
  sessionStoreClear(desk.heap, desk.balancer);
  desk.bind(app, "a value that is too long to lie in the table itself", desk.backends(app)[0]);
  desk.remove(app, desk.backends(app)[0]);
  balancerReset(desk.heap, desk.balancer);
  expect(desk.usedBytes()).toBe(0);
  expect(desk.count).toBe(0);
});

/** What the table should know. */
class Model {
  readonly kept = new Map<string, { backend: BackendAddress; last: number }>();
  readonly ticks: number;
  readonly sessionsMax: number;
  unbound = 0;

  constructor(ticks: number, sessionsMax: number) {
    this.ticks = ticks;
    this.sessionsMax = sessionsMax;
  }

  /** The latest use that is remembered is the clock. */
  #now(tick: number): number {
    return Math.max(tick, ...[...this.kept.values()].map(({ last }) => last));
  }

  #hasEnded(last: number, now: number): boolean {
    return this.ticks > 0 && now - last >= this.ticks;
  }

  expire(tick: number): void {
    const now = this.#now(tick);
    for (const [name, { last }] of this.kept) if (this.#hasEnded(last, now)) this.kept.delete(name);
  }

  find(key: string, tick: number): BackendAddress | 0 {
    const now = this.#now(tick);
    const known = this.kept.get(key);
    if (known === undefined || this.#hasEnded(known.last, now)) return 0;
    known.last = now;
    return known.backend;
  }

  bind(key: string, backend: BackendAddress, tick: number): boolean {
    const now = this.#now(tick);
    if (!this.kept.has(key) && this.kept.size === this.sessionsMax) this.expire(tick);
    const room = this.kept.has(key) || this.kept.size < this.sessionsMax;
    if (room) this.kept.set(key, { backend, last: now });
    else this.unbound += 1;
    return room;
  }
}

test("beside a plain map, in any history", () => {
  const step = fc.record({ act: fc.constantFrom("find", "find", "bind", "expire"), group: fc.nat(1), session: fc.nat(6), backend: fc.nat(1), wait: fc.constantFrom(0, 0, 1, 3, 9, 10, 11, -4) });
  fc.assert(
    fc.property(fc.constantFrom(0, 10), fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 100 }), (ticks, sessionsMax, steps) => {
      const desk = new SessionDesk(ticks, smallLimits({ sessionsMax }), 32_768);
      const groups = [desk.group("app", 2), desk.group("api", 2)];
      const backends = groups.map((group) => desk.backends(group));
      const model = new Model(ticks, sessionsMax);
      let tick = 20;
      for (const { act, group, session, backend, wait } of steps) {
        tick = Math.max(0, tick + wait);
        const key = `${group} ${session}`;
        const target = backends[group][backend];
        if (act === "find") expect(desk.find(groups[group], `s${session}`, tick)).toBe(model.find(key, tick));
        else if (act === "bind") expect(desk.bind(groups[group], `s${session}`, target, tick)).toBe(model.bind(key, target, tick));
        else {
          model.expire(tick);
          sessionsExpire(desk.heap, desk.balancer, tick);
        }
        expect(desk.count).toBe(model.kept.size);
      }
      expect(desk.unbound).toBe(model.unbound);
      desk.check();
    }),
    { seed: 1, numRuns: 400 },
  );
});
