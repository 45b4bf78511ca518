/**
 * The capability system as a student would write it: objects, arrays and recursion, no slots and no tokens. What the
 * kernel does is compared with it.
 */

import { Errno } from "../../../kernel/errno.ts";
import { Right } from "../../../kernel/capability.ts";

export interface Limits {
  readonly quota: number;
  readonly table: number;
  readonly tables: number;
  readonly inFlight: number;
  readonly queue: number;
}

export interface Capability {
  parent: Capability | null;
  readonly type: number;
  readonly object: number;
  rights: number;
  /** The process that holds it, or sent it. */
  holder: number;
  place: "held" | "under way" | "gone";
  table: Table | null;
  /** Where the kernel keeps it, for comparing: what the test saw. */
  slot: number;
}

interface Table {
  readonly position: number;
  used: number;
}

export interface Sent {
  readonly sender: number;
  readonly receiver: number;
  /** What it carries; once it has arrived, what became of it. */
  capability: Capability | null;
  queued: boolean;
}

export class Model {
  readonly limits: Limits;
  readonly all: Capability[] = [];
  readonly tables: Table[][];
  readonly alive: boolean[];
  readonly queues: Sent[][];
  readonly lost: number[];
  freeTables: number;

  constructor(limits: Limits, processes: number) {
    this.limits = limits;
    this.freeTables = limits.tables;
    const each = Array.from({ length: processes }, (_, process) => process);
    this.tables = each.map(() => [{ position: 0, used: 0 }]);
    this.alive = each.map(() => true);
    this.queues = each.map(() => []);
    this.lost = each.map(() => 0);
  }

  held(process: number): Capability[] {
    return this.all.filter((one) => one.place === "held" && one.holder === process);
  }

  underWay(): Capability[] {
    return this.all.filter((one) => one.place === "under way");
  }

  below(top: Capability): Capability[] {
    return this.all.filter((one) => one.parent === top).flatMap((child) => [child, ...this.below(child)]);
  }

  hasRoom(process: number): boolean {
    if (this.held(process).length >= this.limits.quota) return false;
    return this.tables[process].some((table) => table.used < this.limits.table) || this.freeTables > 0;
  }

  make(process: number, type: number, object: number, rights: number, parent: Capability | null): Capability {
    let table = [...this.tables[process]].sort((x, y) => x.position - y.position).find((one) => one.used < this.limits.table);
    if (table === undefined) {
      let position = 1;
      while (this.tables[process].some((one) => one.position === position)) position += 1;
      table = { position, used: 0 };
      this.tables[process].push(table);
      this.freeTables -= 1;
    }
    table.used += 1;
    const made: Capability = { parent, type, object, rights, holder: process, place: "held", table, slot: 0 };
    this.all.push(made);
    return made;
  }

  /** Takes one out; what was derived from it goes to its parent. */
  end(one: Capability): void {
    for (const child of this.all) if (child.parent === one) child.parent = one.parent;
    this.all.splice(this.all.indexOf(one), 1);
    one.place = "gone";
    if (one.table === null) return;
    one.table.used -= 1;
    if (one.table.used > 0 || one.table.position === 0) return;
    this.tables[one.holder].splice(this.tables[one.holder].indexOf(one.table), 1);
    this.freeTables += 1;
  }

  // --- what processes do -------------------------------------------------------------------------------------------

  /** What may be asked of the capability that a token of `process` names, or the refusal. */
  judge(process: number, one: Capability | null, right: number): number {
    if (one === null || one.place !== "held" || one.holder !== process) return Errno.invalidCapability;
    return (one.rights & right) === right ? Errno.ok : Errno.permissionDenied;
  }

  derive(process: number, source: Capability | null, rights: number): Capability | number {
    const refused = this.judge(process, source, Right.create);
    if (refused < 0) return refused;
    if ((source!.rights & rights) === 0) return Errno.permissionDenied;
    if (!this.hasRoom(process)) return Errno.resourceExhausted;
    return this.make(process, source!.type, source!.object, source!.rights & rights, source);
  }

  revoke(process: number, top: Capability | null): number {
    const refused = this.judge(process, top, Right.revoke);
    if (refused < 0) return refused;
    const below = this.below(top!);
    for (const one of [...below].reverse()) this.end(one);
    return below.length;
  }

  restrict(process: number, top: Capability | null, rights: number): number {
    const refused = this.judge(process, top, Right.modify);
    if (refused < 0) return refused;
    const changed = [top!, ...this.below(top!)].filter((one) => (one.rights & ~rights) !== 0);
    for (const one of changed) one.rights &= rights;
    return changed.length;
  }

  delete(process: number, one: Capability | null): number {
    const refused = this.judge(process, one, Right.delete);
    if (refused < 0) return refused;
    this.end(one!);
    return 0;
  }

  /** `to`: the sender's capability to the receiver's endpoint; `fast`: the receiver waits. What was sent, or the refusal. */
  send(process: number, to: Capability | null, receiver: number, one: Capability | null, fast: boolean): Sent | number {
    const refused = this.judge(process, to, Right.write);
    if (refused < 0) return refused;
    if (!this.alive[receiver]) return Errno.endpointNotFound;
    const ungranted = this.judge(process, one, Right.grant);
    if (ungranted < 0) return ungranted;
    const queue = this.queues[receiver];
    if (fast) return { sender: process, receiver, capability: this.arrive(receiver, one!, one), queued: false };
    if (queue.length >= this.limits.queue) return Errno.channelFull;
    if (this.underWay().length + this.revokedUnderWay() >= this.limits.inFlight) return Errno.resourceExhausted;
    const underWay: Capability = { parent: one, type: one!.type, object: one!.object, rights: one!.rights & ~Right.grant, holder: process, place: "under way", table: null, slot: 0 };
    this.all.push(underWay);
    const sent: Sent = { sender: process, receiver, capability: underWay, queued: true };
    queue.push(sent);
    return sent;
  }

  /** Those that were revoked and whose message has not been taken still need their place. */
  revokedUnderWay(): number {
    return this.queues.flat().filter((sent) => sent.capability?.place === "gone").length;
  }

  /** The receiver's handler is about to run for this message. */
  deliver(sent: Sent): void {
    if (!sent.queued) return;
    this.queues[sent.receiver].splice(this.queues[sent.receiver].indexOf(sent), 1);
    const underWay = sent.capability!;
    if (underWay.place === "gone") {
      sent.capability = null;
      return;
    }
    sent.capability = this.arrive(sent.receiver, underWay, underWay.parent);
    this.end(underWay);
  }

  private arrive(receiver: number, model: Capability, parent: Capability | null): Capability | null {
    if (this.hasRoom(receiver)) return this.make(receiver, model.type, model.object, model.rights & ~Right.grant, parent);
    this.lost[receiver] += 1;
    return null;
  }

  endProcess(process: number): void {
    this.alive[process] = false;
    for (const sent of this.queues[process]) if (sent.capability?.place === "under way") this.end(sent.capability);
    this.queues[process].length = 0;
    for (const one of this.held(process)) this.end(one);
  }
}
