/**
 * What the strict balancer may and must do, said as plainly as can be: groups of members with counts, queues of requests
 * that wait, connections. The model chooses no backend: it is told which one was chosen, and judges whether it could be.
 */

import { expect } from "vitest";
import type { Admitted, GroupReport, Opened, Routed } from "../../../../sim/strict-balancer.ts";
import type { GroupSpec, Member, MemberSpec } from "./model-group.ts";
import { ModelGroup, keyOf } from "./model-group.ts";

interface Connection {
  readonly name: number;
  member: Member | null;
  group: ModelGroup | null;
  readonly retry: boolean;
}

export interface ModelLimits {
  readonly connectionsMax: number;
  readonly pendingMax: number;
}

export class BalancerModel {
  readonly #limits: ModelLimits;
  #groups = new Map<string, ModelGroup>();
  readonly #connections = new Map<number, Connection>();
  /** Decided by a reload that took their group: what the balancer must say of each. */
  readonly #orphans = new Set<number>();
  #now = 0;

  constructor(limits: ModelLimits) {
    this.#limits = limits;
  }

  get connectionNames(): readonly number[] {
    return [...this.#connections.keys()];
  }

  get groupNames(): readonly string[] {
    return [...this.#groups.keys()];
  }

  memberNames(group: string): readonly string[] {
    return this.#groups.get(group)?.members.map((member) => member.key) ?? [];
  }

  hear(tick: number): void {
    this.#now = Math.max(this.#now, tick);
  }

  reload(specs: readonly GroupSpec[]): void {
    const before = this.#groups;
    this.#groups = new Map();
    for (const spec of specs) {
      const old = before.get(spec.name);
      const members = spec.members.map((member) => old?.find(member) ?? { key: keyOf(member), healthy: true, drainUntil: 0, active: 0 });
      const group = new ModelGroup(spec, members, old?.waiting ?? []);
      this.#groups.set(spec.name, group);
      for (const connection of this.#connections.values()) if (old !== undefined && connection.group === old) connection.group = group;
    }
    for (const [name, group] of before) if (!this.#groups.has(name)) for (const { ticket } of group.waiting) this.#orphans.add(ticket);
    const alive = new Set([...this.#groups.values()].flatMap((group) => group.members));
    for (const connection of this.#connections.values()) if (connection.member !== null && !alive.has(connection.member)) this.#orphan(connection);
  }

  /** True if there was none of that address and port. */
  memberAdd(name: string, member: MemberSpec): "added" | "exists" | "noGroup" {
    const group = this.#groups.get(name);
    if (group === undefined) return "noGroup";
    if (group.find(member) !== undefined) return "exists";
    group.members.push({ key: keyOf(member), healthy: true, drainUntil: 0, active: 0 });
    return "added";
  }

  memberRemove(name: string, member: MemberSpec): "done" | "noMember" | "noGroup" {
    const found = this.#find(name, member);
    if (typeof found === "string") return found;
    this.#drop(found.group, found.member);
    return "done";
  }

  memberHealth(name: string, member: MemberSpec, healthy: boolean): "done" | "noMember" | "noGroup" {
    const found = this.#find(name, member);
    if (typeof found === "string") return found;
    found.member.healthy = healthy;
    return "done";
  }

  memberDrain(name: string, member: MemberSpec, deadline: number): "done" | "noMember" | "noGroup" {
    const found = this.#find(name, member);
    if (typeof found === "string") return found;
    found.member.drainUntil = deadline;
    if (deadline !== 0 && (found.member.active === 0 || this.#now >= deadline)) this.#drop(found.group, found.member);
    return "done";
  }

  /** Judges the answer to a request for that group, as "routed", "waiting" or the name of a refusal. */
  opened(name: string, answer: Opened, refusal: string): void {
    const group = this.#groups.get(name);
    if (group === undefined) return expect(refusal).toBe("backendGroupNotFound");
    const expected = this.#fate(group);
    const actual = answer.routed !== null ? "routed" : answer.ticket !== null ? "waiting" : refusal;
    expect(actual, `a request for ${name}`).toBe(expected);
    if (answer.routed !== null) this.#connect(group, answer.routed, false);
    if (answer.ticket !== null) group.waiting.push({ ticket: answer.ticket, deadline: this.#now + group.spec.pendingTicks });
  }

  /** Judges the answer to the end of a connection. */
  closed(name: number, retry: boolean, answer: { readonly status: string; readonly routed: Routed | null }): void {
    const connection = this.#connections.get(name);
    if (connection === undefined) return expect(answer.status).toBe("connectionNotFound");
    const { group, member } = connection;
    this.#connections.delete(name);
    if (group === null || member === null) return expect(answer).toEqual({ status: retry ? "retryRefused" : "ok", routed: null });
    member.active -= 1;
    this.#reapGroup(group);
    if (!retry) return expect(answer).toEqual({ status: "ok", routed: null });
    const others = group.candidates.filter((candidate) => candidate !== member);
    const expected = this.#mayRetry(group) && others.length > 0 && !group.isFull ? "ok" : "retryRefused";
    expect(answer.status, "a retry").toBe(expected);
    if (answer.routed === null) return expect(expected).toBe("retryRefused");
    expect(keyOf(answer.routed)).not.toBe(member.key);
    this.#connect(group, answer.routed, true);
  }

  advanced(): void {
    for (const group of this.#groups.values()) this.#reapGroup(group);
  }

  /** Judges what became of requests that waited; `advanced` if everything that is due must have happened. */
  admitted(decided: readonly Admitted[], everything: boolean): void {
    for (const { ticket, outcome, routed } of decided) this.#decided(ticket, outcome, routed);
    expect([...this.#orphans], "requests whose group is gone are decided at once").toEqual([]);
    for (const group of this.#groups.values()) {
      if (group.waiting.length === 0) continue;
      const idle = !group.isFull && group.candidates.length > 0;
      if (everything) expect(idle && this.#hasRoom(), `a request of ${group.spec.name} waits though there is room`).toBe(false);
      if (everything) expect(group.members.length, "requests wait where nobody will ever come").toBeGreaterThan(0);
      if (everything) for (const { deadline } of group.waiting) expect(deadline).toBeGreaterThan(this.#now);
    }
  }

  /** The balancer's own account of a group equals the model's. */
  reported(name: string, report: GroupReport | null): void {
    const group = this.#groups.get(name);
    if (group === undefined || report === null) return expect(report === null).toBe(group === undefined);
    expect(report.members.map((member) => `${keyOf(member)} ${member.connections} ${member.available}`)).toEqual(
      group.members.map((member) => `${member.key} ${member.active} ${member.healthy && member.drainUntil === 0}`),
    );
    expect(report.waiting).toBe(group.waiting.length);
    expect(report.connections).toBe(group.open);
    expect(report.retries).toBe([...this.#connections.values()].filter((connection) => connection.retry && connection.group === group && connection.member !== null).length);
  }

  #decided(ticket: number, outcome: string, routed: Routed | null): void {
    if (this.#orphans.delete(ticket)) return expect(outcome).toBe("BackendGroupNotFound");
    const group = [...this.#groups.values()].find(({ waiting }) => waiting.some((entry) => entry.ticket === ticket));
    if (group === undefined) throw new Error(`ticket ${ticket} was decided and does not wait`);
    const index = group.waiting.findIndex((entry) => entry.ticket === ticket);
    const [{ deadline }] = group.waiting.splice(index, 1);
    if (routed !== null) {
      expect(index, "first come, first served").toBe(0);
      this.#connect(group, routed, false);
    } else if (outcome === "Overloaded") expect(deadline).toBeLessThanOrEqual(this.#now);
    else {
      expect(outcome).toBe("NoHealthyBackend");
      expect(group.members, "only a group without members has no hope").toEqual([]);
    }
  }

  #fate(group: ModelGroup): string {
    if (!this.#hasRoom()) return group.members.length === 0 ? "noHealthyBackend" : "overloaded";
    if (group.inService.length === 0) return "noHealthyBackend";
    if (!group.isFull && group.candidates.length > 0) return "routed";
    // Those of this group whose deadline has come leave its queue first; their places are free once the operator was told.
    const here = group.waiting.filter(({ deadline }) => deadline > this.#now).length;
    const everywhere = [...this.#groups.values()].reduce((sum, { waiting }) => sum + waiting.length, 0);
    return here < group.spec.pendingMax && everywhere < this.#limits.pendingMax ? "waiting" : "overloaded";
  }

  #connect(group: ModelGroup, { connection, address, port, group: groupName }: Routed, retry: boolean): void {
    expect(groupName).toBe(group.spec.name);
    expect(this.#hasRoom(), "never more connections than there are slots").toBe(true);
    expect(group.isFull, "never more connections than the group may have").toBe(false);
    const member = group.candidates.find(({ key }) => key === keyOf({ address, port }));
    if (member === undefined) throw new Error(`${address} ${port} may not take a request now`);
    member.active += 1;
    expect(this.#connections.has(connection)).toBe(false);
    this.#connections.set(connection, { name: connection, member, group, retry });
  }

  #hasRoom(): boolean {
    return this.#connections.size < this.#limits.connectionsMax;
  }

  #mayRetry(group: ModelGroup): boolean {
    const retries = [...this.#connections.values()].filter((connection) => connection.retry && connection.group === group && connection.member !== null).length;
    return retries + 1 <= Math.max(group.spec.retriesLeast, Math.floor((group.spec.retryPercent * (group.open + 1)) / 100));
  }

  #reapGroup(group: ModelGroup): void {
    for (const member of [...group.members]) if (member.drainUntil !== 0 && (member.active === 0 || this.#now >= member.drainUntil)) this.#drop(group, member);
  }

  #drop(group: ModelGroup, member: Member): void {
    group.members.splice(group.members.indexOf(member), 1);
    for (const connection of this.#connections.values()) if (connection.member === member) this.#orphan(connection);
  }

  #orphan(connection: Connection): void {
    connection.member = null;
    connection.group = null;
  }

  #find(name: string, member: MemberSpec): { group: ModelGroup; member: Member } | "noMember" | "noGroup" {
    const group = this.#groups.get(name);
    if (group === undefined) return "noGroup";
    const found = group.find(member);
    return found === undefined ? "noMember" : { group, member: found };
  }
}
