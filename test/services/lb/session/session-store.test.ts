import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { groupPosition } from "../../../../services/lb/group/position.ts";
import { Policy } from "../../../../services/lb/policy.ts";
import { HeaderForm } from "../../../../services/lb/request-view.ts";
import { sessionStoreClear, sessionsExpire } from "../../../../services/lb/session/session-store.ts";
import { textFree } from "../../../../services/lb/text.ts";
import { lbTiny } from "../../../../services/limits.ts";
import { SessionDesk } from "./session-desk.ts";

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

  test("when all are forgotten, and so does the time that they knew", () => {
    const desk = new SessionDesk(10);
    const app = desk.group("app", 1);
    const [backend] = desk.backends(app);
    desk.bind(app, "s", backend, 1000);
    sessionStoreClear(desk.heap, desk.balancer);
    expect(desk.find(app, "s", 1000)).toBe(0);
    desk.bind(app, "t", backend, 5);
    expect(desk.find(app, "t", 6)).toBe(backend);
    sessionsExpire(desk.heap, desk.balancer, 16);
    expect(desk.count).toBe(0);
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
