/**
 * Boot: from a manifest to a machine. The manifest is checked whole, RAM is planned, one buffer is made, and the plan
 * is written into it: tables formatted, arenas made, each grant turned into a capability. Every process is then ready
 * for its start handler; nothing has run yet.
 */

import { Board } from "../hal/board.ts";
import { writeBootRecord } from "../hal/boot-record.ts";
import type { Choose } from "../hal/chance.ts";
import { Memory } from "../hal/memory.ts";
import { hashText } from "../hal/snapshot.ts";
import type { Probe } from "../hal/trace.ts";
import { ARENA_OVERHEAD_BYTES, arenaFormat } from "./arena.ts";
import type { MachineParts, MachinePlan } from "./boot-plan.ts";
import { deepFreeze, planMachine } from "./boot-plan.ts";
import { formatSpaces } from "./capability.ts";
import { capabilityQuota } from "./capability/plan.ts";
import { ProcessContext } from "./context.ts";
import { formatEndpoint } from "./endpoint.ts";
import { writeIpc } from "./ipc/plan.ts";
import type { Kernel } from "./kernel.ts";
import { InterruptBinding } from "./kernel.ts";
import { Machine } from "./machine.ts";
import type { Manifest, ManifestProblem } from "./manifest.ts";
import { ManifestError, checkManifest } from "./manifest.ts";
import { writeNames } from "./names.ts";
import { KernelState, NONE, Priority, ProcessRecord } from "./process.ts";
import { mintGrants } from "./process/grants.ts";
import { asked, endsRun, watched } from "./process/exception.ts";
import { writeRegions } from "./memory/region-plan.ts";
import { makeReady } from "./scheduler.ts";
import type { SeamChoice } from "./seams.ts";
import { seamsOf, writeSeams } from "./seams.ts";
import { formatWheel } from "./timer-wheel.ts";

export interface BootOptions {
  /** Told of each trace record as it is written. It may read the machine and must not change it. */
  readonly probe?: Probe;
  /** Decides where reality could go either way; without it everything is benign. */
  readonly choose?: Choose;
  /** Ask `choose` on hot paths too: at every crossing whether the process dies there, at every turn who runs, and more (KernelChoice). */
  readonly crashes?: boolean;
  /** Told what a service's code threw, and which process's: for people. The machine goes on without the process. */
  readonly onException?: (process: number, thrown: unknown) => void;
  /** Small parts of the kernel that are not its own, to see what would break. */
  readonly seams?: SeamChoice;
}

/** A machine on fresh RAM; the manifest is frozen. Throws ManifestError, with all its problems, when it is unsound or does not fit. */
export function boot(manifest: Manifest, options: BootOptions = {}): Machine {
  const problems = checkManifest(manifest);
  if (problems.length > 0) throw new ManifestError(manifest.name, problems);
  const planned = planMachine(manifest);
  const unfit = checkFit(manifest, planned);
  if (unfit.length > 0) throw new ManifestError(manifest.name, unfit);
  const ram = new Memory(new ArrayBuffer(manifest.ramBytes));
  const kernel = makeKernel(manifest, planned.parts, ram, options);
  writeBootRecord(ram, planned.boot, planned.plan.parts, manifestDigest(manifest));
  writeNames(ram, planned.parts.namesAt, manifest);
  kernel.board.powerOn();
  writeSeams(ram, KernelState.seams.at(planned.parts.state), options.seams);
  writeTables(manifest, planned.parts, kernel);
  const contexts = planned.parts.processPlans.map((plan) => new ProcessContext(kernel, plan));
  return new Machine(deepFreeze(manifest), kernel, planned.plan.parts, contexts, (process, thrown) => {
    if (endsRun(thrown)) throw thrown;
    options.onException?.(process, thrown);
  });
}

/** 16 hex digits over everything in the manifest that shapes the machine. */
export function manifestDigest(manifest: Manifest): string {
  const processes = Object.entries(manifest.processes).map(([name, line]) => [name, { ...line, service: line.service.name }]);
  return hashText(JSON.stringify({ ...manifest, processes }));
}

