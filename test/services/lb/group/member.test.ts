import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { PickRequest } from "../../../../services/lb/algorithm/pick-request.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { directoryFind } from "../../../../services/lb/connection/directory.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { MEMBER_WEIGHT_MAX, memberFind, memberHealth } from "../../../../services/lb/group/member.ts";
import { groupPick } from "../../../../services/lb/group/pick.ts";
import { mixWord } from "../../../../services/lb/hash.ts";
import { lbStandard, lbTiny } from "../../../../services/limits.ts";
import { Ward } from "../health/ward.ts";

const find = (ward: Ward, group: GroupAddress, address: string, port = 80): number => memberFind(ward.memory, ward.desk.balancer, group, ward.desk.shared, 0, ward.write(address), port);

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
    // The literals whose bytes a name's record, or another family's, would hold.
    expect(ward.add(group, "1.2.3.4", 1)).toBeGreaterThan(0);
    expect([find(ward, group, "0.0.0.0"), find(ward, group, "::"), find(ward, group, "102:304::")]).toEqual([-1, -1, -1]);
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
    expect(ward.names(group)).toEqual(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.9:8080"]);
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
    ward.remove(group, 0);
    expect(ward.add(group, "10.0.1.2", 1)).toBeGreaterThan(0);
    const scarce = new Ward({ ...lbStandard, directoryMax: 2 });
    const small = scarce.group(1);
    expect(scarce.add(small, "10.0.1.1", 1)).toBeGreaterThan(0);
    const used = scarce.desk.usedBytes();
    expect(scarce.add(small, "10.0.1.2", 1)).toBe(LbErrno.tableFull);
    expect(scarce.desk.usedBytes()).toBe(used);
    expect(scarce.names(small)).toEqual(["10.0.0.1:80", "10.0.1.1:80"]);
    scarce.recount(small);
  });

  test("a refused one leaves panic as it was", () => {
    const ward = new Ward({ ...lbStandard, directoryMax: 2 });
    const group = ward.group(2, { panicPercent: 60 });
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 0), false, 1);
    expect(Group.panicking.get(ward.memory, group)).toBe(1);
    expect(ward.add(group, "10.0.1.2", 1)).toBe(LbErrno.tableFull);
    expect(Group.panicking.get(ward.memory, group)).toBe(1);
    ward.recount(group);
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

describe("the algorithm's table", () => {
  /** Which backend serves each of so many keys. */
  const served = (ward: Ward, group: GroupAddress): BackendAddress[] =>
    Array.from({ length: 2000 }, (_, key) => {
      const pick = Balancer.pick.at(ward.desk.balancer);
      PickRequest.key.set(ward.memory, pick, mixWord(key));
      PickRequest.family.set(ward.memory, pick, 4);
      for (let i = 0; i < 4; i++) ward.memory.u8[PickRequest.client.at(pick) + i] = key >> (8 * i);
      return ward.member(group, groupPick(ward.memory, group, pick, 1));
    });

  test("knows a member that was added, and takes from the others only what that one gets", () => {
    const ward = new Ward();
    const group = ward.group(9, {}, "app", "Maglev");
    const before = served(ward, group);
    const added = ward.add(group, "10.0.9.9", 1) as BackendAddress;
    const after = served(ward, group);
    const moved = after.filter((backend, key) => backend !== before[key]);
    const gained = after.filter((backend) => backend === added);
    expect(gained.length).toBeGreaterThan(150);
    expect(moved.length - gained.length).toBeLessThan(20);
  });

  test("is made from the one before: who leaves and comes back has its clients again, and nobody else's", () => {
    const ward = new Ward();
    const group = ward.group(4, {}, "app", "IpHash");
    const before = served(ward, group).map((backend) => Backend.mark.get(ward.memory, backend));
    ward.remove(group, 1);
    expect(ward.add(group, "10.0.0.2", 1)).toBeGreaterThan(0);
    expect(new Set(before).size).toBe(4);
    expect(served(ward, group).map((backend) => Backend.mark.get(ward.memory, backend))).toEqual(before);
  });

  test("knows that a member was removed, and where the others stand now", () => {
    const ward = new Ward();
    const group = ward.group(10, {}, "app", "Maglev");
    const before = served(ward, group);
    const gone = ward.member(group, 3);
    ward.remove(group, 3);
    const after = served(ward, group);
    expect(after).not.toContain(gone);
    expect(new Set(after).size).toBe(9);
    expect(after.filter((backend, key) => backend !== before[key] && before[key] !== gone).length).toBeLessThan(20);
  });
});

