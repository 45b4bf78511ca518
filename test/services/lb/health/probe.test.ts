import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { memberDrain, memberHealth, memberRemove } from "../../../../services/lb/group/member.ts";
import { groupSettle } from "../../../../services/lb/health/availability.ts";
import { backendResult } from "../../../../services/lb/health/ejection.ts";
import { probeNext, probeResult } from "../../../../services/lb/health/probe.ts";
import { Random } from "../../../../services/lb/random.ts";
import { NEVER_TICK } from "../../../../services/lb/health/slow-start.ts";
import { HEALTH, ask, probed } from "./probing.ts";
import { Ward } from "./ward.ts";

describe("who is to be probed", () => {
  test("each due member once, then none before the interval has passed since", () => {
    const { asked, answer } = probed(3);
    expect(asked(1000)).toEqual([0, 1, 2]);
    expect(asked(1000)).toEqual([]);
    for (const i of [0, 1, 2]) expect(answer(i, true, 1010)).toBe(0);
    expect(asked(1099)).toEqual([]);
    expect(asked(1100)).toEqual([0, 1, 2]);
  });

  test("no more than asked for; the rest stays due, the longest first, the earlier in the group among equals", () => {
    const { asked, answer } = probed(3);
    expect(asked(1000, 1)).toEqual([0]);
    expect(answer(0, true, 1000)).toBe(0);
    expect(asked(1005, 2)).toEqual([1, 2]);
    for (const i of [1, 2]) answer(i, true, 1005);
    expect(asked(1105, 1)).toEqual([0]);
    answer(0, true, 1105);
    expect(asked(1300)).toEqual([1, 2, 0]);
  });

  test("an interval counts from when the probe was handed out, however late that was", () => {
    const { asked, answer } = probed(1);
    expect(asked(1000)).toEqual([0]);
    answer(0, true, 1001);
    expect(asked(5050)).toEqual([0]);
    answer(0, true, 5051);
    expect(asked(5149)).toEqual([]);
    expect(asked(5150)).toEqual([0]);
  });

  test("nobody while an answer is awaited, even if the next probe is due", () => {
    const { asked, answer } = probed(1, { probeTimeoutTicks: 250 });
    expect(asked(1000)).toEqual([0]);
    expect(asked(1249)).toEqual([]);
    expect(answer(0, true, 1249)).toBe(0);
    expect(asked(1249)).toEqual([0]);
    expect(asked(1498)).toEqual([]);
    expect(asked(1499)).toEqual([0]);
  });

  test("nobody where the policy has no interval, and nobody before anybody asks", () => {
    const { ward, group, asked, answer } = probed(2, { probeIntervalTicks: 0 });
    expect(asked(1000)).toEqual([]);
    ward.policy(group, { probeIntervalTicks: 100 });
    groupSettle(ward.memory, group, 1_000_000);
    expect(ward.members(group).map((backend) => ward.state(backend))).toEqual(Array.from({ length: 2 }, () => ({ healthy: 1, ejected: 0, draining: 0, available: 1, probing: 0, slowStarting: 0 })));
    expect(answer(0, false, 1_000_000)).toBe(LbErrno.backendNotFound);
    expect(asked(1_000_000)).toEqual([0, 1]);
  });

  test("ejected, draining and unhealthy members as well", () => {
    const { ward, group, asked } = probed(3, { ejectFailures: 1, ejectTicks: 1000, ejectPercent: 100 });
    backendResult(ward.memory, group, ward.member(group, 0), true, 10);
    Backend.activeConnections.set(ward.memory, ward.member(group, 1), 1);
    memberDrain(ward.desk.heap, ward.desk.balancer, group, 1, 10_000, 10);
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 2), false, 10);
    expect(ward.available(group)).toBe("000");
    expect(asked(20)).toEqual([0, 1, 2]);
  });

  test("of several groups the longest due, the group made first among equals", () => {
    const ward = new Ward();
    const first = ward.group(2, HEALTH, "a");
    const second = ward.group(2, { ...HEALTH, probeIntervalTicks: 60 }, "b");
    const [a, b] = [ward.members(first), ward.members(second)];
    const pass = (tick: number): void => [...a, ...b].forEach((backend) => probeResult(ward.memory, ward.desk.balancer, Backend.handle.get(ward.memory, backend), true, tick));
    expect(ask(ward, 10)).toEqual([...a, ...b]);
    pass(11);
    expect(ask(ward, 90)).toEqual(b);
    pass(91);
    expect(ask(ward, 115, 3)).toEqual([...a]);
    pass(116);
    expect(ask(ward, 500)).toEqual([...b, ...a]);
  });

  test("a member that was added, at once", () => {
    const { ward, group, asked } = probed(1);
    expect(asked(1000)).toEqual([0]);
    expect(ward.add(group, "10.0.9.9", 1005)).toBeGreaterThan(0);
    expect(asked(1005)).toEqual([1]);
    expect(asked(1005)).toEqual([]);
  });

  test("nobody twice because the clock went back", () => {
    const { asked, answer } = probed(2);
    expect(asked(1000)).toEqual([0, 1]);
    answer(0, true, 990);
    expect(asked(5)).toEqual([]);
    expect(asked(999)).toEqual([]);
    expect(asked(1029)).toEqual([]);
    // The other one was not answered in time, and is due again when the interval has passed.
    expect(asked(1030)).toEqual([]);
    expect(asked(1100)).toEqual([0, 1]);
  });
});

