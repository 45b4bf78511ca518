import { describe, expect, test } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { placeFind, placeOpen } from "../../../../services/lb/connection/admission.ts";
import { connectionsEnd, groupWaitersCarry, groupWaitersEnd } from "../../../../services/lb/connection/carry.ts";
import { decidedDropOwner, decidedFirst, decidedPop } from "../../../../services/lb/connection/decided.ts";
import { closeConnection, connectionsDropOwner, serveWaiting } from "../../../../services/lb/connection/ending.ts";
import { pendingDropOwner, pendingEnter, pendingRoom, pendingRoomAt, pendingTick } from "../../../../services/lb/connection/pending.ts";
import { Pending, PendingEntry } from "../../../../services/lb/connection/records.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import type { PolicyNumbers } from "./strict-desk.ts";
import { NET, OPERATOR, StrictDesk, smallLimits } from "./strict-desk.ts";

class Queue extends StrictDesk {
  readonly waiters: GroupAddress;

  constructor(members: number, policy: PolicyNumbers) {
    super(smallLimits());
    this.waiters = this.group("g", members, policy);
  }

  /** Opens a connection if there is room. Its name, or why not. */
  take(group = this.waiters): number {
    this.wants();
    const position = placeFind(this.memory, this.balancer, group, 0 as BackendAddress, 0);
    if (position < 0) return position;
    placeOpen(this.memory, this.balancer, group, position, OPERATOR, 0, 0, 0);
    return this.chosen.connection;
  }

  wait(ticket: number, { owner = OPERATOR, backend = 0, tick = 0, group = this.waiters } = {}): boolean {
    if (!pendingRoom(this.memory, this.balancer, group)) return false;
    this.wants(ticket);
    pendingEnter(this.memory, this.balancer, group, backend as BackendAddress, owner, ticket, pendingTick(this.memory, this.balancer, tick));
    return true;
  }

  close(name: number, tick = 0): number {
    return closeConnection(this.heap, this.balancer, name, 0, 0, tick, 0);
  }

  serve(tick = 0): void {
    serveWaiting(this.memory, this.balancer, tick, 0);
  }

  /** All that were decided: ticket, outcome and position. */
  decided(owner = OPERATOR): [number, number, number][] {
    const told: [number, number, number][] = [];
    for (let entry = decidedFirst(this.heap, this.balancer, owner); entry !== 0; entry = decidedFirst(this.heap, this.balancer, owner)) {
      told.push([PendingEntry.ticket.get(this.memory, entry), PendingEntry.outcome.get(this.memory, entry), this.chosen.position]);
      decidedPop(this.heap, this.balancer, owner);
    }
    return told;
  }

  get numbers(): { waiting: number; decided: number; group: number } {
    const pending = Balancer.pending.at(this.balancer);
    return { waiting: Pending.waiting.get(this.memory, pending), decided: Pending.decided.get(this.memory, pending), group: Group.pendingCount.get(this.memory, this.waiters) };
  }
}

