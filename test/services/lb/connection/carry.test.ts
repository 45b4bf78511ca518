import { describe, expect, test } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { connectionsEnd, groupWaitersCarry } from "../../../../services/lb/connection/carry.ts";
import { decidedFirst, decidedPop } from "../../../../services/lb/connection/decided.ts";
import { pendingTick } from "../../../../services/lb/connection/pending.ts";
import { PendingEntry } from "../../../../services/lb/connection/records.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { QueueDesk } from "./queue-desk.ts";
import { NET, OPERATOR } from "./strict-desk.ts";

describe("a group that takes another's place", () => {
  test("has those that wait, in order, and those that were decided", () => {
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 4 });
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
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 4 });
    desk.take();
    for (const [ticket, owner] of [[1, NET], [2, OPERATOR], [3, NET]] as const) desk.wait(ticket, { owner });
    desk.run({ op: "new" });
    expect(desk.decided()).toEqual([]);
    expect(desk.usedBytes()).toBeGreaterThan(0);
    expect(desk.decided(NET)).toEqual([[1, Outcome.backendGroupNotFound, -1], [3, Outcome.backendGroupNotFound, -1]]);
    expect(desk.usedBytes()).toBe(0);
  });

  test("also of those that were let in but not yet told", () => {
    const desk = new QueueDesk(1, { connectionsMax: 4, pendingMax: 4 });
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

  test("leaves those alone that were refused before", () => {
    const desk = new QueueDesk(1, { connectionsMax: 1, pendingMax: 4, pendingTicksMax: 5 });
    desk.take();
    desk.wait(1, { owner: NET });
    desk.serve(5);
    desk.run({ op: "new" });
    expect(desk.decided(NET)).toEqual([[1, Outcome.overloaded, -1]]);
    expect(desk.usedBytes()).toBe(0);
  });

  test("begins time anew", () => {
    const desk = new QueueDesk(1, {});
    pendingTick(desk.memory, desk.balancer, 500);
    expect(pendingTick(desk.memory, desk.balancer, 20)).toBe(500);
    desk.run({ op: "new" });
    expect(pendingTick(desk.memory, desk.balancer, 20)).toBe(20);
  });
});
