/** Makes the account of a run from what the machine says of itself, by name. */

import type { Address } from "../hal/field.ts";
import { NicAccount } from "../hal/nic/account.ts";
import type { Inspected } from "../hal/inspect.ts";
import { errnoName } from "../kernel/errno.ts";
import type { Machine, ProcessReport } from "../kernel/machine.ts";
import type { ProcessLine } from "../kernel/manifest.ts";
import { OUTCOMES } from "../services/lb/api.ts";
import { ledgerCounterTypes } from "../services/net/counters.ts";
import { NetLedger } from "../services/net/ledger.ts";
import type { Account, AccountedFor, Counts, FramesAccount, MachineAccount, MemoryAccount, NetAccount, ProcessAccount, RequestsAccount, TransportAccount } from "./account.ts";
import { macText } from "./address-text.ts";
import type { Group, Vip } from "./balancer.ts";
import type { RunSetup } from "./run.ts";
import type { World } from "./world.ts";

/** What net counts besides the members that the contract names. */
const NET_OTHERS = [
  "flowsOpened", "flowsReplaced", "flowsTimedOut", "evictedEnded", "evictedSilent", "outOfOrderSegments", "oldSegments", "cutSegments",
  "crowdedSegments", "crowdedFlows", "reclaimedBeyond", "reclaimedHeads", "transmitted", "unroutable", "bodyGivenUp", "cutShort", "strayDecisions",
  "vipAskedAgain", "endsDelayed", "fragments", "repeatedFragments", "fragmentedOpened", "fragmentedWhole", "fragmentedRefused", "fragmentedTimedOut",
  "fragmentedCrowded", "fragmentedUnfinished",
] as const;

/** Why a NIC drops a frame: fields of its account. */
export const DROP_REASONS: readonly string[] = Object.freeze([NicAccount.filtered, NicAccount.noDescriptor, NicAccount.tooLong, NicAccount.linkDown].map(({ name }) => name));

const IGNORED = "ignored";

/** States of a process that runs no more. None of ours ends while the machine is up. */
const GONE: readonly string[] = ["zombie", "dead"];

export function accountOf(world: World, setup: RunSetup, groups: readonly Group[], vips: readonly Vip[] = []): Account {
  const { machine } = world;
  const report = machine.report();
  const { frames, net, requests, transport, connections, buffers, stopped } = accountedFor(world, vips);
  return {
    schema: 1,
    capture: setup.captureName,
    manifest: setup.manifest.name,
    seed: setup.seed,
    machine: machineAccount(machine, setup.mac),
    frames,
    net,
    requests,
    transport,
    connections,
    backends: groups.flatMap((group) => group.backends.map(({ address, port, totalRequests }) => ({ group: group.name, address, port, requests: totalRequests }))),
    ipc: { fast: report.ipc.fast, queued: report.ipc.queued },
    memory: report.processes.map(memoryAccount),
    buffers,
    stopped,
    restarted: report.processes.filter(({ restarts }) => restarts > 0).map(({ name, restarts, fault }) => ({ process: name, times: restarts, why: fault ?? "it ended by itself" })),
    ticks: machine.tick(),
    cycles: machine.now(),
    stateHash: machine.hash(),
  };
}

/** The part of the account that brokenLaws() looks at: what takes little time. */
export function accountedFor(world: World, vips: readonly Vip[] = []): AccountedFor {
  const { machine } = world;
  const net = netCounters(machine);
  const { count, inUse, peak, takenHome } = machine.report().buffers;
  return {
    frames: framesAccount(world),
    net: netAccount(net),
    requests: requestsAccount(net),
    transport: transportAccount(net, vips),
    connections: { named: number(net, "connectionsNamed"), ended: number(net, "connectionsEnded"), unheard: number(net, "endsUnheard") },
    buffers: { count, inUse, peak, takenHome },
    stopped: stoppedProcesses(machine),
  };
}

function memoryAccount(process: ProcessReport): MemoryAccount {
  return {
    process: process.name,
    used: process.usedBytes,
    peak: process.peakBytes,
    size: process.arenaBytes,
    free: process.freeBytes,
    largestFree: process.largestFreeBytes,
    refused: process.refusedRequests,
    buffers: process.buffersHeld,
    buffersPeak: process.buffersPeak,
  };
}

/** Processes that run no more, and why. */
export function stoppedProcesses(machine: Machine): { readonly process: string; readonly why: string }[] {
  const gone = machine.report().processes.filter((process) => GONE.includes(process.state));
  return gone.map((process) => ({ process: process.name, why: reasonOf(machine, process) }));
}

/** Why a process runs no more: its fault, or what it wrote down when it gave up at its start. */
function reasonOf(machine: Machine, process: ProcessReport): string {
  if (process.fault !== null) return process.fault;
  const status = number(inspected(machine, `state.${process.name}`), "startStatus");
  return status < 0 ? `it could not start (${errnoName(status)})` : "it ended by itself";
}

function framesAccount(world: World): FramesAccount {
  const nic = inspected(world.machine, `${world.nic}.account`);
  return {
    inCapture: world.capture?.count ?? 0,
    own: world.framesOwn,
    offered: number(nic, NicAccount.offered.name),
    received: number(nic, NicAccount.received.name),
    dropped: counts(Object.fromEntries(DROP_REASONS.map((reason) => [reason, number(nic, reason)]))),
    snapped: world.state.framesSnapped,
    transmitted: number(nic, NicAccount.transmitted.name),
  };
}

