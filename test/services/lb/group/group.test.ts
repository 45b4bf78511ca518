import { describe, expect, test } from "vitest";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { Group, groupBackend, groupSelect, groupSetHealth } from "../../../../services/lb/group/group.ts";
import { Routing } from "../../../../services/lb/routing/routing.ts";
import { Desk } from "../desk.ts";

/** A desk with one group, and its record. */
function groupOf(algorithm: string, healthy: readonly boolean[], active: readonly number[] = []): { desk: Desk; group: GroupAddress } {
  const desk = new Desk();
  const backends = healthy.map((isHealthy, i) => ({ address: `10.0.0.${i}`, port: 80, weight: 1, healthy: isHealthy, active_connections: active[i] ?? 0 }));
  expect(desk.run({ op: "add_group", name: "g", algorithm, backends })).toEqual({ ok: null });
  return { desk, group: Routing.firstGroup.get(desk.memory, Balancer.routing.at(desk.balancer)) as GroupAddress };
}

const picks = ({ desk, group }: { desk: Desk; group: GroupAddress }, count: number): number[] => Array.from({ length: count }, () => groupSelect(desk.memory, group));

describe("choosing a backend", () => {
  test.each(["RoundRobin", "WeightedRoundRobin", "Random", "IpHash"])("%s goes round the healthy ones in order", (algorithm) => {
    expect(picks(groupOf(algorithm, [true, true, true]), 5)).toEqual([0, 1, 2, 0, 1]);
    expect(picks(groupOf(algorithm, [false, true, false, true, true, false]), 5)).toEqual([1, 3, 4, 1, 3]);
    expect(picks(groupOf(algorithm, [false, false]), 2)).toEqual([-1, -1]);
    expect(picks(groupOf(algorithm, []), 1)).toEqual([-1]);
  });

  test("least connections takes the emptiest, the earliest among equals, and leaves the turn alone", () => {
    const made = groupOf("LeastConnections", [true, false, true, true], [3, 0, 1, 1]);
    expect(picks(made, 6)).toEqual([2, 3, 2, 3, 0, 2]);
    expect(Group.position.low(made.desk.memory, made.group)).toBe(0);
  });

  test("least connections compares without sign, and a count of 2^32-1 wraps to the fewest", () => {
    const made = groupOf("LeastConnections", [true, true], [0x8000_0000, 0xffff_ffff]);
    expect(picks(made, 1)).toEqual([0]);
    Backend.activeConnections.set(made.desk.memory, groupBackend(made.desk.memory, made.group, 0), 0xffff_ffff);
    expect(picks(made, 3)).toEqual([0, 0, 0]);
    expect(Backend.activeConnections.get(made.desk.memory, groupBackend(made.desk.memory, made.group, 0))).toBe(2);
  });

  test.each([
    [0xffff_fffe, 0],
    [0xffff_ffff, 0],
    [0xffff_ffff, 0xffff_ffff],
    [5, 0x8000_0000],
    [0xffff_fff0, 0x001f_ffff],
  ])("the turn counts in 64 bits (low %i, high %i)", (low, high) => {
    for (const count of [1, 2, 3, 7, 1000]) {
      const made = groupOf("RoundRobin", new Array<boolean>(count).fill(true));
      Group.position.setWords(made.desk.memory, made.group, low | 0, high | 0);
      let position = (BigInt(high) << 32n) | BigInt(low);
      for (const pick of picks(made, 4)) {
        expect(pick).toBe(Number(position % BigInt(count)));
        position = (position + 1n) & 0xffff_ffff_ffff_ffffn;
      }
    }
  });

  test("the turn does not move while nobody is healthy, and goes on by the number of those who are", () => {
    const made = groupOf("RoundRobin", [true, true, true]);
    const { memory } = made.desk;
    expect(picks(made, 4)).toEqual([0, 1, 2, 0]);
    for (const i of [0, 1, 2]) groupSetHealth(memory, made.group, groupBackend(memory, made.group, i), false);
    expect(picks(made, 3)).toEqual([-1, -1, -1]);
    expect(Group.refused.get(memory, made.group)).toBe(3);
    for (const i of [2, 0, 2]) groupSetHealth(memory, made.group, groupBackend(memory, made.group, i), true);
    expect(Group.healthyCount.get(memory, made.group)).toBe(2);
    expect(picks(made, 3)).toEqual([0, 2, 0]);
  });

  test("counts each request at its backend", () => {
    const made = groupOf("RoundRobin", [true, true]);
    picks(made, 5);
    const counts = [0, 1].map((i) => Backend.totalRequests.get(made.desk.memory, groupBackend(made.desk.memory, made.group, i)));
    expect(counts).toEqual([3, 2]);
  });
});

describe("a group of a name that is there", () => {
  test("takes its place and number, and starts anew; references to it hold", () => {
    const desk = new Desk();
    const backend = (address: string) => ({ address, port: 80, weight: 1, healthy: true, active_connections: 0 });
    const add = (name: string, ...addresses: string[]) => expect(desk.run({ op: "add_group", name, algorithm: "RoundRobin", backends: addresses.map(backend) })).toEqual({ ok: null });
    const route = () => desk.run({ op: "route", path: "/", host: "", headers: [] });
    add("a", "a1", "a2");
    add("b", "b1");
    desk.run({ op: "add_rule", default_backend: "", routes: [{ path_prefix: "/", host: "", headers: [], backend_group: "a" }] });
    expect(route()).toEqual({ ok: ["a1", 80] });
    const used = desk.usedBytes();
    add("a", "n1", "n2", "n3");
    expect([route(), route(), route(), route()].map((result) => (result as { ok: unknown[] }).ok[0])).toEqual(["n1", "n2", "n3", "n1"]);
    expect(desk.run({ op: "counts" })).toEqual({ ok: { backend_groups: 2, rules: 1 } });
    const first = Routing.firstGroup.get(desk.memory, Balancer.routing.at(desk.balancer)) as GroupAddress;
    const second = Group.next.get(desk.memory, first) as GroupAddress;
    expect([Group.number.get(desk.memory, first), Group.number.get(desk.memory, second), Group.next.get(desk.memory, second)]).toEqual([0, 1, 0]);
    add("b", "b2");
    expect([Group.number.get(desk.memory, second), Group.next.get(desk.memory, first)]).toEqual([1, second]);
    add("a", "a1", "a2");
    expect(desk.usedBytes()).toBe(used);
    desk.check();
  });
});
