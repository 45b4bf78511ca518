import { describe, expect, test } from "vitest";
import { Group } from "../../../../services/lb/group/group.ts";
import { memberHealth } from "../../../../services/lb/group/member.ts";
import { groupSettle, groupUnsettle } from "../../../../services/lb/health/availability.ts";
import { backendSetDraining, backendSetEjected, backendSetHealthy } from "../../../../services/lb/health/fitness.ts";
import { Ward } from "./ward.ts";

describe("in service", () => {
  test("is who is healthy, not ejected and not draining, in all eight cases and from each to each", () => {
    const ward = new Ward();
    const group = ward.group(2);
    const backend = ward.member(group, 0);
    const go = (state: number): void => {
      backendSetHealthy(ward.memory, group, backend, (state & 1) !== 0, 1);
      backendSetEjected(ward.memory, group, backend, (state & 2) !== 0, 1);
      backendSetDraining(ward.memory, group, backend, (state & 4) !== 0);
    };
    for (let from = 0; from < 8; from++) {
      for (let to = 0; to < 8; to++) {
        go(from);
        go(to);
        expect(ward.state(backend).available).toBe(to === 1 ? 1 : 0);
        expect([Group.healthyCount, Group.availableCount, Group.ejectedCount, Group.drainingCount].map((field) => field.get(ward.memory, group))).toEqual([1 + (to & 1), 1 + (to === 1 ? 1 : 0), (to >> 1) & 1, to >> 2]);
      }
    }
  });
});

describe("panic", () => {
  test.each([
    // members, percent, how few may be available without panic
    [2, 50, 1],
    [3, 50, 2],
    [4, 50, 2],
    [10, 30, 3],
    [10, 31, 4],
    [10, 100, 10],
    [3, 34, 2],
    [3, 33, 1],
    [1, 1, 1],
    [200, 1, 2],
  ])("of %i members at %i %%: not with %i available, but with one fewer", (members, panicPercent, least) => {
    const ward = new Ward();
    const group = ward.group(members, { panicPercent });
    for (let available = members; available >= 0; available--) {
      expect(Group.availableCount.get(ward.memory, group)).toBe(available);
      expect(Group.panicking.get(ward.memory, group)).toBe(available < least ? 1 : 0);
      if (available > 0) memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, available - 1), false, 1);
    }
    for (let available = 1; available <= members; available++) {
      memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, available - 1), true, 1);
      expect(Group.panicking.get(ward.memory, group)).toBe(available < least ? 1 : 0);
    }
  });

  test("never without a policy, nor in a group without members", () => {
    const ward = new Ward();
    const off = ward.group(2, {}, "off");
    for (const i of [0, 1]) memberHealth(ward.memory, ward.desk.balancer, off, ward.member(off, i), false, 1);
    expect(Group.panicking.get(ward.memory, off)).toBe(0);
    const empty = ward.group(0, { panicPercent: 100 }, "empty");
    groupSettle(ward.memory, empty, 1);
    expect(Group.panicking.get(ward.memory, empty)).toBe(0);
  });

  test("ejection and draining make it as well, and a new policy when the group is settled", () => {
    const ward = new Ward();
    const group = ward.group(2, { panicPercent: 100 });
    backendSetEjected(ward.memory, group, ward.member(group, 0), true, 1);
    expect(Group.panicking.get(ward.memory, group)).toBe(1);
    backendSetEjected(ward.memory, group, ward.member(group, 0), false, 1);
    expect(Group.panicking.get(ward.memory, group)).toBe(0);
    backendSetDraining(ward.memory, group, ward.member(group, 0), true);
    expect(Group.panicking.get(ward.memory, group)).toBe(1);
    ward.policy(group, { panicPercent: 50 });
    groupUnsettle(ward.memory, group);
    groupSettle(ward.memory, group, 1);
    expect(Group.panicking.get(ward.memory, group)).toBe(0);
  });
});
