/**
 * What the manifest granted each process: constants of the machine, worked out once at boot and read again whenever a
 * process begins anew. By them the kernel knows whom to tell that an endpoint closed or a process ended, whatever a
 * process wrote over its tokens meanwhile.
 */

import { ObjectType, Right, mint } from "../capability.ts";
import { EndpointRecord } from "../endpoint.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { ProcessRecord } from "../process.ts";
import { RegionRecord } from "../region.ts";

/** What one need of a process stands for. */
export interface ProcessGrant {
  /** One of ObjectType, the object's number in its table, and the rights: bits of Right. */
  readonly objectType: number;
  readonly object: number;
  readonly rights: number;
}

/** Hearing of a process's end is reading it; starting it again is making it. */
export const PROCESS_RIGHTS = Right.read | Right.create;

/** The needs of `process`, one bit each, that were granted this object. */
export function needsOf(kernel: Kernel, process: number, objectType: number, object: number): number {
  const grants = kernel.plans[process].grants;
  let needs = 0;
  for (let need = 0; need < grants.length; need++) {
    if (grants[need].objectType === objectType && grants[need].object === object) needs |= 1 << need;
  }
  return needs;
}

/** A new capability for need number `need` of the process, its token where the need's token lies. 0, or resourceExhausted. */
export function mintGrant(kernel: Kernel, process: number, need: number): number {
  const { objectType, object, rights } = kernel.plans[process].grants[need];
  const tokenAt = ProcessRecord.arenaBase.get(kernel.ram, kernel.processes.at(process)) + need * 8;
  return mint(kernel, process, objectType, object, epochOf(kernel, objectType, object), rights, tokenAt);
}

/** Tokens for all its needs. 0, or resourceExhausted: those that there was room for are minted. */
export function mintGrants(kernel: Kernel, process: number): number {
  let status: number = Errno.ok;
  for (let need = 0; need < kernel.plans[process].grants.length; need++) {
    const minted = mintGrant(kernel, process, need);
    if (minted !== Errno.ok) status = minted;
  }
  return status;
}

function epochOf(kernel: Kernel, objectType: number, object: number): number {
  // Channels, numbered after the endpoints, are never made anew.
  if (objectType === ObjectType.endpoint && object >= kernel.endpoints.count) return 0;
  if (objectType === ObjectType.endpoint) return EndpointRecord.epoch.get(kernel.ram, kernel.endpoints.at(object));
  return objectType === ObjectType.memory ? RegionRecord.epoch.get(kernel.ram, kernel.regions.at(object)) : 0;
}
