/**
 * Marks: what a campaign must have seen sometimes. Each fault that struck is one ("wire.drop"), and so is each thing that
 * machine and world count and that happened at least once: "net.evictedSilent", "lb.rateLimitExceeded", "nic.noDescriptor",
 * "kernel.timeouts", "restart.lb", "proxy.retries", "clients.failures".
 */

import type { Address } from "../../hal/field.ts";
import { NicAccount } from "../../hal/nic/account.ts";
import { KernelState, ProcessRecord } from "../../kernel/process.ts";
import { Balancer } from "../../services/lb/balancer.ts";
import { netCounterTypes } from "../../services/net/counters.ts";
import { NetState } from "../../services/net/state.ts";
import { CHANCE_RULES_MAX } from "../chance/chance-state.ts";
import { ownMemory, partOf } from "../checkers/places.ts";
import { clientsAccount } from "../inhabitants/clients/account.ts";
import { clientsOf } from "../scenario/surroundings.ts";
import type { Numbers } from "../scenario/tcp-numbers.ts";
import { numbersOf, proxyNumbers } from "../scenario/tcp-numbers.ts";
import type { World } from "../world.ts";
import type { Theatre } from "./theatre.ts";

/** Nobody promised that the machine of this run would serve again (checkers/recoverable.ts): its recovery was not judged. */
export const EXCUSED = "excused";

/** Marks of the run that was played last, in order of their names. */
export function marksOf({ experiment, turmoil, world, excused }: Theatre): readonly string[] {
  const marks = new Set<string>(excused ? [EXCUSED] : []);
  experiment.faults.slice(0, CHANCE_RULES_MAX).forEach(({ fault }, rule) => {
    if (turmoil.chance.strikes(rule) > 0) marks.add(fault);
  });
  for (const [who, numbers] of counted(world)) for (const [what, times] of Object.entries(numbers)) if (times > 0) marks.add(`${who}.${what}`);
  return Object.freeze([...marks].sort((a, b) => (a < b ? -1 : 1)));
}

const NIC_NAMES = Object.freeze(["filtered", "noDescriptor", "tooLong", "linkDown"]);
const KERNEL_NAMES = Object.freeze(["refusals", "timeouts", "faults", "acknowledged"]);
const LB_NAMES = Object.freeze([
  "noRouteMatch", "rateLimitExceeded", "backendGroupNotFound", "noHealthyBackend", "limiterFull", "overloaded", "malformed", "badDescriptors", "undelivered",
  "strayFinishes", "flowsRouted", "flowsRefused", "limitersEvicted", "limitersEvictedOldest", "sessionsUnbound", "controlRefusals",
]);

/** Counts by who counts them. Of a process that ended: what its memory still holds. */
function counted(world: World): (readonly [who: string, numbers: Numbers])[] {
  const { machine, nic } = world;
  const { ram } = machine;
  const all: (readonly [string, Numbers])[] = [["kernel", numbersOf(ram, KernelState, machine.kernelState, KERNEL_NAMES)], ["restart", restarts(world)]];
  const account = partOf(machine, `${nic}.account`);
  if (account !== undefined) all.push(["nic", numbersOf(ram, NicAccount, account.base as Address<"NicAccount">, NIC_NAMES)]);
  const net = machine.manifest.processes["net"] === undefined ? null : ownMemory(machine, "net");
  if (net !== null) all.push(["net", numbersOf(net.memory, NetState, net.state, Object.keys(netCounterTypes))]);
  const lb = machine.manifest.processes["lb"] === undefined ? null : ownMemory(machine, "lb");
  if (lb !== null) all.push(["lb", numbersOf(lb.memory, Balancer, lb.state, LB_NAMES)]);
  const proxy = net === null ? null : proxyNumbers(world);
  if (proxy !== null) all.push(["proxy", proxy.proxy], ["tcp", proxy.tcp]);
  const clients = clientsOf(world);
  if (clients !== null) all.push(["clients", clientsAccount(clients).counters], ["status", clientsAccount(clients).statuses]);
  return all;
}

function restarts({ machine }: World): Numbers {
  const processes = partOf(machine, "processes");
  if (processes === undefined) return {};
  return Object.fromEntries(machine.processNames.map((name, index) => [name, ProcessRecord.generation.get(machine.ram, (processes.base + index * ProcessRecord.size) as Address<"ProcessRecord">)]));
}
