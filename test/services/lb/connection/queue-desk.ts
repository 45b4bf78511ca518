/** A desk with one group, in which requests wait and are decided, without rules and sessions. */

import { Balancer } from "../../../../services/lb/balancer.ts";
import { placeFind, placeOpen } from "../../../../services/lb/connection/admission.ts";
import { decidedFirst, decidedPop } from "../../../../services/lb/connection/decided.ts";
import { closeConnection, serveWaiting } from "../../../../services/lb/connection/ending.ts";
import { pendingEnter, pendingRoom, pendingTick } from "../../../../services/lb/connection/pending.ts";
import { Pending, PendingEntry } from "../../../../services/lb/connection/records.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import type { PolicyNumbers } from "./strict-desk.ts";
import { OPERATOR, StrictDesk, smallLimits } from "./strict-desk.ts";

export class QueueDesk extends StrictDesk {
  readonly waiters: GroupAddress;

  constructor(members: number, policy: PolicyNumbers) {
    super(smallLimits());
    this.waiters = this.group("g", members, policy);
  }

  /** Opens a connection if there is room. Its name, or why not. */
  take(group = this.waiters): number {
    this.wants();
    const position = placeFind(this.memory, this.balancer, group, 0 as BackendAddress, 0);
    if (position < 0) return position;
    placeOpen(this.memory, this.balancer, group, position, OPERATOR, 0, 0, 0);
    return this.chosen.connection;
  }

  wait(ticket: number, { owner = OPERATOR, backend = 0, tick = 0, group = this.waiters } = {}): boolean {
    if (!pendingRoom(this.memory, this.balancer, group)) return false;
    this.wants(ticket);
    pendingEnter(this.memory, this.balancer, group, backend as BackendAddress, owner, ticket, pendingTick(this.memory, this.balancer, tick));
    return true;
  }

  close(name: number, tick = 0): number {
    return closeConnection(this.heap, this.balancer, name, 0, 0, tick, 0);
  }

  serve(tick = 0): void {
    serveWaiting(this.memory, this.balancer, tick, 0);
  }

  /** All that were decided: ticket, outcome and position. */
  decided(owner = OPERATOR): [number, number, number][] {
    const told: [number, number, number][] = [];
    for (let entry = decidedFirst(this.heap, this.balancer, owner); entry !== 0; entry = decidedFirst(this.heap, this.balancer, owner)) {
      told.push([PendingEntry.ticket.get(this.memory, entry), PendingEntry.outcome.get(this.memory, entry), this.chosen.position]);
      decidedPop(this.heap, this.balancer, owner);
    }
    return told;
  }

  get numbers(): { waiting: number; decided: number; group: number } {
    const pending = Balancer.pending.at(this.balancer);
    return { waiting: Pending.waiting.get(this.memory, pending), decided: Pending.decided.get(this.memory, pending), group: Group.pendingCount.get(this.memory, this.waiters) };
  }
}