describe("jitter", () => {
  test("spreads the first probes and lengthens each interval by 0 to that many ticks, both ends included", () => {
    const { ward, group, asked, answer } = probed(40, { probeJitterTicks: 3 });
    const seen = new Map<number, number[]>();
    let longest = 0;
    const firsts: number[] = [];
    for (let tick = 1000; tick < 3000; tick++) {
      for (const index of asked(tick)) {
        const times = seen.get(index) ?? [];
        if (times.length === 0) firsts.push(tick - 1000);
        else expect(tick - times[times.length - 1]!).toBeGreaterThanOrEqual(100);
        if (times.length > 0) longest = Math.max(longest, tick - times[times.length - 1]!);
        seen.set(index, [...times, tick]);
        expect(answer(index, true, tick)).toBe(0);
      }
    }
    expect(seen.size).toBe(40);
    expect([...new Set(firsts)].sort()).toEqual([0, 1, 2, 3]);
    const spans = [...seen.values()].flatMap((times) => times.slice(1).map((time, i) => time - times[i]!));
    expect([...new Set(spans)].sort()).toEqual([100, 101, 102, 103]);
    expect(longest).toBe(103);
    ward.recount(group);
  });

  test("is drawn by seed and group: the same again, another for another name; nothing is drawn without it", () => {
    const schedule = (name: string, probeJitterTicks = 1000): number[] => {
      const ward = new Ward();
      const group = ward.group(10, { ...HEALTH, probeJitterTicks }, name);
      probeNext(ward.memory, ward.desk.balancer, 0);
      expect(Random.drawn.get(ward.memory, Group.random.at(group)) > 0).toBe(probeJitterTicks > 0);
      return ward.members(group).map((backend) => Backend.nextProbeTick.get(ward.memory, backend));
    };
    expect(schedule("a")).toEqual(schedule("a"));
    expect(schedule("a")).not.toEqual(schedule("b"));
    expect(schedule("a", 0).slice(1)).toEqual(Array.from({ length: 9 }, () => 0));
    expect(Math.max(...schedule("a", 0xffff_ffff))).toBeLessThan(0x8000_0000);
  });
});

describe("answers that nobody awaits", () => {
  test("unasked, twice, after the member is gone, or by a name that never was", () => {
    const { ward, group, asked, answer, handles } = probed(2);
    expect(answer(0, false, 1000)).toBe(LbErrno.backendNotFound);
    expect(asked(1000)).toEqual([0, 1]);
    expect(answer(0, false, 1000)).toBe(0);
    expect(answer(0, false, 1000)).toBe(LbErrno.backendNotFound);
    expect(Backend.probesFailed.get(ward.memory, ward.member(group, 0))).toBe(1);
    memberRemove(ward.desk.heap, ward.desk.balancer, group, 1, 1001);
    expect(answer(1, false, 1001)).toBe(LbErrno.backendNotFound);
    for (const handle of [0, -1, 1, 0x7fff_ffff, handles[0]! + 1]) expect(probeResult(ward.memory, ward.desk.balancer, handle, true, 1001)).toBe(LbErrno.backendNotFound);
  });

  test("in time until the tick before the deadline; from the deadline on the probe has failed", () => {
    const inTime = probed(1, { fall: 1 });
    inTime.asked(1000);
    expect(inTime.answer(0, true, 1029)).toBe(0);
    expect(inTime.ward.state(inTime.ward.member(inTime.group, 0)).healthy).toBe(1);
    const late = probed(1, { fall: 1 });
    late.asked(1000);
    expect(late.answer(0, true, 1030)).toBe(LbErrno.backendNotFound);
    expect(late.ward.state(late.ward.member(late.group, 0))).toMatchObject({ healthy: 0, probing: 0 });
    late.ward.recount(late.group);
  });

  test("seen by whoever looks first: by asking for probes, too", () => {
    const { ward, group, asked } = probed(1, { fall: 1 });
    asked(1000);
    expect(asked(1100)).toEqual([0]);
    expect(ward.state(ward.member(group, 0))).toMatchObject({ healthy: 0, probing: 1 });
  });

  test("never, where the policy waits for ever", () => {
    const { ward, group, asked, answer } = probed(1, { fall: 1, probeTimeoutTicks: 0 });
    asked(1000);
    groupSettle(ward.memory, group, NEVER_TICK - 1);
    expect(asked(NEVER_TICK - 1)).toEqual([]);
    expect(answer(0, true, NEVER_TICK - 1)).toBe(0);
  });

  test("a probe handed out again is awaited again", () => {
    const { asked, answer } = probed(1);
    asked(1000);
    expect(asked(1100)).toEqual([0]);
    expect(answer(0, true, 1129)).toBe(0);
    expect(answer(0, true, 1129)).toBe(LbErrno.backendNotFound);
  });
});

test("a group whose next probe is far away is not looked through", () => {
  const { ward, group, asked } = probed(2);
  expect(asked(1000)).toEqual([0, 1]);
  asked(1000);
  expect(Group.nextProbeTick.get(ward.memory, group)).toBe(1100);
  expect(Balancer.directory.at(ward.desk.balancer)).toBeGreaterThan(0);
});
