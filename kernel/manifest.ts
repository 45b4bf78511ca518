/**
 * A manifest: which devices a machine has, which processes run on it, how much memory each gets, and who may reach
 * what. Authority and wiring are data; boot turns each grant into a capability and nothing else ever hands one out.
 */

import type { DeviceConfig } from "../hal/device-models.ts";
import type { HalLimits } from "../hal/limits.ts";
import { checkCapabilities, checkCapabilityLimits } from "./capability/manifest-lines.ts";
import type { GoverningRight } from "./capability/right.ts";
import type { ChannelLine, RateLine } from "./ipc/manifest-lines.ts";
import { checkIpcLines, endpointNames } from "./ipc/manifest-lines.ts";
import type { KernelLimits } from "./limits.ts";
import type { PriorityName } from "./process.ts";
import { Priority } from "./process.ts";
import type { CachePolicyName } from "./region.ts";
import { checkRegions } from "./memory/check-regions.ts";
import type { AnyService, NeedKind } from "./service.ts";

export interface RegionLine {
  readonly bytes: number;
  /** Devices that may reach the region by DMA. */
  readonly devices?: readonly string[];
  /** Process that may move the region on; else the first that may write it. */
  readonly owner?: string;
  /** What large messages say of the region; nothing here has a cache. Else "writeBack". */
  readonly cachePolicy?: CachePolicyName;
}

/** Spare regions, in which regions under copy-on-write are copied when they are written to. */
export interface ReserveLine {
  readonly count: number;
  /** Room of each: a larger region cannot be copied. */
  readonly bytes: number;
}

export interface PoolLine {
  readonly name: string;
  readonly count: number;
  readonly devices: readonly string[];
}

export interface ProcessLine {
  readonly service: AnyService;
  readonly priority: PriorityName;
  /** Everything the process has of its own: tokens, state record, heap. */
  readonly arenaBytes: number;
  /** For each of the service's needs the object: "process.endpoint", a region, the pool, a device, a process, or "ticks". */
  readonly grants?: Readonly<Record<string, string>>;
  /** For each need the rights over the capability itself that its token carries besides those to the object. */
  readonly rights?: Readonly<Record<string, readonly GoverningRight[]>>;
  /** Most capabilities that the process may hold, where it differs from the kernel's limit. */
  readonly capabilities?: number;
  /** Queue lengths of the service's endpoints where they differ from the kernel's limit. */
  readonly queues?: Readonly<Record<string, number>>;
  /**
   * Endpoints of the service that are not this process's own but another's ("process.endpoint"): both receive from one
   * queue, whoever has waited longest gets the next message.
   */
  readonly receives?: Readonly<Record<string, string>>;
  /** The process collects messages in a batch. */
  readonly batch?: boolean;
  /** Most that the process may send in a second. */
  readonly rate?: RateLine;
  /** Constants for the service. */
  readonly parameters?: unknown;
}

export interface Manifest {
  readonly name: string;
  readonly ramBytes: number;
  readonly hal: HalLimits;
  readonly kernel: KernelLimits;
  readonly devices: readonly DeviceConfig[];
  readonly regions?: Readonly<Record<string, RegionLine>>;
  readonly reserve?: ReserveLine;
  readonly pool?: PoolLine;
  readonly channels?: Readonly<Record<string, ChannelLine>>;
  readonly processes: Readonly<Record<string, ProcessLine>>;
}

/** What is wrong with a manifest, and where: "processes.net.grants.balancer". */
export interface ManifestProblem {
  readonly place: string;
  readonly text: string;
}

export class ManifestError extends Error {
  override readonly name = "ManifestError";
  readonly problems: readonly ManifestProblem[];

  constructor(manifest: string, problems: readonly ManifestProblem[]) {
    super(`manifest ${manifest}: ${problems.map((problem) => `${problem.place}: ${problem.text}`).join("; ")}`);
    this.problems = Object.freeze([...problems]);
  }
}

/** The name that stands for the timer in grants. */
export const TICKS = "ticks";

/** RAM sizes that a machine may have. */
export const RAM_BYTES_MIN = 64 * 1024;
export const RAM_BYTES_MAX = 1024 * 1024 * 1024;

