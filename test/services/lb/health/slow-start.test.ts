import { describe, expect, test } from "vitest";
import { Backend } from "../../../../services/lb/group/backend.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { memberDrain, memberHealth, memberJoin } from "../../../../services/lb/group/member.ts";
import { groupSettle } from "../../../../services/lb/health/availability.ts";
import { backendResult } from "../../../../services/lb/health/ejection.ts";
import { NEVER_TICK, backendWeight, laterTick, slowStartBegin } from "../../../../services/lb/health/slow-start.ts";
import { Ward } from "./ward.ts";

/** A group of two with a slow start of so many ticks; the first is of that weight, and its ramp has begun at tick 1000. */
function ramp(slowStartTicks: number, weight: number): (tick: number) => number {
  const ward = new Ward();
  const group = ward.group(2, { slowStartTicks });
  const backend = ward.member(group, 0);
  Backend.weight.set(ward.memory, backend, weight);
  slowStartBegin(ward.memory, group, backend, 1000);
  return (tick) => backendWeight(ward.memory, group, backend, tick);
}

describe("the weight that counts", () => {
  test("grows evenly from a tenth to the whole, in hundredths, rounded down", () => {
    const weight = ramp(90, 1);
    expect([1000, 1001, 1002, 1045, 1088, 1089].map(weight)).toEqual([10, 11, 12, 55, 98, 99]);
    expect([1090, 1091, NEVER_TICK].map(weight)).toEqual([100, 100, 100]);
    const odd = ramp(7, 3);
    // 30 + 270 x k / 7
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((k) => odd(1000 + k))).toEqual([30, 68, 107, 145, 184, 222, 261, 300]);
  });

  test("is a tenth before the beginning, as if no time had passed", () => {
    const weight = ramp(90, 10);
    expect([0, 999, 1000].map(weight)).toEqual([100, 100, 100]);
  });

  test("never falls as time passes, and is never 0 for a weight that is not", () => {
    for (const [ticks, whole] of [[1, 1], [3, 1], [100, 7], [1000, 1000], [1_000_000_000, 1000], [0xffff_ffff, 1000]] as const) {
      const weight = ramp(ticks, whole);
      expect(weight(1000)).toBe(whole * 10);
      expect(weight(1000 + ticks)).toBe(whole * 100);
      let before = 0;
      for (let step = 0; step <= 50; step++) {
        const now = weight(1000 + Math.floor((ticks * step) / 50));
        expect(now).toBeGreaterThanOrEqual(before);
        expect(Number.isSafeInteger(now) && now >= 1).toBe(true);
        before = now;
      }
    }
    expect(ramp(90, 0)(1000)).toBe(0);
    expect(ramp(90, 0)(2000)).toBe(0);
  });

  test("is whole without slow start, and at once where a new policy has none", () => {
    const ward = new Ward();
    const group = ward.group(2, { slowStartTicks: 0 });
    slowStartBegin(ward.memory, group, ward.member(group, 0), 1000);
    expect(ward.state(ward.member(group, 0)).slowStarting).toBe(0);
    expect(backendWeight(ward.memory, group, ward.member(group, 0), 1000)).toBe(100);
    ward.policy(group, { slowStartTicks: 90 });
    slowStartBegin(ward.memory, group, ward.member(group, 0), 1000);
    ward.policy(group, { slowStartTicks: 0 });
    expect(backendWeight(ward.memory, group, ward.member(group, 0), 1000)).toBe(100);
  });
});

