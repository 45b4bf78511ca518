/** The table of mappings: one row a region, in it one account a process. */

import type { Address } from "../../hal/field.ts";
import type { Kernel } from "../kernel.ts";
import { RegionMapping } from "../region.ts";

/** The process's account of the region. */
export function mappingAt(kernel: Kernel, region: number, process: number): Address<"RegionMapping"> {
  return (kernel.mappings.base + (region * kernel.processes.count + process) * RegionMapping.size) as Address<"RegionMapping">;
}
