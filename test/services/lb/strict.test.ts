import { describe, expect, test } from "vitest";
import { Outcome } from "../../../services/lb/api.ts";
import { LbErrno } from "../../../services/lb/control.ts";
import { Group } from "../../../services/lb/group/group.ts";
import { END_RETRY, WAITING, admitFlow, connectionsDropOwner } from "../../../services/lb/strict.ts";
import { AdmittingDesk } from "./connection/admitting.ts";
import { NET } from "./connection/strict-desk.ts";

const members = (group: string, count: number): string => Array.from({ length: count }, (_, i) => `member=${group}:10.0.0.${i + 1}:80\n`).join("");
const one = (rest = "", count = 2, algorithm = "rr"): string => `semantics=strict\ngroup=app:${algorithm}\n${members("app", count)}default=app\n${rest}`;

describe("a request", () => {
  test("goes to its group's backends by the group's algorithm, and has a connection", () => {
    const desk = new AdmittingDesk(one());
    expect(desk.admit({ cycle: 5 })).toBe(Outcome.routed);
    expect(desk.chosen).toEqual({ group: desk.named("app"), position: 0, connection: 0x1_0001 });
    expect(desk.admit()).toBe(Outcome.routed);
    expect(desk.chosen.position).toBe(1);
    expect(desk.open(desk.named("app"))).toEqual([1, 1]);
    expect(desk.end(0x1_0001)).toBe(0);
    expect(desk.end(0x1_0001)).toBe(LbErrno.connectionNotFound);
    expect(desk.open(desk.named("app"))).toEqual([0, 1]);
  });

  test("is judged by rate, rules, group, and limits, in this order", () => {
    const desk = new AdmittingDesk(
      `semantics=strict\nrate_limit_rps=1\nrate_limit_burst=6\ngroup=app:rr\n${members("app", 1)}max_connections=app:1\ngroup=none:rr\nroute=/app::app\nroute=/none::none\n`,
    );
    expect(desk.admit({ path: "/nowhere" })).toBe(Outcome.noRouteMatch);
    expect(desk.chosen).toEqual({ group: 0, position: -1, connection: 0 });
    expect(desk.admit({ path: "/none" })).toBe(Outcome.noHealthyBackend);
    expect(desk.chosen).toEqual({ group: desk.named("none"), position: -1, connection: 0 });
    expect(desk.admit({ path: "/app" })).toBe(Outcome.routed);
    expect(desk.admit({ path: "/app" })).toBe(Outcome.overloaded);
    expect(desk.chosen).toEqual({ group: desk.named("app"), position: -1, connection: 0 });
    desk.health(desk.named("app"), 0, false);
    expect(desk.admit({ path: "/app" })).toBe(Outcome.noHealthyBackend);
    expect(desk.admit({ path: "/nowhere" })).toBe(Outcome.noRouteMatch);
    for (const path of ["/app", "/nowhere", "/none"]) {
      expect(desk.admit({ path })).toBe(Outcome.rateLimitExceeded);
      expect(desk.chosen).toEqual({ group: 0, position: -1, connection: 0 });
    }
    const group = desk.named("app");
    expect([Group.routed, Group.overloaded, Group.refused].map((field) => field.get(desk.memory, group))).toEqual([1, 1, 1]);
  });

  test("finds another backend if one is full, waits if all are, and is refused if it may not", () => {
    const desk = new AdmittingDesk(one("backend_max_connections=app:1\nmax_pending=app:1:5\n"));
    expect([1, 2, 3, 4].map((ticket) => desk.admit({ ticket }))).toEqual([Outcome.routed, Outcome.routed, WAITING, Outcome.overloaded]);
    expect(desk.chosen).toEqual({ group: desk.named("app"), position: -1, connection: 0 });
    expect(desk.end(0x1_0002)).toBe(0);
    expect(desk.told()).toEqual([{ ticket: 3, outcome: Outcome.routed, group: desk.named("app"), position: 1, connection: 0x1_0003 }]);
  });

  test("that waits goes before one that comes later, also if time made the room", () => {
    const desk = new AdmittingDesk(one("max_pending=app:4:50\neject=app:1:10:50\nbackend_max_connections=app:1\n"));
    expect(desk.admit()).toBe(Outcome.routed);
    desk.end(desk.chosen.connection, 1);
    expect(desk.admit()).toBe(Outcome.routed);
    expect(desk.chosen.position).toBe(1);
    expect([1, 2].map((ticket) => desk.admit({ ticket, tick: 9 }))).toEqual([WAITING, WAITING]);
    // The ejected backend is back: the first takes it, and this one waits.
    expect(desk.admit({ ticket: 3, tick: 10 })).toBe(WAITING);
    expect(desk.told().map(({ ticket, position }) => [ticket, position])).toEqual([[1, 0]]);
  });

  test("is refused when the table of connections is full, whatever may wait", () => {
    const desk = new AdmittingDesk(one("max_pending=app:4:5\ngroup=none:rr\nroute=/none::none\n"));
    for (let i = 0; i < 6; i++) expect(desk.admit()).toBe(Outcome.routed);
    expect(desk.admit()).toBe(Outcome.overloaded);
    expect(desk.admit({ path: "/none" })).toBe(Outcome.noHealthyBackend);
    desk.end(0x1_0003);
    expect(desk.admit()).toBe(Outcome.routed);
    expect(desk.admit()).toBe(Outcome.overloaded);
  });

  test("is refused when all that may wait do, in all groups together", () => {
    const desk = new AdmittingDesk(`semantics=strict\ngroup=a:rr\ngroup=b:rr\n${members("a", 1)}${members("b", 1)}route=/a::a\nroute=/b::b\nmax_connections=a:1\nmax_connections=b:1\nmax_pending=a:3:5\nmax_pending=b:3:5\n`);
    const outcomes = ["/a", "/b", "/a", "/a", "/a", "/a", "/b", "/b"].map((path) => desk.admit({ path }));
    expect(outcomes).toEqual([Outcome.routed, Outcome.routed, WAITING, WAITING, WAITING, Outcome.overloaded, WAITING, Outcome.overloaded]);
  });

  test("of a new client is refused when memory has ended; a new session of a known one is not kept", () => {
    const desk = new AdmittingDesk(one("session=\n", 2));
    expect(desk.admit()).toBe(Outcome.routed);
    desk.allocationsLeft = 0;
    const used = desk.usedBytes();
    // The table of limiters has room for some more.
    let last = 1;
    while (last < 100 && desk.admit({ client: [10, 9, 9, last] }) === Outcome.routed) desk.end(desk.chosen.connection, last++ % 2);
    expect(desk.admit({ client: [10, 9, 9, 100] })).toBe(Outcome.limiterFull);
    expect(desk.chosen).toEqual({ group: 0, position: -1, connection: 0 });
    const positions = [0, 1].map(() => (desk.admit({ session: "s" }), desk.chosen.position));
    expect(new Set(positions).size).toBe(2);
    expect(desk.usedBytes()).toBe(used);
    desk.check();
  });

  test("takes no memory once its client and session are known", () => {
    const desk = new AdmittingDesk(one("session=\nrate_limit_rps=100000\nrate_limit_burst=100000\nmax_pending=app:4:5\nmax_connections=app:2\nretry_budget=app:100:2\n", 3));
    desk.admit({ session: "s" });
    desk.end(desk.chosen.connection);
    const used = desk.usedBytes();
    desk.allocationsLeft = 0;
    for (let i = 0; i < 100; i++) {
      expect(desk.admit({ session: "s" })).toBe(Outcome.routed);
      const { connection } = desk.chosen;
      expect(desk.admit()).toBe(Outcome.routed);
      const other = desk.chosen.connection;
      expect(desk.admit({ session: "s" })).toBe(WAITING);
      expect(desk.end(connection, END_RETRY)).toBe(0);
      expect(desk.end(desk.chosen.connection)).toBe(0);
      expect(desk.end(other, 1)).toBe(0);
      for (const { connection: last } of desk.told()) desk.end(last);
      expect(desk.usedBytes()).toBe(used);
    }
  });
});

