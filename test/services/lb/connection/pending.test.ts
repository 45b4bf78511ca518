import { describe, expect, test } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { groupWaitersEnd } from "../../../../services/lb/connection/carry.ts";
import { connectionsDropOwner } from "../../../../services/lb/connection/ending.ts";
import { pendingDropOwner, pendingRoomAt } from "../../../../services/lb/connection/pending.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { QueueDesk } from "./queue-desk.ts";
import { NET, OPERATOR } from "./strict-desk.ts";

describe("requests that wait", () => {
  test("are let in one for each connection that ends, first come, first served", () => {
    const desk = new QueueDesk(2, { backendConnectionsMax: 1, pendingMax: 4 });
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
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 3 });
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
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 4, pendingTicksMax: 10 });
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
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 4 });
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
    const desk = new QueueDesk(2, { backendConnectionsMax: 1, pendingMax: 4, backendPendingMax: 1 });
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
    const desk = new QueueDesk(3, { backendConnectionsMax: 1, pendingMax: 4, backendPendingMax: 2 });
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
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 4 });
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
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 4 });
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
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 4 });
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
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 4, pendingTicksMax: 10 });
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
