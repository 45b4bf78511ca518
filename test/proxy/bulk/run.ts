/** A proxied bulk run: machine, link, clients and backends as they are put together, and what came of it in numbers. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { arenaAccount } from "../../../kernel/arena.ts";
import type { Manifest } from "../../../kernel/manifest.ts";
import type { NetParameters } from "../../../services/net/api.ts";
import { RequestTable } from "../../../services/net/request-table.ts";
import { proxyCounterTypes, ProxyState } from "../../../services/net/proxy/records.ts";
import { FlowKey } from "../../../services/net/segment.ts";
import { NetState } from "../../../services/net/state.ts";
import { TcpStack } from "../../../services/net/tcp/api.ts";
import type { TcpLimits } from "../../../services/net/tcp/limits.ts";
import { tcpStandard } from "../../../services/net/tcp/limits.ts";
import { tcpCounterTypes } from "../../../services/net/tcp/stack.ts";
import { Inhabitants } from "../../../sim/inhabitants/inhabitants.ts";
import type { LinkPlan } from "../../../sim/inhabitants/link.ts";
import { cleanLink, LinkState } from "../../../sim/inhabitants/link.ts";
import { proxy } from "../../../sim/machines/proxy.ts";
import type { RunSetup } from "../../../sim/run.ts";
import type { World } from "../../../sim/world.ts";
import { BulkBackend, BulkBackendState } from "./backend.ts";
import { BulkClients } from "./client.ts";
import { BulkClientState } from "./client-records.ts";

const MIB = 1024 * 1024;
const MAC = [2, 0, 0, 0, 0, 1];
const HTTP_PORT = 80;

/** Buffers for all connections of a side at once, and no shortage: what is tested is the machine. */
const around: TcpLimits = Object.freeze({ ...tcpStandard, bufferBytesMax: 24 * MIB });

export interface BulkPlan {
  readonly requests: number;
  readonly clients: number;
  readonly link?: LinkPlan;
  readonly seed?: number;
  /** Memory of all who live around the machine. */
  readonly worldBytes?: number;
  /** Whether idle connections and TIME-WAIT last a second: for runs whose end is not what is tested. */
  readonly hasty?: boolean;
}

/** 5 % lost, 5 % late, 2 % twice, 1 % with a wrong bit, in each direction. */
export const badLink: LinkPlan = Object.freeze({ ...cleanLink, lossParts: 50_000, reorderParts: 50_000, reorderCycles: 1_000_000, duplicateParts: 20_000, corruptParts: 10_000 });

const CONFIGURATION = [
  "semantics=strict",
  "rate_limit_rps=100000",
  "rate_limit_burst=100000",
  "group=bulk:leastconn",
  // A connection that does not open over a bad link is tried at another backend.
  "retry_budget=bulk:20:3",
  ...Array.from({ length: 6 }, (_, i) => `member=bulk:10.3.0.${i + 1}:8001`),
  ...Array.from({ length: 2 }, (_, i) => `member=bulk:[fd00:3::${i + 1}]:8001`),
  "default=bulk",
  "",
].join("\n");

const HASTY_TICKS = 1000;

function hasty(limits: TcpLimits): TcpLimits {
  return Object.freeze({ ...limits, timeWaitTicks: HASTY_TICKS, finWaitTicks: HASTY_TICKS });
}

/** The machine's manifest; a hasty one has other limits in net's parameters. */
function manifestOf(plan: BulkPlan): Manifest {
  const manifest = proxy.manifest({ gatewayMac: "02:00:00:02:00:01", seed: plan.seed ?? 1 });
  if (plan.hasty !== true) return manifest;
  const { net } = manifest.processes;
  const parameters = net!.parameters as NetParameters;
  const limits = { ...parameters.proxy!, upstreamIdleTicks: HASTY_TICKS, tcp: hasty(parameters.proxy!.tcp) };
  return { ...manifest, processes: { ...manifest.processes, net: { ...net!, parameters: { ...parameters, proxy: limits } } } };
}

