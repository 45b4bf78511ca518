/** What the entities of deviations are called in a machine: "process net" where a repro file only knows its number. */

import { siteInfo } from "../chance/site.ts";
import { nameOf } from "../inspect/names.ts";
import type { World } from "../world.ts";
import { worldNames } from "./event-words.ts";
import { entityWords } from "./repro-file.ts";

/** Names for deviationWords() and reproText(). */
export function entityNames(world: World): (site: number, entity: number) => string {
  const { processes, endpoints, regions, devices } = worldNames(world);
  const lists: Readonly<Record<string, readonly string[]>> = { process: processes, endpoint: endpoints, region: regions, device: devices };
  return (site, entity) => {
    const kind = siteInfo(site)?.entity ?? "";
    const list = lists[kind];
    return list === undefined ? entityWords(site, entity) : `${kind} ${nameOf(list, entity, "number")}`;
  };
}
