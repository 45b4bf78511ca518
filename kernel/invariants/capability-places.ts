/** Where a capability's slot lies: in a table of its holder's, or among those of queued messages. */

import { CapabilityTable } from "../capability/slot.ts";
import type { KernelTables } from "./tables.ts";

/** Number of the first slot for queued messages. */
export function firstInFlight({ capabilityTables, tableBits }: KernelTables): number {
  return 1 + (capabilityTables.count << tableBits);
}

/** Number of the table that slot number `slot` is of; -1 for slot 0 and for those of queued messages. */
export function tableOfSlot(tables: KernelTables, slot: number): number {
  return slot === 0 || slot >= firstInFlight(tables) ? -1 : (slot - 1) >> tables.tableBits;
}

/** Which of its owner's slots it is, as tokens say it; the slot is one of a table. */
export function indexInSpace(tables: KernelTables, slot: number): number {
  const table = tables.capabilityTables.at(tableOfSlot(tables, slot));
  return (CapabilityTable.position.get(tables.ram, table) << tables.tableBits) + ((slot - 1) & ((1 << tables.tableBits) - 1));
}

/** A token as 16 hex digits: what people and sets know it by. */
export function tokenText(low: number, high: number): string {
  return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
}
