/**
 * Draining: a member takes no new request, and is gone once its last connection ends or its deadline comes. Here is what
 * draining means for the record; that the member then leaves is group/member.ts's.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import type { GroupAddress } from "../group/group.ts";
import { backendSetDraining } from "./fitness.ts";

/** From now on it drains, until `deadlineTick` at the latest; a later call replaces the deadline. 0: it is back in service. */
export function backendDrain(memory: Memory, group: GroupAddress, backend: BackendAddress, deadlineTick: number): void {
  Backend.drainUntilTick.set(memory, backend, deadlineTick);
  backendSetDraining(memory, group, backend, deadlineTick !== 0);
}

/** Whether it drains and is to leave: nothing is open any more, or the deadline has come. */
export function isDrained(memory: Memory, backend: BackendAddress, tick: number): boolean {
  if (Backend.draining.get(memory, backend) === 0) return false;
  return Backend.activeConnections.get(memory, backend) === 0 || tick >= Backend.drainUntilTick.get(memory, backend);
}
