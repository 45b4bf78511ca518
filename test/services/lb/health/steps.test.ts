/** Any order of results, probes, verdicts, drains, additions, removals and ticks: the group is what the plain model says. */

import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { pendingTick } from "../../../../services/lb/connection/pending.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { memberDrain, memberHealth, memberRemove, membersDrained } from "../../../../services/lb/group/member.ts";
import { groupSettle } from "../../../../services/lb/health/availability.ts";
import { backendResult } from "../../../../services/lb/health/ejection.ts";
import { probeNext, probeResult } from "../../../../services/lb/health/probe.ts";
import { backendWeight } from "../../../../services/lb/health/slow-start.ts";
import type { ModelPolicy } from "./plain-model.ts";
import { ModelMember, PlainModel } from "./plain-model.ts";
import { Ward } from "./ward.ts";

const MEMBERS_MAX = 8;

class Steps {
  readonly ward = new Ward();
  readonly group: GroupAddress;
  readonly model: PlainModel;
  readonly done = new Map<string, number>();
  readonly #seed: number;
  #drawn = 0;
  #added = 0;
  /** As it is given, and as time goes. */
  tick = 1000;
  now = 1000;

  constructor(policy: ModelPolicy, seed: number) {
    this.model = new PlainModel(policy);
    this.#seed = seed;
    this.group = this.ward.group(4, { ...policy });
    for (let i = 0; i < 4; i++) this.model.members.push(new ModelMember(`10.0.0.${i + 1}`, 1));
  }