describe("slow start begins", () => {
  const make = (): { ward: Ward; group: GroupAddress; first: BackendAddress; weight: (tick: number) => number } => {
    const ward = new Ward();
    const group = ward.group(3, { slowStartTicks: 90, ejectFailures: 1, ejectTicks: 50, ejectPercent: 100 });
    const first = ward.member(group, 0);
    const weight = (tick: number): number => {
      groupSettle(ward.memory, group, tick);
      return backendWeight(ward.memory, group, first, tick);
    };
    return { ward, group, first, weight };
  };

  test("not when a group is first in service", () => {
    const { ward, group, weight } = make();
    expect([0, 1, 1000].map(weight)).toEqual([100, 100, 100]);
    expect(ward.members(group).every((backend) => ward.state(backend).slowStarting === 0)).toBe(true);
  });

  test("when a backend is healthy again, and is cut short when it is not", () => {
    const { ward, group, first, weight } = make();
    memberHealth(ward.memory, ward.desk.balancer, group, first, false, 500);
    expect(ward.state(first).slowStarting).toBe(0);
    memberHealth(ward.memory, ward.desk.balancer, group, first, true, 600);
    expect([600, 610, 689].map(weight)).toEqual([10, 20, 99]);
    memberHealth(ward.memory, ward.desk.balancer, group, first, true, 640);
    expect(weight(650)).toBe(60);
    memberHealth(ward.memory, ward.desk.balancer, group, first, false, 650);
    expect(ward.state(first).slowStarting).toBe(0);
    memberHealth(ward.memory, ward.desk.balancer, group, first, true, 700);
    expect([700, 789, 790].map(weight)).toEqual([10, 99, 100]);
    expect(ward.state(first).slowStarting).toBe(0);
  });

  test("when an ejection is over, counted from its end, however late that is noticed", () => {
    const { ward, group, first, weight } = make();
    backendResult(ward.memory, group, first, true, 1000);
    groupSettle(ward.memory, group, 1049);
    expect(ward.state(first)).toMatchObject({ ejected: 1, slowStarting: 0 });
    expect(weight(1060)).toBe(20);
    expect(ward.state(first)).toMatchObject({ ejected: 0, slowStarting: 1 });
    expect(weight(1140)).toBe(100);
    expect(ward.state(first).slowStarting).toBe(0);
  });

  test("only once a backend is both healthy and not ejected", () => {
    const { ward, group, first, weight } = make();
    backendResult(ward.memory, group, first, true, 1000);
    memberHealth(ward.memory, ward.desk.balancer, group, first, false, 1010);
    memberHealth(ward.memory, ward.desk.balancer, group, first, true, 1020);
    expect(ward.state(first).slowStarting).toBe(0);
    memberHealth(ward.memory, ward.desk.balancer, group, first, false, 1030);
    groupSettle(ward.memory, group, 1060);
    expect(ward.state(first)).toMatchObject({ ejected: 0, slowStarting: 0 });
    memberHealth(ward.memory, ward.desk.balancer, group, first, true, 1070);
    expect(weight(1080)).toBe(20);
  });

  test("not when a drain is taken back", () => {
    const { ward, group, first, weight } = make();
    const { heap, balancer } = ward.desk;
    Backend.activeConnections.set(ward.memory, first, 1);
    memberDrain(heap, balancer, group, 0, 900, 500);
    memberDrain(heap, balancer, group, 0, 0, 600);
    expect(weight(600)).toBe(100);
  });

  test("for a member added to a group in service; for an unhealthy one once it is healthy", () => {
    const { ward, group } = make();
    const healthy = ward.add(group, "10.0.1.1", 700) as BackendAddress;
    const ill = ward.add(group, "10.0.1.2", 700, { healthy: false }) as BackendAddress;
    const at = (backend: BackendAddress, tick: number): number => {
      groupSettle(ward.memory, group, tick);
      return backendWeight(ward.memory, group, backend, tick);
    };
    expect([at(healthy, 700), at(ill, 700)]).toEqual([10, 100]);
    memberHealth(ward.memory, ward.desk.balancer, group, ill, true, 720);
    expect([at(healthy, 720), at(ill, 720)]).toEqual([30, 10]);
    expect([at(healthy, 790), at(ill, 790)]).toEqual([100, 80]);
    expect([at(healthy, 810), at(ill, 810)]).toEqual([100, 100]);
    expect(ward.state(ill).slowStarting).toBe(0);
  });

  test("for one that a reload brought, when the group is settled next", () => {
    const { ward, group, first, weight } = make();
    groupSettle(ward.memory, group, 4000);
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 1), false, 4000);
    memberJoin(ward.memory, group, first);
    memberJoin(ward.memory, group, ward.member(group, 1));
    ward.recount(group);
    expect(backendWeight(ward.memory, group, first, 5000)).toBe(10);
    expect(weight(5000)).toBe(10);
    expect([5010, 5089, 5090].map(weight)).toEqual([20, 99, 100]);
    expect(ward.state(first).slowStarting).toBe(0);
    expect(Backend.slowStartTick.get(ward.memory, first)).toBe(0);
  });
});

test("a tick beyond the last one is the last one", () => {
  expect(laterTick(5, 7)).toBe(12);
  expect(laterTick(NEVER_TICK - 7, 7)).toBe(NEVER_TICK);
  expect(laterTick(NEVER_TICK - 6, 7)).toBe(NEVER_TICK);
  expect(laterTick(NEVER_TICK, 0xffff_ffff * 0xffff)).toBe(NEVER_TICK);
});
