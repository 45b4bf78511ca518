/**
 * What probes say of a backend's health: GroupPolicy.rise of them passed in a row make it healthy, `fall` of them failed
 * in a row unhealthy. Nothing else counts, neither ejection nor draining.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { backendSetHealthy } from "./fitness.ts";

/** Where the policy does not say. */
export const RISE_DEFAULT = 2;
export const FALL_DEFAULT = 3;

const COUNT_MAX = 255;

/** The awaited probe's result: passed, or failed or not answered in time. From now on none is awaited. */
export function backendProbed(memory: Memory, group: GroupAddress, backend: BackendAddress, passed: boolean, tick: number): void {
  Backend.probing.set(memory, backend, 0);
  Backend.probeDeadlineTick.set(memory, backend, 0);
  const same = passed ? Backend.probesPassed : Backend.probesFailed;
  const other = passed ? Backend.probesFailed : Backend.probesPassed;
  const count = Math.min(COUNT_MAX, same.get(memory, backend) + 1);
  same.set(memory, backend, count);
  other.set(memory, backend, 0);
  const healthy = Backend.healthy.get(memory, backend) !== 0;
  if (healthy !== passed && count >= needed(memory, group, passed)) backendSetHealthy(memory, group, backend, passed, tick);
}

function needed(memory: Memory, group: GroupAddress, passed: boolean): number {
  const policy = Group.policy.at(group);
  return passed ? GroupPolicy.rise.get(memory, policy) || RISE_DEFAULT : GroupPolicy.fall.get(memory, policy) || FALL_DEFAULT;
}