describe("requests that wait", () => {
  test("are let in one for each connection that ends, first come, first served", () => {
    const desk = new Queue(2, { backendConnectionsMax: 1, pendingMax: 4 });
    const names = [desk.take(), desk.take()];
    expect(desk.take()).toBe(-2);
    for (const ticket of [11, 12, 13]) expect(desk.wait(ticket)).toBe(true);
    expect(desk.numbers).toEqual({ waiting: 3, decided: 0, group: 3 });
    desk.close(names[1]!);
    expect(desk.numbers).toEqual({ waiting: 2, decided: 1, group: 2 });
    expect(desk.decided()).toEqual([[11, Outcome.routed, 1]]);
    desk.close(names[0]!);
    expect(desk.decided()).toEqual([[12, Outcome.routed, 0]]);
    desk.serve();
    expect(desk.decided()).toEqual([]);
    expect(desk.open(desk.waiters)).toEqual([1, 1]);
  });

  test("no more of a group than it says, nor of all than there are entries; decided ones take one until they are told", () => {
    const desk = new Queue(1, { connectionsMax: 1, pendingMax: 3 });
    const other = desk.group("h", 1, { connectionsMax: 1, pendingMax: 9 });
    const name = desk.take();
    desk.take(other);
    expect([1, 2, 3, 4].map((ticket) => desk.wait(ticket))).toEqual([true, true, true, false]);
    expect([5, 6].map((ticket) => desk.wait(ticket, { group: other }))).toEqual([true, false]);
    desk.close(name);
    expect(desk.wait(7)).toBe(false);
    expect(desk.wait(7, { group: other })).toBe(false);
    expect(desk.decided()).toEqual([[1, Outcome.routed, 0]]);
    expect(desk.wait(7, { group: other })).toBe(true);
    expect(desk.wait(8)).toBe(false);
  });

  test("are refused at their deadline, not before, also if time runs backwards", () => {
    const desk = new Queue(1, { connectionsMax: 1, pendingMax: 4, pendingTicksMax: 10 });
    const name = desk.take();
    desk.wait(1, { tick: 100 });
    desk.wait(2, { tick: 50 });
    desk.wait(3, { tick: 105 });
    desk.serve(109);
    expect(desk.decided()).toEqual([]);
    desk.serve(110);
    expect(desk.decided()).toEqual([[1, Outcome.overloaded, -1], [2, Outcome.overloaded, -1]]);
    expect(Group.overloaded.get(desk.memory, desk.waiters)).toBe(2);
    // Room that comes at the deadline comes too late.
    desk.close(name, 115);
    expect(desk.decided()).toEqual([[3, Outcome.overloaded, -1]]);
  });

  test("wait for ever if no tick is a limit", () => {
    const desk = new Queue(1, { connectionsMax: 1, pendingMax: 4 });
    desk.take();
    desk.wait(1, { tick: 100 });
    desk.serve(Number.MAX_SAFE_INTEGER);
    expect(desk.decided()).toEqual([]);
    desk.policy(desk.waiters, { pendingTicksMax: 10 });
    desk.wait(2, { tick: 5 });
    desk.serve(Number.MAX_SAFE_INTEGER);
    expect(desk.decided()).toEqual([[2, Outcome.overloaded, -1]]);
  });

  test("for one backend wait until that one has room; those behind them go past", () => {
    const desk = new Queue(2, { backendConnectionsMax: 1, pendingMax: 4, backendPendingMax: 1 });
    const [one, two] = desk.backends(desk.waiters) as [BackendAddress, BackendAddress];
    const names = [desk.take(), desk.take()];
    expect(pendingRoomAt(desk.memory, desk.waiters, two)).toBe(true);
    desk.wait(1, { backend: two });
    expect(pendingRoomAt(desk.memory, desk.waiters, two)).toBe(false);
    expect(pendingRoomAt(desk.memory, desk.waiters, one)).toBe(true);
    desk.wait(2);
    desk.close(names[0]!);
    expect(desk.decided()).toEqual([[2, Outcome.routed, 0]]);
    desk.close(names[1]!);
    expect(desk.decided()).toEqual([[1, Outcome.routed, 1]]);
    expect(pendingRoomAt(desk.memory, desk.waiters, two)).toBe(true);
  });

  test("for a backend that is out of service take any", () => {
    const desk = new Queue(3, { backendConnectionsMax: 1, pendingMax: 4, backendPendingMax: 2 });
    const [one, two] = desk.backends(desk.waiters) as [BackendAddress, BackendAddress, BackendAddress];
    const names = [desk.take(), desk.take(), desk.take()];
    desk.wait(1, { backend: two });
    desk.wait(2, { backend: one });
    desk.health(desk.waiters, 1, false);
    desk.serve();
    expect([one, two].map((backend) => Backend.pending.get(desk.memory, backend))).toEqual([1, 0]);
    desk.remove(desk.waiters, one);
    desk.serve();
    desk.close(names[2]!);
    expect(desk.decided()).toEqual([[1, Outcome.routed, 1]]);
    desk.health(desk.waiters, 0, true);
    desk.close(names[1]!);
    expect(desk.decided()).toEqual([[2, Outcome.routed, 0]]);
  });

  test("go in when a backend comes back or a limit rises", () => {
    const desk = new Queue(1, { connectionsMax: 1, pendingMax: 4 });
    desk.take();
    for (const ticket of [1, 2, 3, 4]) desk.wait(ticket);
    desk.health(desk.waiters, 0, false);
    desk.policy(desk.waiters, { connectionsMax: 3 });
    desk.serve();
    expect(desk.numbers.waiting).toBe(4);
    desk.health(desk.waiters, 0, true);
    desk.serve();
    expect(desk.decided().map(([ticket]) => ticket)).toEqual([1, 2]);
    desk.policy(desk.waiters, { connectionsMax: 0 });
    desk.serve();
    expect(desk.decided().map(([ticket]) => ticket)).toEqual([3, 4]);
  });

  test("find no backend any more: noHealthyBackend; no group: backendGroupNotFound", () => {
    const desk = new Queue(1, { connectionsMax: 1, pendingMax: 4 });
    desk.take();
    desk.wait(1);
    desk.wait(2, { owner: NET });
    desk.remove(desk.waiters, desk.backends(desk.waiters)[0]!);
    desk.serve();
    expect(desk.decided()).toEqual([[1, Outcome.noHealthyBackend, -1]]);
    expect(desk.decided(NET)).toEqual([[2, Outcome.noHealthyBackend, -1]]);
    expect(desk.wait(3)).toBe(false);
    desk.member(desk.waiters, "10.0.0.9");
    desk.wait(3);
    groupWaitersEnd(desk.memory, desk.balancer, desk.waiters);
    expect(desk.decided()).toEqual([[3, Outcome.backendGroupNotFound, -1]]);
    expect(desk.chosen.group).toBe(0);
  });

  test("of an owner who is gone are forgotten, and so are its connections", () => {
    const desk = new Queue(1, { connectionsMax: 1, pendingMax: 4 });
    const name = desk.take();
    for (const [ticket, owner] of [[1, NET], [2, OPERATOR], [3, NET], [4, OPERATOR]] as const) desk.wait(ticket, { owner });
    desk.close(name);
    expect(desk.numbers).toEqual({ waiting: 3, decided: 1, group: 3 });
    connectionsDropOwner(desk.heap, desk.balancer, NET, 0, 0);
    expect(desk.decided(NET)).toEqual([]);
    expect(desk.decided()).toEqual([[2, Outcome.routed, 0]]);
    expect(desk.numbers).toEqual({ waiting: 1, decided: 0, group: 1 });
    expect(desk.open(desk.waiters)).toEqual([1]);
  });

  test("of all places in a queue may be taken out", () => {
    const desk = new Queue(1, { connectionsMax: 1, pendingMax: 4, pendingTicksMax: 10 });
    for (let gone = 0; gone < 16; gone++) {
      const name = desk.take();
      for (const bit of [0, 1, 2, 3]) desk.wait(bit, { owner: (gone >> bit) & 1 });
      pendingDropOwner(desk.heap, desk.balancer, desk.waiters, NET);
      const left = [0, 1, 2, 3].filter((bit) => ((gone >> bit) & 1) === 0);
      expect(desk.numbers).toEqual({ waiting: left.length, decided: 0, group: left.length });
      desk.policy(desk.waiters, { connectionsMax: 0 });
      desk.close(name);
      expect(desk.decided().map(([ticket]) => ticket)).toEqual(left);
      connectionsDropOwner(desk.heap, desk.balancer, OPERATOR, 0, 0);
      desk.policy(desk.waiters, { connectionsMax: 1 });
    }
  });
});

