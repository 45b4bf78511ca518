/** Where the capabilities of a manifest's machine lie in RAM. */

import type { RamPlan } from "../../hal/ram-plan.ts";
import type { Manifest, ProcessLine } from "../manifest.ts";
import type { CapabilitySpaces } from "./slot.ts";
import { CapabilitySlot, CapabilitySpace, CapabilityState, CapabilityTable, TABLES_MAX } from "./slot.ts";

/** Most capabilities that the process of this manifest line may hold. */
export function capabilityQuota(manifest: Manifest, line: ProcessLine): number {
  return line.capabilities ?? Math.min(manifest.kernel.capabilities, TABLES_MAX * manifest.kernel.capabilityTable);
}

/** A direct table a process, and as many more as the quotas could fill, within the limit. */
export function planSpaces(plan: RamPlan, manifest: Manifest): CapabilitySpaces {
  const { kernel: limits } = manifest;
  const lines = Object.values(manifest.processes);
  const further = lines.reduce((sum, line) => sum + Math.ceil(capabilityQuota(manifest, line) / limits.capabilityTable) - 1, 0);
  const tables = lines.length + Math.min(further, limits.capabilityTables);
  const firstInFlight = 1 + tables * limits.capabilityTable;
  const slots = plan.records("capabilities", CapabilitySlot, firstInFlight + limits.capabilitiesInFlight);
  return Object.freeze({
    state: plan.record("capabilities.state", CapabilityState),
    slots,
    spaces: plan.records("capabilities.spaces", CapabilitySpace, lines.length),
    tables: plan.records("capabilities.tables", CapabilityTable, tables),
    tableSlots: limits.capabilityTable,
    tableBits: 31 - Math.clz32(limits.capabilityTable),
    firstSlot: slots.base + CapabilitySlot.size,
    firstInFlight,
  });
}
