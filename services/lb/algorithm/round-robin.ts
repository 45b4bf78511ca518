/** Plain turns: each candidate in order, whatever its weight. A backend that cannot take its turn is passed over. */

import type { Memory } from "../../../hal/memory.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { isEligible } from "./references.ts";

/** Group.position is the position whose turn is next; one behind the last, after a backend left, means the first. */
function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress): number {
  const count = groupBackendCount(memory, group);
  let index = Group.position.low(memory, group) >>> 0;
  for (let left = count; left > 0; left--) {
    if (index >= count) index = 0;
    if (isEligible(memory, group, groupBackend(memory, group, index), request)) {
      Group.position.setWords(memory, group, index + 1, 0);
      return index;
    }
    index++;
  }
  return -1;
}

export const roundRobin: Algorithm = Object.freeze({ names: Object.freeze(["roundrobin", "rr"]), keyHash: KeyHash.none, bounded: false, gradual: false, pick });
