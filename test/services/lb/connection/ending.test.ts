import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { Outcome } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { ConnectionTable, Pending } from "../../../../services/lb/connection/records.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { vipAt, vipGroup } from "../../../../services/lb/l4.ts";
import { bucketOf, histogramBucket } from "../../../../services/lb/metrics/histogram.ts";
import { Measures, measuresCreate } from "../../../../services/lb/metrics/measured.ts";
import { sessionStoreCount } from "../../../../services/lb/session/session-store.ts";
import { END_RETRY, WAITING, admitFlow, connectionsDropOwner, serveWaiting } from "../../../../services/lb/strict.ts";
import { AdmittingDesk } from "./admitting.ts";
import { NET, OPERATOR } from "./strict-desk.ts";

const members = (group: string, count: number): string => Array.from({ length: count }, (_, i) => `member=${group}:10.0.0.${i + 1}:80\n`).join("");
const one = (rest = "", count = 2, algorithm = "rr"): string => `semantics=strict\ngroup=app:${algorithm}\n${members("app", count)}default=app\n${rest}`;

describe("the end of a connection", () => {
  test("says what the backend is worth: how long it took, and whether it failed", () => {
    const desk = new AdmittingDesk(one("eject=app:2:100:50\n", 2, "peakewma"));
    const group = desk.named("app");
    desk.admit({ cycle: 1000 });
    const first = desk.chosen;
    expect(desk.end(first.connection, 0, { latencyCycles: -1, cycle: 5000 })).toBe(0);
    const backend = desk.backends(group)[first.position]!;
    expect(Backend.latencyCycles.get(desk.memory, backend)).toBe(4000);
    expect([Backend.finished, Backend.failed].map((field) => field.get(desk.memory, backend))).toEqual([1, 0]);
    desk.health(group, 1 - first.position, false);
    for (let i = 0; i < 2; i++) {
      desk.admit();
      desk.end(desk.chosen.connection, 1);
    }
    expect([Backend.finished, Backend.failed, Backend.ejected].map((field) => field.get(desk.memory, backend))).toEqual([1, 2, 1]);
  });

  test("lets a draining member go, and with it those that waited for it", () => {
    const desk = new AdmittingDesk(one("max_pending=app:4:5\nbackend_max_connections=app:1\n", 2));
    const group = desk.named("app");
    desk.admit();
    const { connection } = desk.chosen;
    desk.admit();
    desk.admit({ ticket: 1 });
    desk.drain(group, 0, 100);
    expect(desk.open(group)).toEqual([1, 1]);
    desk.end(connection);
    expect(desk.open(group)).toEqual([1]);
    expect(desk.told()).toEqual([]);
    desk.drain(group, 0, 100);
    desk.advance(99);
    expect(desk.open(group)).toEqual([1]);
    desk.advance(100);
    expect(desk.open(group)).toEqual([]);
    expect(desk.told().map(({ ticket, outcome }) => [ticket, outcome])).toEqual([[1, Outcome.overloaded]]);
  });

  test("leaves a retry chosen, whoever else is let in by it", () => {
    const desk = new AdmittingDesk(one("retry_budget=app:0:1\nbackend_max_connections=app:1\nmax_pending=app:4:50\n", 3));
    const names = [0, 1].map(() => (desk.admit(), desk.chosen.connection));
    desk.drain(desk.named("app"), 2, 0);
    desk.health(desk.named("app"), 2, false);
    expect(desk.admit({ ticket: 7 })).toBe(WAITING);
    desk.policy(desk.named("app"), { pendingMax: 0 });
    desk.health(desk.named("app"), 2, true);
    expect(desk.end(names[1]!, END_RETRY)).toBe(0);
    const { position, connection } = desk.chosen;
    expect(desk.open(desk.named("app"))).toEqual([1, 1, 1]);
    expect(desk.told().map((told) => [told.ticket, told.position])).toEqual([[7, 1]]);
    expect(position).toBe(2);
    expect(desk.end(connection)).toBe(0);
    expect(desk.open(desk.named("app"))).toEqual([1, 1, 0]);
  });

  test("sends a retry where its own request's key leads, whoever came between", () => {
    const desk = new AdmittingDesk(one("rate_limit_burst=1000\nretry_budget=app:0:9\n", 5, "rendezvous"));
    const second = (last: number, between: boolean): number => {
      desk.admit({ client: [10, 0, 0, last] });
      const { connection } = desk.chosen;
      if (between) {
        desk.admit({ client: [10, 0, 1, last] });
        desk.end(desk.chosen.connection);
      }
      desk.end(connection, END_RETRY);
      const { position } = desk.chosen;
      desk.end(desk.chosen.connection);
      return position;
    };
    for (let last = 0; last < 30; last++) expect(second(last, true)).toBe(second(last, false));
  });

  test("makes room in the table for whoever waits there, in whatever group", () => {
    const two = `semantics=strict\ngroup=a:rr\ngroup=b:rr\n${members("a", 1)}${members("b", 2)}route=/a::a\nroute=/b::b\nmax_connections=a:1\nmax_pending=a:3:5\n`;
    const desk = new AdmittingDesk(two);
    desk.admit({ path: "/a" });
    expect(desk.admit({ path: "/a", ticket: 1 })).toBe(WAITING);
    const names = [0, 1, 2, 3, 4].map(() => (desk.admit({ path: "/b" }), desk.chosen));
    expect(desk.admit({ path: "/b" })).toBe(Outcome.overloaded);
    expect(ConnectionTable.refused.get(desk.memory, Balancer.connections.at(desk.balancer))).toBe(1);
    desk.policy(desk.named("a"), { connectionsMax: 3 });
    serveWaiting(desk.memory, desk.balancer, 0, 0);
    expect(desk.told()).toEqual([]);
    desk.end(names[0]!.connection);
    expect(desk.told().map(({ ticket }) => ticket)).toEqual([1]);
    expect(desk.admit({ path: "/a", ticket: 2 })).toBe(Outcome.overloaded);
    // Also where the connection's backend is gone.
    desk.end(names[1]!.connection);
    desk.policy(desk.named("a"), { connectionsMax: 2 });
    expect(desk.admit({ path: "/a", ticket: 3 })).toBe(WAITING);
    desk.admit({ path: "/b" });
    desk.remove(desk.named("b"), desk.backends(desk.named("b"))[names[2]!.position]!);
    desk.policy(desk.named("a"), { connectionsMax: 3 });
    expect(desk.end(names[2]!.connection)).toBe(0);
    expect(desk.told().map(({ ticket }) => ticket)).toEqual([3]);
  });

  test("is measured, if there is room to measure", () => {
    const desk = new AdmittingDesk(one());
    measuresCreate(desk.heap, desk.balancer);
    const measured = Measures.connectionCycles.at(Balancer.measures.get(desk.memory, desk.balancer) as Address<"Measures">);
    for (const latencyCycles of [3, 3, 7]) {
      desk.admit();
      desk.end(desk.chosen.connection, 0, { latencyCycles });
    }
    expect([3, 7, 8].map((cycles) => histogramBucket(desk.memory, measured, bucketOf(cycles)))).toEqual([2, 1, 0]);
  });
});

