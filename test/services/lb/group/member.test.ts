import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { List } from "../../../../kernel/collections/list.ts";
import { Errno } from "../../../../kernel/errno.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { directoryFind } from "../../../../services/lb/connection/directory.ts";
import { Directory } from "../../../../services/lb/connection/records.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { MEMBER_WEIGHT_MAX, memberDrain, memberFind, memberHealth, memberRemove, membersDrained } from "../../../../services/lb/group/member.ts";
import { groupSettle } from "../../../../services/lb/health/availability.ts";
import { lbStandard, lbTiny } from "../../../../services/limits.ts";
import { Ward } from "../health/ward.ts";

const names = (ward: Ward, group: GroupAddress): string[] =>
  ward.members(group).map((backend) => {
    const text = Backend.address.get(ward.memory, backend);
    const bytes = ward.memory.i32[text >> 2]!;
    return `${String.fromCharCode(...ward.memory.u8.slice(text + 4, text + 4 + bytes))}:${Backend.port.get(ward.memory, backend)}`;
  });
const find = (ward: Ward, group: GroupAddress, address: string, port = 80): number => memberFind(ward.memory, ward.desk.balancer, group, ward.desk.shared, 0, ward.write(address), port);
const remove = (ward: Ward, group: GroupAddress, index: number, tick = 1): void => memberRemove(ward.desk.heap, ward.desk.balancer, group, index, tick);
const drain = (ward: Ward, group: GroupAddress, index: number, deadline: number, tick: number): void => memberDrain(ward.desk.heap, ward.desk.balancer, group, index, deadline, tick);
const drained = (ward: Ward, group: GroupAddress, tick: number): void => membersDrained(ward.desk.heap, ward.desk.balancer, group, tick);

function open(ward: Ward, group: GroupAddress, index: number, connections: number): void {
  Backend.activeConnections.add(ward.memory, ward.member(group, index), connections);
  Group.activeConnections.add(ward.memory, group, connections);
}

describe("finding a member", () => {
  test("a literal by its value, in whatever way it is written; a name by its text; both with the very port", () => {
    const ward = new Ward();
    const group = ward.group(2);
    for (const [address, port] of [["2001:db8::1", 80], ["2001:db8::1", 81], ["::ffff:10.0.0.1", 80], ["backend.example", 80], ["1.2.3", 80]] as const) expect(ward.add(group, address, 1, { port })).toBeGreaterThan(0);
    expect([find(ward, group, "10.0.0.1"), find(ward, group, "10.0.0.2"), find(ward, group, "10.0.0.1", 81), find(ward, group, "10.0.0.3")]).toEqual([0, 1, -1, -1]);
    for (const written of ["2001:db8::1", "2001:DB8:0:0::1", "2001:0db8:0000:0000:0000:0000:0.0.0.1"]) {
      expect([find(ward, group, written), find(ward, group, written, 81), find(ward, group, written, 82)]).toEqual([2, 3, -1]);
    }
    expect([find(ward, group, "::ffff:a00:1"), find(ward, group, "::10.0.0.1")]).toEqual([4, -1]);
    expect([find(ward, group, "backend.example"), find(ward, group, "Backend.example"), find(ward, group, "backend.example."), find(ward, group, "backend.exampl"), find(ward, group, "")]).toEqual([5, -1, -1, -1, -1]);
    expect([find(ward, group, "1.2.3"), find(ward, group, "1.2.3.0"), find(ward, group, "01.2.3")]).toEqual([6, -1, -1]);
  });
});

