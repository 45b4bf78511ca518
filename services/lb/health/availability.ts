/**
 * Bringing a group up to date with time. All that happens to a backend by itself happens here: ejections end, slow
 * starts are over, probes that nobody answered count as failed. It comes to the same however seldom it is asked for, since
 * each thing happens at its own tick, not at the tick of the asking. A tick that lies before an earlier one changes
 * nothing.
 *
 * Drains do not end here: that takes a member away, and with it memory changes hands (group/member.ts).
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { ejectionEnd, ejectionsTrim } from "./ejection.ts";
import { groupDue, groupJudge } from "./fitness.ts";
import { NEVER_TICK, slowStartBegin, slowStartEnd, slowStartOverTick } from "./slow-start.ts";
import { backendProbed } from "./verdict.ts";

export { backendJudge } from "./fitness.ts";

/** Lets happen what is due by that tick. To be called before a group is asked for anything; one comparison if nothing is due. */
export function groupSettle(memory: Memory, group: GroupAddress, tick: number): void {
  if (tick >= Group.nextChangeTick.get(memory, group)) settle(memory, group, tick);
}

/** Makes the next groupSettle() look at every member: after members or policy changed. */
export function groupUnsettle(memory: Memory, group: GroupAddress): void {
  Group.nextChangeTick.set(memory, group, 0);
  Group.nextProbeTick.set(memory, group, 0);
}

function settle(memory: Memory, group: GroupAddress, tick: number): void {
  Group.nextChangeTick.set(memory, group, NEVER_TICK);
  const count = groupBackendCount(memory, group);
  for (let i = 0; i < count; i++) backendSettle(memory, group, groupBackend(memory, group, i), tick);
  ejectionsTrim(memory, group, tick);
  groupJudge(memory, group);
}

/** Lets happen what is due, and notes what will be. */
function backendSettle(memory: Memory, group: GroupAddress, backend: BackendAddress, tick: number): void {
  if (Backend.probing.get(memory, backend) !== 0) {
    const deadlineTick = Backend.probeDeadlineTick.get(memory, backend);
    if (tick >= deadlineTick) backendProbed(memory, group, backend, false, deadlineTick);
    else groupDue(memory, group, deadlineTick);
  }
  if (Backend.ejected.get(memory, backend) !== 0) {
    const untilTick = Backend.ejectedUntilTick.get(memory, backend);
    if (tick >= untilTick) ejectionEnd(memory, group, backend, untilTick);
    else groupDue(memory, group, untilTick);
  }
  if (Backend.slowStarting.get(memory, backend) !== 0) {
    // One that joined by a reload, which knows no tick: it begins now.
    if (Backend.slowStartTick.get(memory, backend) === NEVER_TICK) slowStartBegin(memory, group, backend, tick);
    const overTick = slowStartOverTick(memory, group, backend);
    if (tick >= overTick) slowStartEnd(memory, backend);
    else groupDue(memory, group, overTick);
  }
}
