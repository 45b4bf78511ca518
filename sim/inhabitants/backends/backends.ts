/**
 * HTTP backends around a machine: each has an address, works on so many requests at once for times that are drawn, answers
 * well, badly or not at all as its plan says, and changes at planned ticks. All that they remember lies in the world's arena.
 */

import type { Choose } from "../../../hal/chance.ts";
import { benign } from "../../../hal/chance.ts";
import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { Address } from "../../../hal/field.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { TcpEvent, TcpStack, tcpAbort, tcpOwner, tcpRelease, tcpSetOwner } from "../../../services/net/tcp/api.ts";
import { TcpConnection } from "../../../services/net/tcp/connection.ts";
import { SimSite } from "../../chance/site.ts";
import type { BackendEvent, BackendPlan } from "../../scenario/plan.ts";
import type { Application } from "../application.ts";
import { advance, atRest, beginReading, closeConnection, connectionOver, endWork, resetConnection } from "./course.ts";
import { dueFirst, dueTake, dueTick } from "./due.ts";
import { applyEvents, planNextEvent } from "./events.ts";
import { loadAdd, loadCount } from "./load.ts";
import type { BackendConnectionAddress, BackendsAddress } from "./records.ts";
import { BackendConnection, BackendMode, BackendRecord, BackendsState, ConnectionPhase, LoadSample, NO_BACKEND_CONNECTION, NO_TICK, UNCLAIMED } from "./records.ts";
import type { BackendHosts, BackendsSite } from "./site.ts";
import { memoryOf, nowTick } from "./site.ts";
import { backendAt, backendFind, backendOf, backendsCreate, takeConnection } from "./tables.ts";
import { holdBack } from "./work.ts";

const REFUSED = 0;
const SILENT = -1;
/** What becomes of a SYN to a backend that is up, as SimSite.connectionRefused answers. */
const Welcome = Object.freeze({ taken: 0, refused: 1, ways: 3 });

export class Backends implements Application, BackendsSite {
  readonly hosts: BackendHosts;
  readonly plans: readonly BackendPlan[];
  readonly events: readonly (readonly BackendEvent[])[];
  readonly seed: number;
  readonly state: BackendsAddress;
  readonly choose: Choose;

  /** Throws a RangeError if the heap has no room for them, or a plan makes no sense. Without `choose` everything goes as planned. */
  constructor(hosts: BackendHosts, plans: readonly BackendPlan[], seed: number, choose: Choose = benign) {
    this.choose = choose;
    this.hosts = hosts;
    this.plans = plans;
    this.seed = seed;
    this.events = Object.freeze(plans.map((plan) => Object.freeze([...plan.events].sort((one, other) => one.tick - other.tick))));
    this.state = backendsCreate(hosts.heap, plans, TcpStack.connectionsMax.get(hosts.heap.memory, hosts.stack));
    planNextEvent(this);
    Object.freeze(this);
  }

  /** Whether one of them has this address and port: those that the key's destination names. */
  has(key: Address<"FlowKey">): boolean {
    return backendFind(memoryOf(this), this.state, key) >= 0;
  }

  accept(key: Address<"FlowKey">): number {
    const memory = memoryOf(this);
    const number = backendFind(memory, this.state, key);
    if (number < 0) {
      BackendsState.unknown.add(memory, this.state, 1);
      return REFUSED;
    }
    const backend = backendAt(memory, this.state, number);
    const mode = BackendRecord.mode.get(memory, backend);
    const welcome = mode === BackendMode.up ? this.choose(SimSite.connectionRefused, number, Welcome.ways) : Welcome.ways;
    if (welcome === Welcome.taken) return UNCLAIMED;
    loadAdd(memory, backend, nowTick(this));
    loadCount(memory, backend, LoadSample.faults);
    const refused = mode === BackendMode.down || welcome === Welcome.refused;
    (refused ? BackendRecord.refused : BackendRecord.unanswered).add(memory, backend, 1);
    return refused ? REFUSED : SILENT;
  }

  hear(connection: ConnectionAddress, events: number): void {
    const memory = memoryOf(this);
    const owner = tcpOwner(memory, connection);
    const gone = (events & TcpEvent.gone) !== 0;
    if (owner === UNCLAIMED) return gone ? this.#letGo(connection) : this.#claim(connection);
    const record = owner as BackendConnectionAddress;
    if (gone) connectionOver(this, record);
    else advance(this, record);
  }

  nextCycle(): number {
    const memory = memoryOf(this);
    const due = dueFirst(memory, this.state);
    const tick = Math.min(BackendsState.nextEventTick.get(memory, this.state), due === NO_BACKEND_CONNECTION ? NO_TICK : dueTick(memory, due));
    return tick === NO_TICK ? -1 : tick * CYCLES_PER_TICK;
  }

  act(cycle: number): void {
    const memory = memoryOf(this);
    const tick = Math.floor(cycle / CYCLES_PER_TICK);
    applyEvents(this, tick);
    for (let due = dueFirst(memory, this.state); due !== NO_BACKEND_CONNECTION && dueTick(memory, due) <= tick; due = dueFirst(memory, this.state)) {
      dueTake(memory, this.state, due);
      this.#due(due);
    }
  }

  /** Events to come alone change nothing for anybody, unless requests wait for a silent backend to come back. */
  quiet(): boolean {
    return atRest(this);
  }

  #due(record: BackendConnectionAddress): void {
    const memory = memoryOf(this);
    const silent = BackendRecord.mode.get(memory, backendOf(memory, this.state, record)) === BackendMode.silent;
    switch (BackendConnection.phase.get(memory, record)) {
      case ConnectionPhase.working:
        return silent ? holdBack(this, record) : endWork(this, record);
      case ConnectionPhase.reading:
        return silent ? beginReading(this, record) : closeConnection(this, record);
      default:
        return resetConnection(this, record);
    }
  }

  /** A connection that a peer began is open: it gets a record, or is reset, since its backend has gone down meanwhile or no record is free. */
  #claim(connection: ConnectionAddress): void {
    const memory = memoryOf(this);
    const number = backendFind(memory, this.state, TcpConnection.key.at(connection));
    const backend = backendAt(memory, this.state, number);
    if (BackendRecord.mode.get(memory, backend) === BackendMode.down) {
      BackendRecord.refused.add(memory, backend, 1);
      return tcpAbort(this.hosts.heap, this.hosts.port, this.hosts.stack, connection);
    }
    const record = takeConnection(memory, this.state);
    if (record === NO_BACKEND_CONNECTION) {
      BackendsState.crowded.add(memory, this.state, 1);
      return tcpAbort(this.hosts.heap, this.hosts.port, this.hosts.stack, connection);
    }
    tcpSetOwner(memory, connection, record);
    BackendConnection.connection.set(memory, record, connection);
    BackendConnection.backend.set(memory, record, number);
    BackendRecord.opened.add(memory, backend, 1);
    const open = BackendRecord.open.get(memory, backend) + 1;
    BackendRecord.open.set(memory, backend, open);
    if (open > BackendRecord.openMost.get(memory, backend)) BackendRecord.openMost.set(memory, backend, open);
    beginReading(this, record);
    advance(this, record);
  }

  #letGo(connection: ConnectionAddress): void {
    tcpRelease(this.hosts.heap, this.hosts.port, this.hosts.stack, connection);
  }
}