describe("as time goes on", () => {
  test("sessions end", () => {
    const desk = new AdmittingDesk(one("session=:100\n"));
    for (const session of ["s", "t"]) desk.admit({ session, tick: session === "s" ? 5 : 50 });
    desk.advance(104);
    expect(sessionStoreCount(desk.memory, desk.balancer)).toBe(2);
    desk.advance(105);
    expect(sessionStoreCount(desk.memory, desk.balancer)).toBe(1);
  });

  test("members of virtual IPs that drain leave at their deadline, or when their last flow has ended", () => {
    const desk = new AdmittingDesk("semantics=strict\nvip=10.9.9.9:80:rr\nbackend=10.9.9.9:80:10.0.0.1:80\nbackend=10.9.9.9:80:10.0.0.2:80\nbackend=10.9.9.9:80:10.0.0.3:80\n");
    const group = vipGroup(desk.memory, vipAt(desk.memory, Balancer.transport.at(desk.balancer), 0));
    const names = [0, 1].map(() => (admitFlow(desk.memory, desk.balancer, group, desk.shared, 64, 4, 0, 0, NET), desk.chosen.connection));
    desk.drain(group, 0, 50);
    desk.drain(group, 1, 90);
    expect(desk.open(group)).toEqual([1, 1, 0]);
    desk.advance(50);
    expect(desk.open(group)).toEqual([1, 0]);
    desk.end(names[1]!, 0, { tick: 60 });
    expect(desk.open(group)).toEqual([0]);
    expect(desk.end(names[0]!, 0, { tick: 60 })).toBe(0);
  });
});

describe("an owner who is gone", () => {
  test("was the last for members that drain: they leave", () => {
    const desk = new AdmittingDesk(one("", 2));
    desk.admit({ owner: NET });
    desk.drain(desk.named("app"), 0, 1000);
    expect(desk.open(desk.named("app"))).toEqual([1, 0]);
    connectionsDropOwner(desk.heap, desk.balancer, NET, 0, 0);
    expect(desk.open(desk.named("app"))).toEqual([0]);
  });
});

