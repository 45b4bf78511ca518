/** A desk with a configuration under semantics=strict, and requests that are admitted there without operations. */

import { expect } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { byteStringBytes, byteStringLength } from "../../../../kernel/collections/byte-string.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { decidedFirst, decidedPop } from "../../../../services/lb/connection/decided.ts";
import { PendingEntry } from "../../../../services/lb/connection/records.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { HeaderForm, RequestView } from "../../../../services/lb/request-view.ts";
import { Routing } from "../../../../services/lb/routing/routing.ts";
import { admit, advance, closeConnection } from "../../../../services/lb/strict.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { configure } from "../configuring.ts";
import { OPERATOR, StrictDesk, put, smallLimits } from "./strict-desk.ts";

export interface Asked {
  readonly path?: string;
  readonly client?: readonly [number, number, number, number];
  /** Value of the cookie VERIDIAN_SESSION. */
  readonly session?: string;
  readonly owner?: number;
  readonly ticket?: number;
  readonly tick?: number;
  readonly cycle?: number;
}

export interface Told {
  readonly ticket: number;
  readonly outcome: number;
  readonly group: number;
  readonly position: number;
  readonly connection: number;
}

export class AdmittingDesk extends StrictDesk {
  constructor(configuration: string, limits: LbLimits = smallLimits(), arenaBytes = 1024 * 1024) {
    super(limits, arenaBytes);
    this.reload(configuration);
  }

  reload(configuration: string): void {
    expect(configure(this, configuration)).toMatchObject({ status: 0 });
  }

  /** Outcome, or WAITING. */
  admit({ path = "/", client = [10, 1, 1, 1], session, owner = OPERATOR, ticket = 0, tick = 0, cycle = 0 }: Asked = {}): number {
    const { memory, shared, balancer } = this;
    const request = Balancer.request.at(balancer);
    memory.fill(request, RequestView.size, 0);
    RequestView.pathAt.set(memory, request, 1024);
    RequestView.pathBytes.set(memory, request, put(shared, 1024, path));
    RequestView.methodAt.set(memory, request, 512);
    RequestView.methodBytes.set(memory, request, put(shared, 512, "GET"));
    RequestView.clientAt.set(memory, request, 600);
    RequestView.clientBytes.set(memory, request, put(shared, 600, client.join(".")));
    RequestView.family.set(memory, request, 4);
    memory.u8.set(client, RequestView.client.at(request));
    RequestView.headerForm.set(memory, request, HeaderForm.operands);
    RequestView.headersAt.set(memory, request, 2048);
    if (session !== undefined) {
      const cookie = `VERIDIAN_SESSION=${session}`;
      shared.view.setInt32(2048, put(shared, 2052, "Cookie"), true);
      shared.view.setInt32(2058, put(shared, 2062, cookie), true);
      RequestView.headerCount.set(memory, request, 1);
    }
    return admit(this.heap, this.limits, balancer, shared, tick, cycle, owner, ticket);
  }

  /** Status. */
  end(connection: number, end = 0, { tick = 0, latencyCycles = 0, cycle = 0 } = {}): number {
    return closeConnection(this.heap, this.balancer, connection, end, latencyCycles, tick, cycle);
  }

  advance(tick: number): void {
    advance(this.heap, this.balancer, tick, 0);
  }

  /** Takes out all of that owner's that were decided. */
  told(owner = OPERATOR): Told[] {
    const told: Told[] = [];
    for (let entry = decidedFirst(this.heap, this.balancer, owner); entry !== 0; entry = decidedFirst(this.heap, this.balancer, owner)) {
      told.push({ ticket: PendingEntry.ticket.get(this.memory, entry), outcome: PendingEntry.outcome.get(this.memory, entry), ...this.chosen });
      decidedPop(this.heap, this.balancer, owner);
    }
    return told;
  }

  /** The group of that name; it moves with a reload. */
  named(name: string): GroupAddress {
    for (const group of this.groups()) if (this.nameOf(group) === name) return group;
    throw new Error(`no group ${name}`);
  }

  groups(): GroupAddress[] {
    const found: GroupAddress[] = [];
    let group = Routing.firstGroup.get(this.memory, Balancer.routing.at(this.balancer)) as GroupAddress;
    for (; group !== 0; group = Group.next.get(this.memory, group) as GroupAddress) found.push(group);
    return found;
  }

  nameOf(group: GroupAddress): string {
    const name = Group.name.get(this.memory, group) as Address<"ByteString">;
    const at = byteStringBytes(this.memory, name);
    return String.fromCharCode(...this.memory.u8.subarray(at, at + byteStringLength(this.memory, name)));
  }
}
