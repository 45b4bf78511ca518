import { describe, expect, test } from "vitest";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { memberHealth } from "../../../../services/lb/group/member.ts";
import { groupSettle } from "../../../../services/lb/health/availability.ts";
import { backendResult } from "../../../../services/lb/health/ejection.ts";
import { probeNext } from "../../../../services/lb/health/probe.ts";
import { NEVER_TICK } from "../../../../services/lb/health/slow-start.ts";
import { Ward } from "./ward.ts";

describe("settling", () => {
  test("looks again when the first thing is due, not before", () => {
    const ward = new Ward();
    const group = ward.group(4, { ejectFailures: 1, ejectTicks: 100, ejectPercent: 100, slowStartTicks: 40, probeIntervalTicks: 500, probeTimeoutTicks: 70 });
    const due = (tick: number): number => {
      groupSettle(ward.memory, group, tick);
      return Group.nextChangeTick.get(ward.memory, group);
    };
    expect(due(1000)).toBe(NEVER_TICK);
    backendResult(ward.memory, group, ward.member(group, 0), true, 1000);
    expect(due(1000)).toBe(1100);
    expect(probeNext(ward.memory, ward.desk.balancer, 1000)).toBe(ward.member(group, 0));
    expect(due(1000)).toBe(1070);
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 3), false, 1000);
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 3), true, 1000);
    expect(due(1000)).toBe(1040);
    expect(due(1039)).toBe(1040);
    expect(due(1040)).toBe(1070);
    expect(due(1070)).toBe(1100);
    expect(Backend.probesFailed.get(ward.memory, ward.member(group, 0))).toBe(1);
    expect(due(1100)).toBe(1140);
    expect(due(1140)).toBe(NEVER_TICK);
  });

  test("costs one comparison while nothing is due", () => {
    const ward = new Ward();
    const group = ward.group(3);
    groupSettle(ward.memory, group, 5);
    // A member whose record says otherwise is not looked at: nothing was noted.
    Backend.ejected.set(ward.memory, ward.member(group, 0), 1);
    groupSettle(ward.memory, group, 1_000_000);
    expect(Backend.ejected.get(ward.memory, ward.member(group, 0))).toBe(1);
  });

  test("what was due while nobody looked has happened at its own tick", () => {
    const make = (): { ward: Ward; look: (tick: number) => string } => {
      const ward = new Ward();
      const group = ward.group(3, { ejectFailures: 1, ejectTicks: 100, ejectPercent: 100, slowStartTicks: 77, probeIntervalTicks: 1000, probeTimeoutTicks: 130, fall: 1, panicPercent: 60 });
      probeNext(ward.memory, ward.desk.balancer, 990);
      for (const i of [0, 1]) backendResult(ward.memory, group, ward.member(group, i), true, 1000 + 20 * i);
      const look = (tick: number): string => {
        groupSettle(ward.memory, group, tick);
        ward.recount(group);
        return ward.members(group).flatMap((backend) => Backend.fields.map((field) => (["handle", "address", "group"].includes(field.name) ? "" : field.show(ward.memory, backend)))).join() + Group.panicking.get(ward.memory, group);
      };
      return { ward, look };
    };
    const steadily = make();
    for (let tick = 1000; tick <= 1300; tick++) {
      const often = steadily.look(tick);
      expect(make().look(tick)).toBe(often);
    }
  });
});