  draw(count: number): number {
    let word = Math.imul(this.#seed ^ (this.#drawn++ * 0x9e37_79b9), 0x85eb_ca6b);
    word = Math.imul(word ^ (word >>> 15), 0xc2b2_ae35);
    return ((word ^ (word >>> 16)) >>> 0) % count;
  }

  count(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  step(): void {
    const { memory, desk } = this.ward;
    // Mostly forward, sometimes back.
    const move = this.draw(20);
    this.tick = Math.max(1, move === 0 ? this.now - this.draw(60) : move < 12 ? this.now : this.now + this.draw(12));
    this.now = Math.max(this.now, this.tick);
    if (pendingTick(memory, desk.balancer, this.tick) !== this.now) throw new Error("time runs backwards");
    this.model.pass(this.now);
    groupSettle(memory, this.group, this.now);
    const index = this.model.members.length === 0 ? -1 : this.draw(this.model.members.length);
    if (index < 0) this.add();
    else this.act(this.model.members[index]!, index, this.ward.member(this.group, index));
    this.compare();
  }

  act(member: ModelMember, index: number, backend: BackendAddress): void {
    const { memory, desk } = this.ward;
    const what = this.draw(100);
    if (what < 45) this.result(member, backend, what < 30);
    else if (what < 60) this.probe();
    else if (what < 75) this.answer(member, backend, what < 68);
    else if (what < 80) {
      memberHealth(memory, desk.balancer, this.group, backend, what < 78, this.tick);
      this.model.judge(member, what < 78, this.now);
    } else if (what < 84) this.add();
    else if (what < 87) {
      memberRemove(desk.heap, desk.balancer, this.group, index, this.tick);
      this.model.remove(member, this.now);
    } else if (what < 92) this.drain(member, index);
    else this.connections(member, backend, what < 97);
  }

  result(member: ModelMember, backend: BackendAddress, failed: boolean): void {
    backendResult(this.ward.memory, this.group, backend, failed, this.now);
    this.model.result(member, failed, this.now);
  }

  probe(): void {
    const { memory, desk } = this.ward;
    const expected = this.model.probe(this.now);
    const backend = probeNext(memory, desk.balancer, this.tick);
    expect(backend === 0 ? undefined : this.model.members[this.ward.members(this.group).indexOf(backend)]).toBe(expected);
    this.count(backend === 0 ? "no probe" : "probe");
  }

  answer(member: ModelMember, backend: BackendAddress, passed: boolean): void {
    const awaited = member.awaited !== null;
    const status = probeResult(this.ward.memory, this.ward.desk.balancer, Backend.handle.get(this.ward.memory, backend), passed, this.tick);
    expect(status).toBe(awaited ? 0 : LbErrno.backendNotFound);
    if (awaited) this.model.answered(member, passed, this.now);
    this.count(awaited ? "answer" : "late answer");
  }

  add(): void {
    const name = `10.0.1.${this.#added++ % 256}`;
    const known = this.model.members.some((member) => member.name === name);
    if (known || this.model.members.length >= MEMBERS_MAX) return;
    const member = new ModelMember(name, this.draw(4));
    member.healthy = this.draw(4) > 0;
    expect(this.ward.add(this.group, name, this.tick, { weight: member.weight, healthy: member.healthy })).toBeGreaterThan(0);
    this.model.add(member, this.now);
  }

  drain(member: ModelMember, index: number): void {
    const { desk } = this.ward;
    const deadline = this.draw(3) === 0 ? 0 : this.now + this.draw(40);
    memberDrain(desk.heap, desk.balancer, this.group, index, deadline, this.tick);
    member.drainUntil = deadline === 0 ? null : deadline;
    if (member.drainUntil !== null && (member.open === 0 || this.now >= member.drainUntil)) this.model.remove(member, this.now);
  }

  connections(member: ModelMember, backend: BackendAddress, opened: boolean): void {
    const { memory, desk } = this.ward;
    const change = opened ? 1 : member.open > 0 ? -1 : 0;
    member.open += change;
    Backend.activeConnections.add(memory, backend, change);
    Group.activeConnections.add(memory, this.group, change);
    membersDrained(desk.heap, desk.balancer, this.group, this.tick);
    this.model.drained(this.now);
  }

  compare(): void {
    const { memory } = this.ward;
    this.ward.recount(this.group);
    const number = (tick: number | null): number => tick ?? 0;
    const theirs = this.ward.members(this.group).map((backend) => {
      const of = (field: { get(memory: Ward["memory"], at: BackendAddress): number }): number => field.get(memory, backend);
      const probes = of(Backend.probesPassed) - of(Backend.probesFailed);
      return [of(Backend.healthy), of(Backend.available), probes, of(Backend.probing), of(Backend.probeDeadlineTick), of(Backend.ejectedUntilTick), of(Backend.failures), of(Backend.ejections), of(Backend.timesEjected), of(Backend.drainUntilTick), of(Backend.slowStartTick), of(Backend.slowStarting), backendWeight(memory, this.group, backend, this.now)].join();
    });
    const ours = this.model.members.map((member) => {
      const probes = (member.probes.passed ? 1 : -1) * Math.min(255, member.probes.count);
      return [Number(member.healthy), Number(member.available), probes + 0, Number(member.awaited !== null), number(member.awaited), number(member.ejectedUntil), member.failures, member.multiplier, member.timesEjected, number(member.drainUntil), number(member.slowSince), Number(member.slowSince !== null), this.model.weight(member, this.now)].join();
    });
    if (theirs.join(" ") !== ours.join(" ")) expect(theirs).toEqual(ours);
    const kept = [Group.panicking, Group.ejectionsRefused].map((field) => field.get(memory, this.group)).join();
    if (kept !== [Number(this.model.panicking), this.model.refused].join()) throw new Error(`the group says ${kept}`);
    if (Group.ejectedCount.get(memory, this.group) > this.model.mayBeEjected) throw new Error("too many are ejected");
    for (const member of this.model.members) {
      if (member.ejectedUntil !== null) this.count("ejected");
      if (!member.healthy) this.count("unhealthy");
      if (member.slowSince !== null) this.count("starts slowly");
      if (member.drainUntil !== null) this.count("drains");
      if (member.multiplier > 2) this.count("repeats");
    }
    if (this.model.panicking) this.count("panic");
    if (this.model.ejected === this.model.mayBeEjected && this.model.ejected > 0) this.count("share reached");
  }
}

const usual: ModelPolicy = { probeIntervalTicks: 20, probeTimeoutTicks: 6, rise: 2, fall: 3, ejectFailures: 3, ejectTicks: 15, ejectPercent: 50, panicPercent: 40, slowStartTicks: 30 };
const policies: readonly (readonly [string, ModelPolicy])[] = [
  ["the usual policy", usual],
  ["few may be ejected, and soon", { ...usual, ejectFailures: 1, ejectTicks: 40, ejectPercent: 20, panicPercent: 100 }],
  ["all may be ejected, nobody starts slowly", { ...usual, ejectFailures: 2, ejectTicks: 5, ejectPercent: 100, slowStartTicks: 0, rise: 1, fall: 1 }],
  ["probes that are awaited longer than their interval", { ...usual, probeIntervalTicks: 4, probeTimeoutTicks: 25, panicPercent: 0, slowStartTicks: 3 }],
];

describe.each(policies)("%s", (_name, policy) => {
  test("25,000 steps", () => {
    const steps = new Steps(policy, 0x5eed + policy.ejectTicks);
    for (let i = 0; i < 25_000; i++) steps.step();
    // Each state was there, or the steps prove little.
    for (const what of ["probe", "no probe", "answer", "late answer", "ejected", "unhealthy", "drains", "share reached"]) expect(steps.done.get(what) ?? 0, what).toBeGreaterThan(50);
    if (policy.slowStartTicks > 0) expect(steps.done.get("starts slowly") ?? 0).toBeGreaterThan(50);
    if (policy.panicPercent > 0) expect(steps.done.get("panic") ?? 0).toBeGreaterThan(50);
    expect(Balancer.directory.at(steps.ward.desk.balancer)).toBeGreaterThan(0);
    steps.ward.desk.check();
  }, 60_000);
});
