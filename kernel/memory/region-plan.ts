/** Where regions, spares and the pool of DMA buffers lie in RAM, and what boot writes of them. */

import { DmaRight } from "../../hal/iommu.ts";
import type { Table } from "../../hal/layout.ts";
import type { RamPlan } from "../../hal/ram-plan.ts";
import { BufferHolder, BufferRecord, PoolState, formatPool } from "../dma-pool.ts";
import type { DmaPool } from "../dma-pool.ts";
import type { Kernel } from "../kernel.ts";
import type { Manifest } from "../manifest.ts";
import { RegionPermission } from "../message.ts";
import { NONE } from "../process.ts";
import { CachePolicy, REGION_PAGE_BYTES, RegionKind, RegionMapping, RegionRecord } from "../region.ts";

export interface RegionPlan {
  readonly name: string;
  readonly base: number;
  readonly bytes: number;
  /** One of RegionKind. */
  readonly kind: number;
  readonly devices: readonly string[];
}

export interface RegionParts {
  /** The manifest's regions, the spares, and the pool's region, if there is one, as the last. */
  readonly regionPlans: readonly RegionPlan[];
  readonly regions: Table<"RegionRecord">;
  readonly mappings: Table<"RegionMapping">;
  readonly pool: DmaPool;
}

export function planRegions(plan: RamPlan, manifest: Manifest): RegionParts {
  const { kernel: limits, pool: poolLine } = manifest;
  const page = Math.min(REGION_PAGE_BYTES, limits.bufferStrideBytes);
  // Only the standard machine rounds to pages: on a tiny one rounding would eat the RAM.
  const round = (bytes: number): number => (page === REGION_PAGE_BYTES ? (bytes + page - 1) & -page : (bytes + 63) & ~63);
  const regionPlans: RegionPlan[] = [];
  const reserve = (name: string, bytes: number, kind: number, devices: readonly string[] = []): void => {
    regionPlans.push(Object.freeze({ name, base: plan.bytes(`region.${name}`, bytes), bytes, kind, devices: Object.freeze([...devices]) }));
  };
  for (const [name, line] of Object.entries(manifest.regions ?? {})) reserve(name, round(line.bytes), RegionKind.plain, line.devices);
  for (let spare = 0; spare < (manifest.reserve?.count ?? 0); spare++) reserve(`spare.${spare}`, round(manifest.reserve?.bytes ?? 0), RegionKind.spare);
  const buffers = poolLine?.count ?? 0;
  if (poolLine !== undefined) reserve(poolLine.name, buffers * limits.bufferStrideBytes, RegionKind.buffers, poolLine.devices);
  const processes = Object.keys(manifest.processes).length;
  const regions = plan.records("regions", RegionRecord, regionPlans.length);
  const mappings = plan.records("mappings", RegionMapping, regionPlans.length * processes);
  const pool = Object.freeze({
    state: plan.record("pool", PoolState),
    buffers: plan.records("pool.buffers", BufferRecord, buffers),
    holders: plan.records("pool.holders", BufferHolder, buffers * processes),
    processes,
  });
  return { regionPlans: Object.freeze(regionPlans), regions, mappings, pool };
}

/** Fills the records of regions and pool, and lets devices reach what the manifest says. */
export function writeRegions(manifest: Manifest, plans: readonly RegionPlan[], kernel: Kernel): void {
  const { ram, board, regions } = kernel;
  plans.forEach((plan, index) => {
    const record = regions.at(index);
    const line = plan.kind === RegionKind.plain ? manifest.regions?.[plan.name] : undefined;
    RegionRecord.base.set(ram, record, plan.base);
    RegionRecord.regionBytes.set(ram, record, plan.kind === RegionKind.spare ? 0 : plan.bytes);
    RegionRecord.roomBytes.set(ram, record, plan.bytes);
    RegionRecord.epoch.set(ram, record, 1);
    RegionRecord.kind.set(ram, record, plan.kind);
    RegionRecord.permissions.set(ram, record, RegionPermission.read | RegionPermission.write | RegionPermission.shared);
    RegionRecord.cachePolicy.set(ram, record, CachePolicy[line?.cachePolicy ?? "writeBack"]);
    RegionRecord.owner.set(ram, record, line === undefined ? NONE : ownerOf(manifest, plan.name));
    RegionRecord.copyOf.set(ram, record, NONE);
    for (const device of plan.devices) {
      const number = manifest.devices.findIndex((config) => config.name === device);
      RegionRecord.devices.set(ram, record, RegionRecord.devices.get(ram, record) | (1 << number));
      board.iommu.grant(number, plan.base, plan.bytes, DmaRight.read | DmaRight.write);
    }
  });
  formatPool(ram, kernel.pool, kernel.poolRegion === NONE ? 0 : plans[kernel.poolRegion].base, manifest.kernel.bufferStrideBytes, manifest.kernel.bufferBytes);
}

/** The process that the manifest's line names, else the first that may write the region, else NONE. */
function ownerOf(manifest: Manifest, region: string): number {
  const processes = Object.values(manifest.processes);
  const named = manifest.regions?.[region].owner;
  if (named !== undefined) return Object.keys(manifest.processes).indexOf(named);
  return processes.findIndex((line) => Object.entries(line.service.needs).some(([need, kind]) => kind === "region:write" && line.grants?.[need] === region));
}
