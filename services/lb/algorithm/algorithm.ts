/**
 * What a balancing algorithm is. Each has a file of its own; all of them pass the same case suite.
 *
 * An algorithm chooses among the *candidates* of a group (group/candidate.ts): it never looks at health or limits itself.
 * It keeps its state in the group's and the backends' records, or in a table of its own in the arena, `Group.table`.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import type { GroupAddress } from "../group/group.ts";
import type { PickRequestAddress } from "./pick-request.ts";

/** Which hash of the request's key an algorithm wants in `PickRequest.key`. */
export const KeyHash = Object.freeze({
  none: 0,
  /** CRC-32 (IEEE 802.3), as nginx's consistent hash. */
  crc32: 1,
  /** mixBytes() with seed 0. */
  mixed: 2,
});

export interface Algorithm {
  /** As configurations write it, the first one as reports do. */
  readonly names: readonly string[];
  /** One of KeyHash. */
  readonly keyHash: number;
  /** Whether bounded load applies (GroupPolicy.boundedPercent). */
  readonly bounded: boolean;
  /**
   * Makes the table for the group's present backends and weights, whether or not they are available. Its address; 0 if
   * the algorithm needs none; or outOfMemory, or tableFull if the table would exceed its bound. The group's old table is
   * left alone: the caller exchanges the two and frees the old one, so that a failure changes nothing.
   */
  readonly build: (heap: Heap, limits: LbLimits, group: GroupAddress) => number;
  /** Position in the group of the backend that takes the request, or -1 if there is no candidate. Never one of weight 0, except where the names say so. */
  readonly pick: (memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number) => number;
}