function checkFit(manifest: Manifest, planned: MachinePlan): ManifestProblem[] {
  const { plan, parts } = planned;
  const problems: ManifestProblem[] = [];
  for (const process of parts.processPlans) {
    const least = process.heapOffset + ARENA_OVERHEAD_BYTES;
    const name = Object.keys(manifest.processes)[process.index];
    if (process.arenaBytes < least) problems.push({ place: `processes.${name}.arenaBytes`, text: `${process.arenaBytes} bytes; tokens, state and the heap's own records need ${least}` });
  }
  if (plan.end <= manifest.ramBytes) return problems;
  const largest = [...plan.parts].filter((part) => !part.name.startsWith("state.")).sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
  const words = largest.slice(0, 5).map((part) => `${part.name} ${part.bytes}`).join(", ");
  problems.push({ place: "ramBytes", text: `the machine needs ${plan.end} bytes of RAM and has ${manifest.ramBytes}; the largest parts are ${words}` });
  return problems;
}

function makeKernel(manifest: Manifest, parts: MachineParts, ram: Memory, options: BootOptions): Kernel {
  const board = new Board(ram, parts.board, { probe: options.probe === undefined ? null : watched(options.probe), ...(options.choose === undefined ? {} : { choose: asked(options.choose) }) });
  return Object.freeze({
    ram,
    board,
    state: parts.state,
    processes: parts.processes,
    endpoints: parts.endpoints,
    spaces: parts.spaces,
    regions: parts.regions,
    mappings: parts.mappings,
    pool: parts.pool,
    poolRegion: manifest.pool === undefined ? NONE : parts.regionPlans.length - 1,
    wheel: parts.wheel,
    bindings: parts.bindings,
    ...parts.ipc,
    plans: parts.processPlans,
    handlerCycles: manifest.kernel.handlerCycles,
    crashes: options.crashes ?? false,
    seams: seamsOf(options.seams),
  });
}

function writeTables(manifest: Manifest, parts: MachineParts, kernel: Kernel): void {
  const { ram } = kernel;
  KernelState.running.set(ram, parts.state, NONE);
  formatWheel(ram, parts.wheel);
  formatSpaces(ram, parts.spaces, Object.values(manifest.processes).map((line) => capabilityQuota(manifest, line)));
  for (let line = 0; line < parts.bindings.count; line++) InterruptBinding.process.set(ram, parts.bindings.at(line), NONE);
  kernel.board.interrupts.unmask(0);
  parts.endpointPlans.forEach((plan, index) => formatEndpoint(ram, parts.endpoints.at(index), plan.owner, receiversOf(parts, index), plan.slots));
  writeRegions(manifest, parts.regionPlans, kernel);
  writeProcesses(manifest, parts, kernel);
  writeIpc(kernel, manifest, parts.rings);
  parts.processPlans.forEach((plan) => mintGrants(kernel, plan.index));
  parts.processPlans.forEach((plan) => makeReady(kernel, plan.index));
}

/** The processes that receive from the endpoint, one bit each. */
function receiversOf(parts: MachineParts, endpoint: number): number {
  return parts.processPlans.reduce((mask, plan) => (plan.endpoints.includes(endpoint) ? mask | (1 << plan.index) : mask), 0);
}

function writeProcesses(manifest: Manifest, parts: MachineParts, kernel: Kernel): void {
  const { ram } = kernel;
  const lines = Object.values(manifest.processes);
  for (const plan of parts.processPlans) {
    const record = parts.processes.at(plan.index);
    ProcessRecord.priority.set(ram, record, Priority[lines[plan.index].priority]);
    ProcessRecord.rank.set(ram, record, Priority[lines[plan.index].priority]);
    ProcessRecord.starts.set(ram, record, 1);
    ProcessRecord.caller.set(ram, record, NONE);
    ProcessRecord.callEndpoint.set(ram, record, NONE);
    ProcessRecord.receives.set(ram, record, plan.endpoints.reduce((mask, endpoint) => mask | (1 << endpoint), 0));
    ProcessRecord.arenaBase.set(ram, record, plan.arenaBase);
    ProcessRecord.arenaBytes.set(ram, record, plan.arenaBytes);
    ProcessRecord.heapOffset.set(ram, record, plan.heapOffset);
    ProcessRecord.stateOffset.set(ram, record, plan.stateOffset);
    ProcessRecord.needCount.set(ram, record, Object.keys(plan.needs).length);
    arenaFormat(ram.window(plan.arenaBase, plan.arenaBytes), plan.heapOffset, plan.arenaBytes - plan.heapOffset);
  }
}
