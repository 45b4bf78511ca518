/** Whether somebody calls a virtual IP: net's look into the table that the load balancer keeps in the region "vips". */

import type { Address } from "../../hal/field.ts";
import { VipTableHeader } from "../lb/api.ts";
import { vipSearch, vipTableRoom } from "../lb/vips-api.ts";
import { FlowKey } from "./segment.ts";
import type { NetContext } from "./state.ts";
import { NetState, stateOf } from "./state.ts";

/**
 * Position in the table of the virtual IP that the key's destination is; below 0 if it is none. `vipsVersion` of net's
 * state is then the version of the table.
 */
export function vipOf(context: NetContext, key: Address<"FlowKey">): number {
  const { memory, shared } = context;
  const state = stateOf(context);
  const bytes = NetState.vipsBytes.get(memory, state);
  const table = context.span(context.needs.vips, 0, bytes) as Address<"VipTableHeader">;
  NetState.vipsVersion.set(memory, state, VipTableHeader.version.get(shared, table) | 0);
  // The table is another process's memory: it may claim more than there is.
  const count = Math.min(VipTableHeader.count.get(shared, table), vipTableRoom(bytes));
  if (count === 0) return -1;
  return vipSearch(shared, table, count, memory, key + FlowKey.destination0.offset, FlowKey.destinationPort.get(memory, key), FlowKey.family.get(memory, key));
}
