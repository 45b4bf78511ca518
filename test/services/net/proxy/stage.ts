/**
 * The whole machine with net as a proxy, the real load balancer, and the two sides of the world played by hand: clients
 * that the test opens, backends that answer what the test says. Whatever is kept for a request or a connection can be counted.
 */

import { HalTrace } from "../../../../hal/trace.ts";
import type { Address } from "../../../../hal/field.ts";
import type { Memory } from "../../../../hal/memory.ts";
import { arenaAccount, arenaCheck } from "../../../../kernel/arena.ts";
import { boot } from "../../../../kernel/boot.ts";
import { KernelChoice } from "../../../../kernel/crossing.ts";
import type { Machine } from "../../../../kernel/machine.ts";
import { FlowKey } from "../../../../services/net/segment.ts";
import type { ConnectionAddress } from "../../../../services/net/tcp/api.ts";
import { TcpStack, tcpConnect } from "../../../../services/net/tcp/api.ts";
import { tcpStandard } from "../../../../services/net/tcp/limits.ts";
import type { ProxyLimits } from "../../../../services/net/proxy/limits.ts";
import { proxyStandard } from "../../../../services/net/proxy/limits.ts";
import { ProxyList, ProxyState } from "../../../../services/net/proxy/records.ts";
import type { ProxyAddress } from "../../../../services/net/proxy/records.ts";
import { configure } from "../../../../sim/balancer.ts";
import { Inhabitants } from "../../../../sim/inhabitants/inhabitants.ts";
import type { LinkPlan } from "../../../../sim/inhabitants/link.ts";
import { cleanLink } from "../../../../sim/inhabitants/link.ts";
import { request } from "../../../../sim/operator.ts";
import { balancerModel } from "../../../../sim/machines/balancer.ts";
import { proxySettings } from "../../../../sim/machines/proxy-settings.ts";
import { standardNumbers } from "../../../../sim/machines/standard.ts";
import { World } from "../../../../sim/world.ts";
import type { Listener, Peer } from "./peer.ts";
import { brokenProxyLaws } from "./laws.ts";
import { Side } from "./side.ts";

export interface StageOptions {
  /** Lines of configuration behind those that make two backends in one group, `g`. */
  readonly config?: string;
  /** Instead of all of the configuration. */
  readonly wholeConfig?: string;
  readonly limits?: Partial<ProxyLimits>;
  readonly settings?: Readonly<Record<string, number>>;
  readonly link?: Partial<LinkPlan>;
  /** Processes may die: kill(). */
  readonly mortal?: boolean;
  /** What a backend does with each connection that is opened to it. */
  readonly backend?: Listener;
}

export const MACHINE = [10, 20, 0, 2] as const;
const MIB = 1024 * 1024;
/** As much as both sides' stacks may take, and what is on the way. */
const WORLD_BYTES = 12 * MIB;
const CONFIG = "semantics=strict\nrate_limit_rps=1000000\nrate_limit_burst=1000000\ngroup=g:roundrobin\nmember=g:10.3.0.1:8001\nmember=g:10.3.0.2:8002\ndefault=g\n";
const settings = Object.fromEntries(
  Object.entries(standardNumbers.settings).map(([name, setting]) => [name, { ...setting, value: { "arena.net": 8 * MIB, "region.streams": 2 * MIB, buffers: 512, "rx.posted": 96, "tx.descriptors": 256 }[name] ?? setting.value }]),
);

export class Stage {
  readonly machine: Machine;
  readonly world: World;
  /** The process that dies at its next crossing. */
  #doomed = "";
  #clients!: Side;
  #backends!: Side;
  readonly #used: Record<string, number>;

