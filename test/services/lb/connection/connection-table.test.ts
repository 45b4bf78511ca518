import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { connectionOf } from "../../../../services/lb/api.ts";
import { connectionBackend, connectionClose, connectionFind, connectionOpen, connectionRoom, connectionsCloseOwner } from "../../../../services/lb/connection/connection-table.ts";
import { Connection, ConnectionTable } from "../../../../services/lb/connection/records.ts";
import type { ConnectionAddress } from "../../../../services/lb/connection/records.ts";
import { PickRequest } from "../../../../services/lb/algorithm/pick-request.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { NET, OPERATOR, StrictDesk, smallLimits } from "./strict-desk.ts";

const open = (desk: StrictDesk, group: GroupAddress, backend: BackendAddress, owner = OPERATOR, retry = 0): number => connectionOpen(desk.memory, desk.balancer, group, backend, owner, 0, retry, 7);
const close = (desk: StrictDesk, name: number): void => connectionClose(desk.heap, desk.balancer, connectionFind(desk.memory, desk.balancer, name) as ConnectionAddress);
const isOpen = (desk: StrictDesk, name: number): boolean => connectionFind(desk.memory, desk.balancer, name) !== 0;
const counts = (desk: StrictDesk, group: GroupAddress): number[] => [Group.activeConnections, Group.retries].map((field) => field.get(desk.memory, group));