/** Net's counters. Of a net that is gone for good the ledger is the last word, and what it had begun is lost. */
function netCounters(machine: Machine): Inspected {
  const net = inspected(machine, "state.net");
  if (!machine.report().processes.some(({ name, state }) => name === "net" && GONE.includes(state))) return net;
  const kept: Inspected = { ...net, ...ledgerOf(machine) };
  return { ...kept, lost: number(kept, "lost") + underWay(kept, "total", "lost"), vipLost: number(kept, "vipLost") + underWay(kept, "vipFlows", "vipLost") };
}

function ledgerOf(machine: Machine): Inspected {
  const region = machine.parts.find(({ name }) => name === "region.ledger");
  if (region === undefined) return {};
  const ledger = region.base as Address<"NetLedger">;
  return Object.fromEntries(Object.keys(ledgerCounterTypes).map((name) => [name, NetLedger[name as keyof typeof ledgerCounterTypes].get(machine.ram, ledger)]));
}

/** What net had begun of what it counts from `total` to `lost`, in the order of its counters. */
function underWay(net: Inspected, total: string, lost: string): number {
  const names = Object.keys(ledgerCounterTypes);
  const parts = names.slice(names.indexOf(total) + 1, names.indexOf(lost) + 1);
  return parts.reduce((left, name) => left - number(net, name), number(net, total));
}

function netAccount(net: Inspected): NetAccount {
  const ignored = Object.keys(net).filter((name) => name.startsWith(IGNORED) && name !== IGNORED);
  return {
    ignored: counts(Object.fromEntries(ignored.map((name) => [lowerFirst(name.slice(IGNORED.length)), number(net, name)]))),
    badRequestLine: number(net, "badRequestLine"),
    badBody: number(net, "badBody"),
    midstream: number(net, "midstream"),
    unfinished: number(net, "unfinished"),
    ...Object.fromEntries(NET_OTHERS.map((name) => [name, number(net, name)])),
  };
}

function requestsAccount(net: Inspected): RequestsAccount {
  const refusals = OUTCOMES.slice(1).map(({ name }) => [name, number(net, lowerFirst(name))] as const);
  return { total: number(net, "total"), routed: number(net, "routed"), refused: counts(Object.fromEntries(refusals)), lost: number(net, "lost") };
}

/** Refusals of flows by net's counters, under the names that outcomes have; of what is only known to be a refusal, `other`. */
const VIP_REFUSALS = Object.freeze([
  ["NoHealthyBackend", "vipNoHealthyBackend"],
  ["NoRouteMatch", "vipGone"],
  ["Overloaded", "vipOverloaded"],
  ["ServiceRestarted", "vipServiceRestarted"],
  ["other", "vipRefused"],
] as const);

function transportAccount(net: Inspected, vips: readonly Vip[]): TransportAccount {
  return {
    flows: number(net, "vipFlows"),
    routed: number(net, "vipRouted"),
    refused: counts(Object.fromEntries(VIP_REFUSALS.map(([name, field]) => [name, number(net, field)]))),
    lost: number(net, "vipLost"),
    unroutable: number(net, "vipUnroutable"),
    segments: number(net, "vipSegments"),
    packets: number(net, "vipSent"),
    packetsLost: number(net, "vipNotSent"),
    vips: vips.map(({ address, port, algorithm, backends }) => ({
      address,
      port,
      algorithm,
      backends: backends.map((backend) => ({ address: backend.address, port: backend.port, flows: backend.totalRequests })),
    })),
  };
}

function machineAccount(machine: Machine, mac: number): MachineAccount {
  const { manifest } = machine;
  return {
    ramBytes: manifest.ramBytes,
    usedBytes: Math.max(...machine.parts.map((part) => part.base + part.bytes)),
    mac: macText(mac),
    processes: Object.entries(manifest.processes).map(([name, line]) => processAccount(name, line)),
  };
}

function processAccount(process: string, line: ProcessLine): ProcessAccount {
  const grants = Object.entries(line.service.needs).map(([need, kind]) => ({ kind, object: line.grants?.[need] ?? "" }));
  const of = (...kinds: readonly string[]): string[] => unique(grants.filter(({ kind }) => kinds.includes(kind)).map(({ object }) => object));
  return {
    process,
    priority: line.priority,
    devices: of("device"),
    sendsTo: unique(of("endpoint").map((endpoint) => endpoint.split(".")[0])),
    regions: [...of("region:write", "buffers:write").map((region) => `${region} rw`), ...of("region:read", "buffers:read").map((region) => `${region} r`)],
  };
}

/** A record by name; empty if the machine has none of that name: another manifest may lack net, or a NIC. */
function inspected(machine: Machine, name: string): Inspected {
  return machine.parts.some((part) => part.name === name) ? machine.inspect(name) : {};
}

function number(record: Inspected, name: string): number {
  const value = record[name];
  return typeof value === "number" ? value : 0;
}

/** Without what never happened. */
function counts(all: Counts): Counts {
  return Object.fromEntries(Object.entries(all).filter(([, times]) => times !== 0));
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