/** Everything that is wrong with the manifest, in its own order; empty if it is sound. */
export function checkManifest(manifest: Manifest): ManifestProblem[] {
  const problems: ManifestProblem[] = [];
  const say = (place: string, text: string): void => void problems.push({ place, text });
  const { ramBytes, kernel } = manifest;
  if (!(Number.isInteger(ramBytes) && ramBytes >= RAM_BYTES_MIN && ramBytes <= RAM_BYTES_MAX && ramBytes % 64 === 0)) {
    say("ramBytes", `${ramBytes} bytes of RAM; expected 64 KiB to 1 GiB, a multiple of 64`);
  }
  const names = Object.keys(manifest.processes);
  if (names.length === 0) say("processes", "there are none");
  if (names.length > Math.min(kernel.processes, 32)) say("processes", `${names.length} are named, the limit is ${kernel.processes}`);
  const endpoints = endpointNames(manifest).length;
  if (endpoints > Math.min(kernel.endpoints, 32)) say("processes", `they receive on ${endpoints} endpoints, the limit is ${kernel.endpoints}`);
  const deviceNames = manifest.devices.map((device) => device.name);
  for (const name of deviceNames) if (deviceNames.indexOf(name) !== deviceNames.lastIndexOf(name)) say("devices", `two are called ${name}`);
  checkRegions(manifest, deviceNames, say);
  checkCapabilityLimits(manifest, say);
  for (const name of names) checkProcess(manifest, name, say);
  checkIpcLines(manifest, say);
  return problems;
}

export type Say = (place: string, text: string) => void;

function checkProcess(manifest: Manifest, name: string, say: Say): void {
  const line = manifest.processes[name];
  const { service } = line;
  if (!/^[a-z][a-z0-9-]{0,11}$/.test(name)) say(`processes.${name}`, "a name is 1 to 12 of a-z, 0-9 and -, a letter first");
  if (!(line.priority in Priority)) say(`processes.${name}.priority`, `${String(line.priority)}; expected one of ${Object.keys(Priority).join(", ")}`);
  if (!(Number.isInteger(line.arenaBytes) && line.arenaBytes > 0 && line.arenaBytes % 64 === 0)) {
    say(`processes.${name}.arenaBytes`, `${line.arenaBytes} bytes; expected a multiple of 64 above 0`);
  }
  for (const endpoint of service.receives) {
    if (!/^[a-zA-Z][a-zA-Z0-9-]{0,11}$/.test(endpoint)) say(`processes.${name}`, `${service.name} receives on "${endpoint}"; a name is 1 to 12 letters, digits and -`);
  }
  const needs = Object.entries(service.needs);
  checkCapabilities(manifest, name, say);
  for (const [need, kind] of needs) {
    const place = `processes.${name}.grants.${need}`;
    const grant = line.grants?.[need];
    if (grant === undefined) say(place, `${service.name} needs it (${kind}); nothing is granted`);
    else if (!grantExists(manifest, kind, grant)) say(place, `there is no ${kindWords(kind)} called ${grant}`);
  }
  for (const grant of Object.keys(line.grants ?? {})) {
    if (service.needs[grant] === undefined) say(`processes.${name}.grants.${grant}`, `${service.name} has no such need; it has ${needs.map(([need]) => need).join(", ") || "none"}`);
  }
  for (const [queue, length] of Object.entries(line.queues ?? {})) {
    if (!service.receives.includes(queue)) say(`processes.${name}.queues.${queue}`, `${service.name} receives on ${service.receives.join(", ") || "nothing"}`);
    if (!(Number.isInteger(length) && length >= 1 && length <= manifest.kernel.endpointQueue)) say(`processes.${name}.queues.${queue}`, `${length} messages; expected 1 to ${manifest.kernel.endpointQueue}`);
  }
}

function kindWords(kind: NeedKind): string {
  if (kind === "interrupt") return "device";
  return kind === "timer" ? `timer (only "${TICKS}")` : kind.replace(/:.*/, "").replace("buffers", "pool of buffers");
}

function grantExists(manifest: Manifest, kind: NeedKind, grant: string): boolean {
  switch (kind) {
    case "endpoint": {
      const [process, endpoint] = grant.split(".");
      return manifest.processes[process]?.service.receives.includes(endpoint) ?? false;
    }
    case "channel:send":
    case "channel:receive":
      return manifest.channels?.[grant] !== undefined;
    case "region:read":
    case "region:write":
      return manifest.regions?.[grant] !== undefined;
    case "buffers:read":
    case "buffers:write":
      return manifest.pool?.name === grant;
    case "device":
    case "interrupt":
      return manifest.devices.some((device) => device.name === grant);
    case "timer":
      return grant === TICKS;
    case "process":
      return manifest.processes[grant] !== undefined;
  }
}
