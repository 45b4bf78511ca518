import { describe, expect, test } from "vitest";
import { directoryFind } from "../../../../services/lb/connection/directory.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Group, groupAddBackend, groupCreate } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { groupBegin, memberCarry, memberDrain, memberForget, memberHealth } from "../../../../services/lb/group/member.ts";
import { groupSettle } from "../../../../services/lb/health/availability.ts";
import { backendResult } from "../../../../services/lb/health/ejection.ts";
import { probeNext, probeResult } from "../../../../services/lb/health/probe.ts";
import { Random } from "../../../../services/lb/random.ts";
import { lbStandard } from "../../../../services/limits.ts";
import type { PolicyWords } from "../health/ward.ts";
import { Ward } from "../health/ward.ts";

/** A group as a configuration makes it: not in service, its backends without names, of weights 1, 2 and so on. */
function configured(ward: Ward, addresses: readonly string[], policy: PolicyWords = {}, name = "app", limits = ward.desk.limits): GroupAddress {
  const { heap, shared } = ward.desk;
  const group = groupCreate(heap, limits, shared, 0, ward.write(name), 0) as GroupAddress;
  ward.policy(group, policy);
  addresses.forEach((address, i) => {
    const backend = groupAddBackend(heap, limits, group, shared, 0, ward.write(address)) as BackendAddress;
    Backend.port.set(ward.memory, backend, 80);
    Backend.weight.set(ward.memory, backend, i + 1);
  });
  groupBegin(ward.memory, limits, group);
  return group;
}

describe("a group begins", () => {
  test("with all members in service and counted, whichever their health, and nobody starts slowly", () => {
    const ward = new Ward();
    const group = configured(ward, ["10.0.0.1", "::1", "backend.example"], { slowStartTicks: 100, panicPercent: 100 });
    expect(ward.available(group)).toBe("111");
    expect(Group.weightTotal.get(ward.memory, group)).toBe(6);
    expect(ward.members(group).map((backend) => Backend.group.get(ward.memory, backend))).toEqual([group, group, group]);
    groupSettle(ward.memory, group, 1000);
    ward.recount(group);
    expect(ward.members(group).every((backend) => ward.state(backend).slowStarting === 0)).toBe(true);
  });

  test("again changes nothing", () => {
    const ward = new Ward();
    const group = configured(ward, ["10.0.0.1", "10.0.0.2"]);
    const before = Group.fields.map((field) => field.show(ward.memory, group)).join();
    groupBegin(ward.memory, ward.desk.limits, group);
    expect(Group.fields.map((field) => field.show(ward.memory, group)).join()).toBe(before);
  });

  test("with draws by seed and name", () => {
    const ward = new Ward();
    const seed = (name: string, limits = lbStandard): number => Random.seed.get(ward.memory, Group.random.at(configured(ward, [], {}, name, limits)));
    expect(seed("a")).toBe(seed("a"));
    expect(new Set([seed("a"), seed("b"), seed(""), seed("a", { ...lbStandard, seed: 1 }), seed("b", { ...lbStandard, seed: 1 })]).size).toBe(5);
  });

  test("with marks that depend on address and port, not on position, weight or way of writing", () => {
    const ward = new Ward();
    const marks = (addresses: readonly string[]): number[] => ward.members(configured(ward, addresses)).map((backend) => Backend.mark.get(ward.memory, backend));
    const [one, two, name, six] = marks(["10.0.0.1", "10.0.0.2", "a.example", "2001:db8::1"]);
    expect(marks(["2001:DB8:0::1", "a.example", "10.0.0.2", "10.0.0.1"])).toEqual([six, name, two, one]);
    expect(new Set([one, two, name, six, ...marks(["::10.0.0.1", "a00::", "A.example"])]).size).toBe(7);
    // Names and literals whose bytes begin alike, or are the same.
    expect(new Set(marks(["2001:db8::1", "2001:db8::2", "abcd", "97.98.99.100", "6162:6364::"])).size).toBe(5);
    const group = configured(ward, ["10.0.0.1"]);
    Backend.port.set(ward.memory, ward.member(group, 0), 81);
    groupBegin(ward.memory, ward.desk.limits, group);
    expect(Backend.mark.get(ward.memory, ward.member(group, 0))).not.toBe(one);
  });
});