describe("a session", () => {
  const sticky = one("session=\nbackend_max_connections=app:1\nmax_pending=app:4:5\n", 3);

  test("stays with its backend, whatever the group would choose", () => {
    const desk = new AdmittingDesk(one("session=\n", 3));
    desk.admit();
    desk.admit({ session: "s" });
    expect(desk.chosen.position).toBe(1);
    for (let i = 0; i < 4; i++) {
      desk.end(desk.chosen.connection);
      desk.admit({ session: "s" });
      expect(desk.chosen.position).toBe(1);
    }
  });

  test("goes elsewhere while its backend is full, if it may not wait for it, and comes back", () => {
    const desk = new AdmittingDesk(sticky);
    desk.admit({ session: "s" });
    const { position, connection } = desk.chosen;
    expect(desk.admit({ session: "s" })).toBe(Outcome.routed);
    expect(desk.chosen.position).not.toBe(position);
    desk.end(connection);
    expect(desk.admit({ session: "s" })).toBe(Outcome.routed);
    expect(desk.chosen.position).toBe(position);
  });

  test("waits for its backend if it may, though others have room; others go past", () => {
    const desk = new AdmittingDesk(`${sticky}backend_max_pending=app:1\n`);
    desk.admit({ session: "s" });
    const { position, connection } = desk.chosen;
    expect(desk.admit({ session: "s", ticket: 1 })).toBe(WAITING);
    // One more would be too many: that one goes elsewhere.
    expect(desk.admit({ session: "s", ticket: 2 })).toBe(Outcome.routed);
    expect(desk.chosen.position).not.toBe(position);
    expect(desk.admit({ ticket: 3 })).toBe(Outcome.routed);
    expect(desk.admit({ ticket: 4 })).toBe(WAITING);
    desk.end(connection);
    expect(desk.told().map((told) => [told.ticket, told.position])).toEqual([[1, position]]);
  });

  test("goes elsewhere when its backend has room in its queue, but the group's queue has none", () => {
    const desk = new AdmittingDesk(one("session=\nbackend_max_connections=app:1\nmax_pending=app:1:5\nbackend_max_pending=app:2\n", 3));
    desk.admit({ session: "s" });
    expect([1, 2].map((ticket) => desk.admit({ session: "s", ticket }))).toEqual([WAITING, Outcome.routed]);
  });

  test("waits for its backend when the group is full", () => {
    const desk = new AdmittingDesk(one("session=\nmax_connections=app:2\nmax_pending=app:4:5\nbackend_max_pending=app:1\n", 2));
    desk.admit({ session: "s" });
    desk.admit();
    const other = desk.chosen.connection;
    expect(desk.admit({ session: "s", ticket: 1 })).toBe(WAITING);
    desk.end(other);
    expect(desk.told().map((told) => [told.ticket, told.position])).toEqual([[1, 0]]);
  });

  test("also waits for a backend that nobody else is sent to", () => {
    const desk = new AdmittingDesk(one("session=\n", 1));
    desk.admit({ session: "s" });
    const { connection } = desk.chosen;
    desk.reload(`semantics=strict\ngroup=app:rr\nmember=app:10.0.0.1:80:0\ndefault=app\nsession=\nmax_connections=app:1\nmax_pending=app:4:5\nbackend_max_pending=app:1\n`);
    expect(desk.admit({ ticket: 1 })).toBe(Outcome.noHealthyBackend);
    expect(desk.admit({ session: "s", ticket: 2 })).toBe(WAITING);
    desk.end(connection);
    expect(desk.told().map((told) => [told.ticket, told.position])).toEqual([[2, 0]]);
  });

  test("is let in there though others, who came before, find no room", () => {
    const text = (weight: number): string => `semantics=strict\ngroup=app:rr\nmember=app:10.0.0.1:80:${weight}\nmember=app:10.0.0.2:80\ndefault=app\nsession=\nbackend_max_connections=app:1\nmax_pending=app:4:5\nbackend_max_pending=app:1\n`;
    const desk = new AdmittingDesk(text(1));
    desk.admit({ session: "s" });
    const { connection } = desk.chosen;
    desk.reload(text(0));
    expect([0, 1].map((ticket) => desk.admit({ ticket }))).toEqual([Outcome.routed, WAITING]);
    expect(desk.admit({ session: "s", ticket: 2 })).toBe(WAITING);
    desk.end(connection);
    expect(desk.told().map((told) => [told.ticket, told.position])).toEqual([[2, 0]]);
  });

  test("is bound anew when its backend goes out of service", () => {
    const desk = new AdmittingDesk(one("session=\n", 3));
    desk.admit({ session: "s" });
    const { position } = desk.chosen;
    const group = desk.named("app");
    desk.health(group, position, false);
    desk.admit({ session: "s" });
    const again = desk.chosen.position;
    expect(again).not.toBe(position);
    desk.health(group, position, true);
    for (let i = 0; i < 3; i++) {
      desk.admit({ session: "s" });
      expect(desk.chosen.position).toBe(again);
    }
  });
});

