/** What the entities of deviations are called in a machine: "process net" where a repro file only knows its number. */

import { siteInfo } from "../chance/site.ts";
import { structureAt, structureNumbers } from "../faults/memory/structures.ts";
import { nameOf } from "../inspect/names.ts";
import type { World } from "../world.ts";
import { worldNames } from "./event-words.ts";
import { entityWords } from "./repro-file.ts";

/** Names for deviationWords() and reproText(). */
export function entityNames(world: World): (site: number, entity: number) => string {
  const { processes, endpoints, regions, devices } = worldNames(world);
  const structures = new Set(structureNumbers(world.machine));
  const lists: Readonly<Record<string, readonly string[]>> = { process: processes, endpoint: endpoints, region: regions, device: devices, arena: processes };
  return (site, entity) => {
    const kind = siteInfo(site)?.entity ?? "";
    const list = lists[kind];
    if (kind === "part" && structures.has(entity)) return structureAt(world.machine, entity).name;
    return list === undefined ? entityWords(site, entity) : `${kind} ${nameOf(list, entity, "number")}`;
  };
}
