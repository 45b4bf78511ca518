/**
 * What a balancing algorithm is. Each has a file of its own; all of them pass the same case suite.
 *
 * An algorithm chooses among the *candidates* of a group (group/candidate.ts): it never looks at health or limits itself.
 * It keeps its state in the group's and the backends' records, or in a table of its own in the arena, `Group.table`
 * (group/group-table.ts makes, exchanges and frees it).
 */

import type { Memory } from "../../../hal/memory.ts";
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
  /** Whether slow start tells: it chooses by the weight that counts now (health/slow-start.ts), with or without a key. */
  readonly gradual: boolean;
  /** The table; absent if the algorithm needs none. */
  readonly table?: AlgorithmTable;
  /**
   * Position in the group of the backend that takes the request, or -1 if there is no candidate. Never one of weight 0.
   * At most O(backends), or O(points) on a ring; allocates nothing.
   */
  readonly pick: (memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number) => number;
}

/** A table depends on the group's backends and their configured weights, not on whether they are available. */
export interface AlgorithmTable {
  /** Bytes for the group as it is now, at least 8, or tableFull. `before`: the table that it takes the place of, or 0. */
  readonly bytes: (memory: Memory, limits: LbLimits, group: GroupAddress, before: number) => number;
  /** Fills a block of so many bytes, whatever it holds. `before` stays as it is. */
  readonly fill: (memory: Memory, group: GroupAddress, table: number, before: number) => void;
  /** Brings a table up to date in place after the backend at `index` was taken out of the group and those behind it moved up. */
  readonly forget: (memory: Memory, group: GroupAddress, table: number, index: number) => void;
}