describe("a flow", () => {
  test("has the same limits, and never waits", () => {
    const desk = new AdmittingDesk(one("max_connections=app:2\nmax_pending=app:4:5\nretry_budget=app:100:5\n", 2));
    const group = desk.named("app");
    const flow = (): number => {
      desk.shared.u8.set([10, 1, 1, 7], 64);
      return admitFlow(desk.memory, desk.balancer, group, desk.shared, 64, 4, 0, 0, NET);
    };
    expect([flow(), flow(), flow()]).toEqual([Outcome.routed, Outcome.routed, Outcome.overloaded]);
    expect(desk.chosen).toEqual({ group, position: -1, connection: 0 });
    expect(desk.admit({ ticket: 5 })).toBe(WAITING);
    expect(desk.end(0x1_0001, END_RETRY)).toBe(LbErrno.retryRefused);
    expect(desk.told().map(({ ticket }) => ticket)).toEqual([5]);
    expect(flow()).toBe(Outcome.overloaded);
    for (const position of [0, 1]) desk.health(group, position, false);
    expect(flow()).toBe(Outcome.noHealthyBackend);
    connectionsDropOwner(desk.heap, desk.balancer, NET, 0, 0);
    expect(Group.activeConnections.get(desk.memory, group)).toBe(1);
  });

  test("is hashed by the client's address, as a request of the same client is", () => {
    const desk = new AdmittingDesk(one("", 5, "rendezvous"));
    const group = desk.named("app");
    for (let last = 0; last < 40; last++) {
      desk.shared.u8.set([192, 168, 1, last], 64);
      expect(admitFlow(desk.memory, desk.balancer, group, desk.shared, 64, 4, 0, 0, NET)).toBe(Outcome.routed);
      const { position, connection } = desk.chosen;
      desk.end(connection);
      desk.admit({ client: [192, 168, 1, last], path: `/${last}` });
      expect(desk.chosen.position).toBe(position);
      desk.end(desk.chosen.connection);
    }
  });
});