describe("a reload", () => {
  const full = one("max_connections=app:1\nmax_pending=app:4:50\n", 2);

  test("keeps connections and those that wait; a limit that rises lets them in, in order", () => {
    const desk = new AdmittingDesk(full);
    expect([0, 1, 2, 3].map((ticket) => desk.admit({ ticket }))).toEqual([Outcome.routed, WAITING, WAITING, WAITING]);
    const first = 0x1_0001;
    desk.reload(one("max_connections=app:3\nmax_pending=app:4:50\n", 2));
    serveWaiting(desk.memory, desk.balancer, 0, 0);
    expect(desk.told().map(({ ticket, outcome }) => [ticket, outcome])).toEqual([[1, Outcome.routed], [2, Outcome.routed]]);
    expect(Group.activeConnections.get(desk.memory, desk.named("app"))).toBe(3);
    expect(desk.end(first)).toBe(0);
    expect(desk.told().map(({ ticket }) => ticket)).toEqual([3]);
  });

  test("with a lower limit lets nobody in until enough have ended", () => {
    const desk = new AdmittingDesk(one("max_pending=app:4:50\n", 2));
    const names = [0, 1, 2].map(() => (desk.admit(), desk.chosen.connection));
    desk.reload(full);
    expect(desk.admit({ ticket: 9 })).toBe(WAITING);
    expect(names.map((name) => (desk.end(name), desk.told().length))).toEqual([0, 0, 1]);
  });

  test("without the group refuses those that wait, and forgets its connections", () => {
    const desk = new AdmittingDesk(full);
    desk.admit();
    desk.admit({ ticket: 1 });
    const connection = 0x1_0001;
    desk.reload(`semantics=strict\ngroup=other:rr\n${members("other", 1)}default=other\n`);
    expect(desk.told()).toEqual([{ ticket: 1, outcome: Outcome.backendGroupNotFound, group: 0, position: -1, connection: 0 }]);
    expect(desk.end(connection)).toBe(0);
    expect(desk.end(connection)).toBe(LbErrno.connectionNotFound);
  });

  test("without the backend forgets its connections only", () => {
    const desk = new AdmittingDesk(one("", 2));
    const names = [0, 1].map(() => (desk.admit(), desk.chosen.connection));
    desk.reload(one("", 1));
    expect(desk.open(desk.named("app"))).toEqual([1]);
    expect(Group.activeConnections.get(desk.memory, desk.named("app"))).toBe(1);
    for (const name of names) expect(desk.end(name)).toBe(0);
    expect(desk.open(desk.named("app"))).toEqual([0]);
  });

  test("to the seed's semantics ends everything, and gives it back", () => {
    const veridian = "group=app:rr\nmember=app:10.0.0.1:80\ndefault=app\n";
    const plain = new AdmittingDesk(veridian);
    const desk = new AdmittingDesk(full);
    desk.admit();
    desk.admit({ ticket: 1 });
    desk.admit({ ticket: 2, owner: NET });
    desk.reload(veridian);
    expect(desk.told()).toEqual([]);
    expect(desk.told(NET)).toEqual([{ ticket: 2, outcome: Outcome.backendGroupNotFound, group: 0, position: -1, connection: 0 }]);
    expect(desk.usedBytes()).toBe(plain.usedBytes());
    expect(desk.end(0x1_0001)).toBe(LbErrno.connectionNotFound);
    expect(Pending.waiting.get(desk.memory, Balancer.pending.at(desk.balancer))).toBe(0);
    desk.check();
  });
});

describe("fresh", () => {
  test("gives back all that requests and connections took", () => {
    const desk = new AdmittingDesk(one("session=\nmax_connections=app:2\nmax_pending=app:4:50\n", 2, "maglev"));
    for (let i = 0; i < 6; i++) desk.admit({ ticket: i, owner: OPERATOR, session: `s${i}`, client: [10, 0, 0, i] });
    desk.run({ op: "new" });
    expect(desk.usedBytes()).toBe(0);
    desk.check();
  });

  test("a balancer with the seed's semantics has no tables", () => {
    const desk = new AdmittingDesk("group=app:rr\nmember=app:10.0.0.1:80\ndefault=app\n");
    expect([Balancer.directory, Balancer.connections, Balancer.pending].map((field) => desk.memory.i32[field.at(desk.balancer) >> 2])).toEqual([0, 0, 0]);
  });
});