describe("adding a member", () => {
  test("puts it at the end, with a name, counted, and no other changed", () => {
    const ward = new Ward();
    const group = ward.group(2);
    const before = ward.members(group);
    const added = ward.add(group, "10.0.0.9", 7, { port: 8080, weight: 5 }) as BackendAddress;
    expect(ward.members(group)).toEqual([...before, added]);
    expect(names(ward, group)).toEqual(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.9:8080"]);
    expect(directoryFind(ward.memory, ward.desk.balancer, Backend.handle.get(ward.memory, added))).toBe(added);
    expect(Backend.group.get(ward.memory, added)).toBe(group);
    expect(Group.weightTotal.get(ward.memory, group)).toBe(7);
    expect(ward.available(group)).toBe("111");
    ward.recount(group);
  });

  test("an unhealthy one is counted as that, and may bring panic", () => {
    const ward = new Ward();
    const group = ward.group(1, { panicPercent: 51 });
    ward.add(group, "10.0.0.9", 1, { healthy: false });
    expect(ward.available(group)).toBe("10");
    expect(Group.panicking.get(ward.memory, group)).toBe(1);
    ward.recount(group);
  });

  test.each([
    ["the same", "10.0.0.1", {}, LbErrno.backendAlreadyExists],
    ["a name twice", "backend.example", {}, LbErrno.backendAlreadyExists],
    ["another way to write it", "::A00:2", {}, LbErrno.backendAlreadyExists],
    ["another port", "10.0.0.1", { port: 81 }, 1],
    ["the same under another weight", "10.0.0.1", { weight: 2 }, LbErrno.backendAlreadyExists],
    ["no port", "10.0.0.7", { port: 0 }, Errno.invalidArgument],
    ["the greatest weight", "10.0.0.7", { weight: MEMBER_WEIGHT_MAX }, 1],
    ["a greater weight", "10.0.0.7", { weight: MEMBER_WEIGHT_MAX + 1 }, Errno.invalidArgument],
    ["no weight", "10.0.0.7", { weight: 0 }, 1],
    ["the longest text", "n".repeat(64), {}, 1],
    ["a longer text", "n".repeat(65), {}, Errno.messageTooLarge],
  ])("%s", (_what, address, words, expected) => {
    const ward = new Ward({ ...lbStandard, textBytesMax: 64 });
    const group = ward.group(1);
    expect(ward.add(group, "backend.example", 1)).toBeGreaterThan(0);
    expect(ward.add(group, "::10.0.0.2", 1)).toBeGreaterThan(0);
    const used = ward.desk.usedBytes();
    const status = ward.add(group, address, 1, words);
    if (expected > 0) expect(status).toBeGreaterThan(0);
    else expect([status, ward.members(group).length, ward.desk.usedBytes()]).toEqual([expected, 3, used]);
    ward.recount(group);
  });

  test("as many as a group may have, and as many as there are names for", () => {
    const ward = new Ward(lbTiny);
    const group = ward.group(2);
    expect(ward.add(group, "10.0.1.1", 1)).toBeGreaterThan(0);
    expect(ward.add(group, "10.0.1.2", 1)).toBe(LbErrno.tableFull);
    remove(ward, group, 0);
    expect(ward.add(group, "10.0.1.2", 1)).toBeGreaterThan(0);
    const scarce = new Ward({ ...lbStandard, directoryMax: 2 });
    const small = scarce.group(1);
    expect(scarce.add(small, "10.0.1.1", 1)).toBeGreaterThan(0);
    const used = scarce.desk.usedBytes();
    expect(scarce.add(small, "10.0.1.2", 1)).toBe(LbErrno.tableFull);
    expect(scarce.desk.usedBytes()).toBe(used);
    expect(names(scarce, small)).toEqual(["10.0.0.1:80", "10.0.1.1:80"]);
    scarce.recount(small);
  });

  test("as many as the algorithm's table takes", () => {
    const ward = new Ward(lbTiny);
    const group = ward.group(1, {}, "app", "RingHash");
    expect(ward.add(group, "10.0.1.1", 1)).toBeGreaterThan(0);
    const used = ward.desk.usedBytes();
    expect(ward.add(group, "10.0.1.2", 1)).toBe(LbErrno.tableFull);
    expect(ward.desk.usedBytes()).toBe(used);
    expect(Group.weightTotal.get(ward.memory, group)).toBe(2);
    ward.recount(group);
  });
});

describe("memory may end anywhere", () => {
  /** Everything that a group and its members are, their table included. */
  const picture = (ward: Ward, group: GroupAddress): string => {
    const { memory } = ward;
    const shown = [Group, Backend].flatMap((layout) => (layout === Group ? [group] : ward.members(group)).map((at) => layout.fields.map((field) => field.show(memory, at as number)).join()));
    const list = Group.backends.get(memory, group) as Address<"List">;
    const table = Group.table.get(memory, group);
    let sum = 0;
    for (let i = 0; table !== 0 && i < 65_537; i++) sum = (Math.imul(sum, 31) + memory.u8[table + i]!) | 0;
    const directory = Directory.fields.map((field) => field.show(memory, Balancer.directory.at(ward.desk.balancer)));
    return [...shown, names(ward, group).join(), List.capacity.get(memory, list), sum, ...directory, ward.desk.remembered()].join("\n");
  };

  test.each([
    // Lists hold four and eight before they grow.
    ["a list with room", 3],
    ["a full list", 4],
    ["a longer full list", 8],
    ["a group without members, nobody named yet", 0],
  ])("adding to Maglev's table: %s", (_what, members) => {
    let steps = 0;
    for (; ; steps++) {
      const ward = new Ward(lbStandard, 2 * 1024 * 1024);
      const group = ward.group(members, { panicPercent: 100, slowStartTicks: 5 }, "app", "Maglev");
      groupSettle(ward.memory, group, 3);
      const before = picture(ward, group);
      const used = ward.desk.usedBytes();
      ward.desk.allocationsLeft = steps;
      const status = ward.add(group, "10.0.9.9", 3);
      ward.desk.check();
      ward.recount(group);
      if (status > 0) break;
      expect(status).toBe(Errno.outOfMemory);
      expect(picture(ward, group)).toBe(before);
      expect(ward.desk.usedBytes()).toBe(used);
      ward.desk.allocationsLeft = Infinity;
      expect(ward.add(group, "10.0.9.9", 3)).toBeGreaterThan(0);
    }
    expect(steps).toBeGreaterThan(2);
  });

  test("removing and draining take none, and give back all", () => {
    const ward = new Ward(lbStandard, 2 * 1024 * 1024);
    const empty = ward.desk.usedBytes();
    const group = ward.group(4, {}, "app", "Maglev");
    open(ward, group, 2, 1);
    ward.desk.allocationsLeft = 0;
    remove(ward, group, 1);
    drain(ward, group, 0, 50, 10);
    drain(ward, group, 0, 50, 10);
    expect(names(ward, group)).toEqual(["10.0.0.3:80", "10.0.0.4:80"]);
    remove(ward, group, 0);
    remove(ward, group, 0);
    expect(ward.members(group)).toEqual([]);
    ward.recount(group);
    ward.desk.check();
    expect(empty).toBe(0);
    expect(ward.desk.run({ op: "new" })).toEqual({ ok: null });
    expect(ward.desk.usedBytes()).toBe(0);
  });
});

describe("removing a member", () => {
  test("takes exactly that one, not others of its address", () => {
    const ward = new Ward();
    const group = ward.group(3);
    for (const port of [81, 82]) ward.add(group, "10.0.0.2", 1, { port });
    remove(ward, group, find(ward, group, "10.0.0.2", 81));
    expect(names(ward, group)).toEqual(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.2:82"]);
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, find(ward, group, "10.0.0.2", 82)), false, 1);
    expect(ward.available(group)).toBe("1110");
    remove(ward, group, 1);
    expect(ward.available(group)).toBe("110");
    ward.recount(group);
  });

  test("takes its weight, its state and its connections from the group's counts, and its name", () => {
    const ward = new Ward();
    const group = ward.group(2, { panicPercent: 50 });
    const added = ward.add(group, "10.0.0.9", 1, { weight: 7 }) as BackendAddress;
    const handle = Backend.handle.get(ward.memory, added);
    open(ward, group, 2, 3);
    open(ward, group, 0, 1);
    Backend.retries.set(ward.memory, added, 2);
    Group.retries.set(ward.memory, group, 2);
    drain(ward, group, 2, 100, 1);
    memberHealth(ward.memory, ward.desk.balancer, group, added, false, 1);
    remove(ward, group, 2);
    expect([Group.weightTotal, Group.activeConnections, Group.retries, Group.healthyCount, Group.availableCount, Group.drainingCount].map((field) => field.get(ward.memory, group))).toEqual([2, 1, 0, 2, 2, 0]);
    expect(directoryFind(ward.memory, ward.desk.balancer, handle)).toBe(0);
    ward.recount(group);
  });

  test("begins and ends panic, which counts members", () => {
    const ward = new Ward();
    const group = ward.group(3, { panicPercent: 60 });
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 0), false, 1);
    expect(Group.panicking.get(ward.memory, group)).toBe(0);
    remove(ward, group, 1);
    expect(Group.panicking.get(ward.memory, group)).toBe(1);
    remove(ward, group, 0);
    expect(Group.panicking.get(ward.memory, group)).toBe(0);
  });
});

