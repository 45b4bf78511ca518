/**
 * Clients and a server that a test plays by hand, each on hosts of their own, with real frames between them and no machine.
 * The server sees whole requests and says, byte by byte, what comes back and what becomes of the connection.
 */

import { CYCLES_PER_TICK } from "../../../../hal/clock.ts";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { arenaAccount, arenaFormat, arenaHeap } from "../../../../kernel/arena.ts";
import type { Heap } from "../../../../kernel/heap.ts";
import { FlowKey, Segment, readAnySegment } from "../../../../services/net/segment.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { TcpConnection, TcpEvent, TcpState, tcpAbort, tcpClose, tcpRead, tcpReadAt, tcpReadBytes, tcpRelease, tcpWrite } from "../../../../services/net/tcp/api.ts";
import type { TcpLimits } from "../../../../services/net/tcp/limits.ts";
import { tcpStandard } from "../../../../services/net/tcp/limits.ts";
import { addressText } from "../../../../sim/address-text.ts";
import type { Application } from "../../../../sim/inhabitants/application.ts";
import type { ClientsAccount } from "../../../../sim/inhabitants/clients/account.ts";
import { clientsAccount } from "../../../../sim/inhabitants/clients/account.ts";
import { Clients } from "../../../../sim/inhabitants/clients/clients.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { Hosts } from "../../../../sim/inhabitants/hosts.ts";
import { Link, cleanLink } from "../../../../sim/inhabitants/link.ts";
import type { LinkPlan } from "../../../../sim/inhabitants/link.ts";
import { Packet, packetBytesAt, packetNext, packetPop } from "../../../../sim/inhabitants/packet-queue.ts";
import type { ClientPlan, RequestPlan } from "../../../../sim/scenario/plan.ts";
import type { Seen } from "./exchange.ts";
import { fieldOf, firstRequest, ok } from "./exchange.ts";

const MEMORY_BYTES = 1 << 24;
const MAC_BYTES = 8;
const PORT = 80;

export const asked: RequestPlan = Object.freeze<RequestPlan>({ weight: 1, method: "GET", target: "/", host: "site", headers: [], bodyBytes: constantly(0), chunked: false });

export const planned: ClientPlan = Object.freeze<ClientPlan>({
  firstAddress: "10.1.0.7",
  count: 1,
  serverAddress: "10.20.0.2",
  serverPort: PORT,
  arrival: { kind: "listed", ticks: [0] },
  requestsPerSession: constantly(1),
  thinkTicks: constantly(0),
  keepAliveParts: 1_000_000,
  pipelineMax: 1,
  timeoutTicks: 1000,
  retriesMax: 0,
  slowBytesPerTick: 0,
  slowParts: 0,
  keepsCookies: false,
  requests: [asked],
});

/** What the server does about a request: bytes, and then perhaps the end. */
export interface Reply {
  readonly text?: string;
  readonly then?: "close" | "reset";
}

interface Talk {
  readonly number: number;
  readonly from: string;
  text: string;
  count: number;
}

export class Stage implements Application {
  readonly clients: Clients;
  readonly seen: Seen[] = [];
  /** Asked for each whole request. */
  reply: (seen: Seen) => Reply = (seen) => ({ text: ok(seen) });
  /** Whether SYNs are taken: an owner, 0 or -1; asked with the connections there were. */
  listen: (connections: number) => number = () => 1;
  /** What the server says on a connection that has just been opened. */
  greeting: (connection: number) => Reply = () => ({});
  cycle = CYCLES_PER_TICK;
  readonly #heap: Heap;
  readonly #talks = new Map<ConnectionAddress, Talk>();
  readonly #links: readonly [Link, Link];
  readonly #hosts: readonly [Hosts, Hosts];
  readonly #segment: Address<"Segment">;
  readonly #backlog: { connection: ConnectionAddress; bytes: Buffer; then: Reply["then"] }[] = [];
  readonly #used: number;
  #connections = 0;

