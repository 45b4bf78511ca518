/**
 * All sites at which chance is asked, with names: hal's, the kernel's, and those of sim from 64 on, whose acts and frames
 * nobody else asks about. Numbers are stable: repro files hold them.
 */

import { ChoiceSite } from "../../hal/chance.ts";
import { KernelChoice } from "../../kernel/crossing.ts";

/**
 * 64 to 95: the cable asks, about each frame, each of its sites in turn; the entity is 2 x the client's number, and one more
 * where the frame comes from the machine (cable.ts). 96 and more: acts, a site for each fault.
 */
export const SimSite = Object.freeze({
  frameLost: 64,
  reload: 160,
});

/** What an entity is at a site. */
export type EntityKind = "device" | "process" | "endpoint" | "client" | "backend" | "region" | "nothing";

export interface SiteInfo {
  readonly site: number;
  readonly name: string;
  readonly entity: EntityKind;
}

const info = (site: number, name: string, entity: EntityKind): SiteInfo => Object.freeze({ site, name, entity });

export const SITES: readonly SiteInfo[] = Object.freeze([
  info(ChoiceSite.frameLost, "frameLostByNic", "device"),
  info(KernelChoice.processDies, "processDies", "process"),
  info(KernelChoice.unorderedFirst, "unorderedFirst", "endpoint"),
  info(KernelChoice.runs, "runs", "nothing"),
  info(SimSite.frameLost, "frameLost", "client"),
  info(SimSite.reload, "reload", "nothing"),
]);

/** What is known of a site; undefined for a number that is none. */
export function siteInfo(site: number): SiteInfo | undefined {
  return SITES.find((known) => known.site === site);
}
