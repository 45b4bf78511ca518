import { describe, expect, test } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { groupWaitersEnd } from "../../../../services/lb/connection/carry.ts";
import { decidedDropOwner, decidedFirst, decidedPop } from "../../../../services/lb/connection/decided.ts";
import { ConnectionTable, PendingEntry } from "../../../../services/lb/connection/records.ts";
import { QueueDesk } from "./queue-desk.ts";
import { NET, OPERATOR } from "./strict-desk.ts";

describe("requests that were decided", () => {
  test("stand in their owner's queue, in the order of the decisions", () => {
    const desk = new QueueDesk(1, { connectionsMax: 4, pendingMax: 4 });
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
    const desk = new QueueDesk(2, { connectionsMax: 4, pendingMax: 4 });
    for (const ticket of [1, 2, 3]) desk.wait(ticket);
    desk.serve();
    expect(desk.open(desk.waiters)).toEqual([2, 1]);
    desk.remove(desk.waiters, desk.backends(desk.waiters)[0]!);
    expect(desk.decided()).toEqual([[1, Outcome.noHealthyBackend, -1], [2, Outcome.routed, 0], [3, Outcome.noHealthyBackend, -1]]);
    expect(desk.open(desk.waiters)).toEqual([1]);
    expect(ConnectionTable.count.get(desk.memory, Balancer.connections.at(desk.balancer))).toBe(1);
    desk.wait(4);
    desk.serve();
    decidedFirst(desk.heap, desk.balancer, OPERATOR);
    desk.close(desk.chosen.connection);
    expect(desk.decided()).toEqual([[4, Outcome.noHealthyBackend, -1]]);
    desk.wait(5);
    desk.wait(6, { owner: NET });
    desk.serve();
    groupWaitersEnd(desk.memory, desk.balancer, desk.waiters);
    desk.remove(desk.waiters, desk.backends(desk.waiters)[0]!);
    expect(desk.decided()).toEqual([[5, Outcome.backendGroupNotFound, -1]]);
    expect(desk.decided(NET)).toEqual([[6, Outcome.backendGroupNotFound, -1]]);
  });

  test("of an owner may be forgotten", () => {
    const desk = new QueueDesk(1, { connectionsMax: 4, pendingMax: 4 });
    for (const [ticket, owner] of [[1, NET], [2, OPERATOR], [3, NET]] as const) desk.wait(ticket, { owner });
    desk.serve();
    decidedDropOwner(desk.heap, desk.balancer, NET);
    expect(desk.decided(NET)).toEqual([]);
    expect(desk.decided().map(([ticket]) => ticket)).toEqual([2]);
  });
});
