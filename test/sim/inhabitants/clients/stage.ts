/** Clients and a server that a test plays by hand, each on hosts of their own, with real frames between them and no machine. */

import { CYCLES_PER_TICK } from "../../../../hal/clock.ts";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { arenaAccount, arenaFormat, arenaHeap } from "../../../../kernel/arena.ts";
import type { Heap } from "../../../../kernel/heap.ts";
import { Segment, readAnySegment } from "../../../../services/net/segment.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { TcpConnection, TcpStack, tcpReadBytes } from "../../../../services/net/tcp/api.ts";
import type { TcpLimits } from "../../../../services/net/tcp/limits.ts";
import { tcpStandard } from "../../../../services/net/tcp/limits.ts";
import type { ClientsAccount } from "../../../../sim/inhabitants/clients/account.ts";
import { clientsAccount } from "../../../../sim/inhabitants/clients/account.ts";
import { Clients } from "../../../../sim/inhabitants/clients/clients.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { Hosts } from "../../../../sim/inhabitants/hosts.ts";
import { Link, cleanLink } from "../../../../sim/inhabitants/link.ts";
import type { LinkPlan } from "../../../../sim/inhabitants/link.ts";
import { Packet, packetArrivalCycle, packetBytesAt, packetNext, packetPop } from "../../../../sim/inhabitants/packet-queue.ts";
import type { ClientPlan, RequestPlan } from "../../../../sim/scenario/plan.ts";
import { Server } from "./server.ts";

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

export class Stage {
  readonly server: Server;
  readonly clients: Clients;
  /** Whether a frame that side 0 (the clients) or 1 has sent is lost. */
  lose: (side: number) => boolean = () => false;
  cycle = CYCLES_PER_TICK;
  readonly #heap: Heap;
  readonly #links: readonly [Link, Link];
  readonly #hosts: readonly [Hosts, Hosts];
  readonly #segment: Address<"Segment">;
  readonly #used: number;

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
        () => (number === 0 ? this.clients : this.server),
      );
    this.#hosts = [hostsOf(0), hostsOf(1)];
    this.server = new Server(() => this.#hosts[1]);
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

  /** Bytes that the clients' stack holds unread, on all connections. */
  get unread(): number {
    const { stack } = this.#hosts[0];
    let bytes = 0;
    for (let i = 0; i < TcpStack.connectionsMax.get(this.memory, stack); i++) bytes += tcpReadBytes(this.memory, (TcpStack.connectionsAt.get(this.memory, stack) + i * TcpConnection.size) as ConnectionAddress);
    return bytes;
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
    this.server.writeOn();
    return true;
  }

  #atRest(): boolean {
    return this.#hosts.every((hosts) => hosts.quiet()) && this.#links.every(({ queue }) => packetNext(this.memory, queue) === 0);
  }

  #nextCycle(): number {
    const packets = this.#links.map(({ queue }) => packetNext(this.memory, queue)).map((packet) => (packet === 0 ? -1 : packetArrivalCycle(this.memory, packet)));
    const all = [...packets, ...this.#hosts.map((hosts) => hosts.nextCycle())].filter((cycle) => cycle >= 0);
    return all.length === 0 ? -1 : Math.min(...all);
  }

  /** What side `number` has sent arrives at the other. */
  #deliver(number: number): void {
    const { memory } = this;
    const { queue } = this.#links[number];
    for (let packet = packetNext(memory, queue); packet !== 0 && packetArrivalCycle(memory, packet) <= this.cycle; packet = packetNext(memory, queue)) {
      packetPop(memory, queue);
      memory.fill(this.#segment, Segment.size, 0);
      if (!this.lose(number) && readAnySegment(memory, packetBytesAt(packet), Packet.frameBytes.get(memory, packet), memory, this.#segment) === 0) this.#hosts[1 - number].arrive(this.#segment);
      this.#heap.free(packet);
    }
  }
}
