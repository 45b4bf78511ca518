/**
 * What a sound configuration under semantics=strict still asks for before it can be put into service, group by group:
 * names for members that are new, and the table of the group's algorithm. All of it can fail, and is given back with the
 * rest of the attempt.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { directoryTake } from "../connection/directory.ts";
import { groupTableBuild } from "../group/group-table.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { groupBegin } from "../group/member.ts";
import { groupBefore, memberBefore, vipBefore } from "./carry-over.ts";
import { groupNamed } from "./group-option.ts";
import { ConfigKey, CONFIG_ENTRIES } from "./keys.ts";
import { ConfigLine, fault } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { vipNamed } from "./transport.ts";

/** Of the group or virtual IP that the present line makes, if it makes one. 0, a ConfigProblem with `fault` set, or outOfMemory. */
export function prepareGroup(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, key: number): number {
  if (key !== ConfigKey.group && key !== ConfigKey.vip) return 0;
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  CONFIG_ENTRIES[key].judge(memory, line, shared);
  const group = (key === ConfigKey.group ? groupNamed(memory, balancer, shared, ConfigLine.first.at(line)) : vipNamed(memory, balancer, shared)) as GroupAddress;
  const before = key === ConfigKey.group ? groupBefore(memory, balancer, group) : vipBefore(memory, balancer, shared);
  groupBegin(memory, limits, group);
  const status = prepare(heap, limits, balancer, group, before);
  if (status === 0 || status === Errno.outOfMemory) return status;
  return fault(memory, line, ConfigLine.first.at(line), status === TOO_MANY ? ConfigProblem.tooManyMembers : ConfigProblem.tableTooLarge);
}

const TOO_MANY = 1;
const TABLE = 2;

/** 0, TOO_MANY, TABLE, or outOfMemory. */
function prepare(heap: Heap, limits: LbLimits, balancer: BalancerAddress, group: GroupAddress, before: GroupAddress | 0): number {
  const memory = heap.memory;
  const count = groupBackendCount(memory, group);
  for (let i = 0, cursor = 0; i < count; i++) {
    const backend = groupBackend(memory, group, i);
    const carried = before === 0 ? -1 : memberBefore(memory, before, backend, cursor);
    if (carried >= 0) cursor = carried + 1;
    const named = carried >= 0 ? 0 : directoryTake(heap, limits, balancer, backend);
    if (named < 0) return named === Errno.outOfMemory ? named : TOO_MANY;
  }
  const alike = before !== 0 && Group.algorithm.get(memory, before) === Group.algorithm.get(memory, group);
  const table = groupTableBuild(heap, limits, group, alike ? Group.table.get(memory, before) : 0);
  if (table < 0) return table === Errno.outOfMemory ? table : TABLE;
  Group.table.set(memory, group, table);
  return 0;
}
