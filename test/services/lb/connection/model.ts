/** Steps of all kinds against a balancer under semantics=strict, beside a plain model of what is open and what waits. */

import { expect } from "vitest";
import { Outcome } from "../../../../services/lb/api.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { Directory, PendingEntry } from "../../../../services/lb/connection/records.ts";
import type { PendingEntryAddress } from "../../../../services/lb/connection/records.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { GroupPolicy } from "../../../../services/lb/group/group-policy.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { END_RETRY, WAITING, admitFlow, connectionsDropOwner, serveWaiting } from "../../../../services/lb/strict.ts";
import { checkAll, numbersOf } from "./accounts.ts";
import { AdmittingDesk } from "./admitting.ts";
import { NET, OPERATOR, smallLimits } from "./strict-desk.ts";

const GROUPS = ["a", "b", "c"];
export const limits = smallLimits({ directoryMax: 12, connectionsMax: 24, pendingMax: 9 });

const configuration = `semantics=strict
rate_limit_rps=1000000
rate_limit_burst=1000000000
session=
group=a:rr
group=b:leastconn
group=c:maglev
route=/a::a
route=/b::b
route=/c::c
${["a", "a", "a", "b", "b", "c", "c"].map((group, i) => `member=${group}:10.0.0.${i}:80`).join("\n")}
max_connections=a:7
backend_max_connections=a:3
max_pending=a:4:20
backend_max_pending=a:2
retry_budget=a:20:1
eject=a:2:30:50
backend_max_connections=b:2
max_pending=b:3:7
retry_budget=b:50:0
max_connections=c:5
max_pending=c:6:40
backend_max_pending=c:3
retry_budget=c:0:2
panic=c:60
`;

/** Draws that are the same in every run. */
function drawer(seed: number): (count: number) => number {
  let state = seed;
  return (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 8) * count) / 2 ** 24);
  };
}

interface Open {
  readonly backend: BackendAddress;
  readonly owner: number;
  readonly retry: boolean;
}

interface Waiting {
  readonly group: GroupAddress;
  readonly owner: number;
  readonly deadline: number;
  readonly bound: boolean;
}

export class Model {
  readonly desk = new AdmittingDesk(configuration, limits);
  readonly open = new Map<number, Open>();
  readonly waiting = new Map<number, Waiting>();
  readonly past: number[] = [];
  readonly told = { routed: 0, refused: 0, gone: 0, retried: 0 };
  now = 0;
  /** The tick up to which everything has happened. */
  heard = 0;
  #ticket = 0;
  #members = 100;
  readonly draw: (count: number) => number;
  readonly groups: GroupAddress[];
  readonly used: number;

  constructor(seed: number) {
    this.draw = drawer(seed);
    this.groups = GROUPS.map((name) => this.desk.named(name));
    for (let i = 0; i < 6; i++) {
      expect(this.desk.admit({ path: `/${GROUPS[i % 3]!}`, session: `s${i % 2}` })).toBe(Outcome.routed);
      this.desk.end(this.desk.chosen.connection);
    }
    this.used = this.desk.usedBytes();
  }

