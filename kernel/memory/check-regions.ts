/** What is wrong with a manifest's regions, spares and pool. */

import type { Manifest, Say } from "../manifest.ts";
import { CachePolicy } from "../region.ts";

const SPARE_NAME = /^spare\.\d+$/;

export function checkRegions(manifest: Manifest, deviceNames: readonly string[], say: Say): void {
  const regions = Object.entries(manifest.regions ?? {});
  const count = regions.length + (manifest.reserve?.count ?? 0) + (manifest.pool === undefined ? 0 : 1);
  if (count > manifest.kernel.regions) say("regions", `${count} with spares and pool, the limit is ${manifest.kernel.regions}`);
  for (const [name, line] of regions) {
    if (!(Number.isInteger(line.bytes) && line.bytes > 0)) say(`regions.${name}`, `${line.bytes} bytes; expected a whole number above 0`);
    if (line.owner !== undefined && manifest.processes[line.owner] === undefined) say(`regions.${name}.owner`, `there is no process ${line.owner}`);
    if (line.cachePolicy !== undefined && !(line.cachePolicy in CachePolicy)) {
      say(`regions.${name}.cachePolicy`, `${String(line.cachePolicy)}; expected one of ${Object.keys(CachePolicy).join(", ")}`);
    }
    if (SPARE_NAME.test(name)) say(`regions.${name}`, "spares are called so");
    for (const device of line.devices ?? []) if (!deviceNames.includes(device)) say(`regions.${name}.devices`, `there is no device ${device}`);
  }
  checkReserve(manifest, say);
  for (const device of deviceNames) {
    const ranges = regions.filter(([, line]) => line.devices?.includes(device)).length + (manifest.pool?.devices.includes(device) ? 1 : 0);
    if (ranges > manifest.hal.iommuRanges) say("regions", `${device} may reach ${ranges} of them, the limit is ${manifest.hal.iommuRanges}`);
  }
  checkPool(manifest, deviceNames, say);
}

function checkReserve({ reserve }: Manifest, say: Say): void {
  if (reserve === undefined) return;
  if (!(Number.isInteger(reserve.count) && reserve.count >= 0)) say("reserve.count", `${reserve.count} spares; expected a whole number`);
  if (!(Number.isInteger(reserve.bytes) && reserve.bytes > 0)) say("reserve.bytes", `${reserve.bytes} bytes; expected a whole number above 0`);
}

function checkPool(manifest: Manifest, deviceNames: readonly string[], say: Say): void {
  const pool = manifest.pool;
  if (pool === undefined) return;
  if (!(Number.isInteger(pool.count) && pool.count >= 0 && pool.count <= manifest.kernel.buffers)) {
    say("pool.count", `${pool.count} buffers; expected 0 to ${manifest.kernel.buffers}`);
  }
  for (const device of pool.devices) if (!deviceNames.includes(device)) say("pool.devices", `there is no device ${device}`);
  if (SPARE_NAME.test(pool.name)) say("pool.name", "spares are called so");
  if (manifest.regions?.[pool.name] !== undefined) say("pool.name", `a region is called ${pool.name} too`);
}