describe("draining a member", () => {
  test("it takes no new request, stays while something is open, and leaves when nothing is", () => {
    const ward = new Ward();
    const group = ward.group(3);
    open(ward, group, 1, 2);
    drain(ward, group, 1, 100, 10);
    expect(ward.available(group)).toBe("101");
    drained(ward, group, 50);
    open(ward, group, 1, -1);
    drained(ward, group, 99);
    expect(names(ward, group)).toHaveLength(3);
    open(ward, group, 1, -1);
    drained(ward, group, 51);
    expect(names(ward, group)).toEqual(["10.0.0.1:80", "10.0.0.3:80"]);
    ward.recount(group);
  });

  test("it leaves at the deadline, not a tick before, whatever is open", () => {
    const ward = new Ward();
    const group = ward.group(2);
    open(ward, group, 0, 2);
    open(ward, group, 1, 1);
    drain(ward, group, 0, 100, 10);
    drained(ward, group, 99);
    expect(names(ward, group)).toHaveLength(2);
    drained(ward, group, 100);
    expect(names(ward, group)).toEqual(["10.0.0.2:80"]);
    expect(Group.activeConnections.get(ward.memory, group)).toBe(1);
    ward.recount(group);
  });

  test("it leaves at once if nothing is open, or the deadline has come already", () => {
    const ward = new Ward();
    const group = ward.group(4);
    open(ward, group, 1, 1);
    open(ward, group, 2, 1);
    drain(ward, group, 0, 100, 10);
    expect(names(ward, group)).toEqual(["10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"]);
    drain(ward, group, 0, 10, 10);
    expect(names(ward, group)).toEqual(["10.0.0.3:80", "10.0.0.4:80"]);
    drain(ward, group, 0, 11, 10);
    expect(names(ward, group)).toHaveLength(2);
    ward.recount(group);
  });

  test("a later deadline replaces the earlier one; 0 takes it back into service, drained or not", () => {
    const ward = new Ward();
    const group = ward.group(2);
    open(ward, group, 0, 1);
    drain(ward, group, 0, 100, 10);
    drain(ward, group, 0, 200, 10);
    drained(ward, group, 150);
    expect(ward.available(group)).toBe("01");
    drain(ward, group, 0, 0, 150);
    expect(ward.available(group)).toBe("11");
    drained(ward, group, 500);
    open(ward, group, 0, -1);
    drained(ward, group, 500);
    drain(ward, group, 1, 0, 500);
    expect(ward.available(group)).toBe("11");
    ward.recount(group);
  });

  test("several leave together, and only those", () => {
    const ward = new Ward();
    const group = ward.group(5);
    for (const i of [0, 1, 2, 3, 4]) open(ward, group, i, 1);
    for (const [i, deadline] of [[0, 50], [2, 60], [3, 50], [4, 40]] as const) drain(ward, group, i, deadline, 10);
    drained(ward, group, 50);
    expect(names(ward, group)).toEqual(["10.0.0.2:80", "10.0.0.3:80"]);
    expect(ward.available(group)).toBe("10");
    ward.recount(group);
  });
});

test("a group that is freed has nothing left of members that came and went", () => {
  const ward = new Ward();
  const group = ward.group(1);
  for (let i = 0; i < 20; i++) ward.add(group, `10.0.2.${i}`, i);
  for (let i = 0; i < 10; i++) remove(ward, group, i, i);
  expect(names(ward, group)).toHaveLength(11);
  for (const backend of ward.members(group)) expect(Backend.handle.get(ward.memory, backend)).toBeGreaterThan(0);
  ward.desk.run({ op: "new" });
  expect(ward.desk.usedBytes()).toBe(0);
});