  constructor(options: StageOptions = {}) {
    const limits = { ...proxyStandard, tcp: { ...proxyStandard.tcp, timeWaitTicks: 500, finWaitTicks: 2000 }, ...options.limits };
    const model = balancerModel({ ...standardNumbers, name: "stage", ramBytes: 20 * MIB, proxy: limits, settings: { ...settings, ...proxySettings(limits) } });
    const probe = (kind: number, _process: number, at: number, bytes: number): void => {
      if (kind === HalTrace.frameTransmitted) this.world.inhabitants?.sent(this.machine.ram, at, bytes);
    };
    const manifest = model.manifest({ gatewayMac: "02:00:00:02:00:01", settings: options.settings ?? {} });
    const names = Object.keys(manifest.processes);
    const choose = (site: number, entity: number): number => (site === KernelChoice.processDies && names[entity] === this.#doomed ? ((this.#doomed = ""), 1) : 0);
    this.machine = boot(manifest, options.mortal === true ? { probe, choose, crashes: true } : { probe });
    const make = (machine: Machine, memory: Memory, at: number) => this.#inhabit(machine, memory, at, options);
    this.world = new World({ machine: this.machine, nic: "nic0", mailbox: "mailbox0", capture: null, mac: -1, inhabitants: { bytes: WORLD_BYTES, make } });
    const accepted = configure(this.world, options.wholeConfig ?? CONFIG + (options.config ?? ""));
    if (accepted.status !== 0 || accepted.remarks.length > 0) throw new Error(`the configuration is refused: ${JSON.stringify(accepted)}`);
    this.#backends.onAccept = options.backend ?? (() => undefined);
    this.#used = this.#account();
  }

  /** A client's connection, from that address on; opened, unless `ticks` is 0 or the machine refuses. */
  client(address: readonly number[] = [10, 1, 0, 7], port = 80, ticks = 20): Peer {
    const { heap, port: host, stack } = this.#clients.hosts;
    const key = heap.allocate(FlowKey.size) as Address<"FlowKey">;
    heap.memory.fill(key, FlowKey.size, 0);
    heap.memory.u8.set(address.length === 4 ? MACHINE : [0xfd, ...new Array<number>(14).fill(0), 2], key + FlowKey.source0.offset);
    heap.memory.u8.set(address, key + FlowKey.destination0.offset);
    FlowKey.family.set(heap.memory, key, address.length === 4 ? 4 : 6);
    FlowKey.sourcePort.set(heap.memory, key, port);
    this.#clients.hosts.setTime(this.machine.now());
    const connection = tcpConnect(heap, host, stack, key, 1);
    heap.free(key);
    if (connection < 0) throw new Error(`no connection: ${connection}`);
    const peer = this.#clients.add(connection as ConnectionAddress);
    if (ticks > 0) this.until(() => peer.opened || peer.gone, ticks);
    return peer;
  }

  get clients(): readonly Peer[] {
    return this.#clients.all;
  }

  /** Connections to backends, in the order in which they were opened. */
  get backends(): readonly Peer[] {
    return this.#backends.all;
  }

  /** Owner that a SYN to that port of a backend gets: 1 lets it in, 0 refuses, -1 keeps silent. */
  accepting(rule: (port: number) => number): void {
    this.#backends.accepting = rule;
  }

  /** What backends do with connections that are opened to them from now on. */
  onBackend(listener: Listener): void {
    this.#backends.onAccept = listener;
  }

  /** The backend's connection of that number, once it is there. */
  backend(number: number, ticks = 50): Peer {
    this.until(() => this.backends.length > number, ticks);
    const peer = this.backends[number];
    if (peer === undefined) throw new Error(`there is no connection ${number} to a backend`);
    return peer;
  }

  /** Runs until the condition holds; whether it does after so many ticks. */
  until(condition: () => boolean, ticks = 100): boolean {
    return this.world.runUntil(condition, this.machine.tick() + ticks);
  }

  /** The process dies at the next thing that it does; the supervisor begins it anew. */
  kill(process: "lb" | "net" | "driver"): this {
    this.#doomed = process;
    return this;
  }

  /** Asks the operator for what OperatorTarget says; the status. */
  ask(target: number): number {
    return request(this.world, target).status;
  }

  run(ticks: number): this {
    this.world.runUntilTick(this.machine.tick() + ticks);
    return this;
  }

  /** A counter of net's, of the proxy's, or of its stack's. */
  count(name: string): number {
    const state = this.machine.inspect("state.net");
    if (name in state) return state[name] as number;
    const memory = this.#arena("arena.net");
    if (name in ProxyState) return (ProxyState as unknown as Record<string, { get(memory: Memory, at: number): number }>)[name].get(memory, this.#proxy);
    return (TcpStack as unknown as Record<string, { get(memory: Memory, at: number): number }>)[name].get(memory, ProxyState.stack.get(memory, this.#proxy));
  }

  /** The named counters, as an object to compare with. */
  counts(...names: readonly string[]): Record<string, number> {
    return Object.fromEntries(names.map((name) => [name, this.count(name)]));
  }

  get clientsOpen(): number {
    return ProxyList.count.get(this.#arena("arena.net"), ProxyState.clients.at(this.#proxy));
  }

  get idleUpstreams(): number {
    return ProxyList.count.get(this.#arena("arena.net"), ProxyState.idle.at(this.#proxy));
  }

  /** What is held now and was not when the stage was set: all zero when nothing is under way. */
  leaks(): Record<string, number> {
    const now = this.#account();
    return Object.fromEntries(Object.entries(now).map(([name, value]) => [name, value - this.#used[name]]));
  }

  /** Every client and backend hangs up, and all that waits runs out: then nothing may be left. */
  clear(ticks = 5000): Record<string, number> {
    for (const peer of [...this.#clients.all, ...this.#backends.all]) if (!peer.gone) peer.reset();
    return this.rest(ticks);
  }

  /** The same, but nobody hangs up. */
  rest(ticks = 5000): Record<string, number> {
    for (let waited = 0; waited < ticks; waited += 100) {
      this.run(100);
      const left = this.leaks();
      if (Object.values(left).some((held) => held !== 0)) continue;
      const broken = brokenProxyLaws(this);
      if (broken.length > 0) throw new Error(broken.join("; "));
      return left;
    }
    return this.leaks();
  }

  get #proxy(): ProxyAddress {
    return this.machine.inspect("state.net")["proxy"] as ProxyAddress;
  }

  #inhabit(machine: Machine, memory: Memory, at: number, options: StageOptions): Inhabitants {
    const now = (): number => machine.now();
    return new Inhabitants({
      machine, memory, at, nic: "nic0", machineMac: [2, 0, 0, 0, 0, 1], bytes: WORLD_BYTES, link: { ...cleanLink, ...options.link }, clients: tcpStandard, backends: tcpStandard, seed: 1,
      isBackend: (heap, key) => FlowKey.sourcePort.get(heap, key) !== 80 && FlowKey.sourcePort.get(heap, key) !== 8080,
      makeClients: (hosts) => (this.#clients = new Side(hosts, now)),
      makeBackends: (hosts) => (this.#backends = new Side(hosts, now)),
    });
  }

  #account(): Record<string, number> {
    const { ram } = this.machine;
    const net = this.machine.report().processes.find(({ name }) => name === "net");
    return { arena: net?.usedBytes ?? -1, streams: usedBytes(ram, this.#base("region.streams")), requests: usedBytes(ram, this.#base("region.requests")), buffers: this.machine.report().buffers.inUse, clients: this.clientsOpen, idle: this.idleUpstreams, connections: this.count("inUse") };
  }

  #base(name: string): number {
    const part = this.machine.parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new Error(`RAM has no part ${name}`);
    return part.base;
  }

  #arena(name: string): Memory {
    return this.machine.ram.window(this.#base(name), 8 * MIB);
  }
}

/** Bytes of the arena that are in use, after it is found sound. */
function usedBytes(memory: Memory, base: number): number {
  const broken = arenaCheck(memory, base);
  if (broken !== null) throw new Error(broken);
  return arenaAccount(memory, base).usedBytes;
}

/** What Stage.clear() must answer: nothing is left. */
export const NOTHING = Object.freeze({ arena: 0, streams: 0, requests: 0, buffers: 0, clients: 0, idle: 0, connections: 0 });
