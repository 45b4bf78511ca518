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
  arenaShrinks: 100,
  bitFlips: 101,
  bitFlipsAnywhere: 102,
  canaryPlanted: 103,
  nicReset: 110,
  interruptSpurious: 111,
  clockJumps: 120,
  backendDown: 140,
  backendFlaps: 141,
  backendSilent: 142,
  backendSlow: 143,
  connectionRefused: 144,
  requestUnanswered: 145,
  answerFails: 146,
  answerBreaks: 147,
  answerLate: 148,
  answerNonsense: 149,
  callersBurst: 150,
  headSlow: 151,
  requestAborted: 152,
  requestMalformed: 153,
  callerMoves: 154,
  keyRotates: 155,
  sessionAbused: 156,
  ordered: 157,
  reload: 160,
  memberAdded: 161,
  memberRemoved: 162,
  memberDrained: 163,
  memberJudged: 164,
  operatorAsks: 165,
});

/**
 * What an entity is at a site. A part: sim/faults/memory/structures.ts; an arena: sim/faults/memory/arena.ts. Callers
 * are the clients of the world around the machine, by their number; populations, backends and members by their place in plan or configuration.
 */
export type EntityKind = "device" | "process" | "endpoint" | "client" | "caller" | "population" | "backend" | "member" | "region" | "part" | "arena" | "nothing";

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
  info(ChoiceSite.tickLost, "tickLost", "nothing"),
  info(ChoiceSite.tickLate, "tickLate", "nothing"),
  info(ChoiceSite.tickDoubled, "tickDoubled", "nothing"),
  info(KernelChoice.processDies, "processDies", "process"),
  info(KernelChoice.unorderedFirst, "unorderedFirst", "endpoint"),
  info(KernelChoice.queueFull, "queueFull", "endpoint"),
  info(KernelChoice.receiverSlow, "receiverSlow", "endpoint"),
  info(KernelChoice.capabilityRevoked, "capabilityRevoked", "endpoint"),
  info(KernelChoice.endpointCloses, "endpointCloses", "endpoint"),
  info(KernelChoice.runs, "runs", "nothing"),
  info(KernelChoice.processHangs, "processHangs", "process"),
  info(KernelChoice.processSlow, "processSlow", "process"),
  info(KernelChoice.processStarves, "processStarves", "process"),
  info(KernelChoice.processDiesStarting, "processDiesStarting", "process"),
  info(KernelChoice.timersArmed, "timersArmed", "process"),
  info(KernelChoice.memoryShort, "memoryShort", "process"),
  info(KernelChoice.buffersShort, "buffersShort", "process"),
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
  info(SimSite.arenaShrinks, "arenaShrinks", "arena"),
  info(SimSite.bitFlips, "bitFlips", "part"),
  info(SimSite.bitFlipsAnywhere, "bitFlipsAnywhere", "nothing"),
  info(SimSite.canaryPlanted, "canaryPlanted", "nothing"),
  info(SimSite.nicReset, "nicReset", "device"),
  info(SimSite.interruptSpurious, "interruptSpurious", "device"),
  info(SimSite.clockJumps, "clockJumps", "nothing"),
  info(SimSite.backendDown, "backendDown", "backend"),
  info(SimSite.backendFlaps, "backendFlaps", "backend"),
  info(SimSite.backendSilent, "backendSilent", "backend"),
  info(SimSite.backendSlow, "backendSlow", "backend"),
  info(SimSite.connectionRefused, "connectionRefused", "backend"),
  info(SimSite.requestUnanswered, "requestUnanswered", "backend"),
  info(SimSite.answerFails, "answerFails", "backend"),
  info(SimSite.answerBreaks, "answerBreaks", "backend"),
  info(SimSite.answerLate, "answerLate", "backend"),
  info(SimSite.answerNonsense, "answerNonsense", "backend"),
  info(SimSite.callersBurst, "callersBurst", "population"),
  info(SimSite.headSlow, "headSlow", "caller"),
  info(SimSite.requestAborted, "requestAborted", "caller"),
  info(SimSite.requestMalformed, "requestMalformed", "caller"),
  info(SimSite.callerMoves, "callerMoves", "caller"),
  info(SimSite.keyRotates, "keyRotates", "caller"),
  info(SimSite.sessionAbused, "sessionAbused", "caller"),
  info(SimSite.ordered, "ordered", "nothing"),
  info(SimSite.reload, "reload", "nothing"),
  info(SimSite.memberAdded, "memberAdded", "member"),
  info(SimSite.memberRemoved, "memberRemoved", "member"),
  info(SimSite.memberDrained, "memberDrained", "member"),
  info(SimSite.memberJudged, "memberJudged", "member"),
  info(SimSite.operatorAsks, "operatorAsks", "nothing"),
]);

/** What is known of a site; undefined for a number that is none. */
export function siteInfo(site: number): SiteInfo | undefined {
  return SITES.find((known) => known.site === site);
}