describe("requests that were decided", () => {
  test("stand in their owner's queue, in the order of the decisions", () => {
    const desk = new Queue(1, { connectionsMax: 4, pendingMax: 4 });
    for (const [ticket, owner] of [[1, NET], [2, OPERATOR], [3, NET], [4, OPERATOR]] as const) desk.wait(ticket, { owner });
    desk.serve();
    expect(desk.numbers).toEqual({ waiting: 0, decided: 4, group: 0 });
    expect(PendingEntry.ticket.get(desk.memory, decidedFirst(desk.heap, desk.balancer, NET) as never)).toBe(1);
    expect(PendingEntry.ticket.get(desk.memory, decidedFirst(desk.heap, desk.balancer, NET) as never)).toBe(1);
    expect(desk.decided(NET).map(([ticket]) => ticket)).toEqual([1, 3]);
    expect(desk.decided().map(([ticket]) => ticket)).toEqual([2, 4]);
    decidedPop(desk.heap, desk.balancer, NET);
    expect(desk.numbers).toEqual({ waiting: 0, decided: 0, group: 0 });
  });

  test("whose backend or connection went before they were told have none", () => {
    const desk = new Queue(2, { connectionsMax: 4, pendingMax: 4 });
    for (const ticket of [1, 2, 3]) desk.wait(ticket);
    desk.serve();
    expect(desk.open(desk.waiters)).toEqual([2, 1]);
    desk.remove(desk.waiters, desk.backends(desk.waiters)[0]!);
    expect(desk.decided()).toEqual([[1, Outcome.noHealthyBackend, -1], [2, Outcome.routed, 0], [3, Outcome.noHealthyBackend, -1]]);
    expect(desk.open(desk.waiters)).toEqual([1]);
    desk.wait(4);
    desk.serve();
    decidedFirst(desk.heap, desk.balancer, OPERATOR);
    desk.close(desk.chosen.connection);
    expect(desk.decided()).toEqual([[4, Outcome.noHealthyBackend, -1]]);
    desk.wait(5);
    desk.serve();
    groupWaitersEnd(desk.memory, desk.balancer, desk.waiters);
    desk.remove(desk.waiters, desk.backends(desk.waiters)[0]!);
    expect(desk.decided()).toEqual([[5, Outcome.backendGroupNotFound, -1]]);
  });

  test("of an owner may be forgotten", () => {
    const desk = new Queue(1, { connectionsMax: 4, pendingMax: 4 });
    for (const [ticket, owner] of [[1, NET], [2, OPERATOR], [3, NET]] as const) desk.wait(ticket, { owner });
    desk.serve();
    decidedDropOwner(desk.heap, desk.balancer, NET);
    expect(desk.decided(NET)).toEqual([]);
    expect(desk.decided().map(([ticket]) => ticket)).toEqual([2]);
  });
});

