import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { groupPosition } from "../../../../services/lb/group/position.ts";
import { Policy } from "../../../../services/lb/policy.ts";
import { HeaderForm } from "../../../../services/lb/request-view.ts";
import { balancerReset } from "../../../../services/lb/reset.ts";
import { sessionBind, sessionFind, sessionStoreClear, sessionStoreCount, sessionsExpire } from "../../../../services/lb/session/session-store.ts";
import { textCreate, textFree } from "../../../../services/lb/text.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { lbStandard, lbTiny } from "../../../../services/limits.ts";
import { StrictDesk, put, smallLimits } from "../connection/strict-desk.ts";
import { ask } from "../requesting.ts";

class SessionDesk extends StrictDesk {
  constructor(ticks = 0, limits: Partial<LbLimits> = {}, arenaBytes?: number) {
    super({ ...lbStandard, ...limits }, arenaBytes);
    const policy = Balancer.policy.at(this.balancer);
    Policy.sessionCookie.set(this.memory, policy, textCreate(this.heap, this.limits, this.shared, 0, put(this.shared, 0, "sid")));
    Policy.sessionTicks.set(this.memory, policy, ticks);
  }

  #ask(session: string | null, form?: number): void {
    ask(this, { headers: session === null ? [] : [["Cookie", `a=1; sid=${session}`]] }, form);
  }

  find(group: GroupAddress, session: string | null, tick = 0, form?: number): BackendAddress | 0 {
    this.#ask(session, form);
    return sessionFind(this.memory, this.balancer, group, this.shared, tick);
  }

  bind(group: GroupAddress, session: string | null, backend: BackendAddress, tick = 0): boolean {
    this.#ask(session);
    return sessionBind(this.heap, this.limits, this.balancer, group, this.shared, backend, tick);
  }

  get count(): number {
    return sessionStoreCount(this.memory, this.balancer);
  }

  get unbound(): number {
    return Balancer.sessionsUnbound.get(this.memory, this.balancer);
  }
}

describe("a session", () => {
  test.each([HeaderForm.entries, HeaderForm.operands])("leads to the backend that it was bound to, in its group alone; headers of form %i", (form) => {
    const desk = new SessionDesk();
    const [app, api] = [desk.group("app", 3), desk.group("api", 2)];
    const [, second, third] = desk.backends(app);
    expect(desk.find(app, "s", 0, form)).toBe(0);
    expect(desk.bind(app, "s", second)).toBe(true);
    expect(desk.bind(app, "t", third)).toBe(true);
    expect(desk.find(app, "s", 0, form)).toBe(second);
    expect(desk.find(app, "t", 0, form)).toBe(third);
    expect(desk.find(app, "S", 0, form)).toBe(0);
    expect(desk.find(api, "s", 0, form)).toBe(0);
    expect(desk.bind(api, "s", desk.backends(api)[0])).toBe(true);
    expect(desk.find(api, "s", 0, form)).toBe(desk.backends(api)[0]);
    expect(desk.find(app, "s", 0, form)).toBe(second);
    expect(desk.count).toBe(3);
  });

  test("is bound anew by the next request that is", () => {
    const desk = new SessionDesk();
    const app = desk.group("app", 2);
    const [first, second] = desk.backends(app);
    desk.bind(app, "s", first);
    desk.bind(app, "s", second);
    expect(desk.find(app, "s")).toBe(second);
    expect(desk.count).toBe(1);
  });

  test("is nothing without a cookie, with an empty value, or with one that is too long", () => {
    const desk = new SessionDesk(0, { sessionBytesMax: lbTiny.sessionBytesMax });
    const app = desk.group("app", 1);
    const [backend] = desk.backends(app);
    const longest = "v".repeat(lbTiny.sessionBytesMax);
    const used = desk.usedBytes();
    for (const session of [null, "", " ", `${longest}v`]) {
      expect(desk.bind(app, session, backend)).toBe(false);
      expect(desk.find(app, session)).toBe(0);
    }
    expect([desk.usedBytes(), desk.count, desk.unbound]).toEqual([used, 0, 0]);
    expect(desk.bind(app, longest, backend)).toBe(true);
    expect(desk.find(app, longest)).toBe(backend);
    expect(desk.find(app, `${longest}v`)).toBe(0);
  });

  test("is nothing where no cookie is configured", () => {
    const desk = new SessionDesk();
    const app = desk.group("app", 1);
    desk.bind(app, "s", desk.backends(app)[0]);
    const policy = Balancer.policy.at(desk.balancer);
    textFree(desk.heap, Policy.sessionCookie.get(desk.memory, policy));
    Policy.sessionCookie.set(desk.memory, policy, 0);
    expect(desk.find(app, "s")).toBe(0);
    expect(desk.bind(app, "t", desk.backends(app)[0])).toBe(false);
  });
});

