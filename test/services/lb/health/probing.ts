/** Asking for probes and answering them, as whoever sends them would. */

import { Backend } from "../../../../services/lb/group/backend.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { probeNext, probeResult } from "../../../../services/lb/health/probe.ts";
import type { PolicyWords } from "./ward.ts";
import { Ward } from "./ward.ts";

export const HEALTH: PolicyWords = { probeIntervalTicks: 100, probeTimeoutTicks: 30, probeJitterTicks: 0, rise: 2, fall: 3 };

/** Asks for at most so many probes: who is to be probed, in the order they are handed out. */
export function ask(ward: Ward, tick: number, most = Infinity): BackendAddress[] {
  const handed: BackendAddress[] = [];
  while (handed.length < most) {
    const backend = probeNext(ward.memory, ward.desk.balancer, tick);
    if (backend === 0) break;
    handed.push(backend);
  }
  return handed;
}

/** A group of so many members that are probed; `asked` and `answer` go by position. */
export function probed(members: number, policy: PolicyWords = {}): { ward: Ward; group: GroupAddress; asked: (tick: number, most?: number) => number[]; answer: (index: number, passed: boolean, tick: number) => number; handles: number[] } {
  const ward = new Ward();
  const group = ward.group(members, { ...HEALTH, ...policy });
  const handles = ward.members(group).map((backend) => Backend.handle.get(ward.memory, backend));
  const asked = (tick: number, most?: number): number[] => ask(ward, tick, most).map((backend) => ward.members(group).indexOf(backend));
  const answer = (index: number, passed: boolean, tick: number): number => probeResult(ward.memory, ward.desk.balancer, handles[index]!, passed, tick);
  return { ward, group, asked, answer, handles };
}
