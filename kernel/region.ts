/**
 * Shared regions: memory that several processes map, each with its own rights, reached by (token, offset). A mapping is
 * a capability of type memory; a region's epoch changes when it is moved or given up, and a token made before that is
 * stale. How regions change hands is said in memory/transfer.ts and memory/copy-on-write.ts.
 */

import type { Address } from "../hal/field.ts";
import { i32, u16 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";

/** Regions are page-rounded on the standard machine (upstream: 4096); a tiny machine cannot afford it. */
export const REGION_PAGE_BYTES = 4096;

/** A pool's bytes are reached by buffer handle only; a spare is a region that nobody has: room for copies. */
export const RegionKind = Object.freeze({ plain: 0, buffers: 1, spare: 2 });

/** Upstream's numbers (`ipc/message.rs`), by the names that manifests use. */
export const CachePolicy = Object.freeze({ writeBack: 0, writeThrough: 1, uncached: 2, writeCombining: 3 });
export type CachePolicyName = keyof typeof CachePolicy;

export const RegionRecord = layout("RegionRecord", 48, {
  base: i32,
  regionBytes: i32,
  epoch: i32("identity"),
  /** One of RegionKind. */
  kind: i32,
  /** Upstream's MemoryRegion.permissions and cache_policy: data that large messages carry on; rights are in capabilities. */
  permissions: i32,
  cachePolicy: i32,
  /** Capabilities that are held of it, over all processes. */
  mappings: i32("statistic"),
  /** Process that may move it on; NONE for a spare, the pool, and a region whose owner ended. */
  owner: i32,
  /** 1: its bytes are frozen while several map it; whoever writes gets a copy of his own first. */
  copyOnWrite: i32,
  /** Devices that reach it by DMA: one bit each. */
  devices: i32,
  /** RAM from `base` on that is the region's, used or not: what a spare can hold. */
  roomBytes: i32,
  /** A spare in use: number of the region that it is a copy of. Else NONE. */
  copyOf: i32,
});

/** The capabilities that one process holds of one region. 0 tokens: it does not map it. */
export const RegionMapping = layout("RegionMapping", 4, {
  tokens: u16("statistic"),
  /** Those of them that give the right to write. */
  writing: u16("statistic"),
});

export type RegionAddress = Address<"RegionRecord">;