describe("a session whose backend", () => {
  test("is unhealthy or drains leads nowhere, until it is back or the session is bound anew", () => {
    const desk = new SessionDesk();
    const app = desk.group("app", 3);
    const [first, second] = desk.backends(app);
    desk.bind(app, "s", first);
    desk.bind(app, "t", first);
    desk.health(app, 0, false);
    expect(desk.find(app, "s")).toBe(0);
    desk.bind(app, "t", second);
    desk.health(app, 0, true);
    expect(desk.find(app, "s")).toBe(first);
    expect(desk.find(app, "t")).toBe(second);
    Backend.activeConnections.set(desk.memory, first, 1);
    desk.drain(app, 0, 100);
    expect(desk.find(app, "s")).toBe(0);
  });

  test("is gone leads nowhere, also when another has its place", () => {
    const desk = new SessionDesk(0, { directoryMax: 3 });
    const app = desk.group("app", 3);
    const [first] = desk.backends(app);
    desk.bind(app, "s", first);
    desk.remove(app, first);
    expect(desk.find(app, "s")).toBe(0);
    const added = desk.member(app, "10.0.0.1");
    expect(Backend.handle.get(desk.memory, added)).not.toBe(0);
    expect(desk.find(app, "s")).toBe(0);
    expect(desk.count).toBe(1);
    desk.bind(app, "s", added);
    expect(desk.find(app, "s")).toBe(added);
  });

  test("belongs to another group leads nowhere", () => {
    const desk = new SessionDesk();
    const [app, api] = [desk.group("app", 2), desk.group("api", 2)];
    desk.bind(app, "s", desk.backends(app)[0]);
    desk.bind(api, "x", desk.backends(api)[0]);
    Group.sessionSpace.set(desk.memory, api, Group.sessionSpace.get(desk.memory, app));
    expect(desk.find(api, "s")).toBe(0);
    expect(groupPosition(desk.memory, app, desk.find(app, "s") as BackendAddress)).toBe(0);
  });
});