  constructor(plans: readonly Partial<ClientPlan>[], options: { limits?: Partial<TcpLimits>; link?: Partial<LinkPlan>; seed?: number; stopTick?: number } = {}) {
    const memory = new Memory(new ArrayBuffer(MEMORY_BYTES));
    arenaFormat(memory, 0, MEMORY_BYTES);
    const heap = arenaHeap(memory, 0);
    const seed = options.seed ?? 1;
    const limits = { ...tcpStandard, timeWaitTicks: 20, ...options.limits };
    this.#heap = heap;
    this.#segment = heap.allocate(Segment.size) as Address<"Segment">;
    const macs = heap.allocate(2 * MAC_BYTES);
    const linkOf = (number: number): Link => new Link(heap, { ...cleanLink, ...options.link }, seed + number);
    this.#links = [linkOf(0), linkOf(1)];
    const hostsOf = (number: number): Hosts =>
      new Hosts(
        { heap, link: this.#links[number], limits: number === 0 ? limits : { ...tcpStandard, timeWaitTicks: 20 }, seed, number, ownMacAt: macs + number * MAC_BYTES, machineMacAt: macs + (1 - number) * MAC_BYTES, now: () => this.cycle },
        () => (number === 0 ? this.clients : this),
      );
    this.#hosts = [hostsOf(0), hostsOf(1)];
    this.clients = new Clients(this.#hosts[0], plans.map((plan) => ({ ...planned, ...plan })), seed, options.stopTick ?? 10_000);
    this.#used = arenaAccount(memory, 0).usedBytes;
  }

  get memory(): Memory {
    return this.#heap.memory;
  }

  get tick(): number {
    return Math.floor(this.cycle / CYCLES_PER_TICK);
  }

  get account(): ClientsAccount {
    return clientsAccount(this.clients);
  }

  get connections(): number {
    return this.#connections;
  }

  /** Bytes of the world's memory that are allocated beyond what those at rest have. */
  get leaked(): number {
    return arenaAccount(this.memory, 0).usedBytes - this.#used;
  }

  /** Lets time pass until nothing is left to do. */
  run(ticksMax = 200_000): void {
    while (!this.#atRest()) {
      if (!this.step()) throw new Error(`nothing more happens at tick ${this.tick}, and the clients are not through`);
      if (this.tick > ticksMax) throw new Error(`not within ${ticksMax} ticks`);
    }
  }

  runUntilTick(tick: number): void {
    while (this.tick < tick && this.step(tick * CYCLES_PER_TICK)) continue;
  }

  /** Goes to the next thing that happens, but not beyond `limit`. False if nothing does. */
  step(limit = Number.MAX_SAFE_INTEGER): boolean {
    const next = this.#nextCycle();
    if (next < 0 && limit === Number.MAX_SAFE_INTEGER) return false;
    this.cycle = Math.min(limit, Math.max(this.cycle, next < 0 ? limit : next));
    for (const hosts of this.#hosts) hosts.setTime(this.cycle);
    this.#deliver(0);
    this.#deliver(1);
    for (const hosts of this.#hosts) hosts.act(this.cycle);
    this.#writeOn();
    return true;
  }

  accept(_key: Address<"FlowKey">): number {
    return this.listen(this.#connections);
  }

  hear(connection: ConnectionAddress, events: number): void {
    const { heap, port, stack } = this.#hosts[1];
    if ((events & TcpEvent.opened) !== 0) this.#open(connection);
    const talk = this.#talks.get(connection);
    const bytes = tcpReadBytes(heap.memory, connection);
    if (bytes > 0 && talk !== undefined) {
      const at = tcpReadAt(heap.memory, connection);
      talk.text += Buffer.from(heap.memory.u8.slice(at, at + bytes)).toString("latin1");
      tcpRead(heap, port, stack, connection, bytes);
      this.#serve(connection, talk);
    }
    if ((events & TcpEvent.ended) !== 0 && !this.#backlog.some((one) => one.connection === connection)) tcpClose(heap, port, stack, connection);
    if ((events & TcpEvent.gone) !== 0) {
      this.#talks.delete(connection);
      tcpRelease(heap, port, stack, connection);
    }
  }

  nextCycle(): number {
    return -1;
  }

  act(_cycle: number): void {}

  quiet(): boolean {
    return true;
  }

  #atRest(): boolean {
    return this.#hosts.every((hosts) => hosts.quiet()) && this.#links.every(({ queue }) => packetNext(this.memory, queue) === 0);
  }

  #nextCycle(): number {
    const packets = this.#links.map(({ queue }) => packetNext(this.memory, queue)).map((packet) => (packet === 0 ? -1 : Packet.arrivalCycle.get(this.memory, packet)));
    const all = [...packets, ...this.#hosts.map((hosts) => hosts.nextCycle())].filter((cycle) => cycle >= 0);
    return all.length === 0 ? -1 : Math.min(...all);
  }

  /** What side `number` has sent arrives at the other. */
  #deliver(number: number): void {
    const { memory } = this;
    const { queue } = this.#links[number];
    for (let packet = packetNext(memory, queue); packet !== 0 && Packet.arrivalCycle.get(memory, packet) <= this.cycle; packet = packetNext(memory, queue)) {
      packetPop(memory, queue);
      memory.fill(this.#segment, Segment.size, 0);
      if (readAnySegment(memory, packetBytesAt(packet), Packet.frameBytes.get(memory, packet), memory, this.#segment) === 0) this.#hosts[1 - number].arrive(this.#segment);
      this.#heap.free(packet);
    }
  }

  #open(connection: ConnectionAddress): void {
    const key = TcpConnection.key.at(connection);
    const number = this.#connections++;
    this.#talks.set(connection, { number, from: addressText(FlowKey.family.get(this.memory, key), this.memory.u8, key), text: "", count: 0 });
    this.#act(connection, this.greeting(number));
  }

  #serve(connection: ConnectionAddress, talk: Talk): void {
    for (let request = firstRequest(talk.text); request !== null && this.#talks.has(connection); request = firstRequest(talk.text)) {
      talk.text = talk.text.slice(request.bytes);
      const seen: Seen = { ...request, from: talk.from, connection: talk.number, nth: talk.count++, tick: this.tick, field: (name) => fieldOf(request.text, name) };
      this.seen.push(seen);
      this.#act(connection, this.reply(seen));
    }
  }

  #act(connection: ConnectionAddress, { text, then }: Reply): void {
    this.#backlog.push({ connection, bytes: Buffer.from(text ?? "", "latin1"), then });
    this.#writeOn();
  }

  #writeOn(): void {
    const { heap, port, stack } = this.#hosts[1];
    for (const one of [...this.#backlog]) {
      if (this.#backlog.find(({ connection }) => connection === one.connection) !== one) continue;
      const isOpen = this.#talks.has(one.connection) && TcpConnection.state.get(this.memory, one.connection) !== TcpState.closed;
      const source = new Memory(new ArrayBuffer((one.bytes.length + 7) & ~7));
      source.u8.set(one.bytes);
      const taken = isOpen ? tcpWrite(heap, port, stack, one.connection, source, 0, one.bytes.length) : one.bytes.length;
      one.bytes = one.bytes.subarray(taken);
      if (one.bytes.length > 0) continue;
      this.#backlog.splice(this.#backlog.indexOf(one), 1);
      if (isOpen && one.then === "close") tcpClose(heap, port, stack, one.connection);
      if (isOpen && one.then === "reset") tcpAbort(heap, port, stack, one.connection);
    }
  }
}
