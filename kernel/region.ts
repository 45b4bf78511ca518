/**
 * Shared regions: memory that several processes map, each with its own rights, reached by (token, offset). A region's
 * epoch changes when it is given up; a token made before that is stale.
 */

import type { Address } from "../hal/field.ts";
import { i32 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";

/** Regions are page-rounded on the standard machine (upstream: 4096); a tiny machine cannot afford it. */
export const REGION_PAGE_BYTES = 4096;

export const RegionKind = Object.freeze({ plain: 0, buffers: 1 });

export const RegionRecord = layout("RegionRecord", 32, {
  base: i32,
  regionBytes: i32,
  epoch: i32("identity"),
  /** One of RegionKind: a pool's bytes are reached by buffer handle only. */
  kind: i32,
  /** Cache policy and permissions as upstream's MemoryRegion names them. */
  permissions: i32,
  cachePolicy: i32,
  mappings: i32("statistic"),
  reserved: i32("scratch"),
});

export type RegionAddress = Address<"RegionRecord">;