  #policyOf(group: GroupAddress, field: (typeof GroupPolicy)["pendingMax"]): number {
    return field.get(this.desk.memory, Group.policy.at(group));
  }

  #keep(owner: number, retry: boolean): void {
    const { group, position, connection } = this.desk.chosen;
    if (this.open.has(connection)) throw new Error(`two connections are called ${connection}`);
    this.open.set(connection, { backend: this.desk.backends(group as GroupAddress)[position]!, owner, retry });
  }

  admit(): void {
    const group = this.groups[this.draw(3)]!;
    const owner = this.draw(2);
    const ticket = ++this.#ticket;
    const session = this.draw(4);
    const tick = this.draw(10) === 0 ? Math.max(0, this.now - this.draw(50)) : this.now;
    this.desk.allocationsLeft = session < 2 ? Infinity : 0;
    const outcome = this.desk.admit({ path: `/${this.desk.nameOf(group)}`, owner, ticket, tick, ...(session < 2 ? { session: `s${session}` } : {}) });
    this.desk.allocationsLeft = Infinity;
    if (outcome === Outcome.routed) this.#keep(owner, false);
    else if (outcome === WAITING) {
      const last = Group.pendingLast.get(this.desk.memory, group) as PendingEntryAddress;
      const ticks = this.#policyOf(group, GroupPolicy.pendingTicksMax);
      this.waiting.set(ticket, { group, owner, deadline: ticks === 0 ? Infinity : this.now + ticks, bound: PendingEntry.backend.get(this.desk.memory, last) !== 0 });
    } else expect([Outcome.overloaded, Outcome.noHealthyBackend]).toContain(outcome);
  }

  flow(): void {
    const group = this.groups[this.draw(3)]!;
    if (admitFlow(this.desk.memory, this.desk.balancer, group, this.desk.shared, 64, 4, this.now, 0, NET) === Outcome.routed) this.#keep(NET, false);
  }

  close(): void {
    const names = [...this.open.keys()];
    if (names.length === 0) return;
    const name = names[this.draw(names.length)]!;
    const { backend, owner } = this.open.get(name)!;
    const end = this.draw(4);
    this.desk.allocationsLeft = 0;
    const status = this.desk.end(name, Math.min(end, END_RETRY), { tick: this.now, latencyCycles: this.draw(1000) });
    this.desk.allocationsLeft = Infinity;
    this.open.delete(name);
    this.past.push(name);
    const retried = this.desk.chosen.connection !== 0;
    expect(status).toBe(end < END_RETRY || retried ? 0 : LbErrno.retryRefused);
    if (!retried) return;
    this.told.retried += 1;
    this.#keep(owner, true);
    expect(this.open.get(this.desk.chosen.connection)!.backend).not.toBe(backend);
  }

  /** Names that were good once, and numbers that never were. */
  closeWrong(): void {
    const name = this.draw(2) === 0 && this.past.length > 0 ? this.past[this.past.length - 1 - this.draw(Math.min(40, this.past.length))]! : this.draw(2 ** 24) * (this.draw(3) - 1);
    if (!this.open.has(name)) expect(this.desk.end(name, this.draw(3), { tick: this.now })).toBe(LbErrno.connectionNotFound);
  }

  time(): void {
    this.now += this.draw(8);
    if (this.draw(5) === 0) this.desk.advance(Math.max(0, this.now - this.draw(100)));
    this.desk.advance(this.now);
    this.heard = this.now;
  }

  changeLimits(): void {
    const group = this.groups[this.draw(3)]!;
    this.desk.policy(group, {
      connectionsMax: this.draw(9),
      backendConnectionsMax: this.draw(5),
      pendingMax: this.draw(7),
      backendPendingMax: this.draw(4),
      pendingTicksMax: this.draw(30),
      retryPercent: this.draw(120),
      retriesLeast: this.draw(3),
    });
    serveWaiting(this.desk.memory, this.desk.balancer, this.now, 0);
  }

  changeMembers(): void {
    const group = this.groups[this.draw(3)]!;
    const count = this.desk.backends(group).length;
    const position = this.draw(Math.max(1, count));
    const action = this.draw(6);
    if (action < 2 || count === 0) {
      if (count < 4 && Directory.count.get(this.desk.memory, Balancer.directory.at(this.desk.balancer)) < limits.directoryMax) this.desk.member(group, `10.1.${this.draw(256)}.${this.#members++ % 256}`, this.draw(3), true, this.now);
    } else if (action === 2) this.desk.remove(group, this.desk.backends(group)[position]!, this.now);
    else if (action === 3) this.desk.drain(group, position, this.now + this.draw(20), this.now);
    else this.desk.health(group, position, action === 4, this.now);
    serveWaiting(this.desk.memory, this.desk.balancer, this.now, 0);
  }

  dropOwner(): void {
    const owner = this.draw(2);
    connectionsDropOwner(this.desk.heap, this.desk.balancer, owner, this.now, 0);
    for (const [name, connection] of this.open) {
      if (connection.owner !== owner) continue;
      this.open.delete(name);
      this.past.push(name);
    }
    for (const [ticket, waiting] of this.waiting) if (waiting.owner === owner) this.waiting.delete(ticket);
    expect(this.desk.told(owner)).toEqual([]);
  }

  step(): void {
    const choice = this.draw(1000);
    const before = numbersOf(this.desk, this.groups);
    if (choice < 400) this.admit();
    else if (choice < 440) this.flow();
    else if (choice < 800) this.close();
    else if (choice < 840) this.closeWrong();
    else if (choice < 930) this.time();
    else if (choice < 960) this.changeLimits();
    else if (choice < 995) this.changeMembers();
    else this.dropOwner();
    if (this.draw(4) > 0) this.listen();
    checkAll(this.desk, this.groups, before);
  }

  /** What was decided is told: nobody overtook another, nobody was let in too late or refused too early. */
  listen(): void {
    const served: [number, Waiting][] = [];
    for (const owner of [OPERATOR, NET]) {
      for (const { ticket, outcome, group, position, connection } of this.desk.told(owner)) {
        const waited = this.waiting.get(ticket)!;
        this.waiting.delete(ticket);
        expect(waited.owner).toBe(owner);
        if (outcome === Outcome.routed) {
          this.told.routed += 1;
          this.open.set(connection, { backend: this.desk.backends(group as GroupAddress)[position]!, owner, retry: false });
          served.push([ticket, waited]);
        } else if (outcome === Outcome.overloaded) {
          this.told.refused += 1;
          expect(waited.deadline).toBeLessThanOrEqual(this.now);
        } else {
          this.told.gone += 1;
          expect(outcome).toBe(Outcome.noHealthyBackend);
        }
      }
    }
    for (const [ticket, { group, bound }] of served) {
      for (const [other, left] of this.waiting) if (!bound && !left.bound && left.group === group && other < ticket) throw new Error(`${ticket} was served before ${other}`);
    }
    for (const [ticket, { deadline }] of this.waiting) if (deadline <= this.heard) throw new Error(`${ticket} waits beyond its deadline`);
  }

  /** Everything ends. */
  end(): void {
    serveWaiting(this.desk.memory, this.desk.balancer, this.now, 0);
    this.listen();
    for (const owner of [OPERATOR, NET]) connectionsDropOwner(this.desk.heap, this.desk.balancer, owner, this.now, 0);
  }
}