describe("a session ends", () => {
  test("when its ticks have passed since the last request, not a tick earlier", () => {
    const desk = new SessionDesk(10);
    const app = desk.group("app", 1);
    const [backend] = desk.backends(app);
    desk.bind(app, "s", backend, 100);
    expect(desk.find(app, "s", 109)).toBe(backend);
    expect(desk.find(app, "s", 118)).toBe(backend);
    expect(desk.find(app, "s", 128)).toBe(0);
    // To ask for one that has ended does not revive it.
    expect(desk.find(app, "s", 128)).toBe(0);
    sessionsExpire(desk.heap, desk.balancer, 127);
    expect(desk.count).toBe(1);
    sessionsExpire(desk.heap, desk.balancer, 128);
    expect(desk.count).toBe(0);
    expect(desk.bind(app, "s", backend, 128)).toBe(true);
    expect(desk.find(app, "s", 137)).toBe(backend);
  });

  test("never if its ticks are 0", () => {
    const desk = new SessionDesk(0);
    const app = desk.group("app", 1);
    desk.bind(app, "s", desk.backends(app)[0], 5);
    sessionsExpire(desk.heap, desk.balancer, Number.MAX_SAFE_INTEGER);
    expect(desk.find(app, "s", Number.MAX_SAFE_INTEGER)).toBe(desk.backends(app)[0]);
  });

  test("in the order of last use, of which an unhealthy backend's is one", () => {
    const desk = new SessionDesk(10);
    const app = desk.group("app", 2);
    const [first, second] = desk.backends(app);
    for (const [session, tick] of [["a", 0], ["b", 1], ["c", 2]] as const) desk.bind(app, session, second, tick);
    desk.health(app, 1, false);
    expect(desk.find(app, "a", 5)).toBe(0);
    sessionsExpire(desk.heap, desk.balancer, 12);
    expect(desk.count).toBe(1);
    desk.health(app, 1, true);
    expect(desk.find(app, "a", 14)).toBe(second);
    expect(desk.bind(app, "b", first, 14)).toBe(true);
  });

  test("a tick that lies before the latest use counts as that one", () => {
    const desk = new SessionDesk(10);
    const app = desk.group("app", 1);
    const [backend] = desk.backends(app);
    desk.bind(app, "a", backend, 100);
    desk.bind(app, "b", backend, 50);
    sessionsExpire(desk.heap, desk.balancer, 60);
    expect(desk.find(app, "b", 109)).toBe(backend);
    sessionsExpire(desk.heap, desk.balancer, 110);
    expect(desk.find(app, "a", 110)).toBe(0);
    expect(desk.find(app, "b", 110)).toBe(backend);
    expect(desk.count).toBe(1);
  });
});

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
    let attempts = 1;
    while (!desk.bind(app, "new", second)) attempts++;
    expect(attempts).toBeLessThanOrEqual(11);
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

test("beside a plain map, in any history", () => {
  const step = fc.record({ act: fc.constantFrom("find", "find", "bind", "expire"), group: fc.nat(1), session: fc.nat(6), backend: fc.nat(1), wait: fc.constantFrom(0, 0, 1, 3, 9, 10, 11, -4) });
  fc.assert(
    fc.property(fc.constantFrom(0, 10), fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 100 }), (ticks, sessionsMax, steps) => {
      const desk = new SessionDesk(ticks, smallLimits({ sessionsMax }), 32_768);
      const groups = [desk.group("app", 2), desk.group("api", 2)];
      const backends = groups.map((group) => desk.backends(group));
      const model = new Map<string, { backend: BackendAddress; last: number }>();
      let tick = 20;
      let latest = 0;
      let unbound = 0;
      for (const { act, group, session, backend, wait } of steps) {
        tick = Math.max(0, tick + wait);
        const key = `${group} ${session}`;
        // The latest use that is remembered is the clock.
        latest = Math.max(tick, ...[...model.values()].map(({ last }) => last));
        const ended = (last: number): boolean => ticks > 0 && latest - last >= ticks;
        const expire = (): void => {
          for (const [name, { last }] of model) if (ended(last)) model.delete(name);
        };
        const known = model.get(key);
        if (act === "find") {
          const found = desk.find(groups[group], `s${session}`, tick);
          const alive = known !== undefined && !ended(known.last);
          expect(found).toBe(alive ? known.backend : 0);
          if (alive) known.last = latest;
        } else if (act === "bind") {
          if (known === undefined && model.size === sessionsMax) expire();
          const room = known !== undefined || model.size < sessionsMax;
          if (room) model.set(key, { backend: backends[group][backend], last: latest });
          else unbound += 1;
          expect(desk.bind(groups[group], `s${session}`, backends[group][backend], tick)).toBe(room);
        } else {
          expire();
          sessionsExpire(desk.heap, desk.balancer, tick);
        }
        expect(desk.count).toBe(model.size);
      }
      expect(desk.unbound).toBe(unbound);
      desk.check();
    }),
    { seed: 1, numRuns: 400 },
  );
});
