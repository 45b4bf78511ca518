/**
 * The clients of a world: closed loops, each of which runs one session at a time on one connection at a time. When sessions
 * begin, what they ask for, how patient they are and how they read is said by plans (scenario/plan.ts). All that they
 * remember lies in the world's arena; this object holds addresses and constants only.
 */

import type { Choose } from "../../../hal/chance.ts";
import { benign } from "../../../hal/chance.ts";
import type { Address } from "../../../hal/field.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { tcpOwner } from "../../../services/net/tcp/api.ts";
import type { ClientPlan } from "../../scenario/plan.ts";
import { alarmsNextCycle, alarmsTake } from "../alarms.ts";
import type { Application } from "../application.ts";
import { arrive, awaitBeginning, isOver } from "./arrivals.ts";
import { hearOf, wake } from "./course.ts";
import { createClients } from "./population.ts";
import type { ClientAddress } from "./records.ts";
import { ClientsState } from "./records.ts";
import type { ClientHosts, ClientSide } from "./side.ts";
import { clientAt, populationAt } from "./side.ts";

export class Clients implements Application {
  readonly side: ClientSide;

  /**
   * Clients of these plans on these hosts. No session begins more than `stopTick` ticks after the first; those under way go
   * on to their end. Throws a RangeError for a plan that cannot be, or if the world's memory has no room. Without
   * `choose` everything goes as planned.
   */
  constructor(hosts: ClientHosts, plans: readonly ClientPlan[], seed: number, stopTick: number, choose: Choose = benign) {
    this.side = createClients(hosts, plans, seed, stopTick, choose);
    awaitBeginning(this.side);
    Object.freeze(this);
  }

  /** Nobody connects to a client. */
  accept(_key: Address<"FlowKey">): number {
    return 0;
  }

  hear(connection: ConnectionAddress, events: number): void {
    const owner = tcpOwner(this.side.memory, connection);
    if (owner !== 0) hearOf(this.side, owner as ClientAddress, connection, events);
  }

  nextCycle(): number {
    return alarmsNextCycle(this.side.memory, this.side.alarms);
  }

  act(cycle: number): void {
    const { memory, alarms, state } = this.side;
    const clients = ClientsState.clients.get(memory, state);
    for (let number = alarmsTake(memory, alarms, cycle); number >= 0; number = alarmsTake(memory, alarms, cycle)) {
      if (number >= clients) arrive(this.side, number - clients);
      else wake(this.side, clientAt(this.side, number));
    }
  }

  quiet(): boolean {
    const { memory, state, plans } = this.side;
    if (ClientsState.busy.get(memory, state) > 0) return false;
    for (let number = 0; number < plans.length; number++) if (!isOver(this.side, populationAt(this.side, number))) return false;
    return true;
  }
}