describe("a group that takes another's place", () => {
  test("has those that wait, in order, and those that were decided", () => {
    const desk = new Queue(1, { connectionsMax: 1, pendingMax: 4 });
    const name = desk.take();
    const next = desk.group("h", 1, { connectionsMax: 2, pendingMax: 4 });
    for (const ticket of [1, 2, 3]) desk.wait(ticket);
    desk.wait(4, { group: next });
    desk.close(name);
    groupWaitersCarry(desk.memory, desk.balancer, desk.waiters, next);
    expect([desk.waiters, next].map((group) => Group.pendingCount.get(desk.memory, group))).toEqual([0, 3]);
    expect(PendingEntry.group.get(desk.memory, decidedFirst(desk.heap, desk.balancer, OPERATOR) as never)).toBe(next);
    decidedPop(desk.heap, desk.balancer, OPERATOR);
    desk.serve();
    expect(desk.decided().map(([ticket]) => ticket)).toEqual([4, 2]);
    expect(desk.open(next)).toEqual([2]);
  });
});

describe("the end of all", () => {
  test("forgets the operator's requests and tells net's; everything is given back", () => {
    const desk = new Queue(1, { connectionsMax: 1, pendingMax: 4 });
    desk.take();
    for (const [ticket, owner] of [[1, NET], [2, OPERATOR], [3, NET]] as const) desk.wait(ticket, { owner });
    desk.run({ op: "new" });
    expect(desk.decided()).toEqual([]);
    expect(desk.usedBytes()).toBeGreaterThan(0);
    expect(desk.decided(NET)).toEqual([[1, Outcome.backendGroupNotFound, -1], [3, Outcome.backendGroupNotFound, -1]]);
    expect(desk.usedBytes()).toBe(0);
  });

  test("also of those that were let in but not yet told", () => {
    const desk = new Queue(1, { connectionsMax: 4, pendingMax: 4 });
    for (const [ticket, owner] of [[1, NET], [2, OPERATOR]] as const) desk.wait(ticket, { owner });
    desk.serve();
    connectionsEnd(desk.heap, desk.balancer);
    const group = Group.activeConnections.get(desk.memory, desk.waiters);
    expect(group).toBe(2);
    expect(desk.decided()).toEqual([]);
    expect(desk.decided(NET)).toEqual([[1, Outcome.backendGroupNotFound, -1]]);
    desk.run({ op: "new" });
    expect(desk.usedBytes()).toBe(0);
  });

  test("begins time anew", () => {
    const desk = new Queue(1, {});
    pendingTick(desk.memory, desk.balancer, 500);
    expect(pendingTick(desk.memory, desk.balancer, 20)).toBe(500);
    desk.run({ op: "new" });
    expect(pendingTick(desk.memory, desk.balancer, 20)).toBe(20);
  });
});
