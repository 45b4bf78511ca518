/** What a manifest says about IPC beyond grants, and what may be wrong with it: channels, rates, endpoints that are shared. */

import type { Manifest } from "../manifest.ts";
import { RATE_MAX } from "./rate.ts";

export interface ChannelLine {
  /** Messages that it holds; the kernel's limit unless said. */
  readonly capacity?: number;
}

/** Most that a process may send in a second. */
export interface RateLine {
  readonly messagesPerSecond: number;
  /** Small messages count 48 bytes each, large ones their header and payload as well. */
  readonly bytesPerSecond: number;
}

type Say = (place: string, text: string) => void;

export function checkIpcLines(manifest: Manifest, say: Say): void {
  checkChannels(manifest, say);
  for (const name of Object.keys(manifest.processes)) {
    checkRate(manifest, name, say);
    checkShares(manifest, name, say);
  }
}

function checkChannels(manifest: Manifest, say: Say): void {
  const channels = Object.entries(manifest.channels ?? {});
  const { channels: most, channelCapacity } = manifest.kernel;
  if (channels.length > most) say("channels", `${channels.length} are named, the limit is ${most}`);
  for (const [name, line] of channels) {
    if (!/^[a-z][a-z0-9-]{0,11}$/.test(name)) say(`channels.${name}`, "a name is 1 to 12 of a-z, 0-9 and -, a letter first");
    const capacity = line.capacity ?? channelCapacity;
    if (!(Number.isInteger(capacity) && capacity >= 1 && capacity <= channelCapacity)) say(`channels.${name}.capacity`, `${capacity} messages; expected 1 to ${channelCapacity}`);
  }
}

function checkRate(manifest: Manifest, name: string, say: Say): void {
  const rate = manifest.processes[name].rate;
  if (rate === undefined) return;
  for (const key of ["messagesPerSecond", "bytesPerSecond"] as const) {
    const value = rate[key];
    if (!(Number.isInteger(value) && value >= 1 && value <= RATE_MAX)) say(`processes.${name}.rate.${key}`, `${value}; expected 1 to ${RATE_MAX}`);
  }
}

function checkShares(manifest: Manifest, name: string, say: Say): void {
  const line = manifest.processes[name];
  for (const [endpoint, target] of Object.entries(line.receives ?? {})) {
    const place = `processes.${name}.receives.${endpoint}`;
    if (!line.service.receives.includes(endpoint)) say(place, `${line.service.name} receives on ${line.service.receives.join(", ") || "nothing"}`);
    const [owner, theirs] = target.split(".");
    const other = manifest.processes[owner];
    if (owner === name || other === undefined || !other.service.receives.includes(theirs)) say(place, `no other process has an endpoint ${target}`);
    else if (other.receives?.[theirs] !== undefined) say(place, `${target} is ${other.receives[theirs]}: name that`);
    if (line.queues?.[endpoint] !== undefined) say(`processes.${name}.queues.${endpoint}`, `the queue is that of ${target}`);
  }
}

/** The name of the endpoint that process `name` means by `endpoint`: its own, or another's that it receives from as well. */
export function endpointName(manifest: Manifest, name: string, endpoint: string): string {
  return manifest.processes[name].receives?.[endpoint] ?? `${name}.${endpoint}`;
}

/** Names of all endpoints, in the order of their numbers. */
export function endpointNames(manifest: Manifest): readonly string[] {
  return Object.entries(manifest.processes).flatMap(([name, line]) => line.service.receives.filter((endpoint) => line.receives?.[endpoint] === undefined).map((endpoint) => `${name}.${endpoint}`));
}
