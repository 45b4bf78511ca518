/** The books of regions say how many capabilities each process holds of each, and how many of these let it write. */

import { ObjectType, Right } from "../capability/right.ts";
import { CapabilitySlot, SlotUse } from "../capability/slot.ts";
import { RegionMapping, RegionRecord } from "../region.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { has } from "./tables.ts";

export const mappingsCounted = checker("mappings-counted", "a region's mappings are the capabilities that are held of it, by process", check);

function check({ ram, slots, regions, mappings, processes }: KernelTables, say: Say): void {
  const held = new Int32Array(mappings.count);
  const writing = new Int32Array(mappings.count);
  for (let slot = 1; slot < slots.count; slot++) {
    const at = slots.at(slot);
    if (CapabilitySlot.use.get(ram, at) !== SlotUse.held || CapabilitySlot.objectType.get(ram, at) !== ObjectType.memory) continue;
    const region = CapabilitySlot.object.get(ram, at);
    const holder = CapabilitySlot.holder.get(ram, at);
    if (!has(regions, region)) say(`capability ${slot}: object`, `there is no region ${region}`);
    else if (has(processes, holder)) {
      held[region * processes.count + holder] += 1;
      if ((CapabilitySlot.rights.get(ram, at) & Right.write) !== 0) writing[region * processes.count + holder] += 1;
    }
  }
  for (let region = 0; region < regions.count; region++) {
    let sum = 0;
    for (let process = 0; process < processes.count; process++) {
      const index = region * processes.count + process;
      if (!has(mappings, index)) continue;
      sum += held[index];
      const tokens = RegionMapping.tokens.get(ram, mappings.at(index));
      const may = RegionMapping.writing.get(ram, mappings.at(index));
      if (tokens !== held[index]) say(`region ${region}: process ${process}: tokens`, `it is ${tokens}; ${held[index]} are held`);
      if (may !== writing[index]) say(`region ${region}: process ${process}: writing`, `it is ${may}; ${writing[index]} held ones let it write`);
    }
    const said = RegionRecord.mappings.get(ram, regions.at(region));
    if (said !== sum) say(`region ${region}: mappings`, `it is ${said}; ${sum} capabilities are held of it`);
  }
}
