/** Where a backend stands in its group: what decisions name it by. */

import type { Memory } from "../../../hal/memory.ts";
import type { BackendAddress } from "./backend.ts";
import { groupBackend, groupBackendCount } from "./group.ts";
import type { GroupAddress } from "./group.ts";

/** Position of that record in the group, or -1. */
export function groupPosition(memory: Memory, group: GroupAddress, backend: BackendAddress): number {
  let index = groupBackendCount(memory, group) - 1;
  while (index >= 0 && groupBackend(memory, group, index) !== backend) index--;
  return index;
}