describe("open connections", () => {
  test("are counted at their backend and its group, and uncounted when they end", () => {
    const desk = new StrictDesk(smallLimits());
    const group = desk.group("g", 2);
    const [one, two] = desk.backends(group) as [BackendAddress, BackendAddress];
    const names = [open(desk, group, one), open(desk, group, one), open(desk, group, two), open(desk, group, two, NET, 1)];
    expect(desk.open(group)).toEqual([2, 2]);
    expect(counts(desk, group)).toEqual([4, 1]);
    expect([one, two].map((backend) => Backend.retries.get(desk.memory, backend))).toEqual([0, 1]);
    // A retry is the same request once more.
    expect(Group.routed.get(desk.memory, group)).toBe(3);
    close(desk, names[1]!);
    close(desk, names[3]!);
    expect(desk.open(group)).toEqual([1, 1]);
    expect(counts(desk, group)).toEqual([2, 0]);
    expect([one, two].map((backend) => Backend.retries.get(desk.memory, backend))).toEqual([0, 0]);
    expect([one, two].map((backend) => [Backend.totalRequests.get(desk.memory, backend), Backend.peakConnections.get(desk.memory, backend)])).toEqual([[2, 2], [2, 2]]);
    expect(names.map((name) => isOpen(desk, name))).toEqual([true, false, true, false]);
    close(desk, names[0]!);
    open(desk, group, one);
    expect(Backend.peakConnections.get(desk.memory, one)).toBe(2);
  });

  test("keep what they were chosen by, but nobody who was excluded", () => {
    const desk = new StrictDesk(smallLimits());
    const group = desk.group("g", 2);
    desk.wants(77);
    PickRequest.excluded.set(desk.memory, Balancer.pick.at(desk.balancer), desk.backends(group)[1]!);
    const connection = connectionFind(desk.memory, desk.balancer, open(desk, group, desk.backends(group)[0]!)) as ConnectionAddress;
    const pick = Connection.pick.at(connection);
    expect([PickRequest.key.get(desk.memory, pick), PickRequest.excluded.get(desk.memory, pick)]).toEqual([77, 0]);
    expect(Connection.openedCycle.get(desk.memory, connection)).toBe(7);
  });

  test("fill the table to its bound; a slot comes back behind all others", () => {
    const desk = new StrictDesk(smallLimits());
    const group = desk.group("g", 1);
    const backend = desk.backends(group)[0]!;
    const names: number[] = [];
    while (connectionRoom(desk.memory, desk.balancer)) names.push(open(desk, group, backend));
    expect(names).toEqual([1, 2, 3, 4, 5, 6].map((number) => connectionOf(number, 1)));
    for (const name of [names[4]!, names[1]!, names[2]!]) close(desk, name);
    expect([open(desk, group, backend), open(desk, group, backend), open(desk, group, backend)]).toEqual([connectionOf(5, 2), connectionOf(2, 2), connectionOf(3, 2)]);
    expect(connectionRoom(desk.memory, desk.balancer)).toBe(false);
    expect(names.map((name) => isOpen(desk, name))).toEqual([true, false, false, true, false, true]);
  });

  test("a name comes back after 256 uses of its slot, not before", () => {
    const desk = new StrictDesk(smallLimits({ connectionsMax: 1 }));
    const group = desk.group("g", 1);
    const backend = desk.backends(group)[0]!;
    const first = open(desk, group, backend);
    close(desk, first);
    for (let i = 1; i < 256; i++) {
      const name = open(desk, group, backend);
      if (isOpen(desk, first)) throw new Error(`after ${i}`);
      close(desk, name);
    }
    expect(open(desk, group, backend)).toBe(first);
  });

  test("numbers that are no names find nothing, ended ones nothing any more", () => {
    const desk = new StrictDesk(smallLimits());
    for (const number of [0, 1, connectionOf(1, 1)]) expect(isOpen(desk, number)).toBe(false);
    const group = desk.group("g", 1);
    const name = open(desk, group, desk.backends(group)[0]!);
    const others = [0, -1, 1, name + 1, name - 1, -name, name + 2 ** 16, name + 2 ** 24, name + 2 ** 32, connectionOf(6, 0), connectionOf(7, 0), connectionOf(0xffff, 1), 2 ** 31, 2 ** 32 - 1, 2 ** 53];
    for (const number of others) expect([number, isOpen(desk, number)]).toEqual([number, false]);
    expect(isOpen(desk, name)).toBe(true);
    close(desk, name);
    expect(isOpen(desk, name)).toBe(false);
  });

  test("are not looked for behind the table", () => {
    const desk = new StrictDesk(smallLimits());
    const group = desk.group("g", 1);
    open(desk, group, desk.backends(group)[0]!);
    const behind = (ConnectionTable.slots.get(desk.memory, Balancer.connections.at(desk.balancer)) + 6 * Connection.size) as ConnectionAddress;
    Connection.uses.set(desk.memory, behind, 1);
    Connection.open.set(desk.memory, behind, 1);
    expect(isOpen(desk, connectionOf(7, 1))).toBe(false);
  });

  test("of a later table have none of the earlier one's names, however unevenly its slots were used", () => {
    const desk = new StrictDesk(smallLimits({ connectionsMax: 2 }));
    const group = desk.group("g", 1);
    let backend = desk.backends(group)[0]!;
    const held = open(desk, group, backend);
    const names = [held];
    for (let i = 0; i < 5; i++) {
      names.push(open(desk, group, backend));
      close(desk, names.at(-1)!);
    }
    close(desk, held);
    for (let i = 0; i < 2; i++) names.push(open(desk, group, backend));
    for (const name of names.slice(-2)) close(desk, name);
    desk.remove(group, backend);
    backend = desk.member(group, "10.0.0.9");
    for (let i = 0; i < 20; i++) {
      const name = open(desk, group, backend);
      expect(names).not.toContain(name);
      close(desk, name);
    }
  });

  test("end quietly if their backend is gone", () => {
    const desk = new StrictDesk(smallLimits());
    const group = desk.group("g", 2);
    const [one, two] = desk.backends(group) as [BackendAddress, BackendAddress];
    const names = [open(desk, group, one, OPERATOR, 1), open(desk, group, two)];
    desk.remove(group, one);
    expect(counts(desk, group)).toEqual([1, 0]);
    const connection = connectionFind(desk.memory, desk.balancer, names[0]!) as ConnectionAddress;
    expect(connectionBackend(desk.memory, desk.balancer, connection)).toBe(0);
    close(desk, names[0]!);
    expect(counts(desk, group)).toEqual([1, 0]);
    expect(desk.open(group)).toEqual([1]);
  });

  test("all of an owner end, and nobody else's", () => {
    const desk = new StrictDesk(smallLimits());
    const group = desk.group("g", 2);
    const [one, two] = desk.backends(group) as [BackendAddress, BackendAddress];
    const names = [open(desk, group, one, NET), open(desk, group, one), open(desk, group, two, NET, 1), open(desk, group, two)];
    connectionsCloseOwner(desk.heap, desk.balancer, NET);
    expect(names.map((name) => isOpen(desk, name))).toEqual([false, true, false, true]);
    expect(counts(desk, group)).toEqual([2, 0]);
    connectionsCloseOwner(desk.heap, desk.balancer, OPERATOR);
    expect(desk.open(group)).toEqual([0, 0]);
    expect(ConnectionTable.count.get(desk.memory, Balancer.connections.at(desk.balancer))).toBe(0);
  });

  test("take no memory to open, and the table goes with the last name and the last connection", () => {
    const desk = new StrictDesk(smallLimits());
    const used = desk.usedBytes();
    const group = desk.group("g", 1);
    const backend = desk.backends(group)[0]!;
    desk.allocationsLeft = 0;
    const full = desk.usedBytes();
    const names = [open(desk, group, backend), open(desk, group, backend, NET)];
    expect(desk.usedBytes()).toBe(full);
    desk.allocationsLeft = Infinity;
    desk.remove(group, backend);
    close(desk, names[0]!);
    expect(ConnectionTable.slots.get(desk.memory, Balancer.connections.at(desk.balancer))).not.toBe(0);
    connectionsCloseOwner(desk.heap, desk.balancer, NET);
    expect(ConnectionTable.slots.get(desk.memory, Balancer.connections.at(desk.balancer))).toBe(0);
    connectionsCloseOwner(desk.heap, desk.balancer, NET);
    desk.run({ op: "new" });
    expect(desk.usedBytes()).toBe(used);
    // Names of a new table are not those of the one before.
    const next = desk.group("g", 1);
    for (const name of names) expect(isOpen(desk, name)).toBe(false);
    expect(names).not.toContain(open(desk, next, desk.backends(next)[0]!));
    desk.check();
  });
});