describe("a reload's record takes over", () => {
  const policy: PolicyWords = { ejectFailures: 1, ejectTicks: 100, ejectPercent: 100, slowStartTicks: 50, probeIntervalTicks: 1000, probeTimeoutTicks: 30, fall: 1, panicPercent: 100 };
  const addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"];

  /** Five members: ejected, unhealthy, draining with connections, starting slowly, probed. */
  const made = (): { ward: Ward; from: GroupAddress; to: GroupAddress } => {
    const ward = new Ward();
    const from = ward.group(5, policy);
    const { memory, desk } = ward;
    for (let i = 0; i < 5; i++) expect(probeNext(memory, desk.balancer, 1000)).toBe(ward.member(from, i));
    for (let i = 0; i < 4; i++) expect(probeResult(memory, desk.balancer, Backend.handle.get(memory, ward.member(from, i)), true, 1001)).toBe(0);
    backendResult(memory, from, ward.member(from, 0), true, 1010);
    memberHealth(memory, desk.balancer, from, ward.member(from, 1), false, 1010);
    Backend.activeConnections.set(memory, ward.member(from, 2), 4);
    Backend.retries.set(memory, ward.member(from, 2), 3);
    Backend.pending.set(memory, ward.member(from, 2), 2);
    Group.activeConnections.set(memory, from, 4);
    memberDrain(desk.heap, desk.balancer, from, 2, 5000, 1010);
    memberHealth(memory, desk.balancer, from, ward.member(from, 3), false, 1010);
    memberHealth(memory, desk.balancer, from, ward.member(from, 3), true, 1010);
    Backend.totalRequests.set(memory, ward.member(from, 4), 77);
    Backend.latencyCycles.set(memory, ward.member(from, 4), 12_345);
    ward.recount(from);
    return { ward, from, to: configured(ward, [...addresses].reverse(), policy) };
  };

  const NOT_CARRIED = ["address", "weight", "port", "family", "literal", "group", "mark", "currentWeight"];

  test("everything but what the configuration says, under the same name; the new group counts it", () => {
    const { ward, from, to } = made();
    const { memory } = ward;
    const shown = (backend: BackendAddress): string[] => Backend.fields.filter((field) => !NOT_CARRIED.includes(field.name)).map((field) => `${field.name} ${field.show(memory, backend)}`);
    const before = ward.members(from).map(shown);
    const handles = ward.members(from).map((backend) => Backend.handle.get(memory, backend));
    ward.members(from).forEach((backend, i) => memberCarry(memory, ward.desk.balancer, backend, ward.member(to, 4 - i)));
    expect(ward.members(to).map(shown).reverse()).toEqual(before);
    expect(handles.map((handle) => directoryFind(memory, ward.desk.balancer, handle))).toEqual(ward.members(to).reverse());
    expect(ward.members(from).map((backend) => Backend.handle.get(memory, backend))).toEqual([0, 0, 0, 0, 0]);
    expect(ward.available(to)).toBe("11000");
    expect([Group.weightTotal, Group.retries, Group.activeConnections].map((field) => field.get(memory, to))).toEqual([12, 3, 4]);
    ward.recount(to);
  });

  test("and what was due happens there", () => {
    const { ward, from, to } = made();
    const { memory } = ward;
    groupSettle(memory, to, 1010);
    ward.members(from).forEach((backend, i) => memberCarry(memory, ward.desk.balancer, backend, ward.member(to, 4 - i)));
    groupSettle(memory, to, 1029);
    expect(ward.state(ward.member(to, 0))).toMatchObject({ healthy: 1, probing: 1 });
    groupSettle(memory, to, 1030);
    expect(ward.state(ward.member(to, 0))).toMatchObject({ healthy: 0, probing: 0 });
    expect(ward.state(ward.member(to, 1)).slowStarting).toBe(1);
    groupSettle(memory, to, 1060);
    expect(ward.state(ward.member(to, 1)).slowStarting).toBe(0);
    groupSettle(memory, to, 1110);
    expect(ward.state(ward.member(to, 4))).toMatchObject({ ejected: 0, slowStarting: 1 });
    ward.recount(to);
  });

  test("a policy without ejection or with a smaller share ends ejections when the group is settled", () => {
    const { ward, from, to } = made();
    ward.policy(to, { ejectPercent: 0 });
    ward.members(from).forEach((backend, i) => memberCarry(ward.memory, ward.desk.balancer, backend, ward.member(to, 4 - i)));
    expect(Group.ejectedCount.get(ward.memory, to)).toBe(1);
    groupSettle(ward.memory, to, 1011);
    expect(Group.ejectedCount.get(ward.memory, to)).toBe(0);
    ward.recount(to);
  });

  test("a member that is not carried over is forgotten, and only that one", () => {
    const { ward, from } = made();
    const handles = ward.members(from).map((backend) => Backend.handle.get(ward.memory, backend));
    Group.retries.set(ward.memory, from, 3);
    memberForget(ward.desk.heap, ward.desk.balancer, ward.member(from, 2));
    expect(handles.map((handle) => directoryFind(ward.memory, ward.desk.balancer, handle) !== 0)).toEqual([true, true, false, true, true]);
    expect([Group.activeConnections, Group.retries].map((field) => field.get(ward.memory, from))).toEqual([0, 0]);
  });
});
