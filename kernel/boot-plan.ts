/**
 * Where a manifest's machine lies in RAM: the board's parts, the kernel's tables, queues, regions, the pool and the
 * arenas, in this order. Nothing is written here; the same manifest always gives the same plan.
 */

import type { BoardParts } from "../hal/board.ts";
import { Board } from "../hal/board.ts";
import type { BootParts } from "../hal/boot-record.ts";
import { planRam } from "../hal/boot-record.ts";
import type { Address } from "../hal/field.ts";
import type { Table } from "../hal/layout.ts";
import type { RamPlan } from "../hal/ram-plan.ts";
import type { CapabilitySpaces } from "./capability.ts";
import { planSpaces } from "./capability/plan.ts";
import type { ProcessPlan } from "./process-plan.ts";
import type { ObjectNames } from "./process/resolve.ts";
import { resolveGrants } from "./process/resolve.ts";
import { EndpointRecord, QueueSlot } from "./endpoint.ts";
import { endpointName, endpointNames } from "./ipc/manifest-lines.ts";
import type { IpcTables } from "./ipc/plan.ts";
import { planIpc } from "./ipc/plan.ts";
import { InterruptBinding } from "./kernel.ts";
import type { Manifest, ProcessLine } from "./manifest.ts";
import { SMALL_MESSAGE_BYTES } from "./message.ts";
import { planNames } from "./names.ts";
import { KernelState, ProcessRecord } from "./process.ts";
import type { RegionParts } from "./memory/region-plan.ts";
import { planRegions } from "./memory/region-plan.ts";
import { TimerRecord, WheelSlot, WheelState } from "./timer-wheel.ts";
import type { TimerWheel } from "./timer-wheel.ts";

export interface EndpointPlan {
  readonly name: string;
  readonly owner: number;
  readonly slots: Table<"QueueSlot">;
}

export interface MachineParts extends RegionParts {
  readonly board: BoardParts;
  readonly state: Address<"KernelState">;
  readonly processes: Table<"ProcessRecord">;
  readonly endpoints: Table<"EndpointRecord">;
  readonly spaces: CapabilitySpaces;
  readonly wheel: TimerWheel;
  readonly bindings: Table<"InterruptBinding">;
  readonly ipc: IpcTables;
  /** Of each channel. */
  readonly rings: readonly Table<"SmallMessage">[];
  readonly endpointPlans: readonly EndpointPlan[];
  readonly processPlans: readonly ProcessPlan[];
  /** Where the text of names.ts lies. */
  readonly namesAt: number;
}

export interface MachinePlan {
  readonly plan: RamPlan;
  readonly parts: MachineParts;
  readonly boot: BootParts;
}

export function planMachine(manifest: Manifest): MachinePlan {
  return planRam((plan) => planParts(plan, manifest));
}

function planParts(plan: RamPlan, manifest: Manifest): MachineParts {
  const names = Object.keys(manifest.processes);
  const board = Board.plan(plan, { limits: manifest.hal, devices: manifest.devices });
  const tables = {
    state: plan.record("kernel", KernelState),
    processes: plan.records("processes", ProcessRecord, names.length),
    endpoints: plan.records("endpoints", EndpointRecord, endpointNames(manifest).length),
    spaces: planSpaces(plan, manifest),
    bindings: plan.records("bindings", InterruptBinding, manifest.devices.length + 1),
    wheel: planWheel(plan, manifest),
  };
  const { ipc, rings } = planIpc(plan, manifest);
  const endpointPlans = planEndpoints(plan, manifest);
  const regionParts = planRegions(plan, manifest);
  const objects = { endpoints: endpointPlans.map((planned) => planned.name), regions: regionParts.regionPlans.map((planned) => planned.name) };
  const processPlans = planProcesses(plan, manifest, names, objects);
  return Object.freeze({ board, ...tables, ...regionParts, ipc, rings, endpointPlans, processPlans, namesAt: planNames(plan, manifest) });
}

function planWheel(plan: RamPlan, manifest: Manifest): TimerWheel {
  return Object.freeze({
    state: plan.record("timers.state", WheelState),
    slots: plan.records("timers.wheel", WheelSlot, manifest.kernel.timerSlots),
    timers: plan.records("timers", TimerRecord, manifest.kernel.timers + Object.keys(manifest.processes).length),
    armable: manifest.kernel.timers,
  });
}

function planEndpoints(plan: RamPlan, manifest: Manifest): readonly EndpointPlan[] {
  const names = Object.keys(manifest.processes);
  return Object.freeze(
    endpointNames(manifest).map((name) => {
      const [process, endpoint] = name.split(".");
      const capacity = manifest.processes[process].queues?.[endpoint] ?? manifest.kernel.endpointQueue;
      return Object.freeze({ name, owner: names.indexOf(process), slots: plan.records(`queue.${name}`, QueueSlot, capacity) });
    }),
  );
}

function planProcesses(plan: RamPlan, manifest: Manifest, names: readonly string[], objects: ObjectNames): readonly ProcessPlan[] {
  return Object.freeze(
    names.map((name, index) => {
      const line = manifest.processes[name];
      const arenaBase = plan.bytes(`arena.${name}`, line.arenaBytes);
      const planned = Object.freeze({ ...planProcess(line, index, arenaBase), endpoints: endpointsOf(manifest, name, objects), grants: resolveGrants(manifest, line, objects) });
      plan.name(`state.${name}`, line.service.state, arenaBase + planned.stateOffset);
      return planned;
    }),
  );
}

/** The numbers of the endpoints that the process receives from, in the order of its service's `receives`. */
function endpointsOf(manifest: Manifest, name: string, objects: ObjectNames): readonly number[] {
  return Object.freeze(manifest.processes[name].service.receives.map((endpoint) => objects.endpoints.indexOf(endpointName(manifest, name, endpoint))));
}

function planProcess(line: ProcessLine, index: number, arenaBase: number): Omit<ProcessPlan, "grants" | "endpoints"> {
  const { service } = line;
  const outgoingOffset = Object.keys(service.needs).length * 8;
  const stateOffset = outgoingOffset + SMALL_MESSAGE_BYTES;
  return {
    index,
    arenaBase,
    arenaBytes: line.arenaBytes,
    outgoingOffset,
    stateOffset,
    heapOffset: (stateOffset + service.state.size + 7) & ~7,
    needs: service.needs,
    receives: service.receives,
    parameters: deepFreeze(line.parameters),
    view: service.state.view as ProcessPlan["view"],
  };
}

/** A manifest is constant once it is booted, parameters included: whoever writes into it fails at once. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