/** The setup for startRun(), and the applications of the world that was made by it last. */
export function bulkSetup(plan: BulkPlan): { readonly setup: RunSetup; readonly made: { clients?: BulkClients; backends?: BulkBackend } } {
  const made: { clients?: BulkClients; backends?: BulkBackend } = {};
  const seed = plan.seed ?? 1;
  const limits = plan.hasty === true ? hasty(around) : around;
  const bytes = plan.worldBytes ?? 64 * MIB;
  const setup: RunSetup = {
    manifest: manifestOf(plan),
    capture: null,
    captureName: "bulk",
    mac: 0x02_00_00_00_00_01,
    seed,
    configuration: CONFIGURATION,
    configurationName: "bulk",
    restTicksMax: 100_000_000,
    inhabitants: {
      bytes,
      make: (machine, memory, at) => new Inhabitants({
        machine, nic: "nic0", machineMac: MAC, memory, at, bytes, seed, link: plan.link ?? cleanLink, clients: limits, backends: limits,
        isBackend: (where, key) => FlowKey.destinationPort.get(where, key) !== HTTP_PORT && FlowKey.sourcePort.get(where, key) !== HTTP_PORT,
        makeClients: (hosts) => (made.clients = new BulkClients(hosts, plan)),
        makeBackends: (hosts) => (made.backends = new BulkBackend(hosts)),
      }),
    },
  };
  return { setup, made };
}

type Numbers = Readonly<Record<string, number>>;

/** All fields of a record that are counts, by name. */
export function countsIn(memory: Memory, fields: object, at: number, names: readonly string[]): Numbers {
  const get = (name: string): number => (fields as Record<string, { get(memory: Memory, at: number): number }>)[name]!.get(memory, at);
  return Object.fromEntries(names.map((name) => [name, get(name)]));
}

export function clientNumbers(world: World, clients: BulkClients): Numbers {
  return countsIn(world.inhabitants!.heap.memory, BulkClientState, clients.state, ["begun", "answered", "refused", "wrong", "connections", "broken", "requestKibibytes", "answerKibibytes", "open"]);
}

export function backendNumbers(world: World, backend: BulkBackend): Numbers {
  return countsIn(world.inhabitants!.heap.memory, BulkBackendState, backend.state, ["sessions", "requests", "cut", "bad"]);
}

export function linkNumbers({ inhabitants }: World): Numbers {
  return countsIn(inhabitants!.heap.memory, LinkState, inhabitants!.link.state, ["sentToMachine", "sentFromMachine", "lost", "late", "doubled", "damaged", "dropped"]);
}

/** Net's memory as the machine's RAM holds it. */
function netMemory({ machine }: World): Memory {
  const arena = machine.parts.find(({ name }) => name === "arena.net")!;
  return machine.ram.window(arena.base, arena.bytes);
}

function netState({ machine }: World): Address<"NetState"> {
  const find = (name: string): number => machine.parts.find((part) => part.name === name)!.base;
  return (find("state.net") - find("arena.net")) as Address<"NetState">;
}

export function proxyNumbers(world: World): Numbers {
  const memory = netMemory(world);
  return countsIn(memory, ProxyState, NetState.proxy.get(memory, netState(world)), Object.keys(proxyCounterTypes));
}

/** What TCP counted at the machine, at the clients, at the backends. */
export function tcpNumbers(world: World): { readonly machine: Numbers; readonly clients: Numbers; readonly backends: Numbers } {
  const names = [...Object.keys(tcpCounterTypes), "inUse", "bufferBytes"];
  const memory = netMemory(world);
  const stack = ProxyState.stack.get(memory, NetState.proxy.get(memory, netState(world)) as Address<"ProxyState">);
  const { clients, backends, heap } = world.inhabitants!;
  return { machine: countsIn(memory, TcpStack, stack, names), clients: countsIn(heap.memory, TcpStack, clients.stack, names), backends: countsIn(heap.memory, TcpStack, backends.stack, names) };
}

/** What is taken: of memory, of buffers, of tables. Equal before and after, or something leaks. */
export function taken(world: World): Numbers {
  const { machine } = world;
  const report = machine.report();
  const streams = machine.parts.find(({ name }) => name === "region.streams")!;
  const memory = netMemory(world);
  const { machine: stack, clients, backends } = tcpNumbers(world);
  return {
    ...Object.fromEntries(report.processes.map(({ name, usedBytes }) => [`arena.${name}`, usedBytes])),
    streams: arenaAccount(machine.ram, streams.base).usedBytes,
    requests: RequestTable.pending.get(memory, NetState.requests.at(netState(world))),
    buffers: report.buffers.inUse,
    connections: stack.inUse! + clients.inUse! + backends.inUse!,
    bufferBytes: stack.bufferBytes! + clients.bufferBytes! + backends.bufferBytes!,
    world: arenaAccount(world.inhabitants!.heap.memory, 0).usedBytes,
  };
}

/** What `make` makes, made when it is asked for first. */
export function once<T>(make: () => T): () => T {
  const made: T[] = [];
  return () => {
    if (made.length === 0) made.push(make());
    return made[0]!;
  };
}
