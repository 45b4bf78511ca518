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
  frameCorrupted: 65,
  frameTruncated: 66,
  frameDoubled: 67,
  frameHeld: 68,
  frameLate: 69,
  frameSlow: 70,
  cableClogged: 71,
  clientCutOff: 72,
  linkDown: 96,
  nicReset: 110,
  interruptSpurious: 111,
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
  info(ChoiceSite.receiveStarved, "receiveStarved", "device"),
  info(ChoiceSite.transferLate, "transferLate", "device"),
  info(ChoiceSite.writeBackTorn, "writeBackTorn", "device"),
  info(ChoiceSite.interruptLate, "interruptLate", "device"),
  info(ChoiceSite.doorbellLost, "doorbellLost", "device"),
  info(ChoiceSite.lengthWrong, "lengthWrong", "device"),
  info(ChoiceSite.indexWrong, "indexWrong", "device"),
  info(KernelChoice.processDies, "processDies", "process"),
  info(KernelChoice.unorderedFirst, "unorderedFirst", "endpoint"),
  info(KernelChoice.runs, "runs", "nothing"),
  info(SimSite.frameLost, "frameLost", "client"),
  info(SimSite.frameCorrupted, "frameCorrupted", "client"),
  info(SimSite.frameTruncated, "frameTruncated", "client"),
  info(SimSite.frameDoubled, "frameDoubled", "client"),
  info(SimSite.frameHeld, "frameHeld", "client"),
  info(SimSite.frameLate, "frameLate", "client"),
  info(SimSite.frameSlow, "frameSlow", "client"),
  info(SimSite.cableClogged, "cableClogged", "client"),
  info(SimSite.clientCutOff, "clientCutOff", "client"),
  info(SimSite.linkDown, "linkDown", "device"),
  info(SimSite.nicReset, "nicReset", "device"),
  info(SimSite.interruptSpurious, "interruptSpurious", "device"),
  info(SimSite.reload, "reload", "nothing"),
]);

/** What is known of a site; undefined for a number that is none. */
export function siteInfo(site: number): SiteInfo | undefined {
  return SITES.find((known) => known.site === site);
}
