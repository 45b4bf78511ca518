/** A proxy machine with planned backends, and clients that a test plays by hand. */

import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { boot } from "../../../../kernel/boot.ts";
import type { Machine } from "../../../../kernel/machine.ts";
import { FlowKey } from "../../../../services/net/segment.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { TcpConnection, TcpEvent, tcpClose, tcpConnect, tcpRead, tcpReadAt, tcpReadBytes, tcpRelease, tcpWrite } from "../../../../services/net/tcp/api.ts";
import { tcpStandard } from "../../../../services/net/tcp/limits.ts";
import type { BackendAccount } from "../../../../sim/inhabitants/backends/account.ts";
import { backendsAccount } from "../../../../sim/inhabitants/backends/account.ts";
import { configure } from "../../../../sim/balancer.ts";
import type { Application } from "../../../../sim/inhabitants/application.ts";
import { Backends } from "../../../../sim/inhabitants/backends/backends.ts";
import { FrameCarrier } from "../../../../sim/inhabitants/carrier.ts";
import type { Hosts } from "../../../../sim/inhabitants/hosts.ts";
import { Inhabitants } from "../../../../sim/inhabitants/inhabitants.ts";
import { cleanLink } from "../../../../sim/inhabitants/link.ts";
import { proxy } from "../../../../sim/machines/proxy.ts";
import type { BackendPlan } from "../../../../sim/scenario/plan.ts";
import type { World } from "../../../../sim/world.ts";
import { worldOf } from "../../../../sim/world.ts";

const WORLD_BYTES = 16 << 20;
const OWNER = 8;

/** One connection of the client. */
export interface Talk {
  readonly connection: ConnectionAddress;
  text: string;
  opened: boolean;
  ended: boolean;
  gone: boolean;
  fate: number;
}

/** Clients that do what a test says, when it says so. */
class Clients implements Application {
  readonly hosts: Hosts;
  readonly talks = new Map<ConnectionAddress, Talk>();

  constructor(hosts: Hosts) {
    this.hosts = hosts;
  }

  accept(): number {
    return 0;
  }

  hear(connection: ConnectionAddress, events: number): void {
    const { heap, port, stack } = this.hosts;
    const { memory } = heap;
    const talk = this.talks.get(connection);
    if (talk === undefined) return;
    if ((events & TcpEvent.opened) !== 0) talk.opened = true;
    const bytes = tcpReadBytes(memory, connection);
    if (bytes > 0) {
      const at = tcpReadAt(memory, connection);
      talk.text += Buffer.from(memory.u8.slice(at, at + bytes)).toString("latin1");
      tcpRead(heap, port, stack, connection, bytes);
    }
    if ((events & TcpEvent.ended) !== 0) talk.ended = true;
    if ((events & TcpEvent.gone) === 0) return;
    talk.gone = true;
    talk.fate = TcpConnection.fate.get(memory, connection);
    tcpRelease(heap, port, stack, connection);
    this.talks.delete(connection);
  }

  nextCycle(): number {
    return -1;
  }

  act(): void {
    // Nothing by itself.
  }

  quiet(): boolean {
    return true;
  }
}

export class Town {
  readonly machine: Machine;
  readonly world: World;
  #clients: Clients | null = null;
  #backends: Backends | null = null;

  constructor(plans: readonly BackendPlan[], configuration: string) {
    const carrier = new FrameCarrier();
    this.machine = boot(proxy.manifest({ gatewayMac: "02:00:00:02:00:01" }), { probe: carrier.probe });
    this.world = worldOf(this.machine, null, -1, { inhabitants: { bytes: WORLD_BYTES, make: (machine, memory, at) => this.#settle(machine, memory, at, plans) } });
    carrier.attach(this.world);
    const answer = configure(this.world, configuration);
    if (answer.status !== 0) throw new Error(`configuration refused: ${JSON.stringify(answer)}`);
  }

  get tick(): number {
    return this.machine.tick();
  }

  get clients(): Clients {
    return this.#clients as Clients;
  }

  get backends(): Backends {
    return this.#backends as Backends;
  }

  accounts(): readonly BackendAccount[] {
    return backendsAccount(this.backends).backends;
  }

  open(number = 7): Talk {
    const { heap, port, stack } = this.clients.hosts;
    this.clients.hosts.setTime(this.machine.now());
    const key = heap.allocate(FlowKey.size) as Address<"FlowKey">;
    heap.memory.fill(key, FlowKey.size, 0);
    FlowKey.family.set(heap.memory, key, 4);
    heap.memory.u8.set([10, 20, 0, 2], key + FlowKey.source0.offset);
    heap.memory.u8.set([10, 1, 0, number], key + FlowKey.destination0.offset);
    FlowKey.sourcePort.set(heap.memory, key, 80);
    const connection = tcpConnect(heap, port, stack, key, OWNER) as ConnectionAddress;
    heap.free(key);
    const talk: Talk = { connection, text: "", opened: false, ended: false, gone: false, fate: 0 };
    this.clients.talks.set(connection, talk);
    this.until(() => talk.opened || talk.gone);
    return talk;
  }

  send(talk: Talk, text: string): void {
    const { heap, port, stack } = this.clients.hosts;
    this.clients.hosts.setTime(this.machine.now());
    const source = new Memory(new ArrayBuffer((text.length + 7) & ~7));
    source.u8.set(Buffer.from(text, "latin1"));
    if (tcpWrite(heap, port, stack, talk.connection, source, 0, text.length) !== text.length) throw new Error("the client's buffer is full");
  }

  close(talk: Talk): void {
    const { heap, port, stack } = this.clients.hosts;
    if (!talk.gone) tcpClose(heap, port, stack, talk.connection);
  }

  /** Asks once on a connection of its own; its status, 0 if none came. */
  ask(ticks = 10_000): number {
    const talk = this.open();
    this.send(talk, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const end = this.tick + ticks;
    this.world.runUntil(() => talk.text.includes("\r\n\r\n") || talk.gone, end);
    this.close(talk);
    return Number(talk.text.slice(9, 12));
  }

  until(done: () => boolean, ticks = 20_000): void {
    if (!this.world.runUntil(done, this.tick + ticks)) throw new Error(`not within ${ticks} ticks`);
  }

  run(ticks: number): void {
    this.world.runUntilTick(this.tick + ticks);
  }

  #settle(machine: Machine, memory: Memory, at: number, plans: readonly BackendPlan[]): Inhabitants {
    const isBackend = (heap: Memory, key: Address<"FlowKey">): boolean => FlowKey.sourcePort.get(heap, key) !== 80;
    return new Inhabitants({
      machine, nic: "nic0", machineMac: [2, 0, 0, 0, 0, 1], memory, at, bytes: WORLD_BYTES, link: cleanLink, clients: tcpStandard, backends: tcpStandard, seed: 1, isBackend,
      makeClients: (hosts) => (this.#clients = new Clients(hosts)),
      makeBackends: (hosts) => (this.#backends = new Backends(hosts, plans, 1)),
    });
  }
}