describe("removing a member", () => {
  test("takes exactly that one, not others of its address", () => {
    const ward = new Ward();
    const group = ward.group(3);
    for (const port of [81, 82]) ward.add(group, "10.0.0.2", 1, { port });
    ward.remove(group, find(ward, group, "10.0.0.2", 81));
    expect(ward.names(group)).toEqual(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.2:82"]);
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, find(ward, group, "10.0.0.2", 82)), false, 1);
    expect(ward.available(group)).toBe("1110");
    ward.remove(group, 1);
    expect(ward.available(group)).toBe("110");
    ward.recount(group);
  });

  test("leaves the turn with whoever had it", () => {
    // Two picks, one leaves, and who comes then; the third member leaving, it is the fourth's turn.
    const next = [0, 1, 2, 3].map((leaving) => {
      const ward = new Ward();
      const group = ward.group(4);
      const pick = (): string => ward.names(group)[groupPick(ward.memory, group, Balancer.pick.at(ward.desk.balancer), 1)]!.slice(0, 8);
      pick();
      pick();
      ward.remove(group, leaving);
      return [pick(), pick(), pick()].join(" ");
    });
    const [a, b, c, d] = [1, 2, 3, 4].map((last) => `10.0.0.${last}`);
    expect(next).toEqual([`${c} ${d} ${b}`, `${c} ${d} ${a}`, `${d} ${a} ${b}`, `${c} ${a} ${b}`]);
  });

  test("takes its weight, its state and its connections from the group's counts, and its name", () => {
    const ward = new Ward();
    const group = ward.group(2, { panicPercent: 50 });
    const added = ward.add(group, "10.0.0.9", 1, { weight: 7 }) as BackendAddress;
    const handle = Backend.handle.get(ward.memory, added);
    ward.open(group, 2, 3);
    ward.open(group, 0, 1);
    Backend.retries.set(ward.memory, added, 2);
    Group.retries.set(ward.memory, group, 2);
    ward.drain(group, 2, 100, 1);
    memberHealth(ward.memory, ward.desk.balancer, group, added, false, 1);
    ward.remove(group, 2);
    expect([Group.weightTotal, Group.activeConnections, Group.retries, Group.healthyCount, Group.availableCount, Group.drainingCount].map((field) => field.get(ward.memory, group))).toEqual([2, 1, 0, 2, 2, 0]);
    expect(directoryFind(ward.memory, ward.desk.balancer, handle)).toBe(0);
    ward.recount(group);
  });

  test("begins and ends panic, which counts members", () => {
    const ward = new Ward();
    const group = ward.group(3, { panicPercent: 60 });
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 0), false, 1);
    expect(Group.panicking.get(ward.memory, group)).toBe(0);
    ward.remove(group, 1);
    expect(Group.panicking.get(ward.memory, group)).toBe(1);
    ward.remove(group, 0);
    expect(Group.panicking.get(ward.memory, group)).toBe(0);
  });
});

test("a group that is freed has nothing left of members that came and went", () => {
  const ward = new Ward();
  const group = ward.group(1);
  for (let i = 0; i < 20; i++) ward.add(group, `10.0.2.${i}`, i);
  for (let i = 0; i < 10; i++) ward.remove(group, i, i);
  expect(ward.names(group)).toHaveLength(11);
  for (const backend of ward.members(group)) expect(Backend.handle.get(ward.memory, backend)).toBeGreaterThan(0);
  ward.desk.run({ op: "new" });
  expect(ward.desk.usedBytes()).toBe(0);
});
