/**
 * What net counts, as fields of its state record. These names are what reports read.
 *
 * Requests and flows to virtual IPs are counted in the region "ledger" too, and a net that begins anew goes on from
 * there: what was under way is lost, and stands there as lost. Everything else counts from net's last start.
 */

import { u32 } from "../../hal/field.ts";

const count = u32("statistic");

export const ledgerCounterTypes = Object.freeze({
  // --- requests: total = the outcomes + lost -----------------------------------------------------------------------
  total: count,
  routed: count,
  noRouteMatch: count,
  rateLimitExceeded: count,
  backendGroupNotFound: count,
  noHealthyBackend: count,
  overloaded: count,
  serviceRestarted: count,
  malformed: count,
  uriTooLong: count,
  headTooLarge: count,
  unsupportedCoding: count,
  limiterFull: count,
  /** Their decider died or answered nonsense, or net was shut down before it answered. */
  lost: count,
  // --- flows to virtual IPs: total = routed + refused + lost -------------------------------------------------------
  vipFlows: count,
  vipRouted: count,
  /** Refused: every backend is unhealthy; the virtual IP is gone; no room to ask or to wait; nobody to ask; anything else. */
  vipNoHealthyBackend: count,
  vipGone: count,
  vipOverloaded: count,
  vipServiceRestarted: count,
  vipRefused: count,
  /** Their decider died or answered nonsense, or net was shut down before it answered. */
  vipLost: count,
});

export const netCounterTypes = Object.freeze({
  ...ledgerCounterTypes,
  // --- frames that came, and those left aside: IGNORED_REASONS of api.ts -------------------------------------------
  frames: count,
  ignoredReceiveError: count,
  ignoredBadEthernet: count,
  ignoredLlc: count,
  ignoredArp: count,
  ignoredOtherEtherType: count,
  ignoredBadIpHeader: count,
  ignoredBadIpChecksum: count,
  ignoredFragment: count,
  ignoredBadExtensionHeader: count,
  ignoredIcmp: count,
  ignoredUdp: count,
  ignoredOtherProtocol: count,
  ignoredBadTcpHeader: count,
  ignoredBadTcpChecksum: count,
  ignoredOtherPort: count,
  ignoredBadFlags: count,
  ignoredNoFlow: count,
  ignoredEndedFlow: count,
  ignoredStrayReset: count,
  ignoredFlowTableFull: count,
  ignoredClosed: count,
  ignoredLostBuffer: count,
  ignoredBadFragment: count,
  ignoredOverlappingFragment: count,
  // --- packets in parts: opened = whole + given up + those that wait -----------------------------------------------
  /** Parts of TCP packets that came, those among them that came a second time, and packets that they began and made whole. */
  fragments: count,
  repeatedFragments: count,
  fragmentedOpened: count,
  fragmentedWhole: count,
  /** Packets given up: their parts overlap or contradict each other; the time for the rest is over; others needed the room; net was shut down. */
  fragmentedRefused: count,
  fragmentedTimedOut: count,
  fragmentedCrowded: count,
  fragmentedUnfinished: count,
  // --- flows -------------------------------------------------------------------------------------------------------
  /** Flows that began, by a SYN or by a request line. */
  flowsOpened: count,
  /** Flows that began with a request line, their SYN not seen. */
  midstream: count,
  /** Alive flows that a SYN with another sequence number replaced. */
  flowsReplaced: count,
  flowsTimedOut: count,
  /** Flows that made room for a new one: ended ones, and silent ones. */
  evictedEnded: count,
  evictedSilent: count,
  // --- streams -----------------------------------------------------------------------------------------------------
  /** Segments with data, and how they came. */
  dataSegments: count,
  oldSegments: count,
  outOfOrderSegments: count,
  /** Segments of which some bytes lay too far beyond the first missing one, or behind the client's FIN. */
  cutSegments: count,
  /** Out-of-order segments that found no room. */
  crowdedSegments: count,
  /** Flows that lost their out-of-order bytes, and flows that ended in the middle of a head, to make room. */
  reclaimedBeyond: count,
  reclaimedHeads: count,
  /** Flows that ended because their next bytes found no room. */
  crowdedFlows: count,
  // --- heads and bodies --------------------------------------------------------------------------------------------
  badRequestLine: count,
  badBody: count,
  unfinished: count,
  // --- decisions ---------------------------------------------------------------------------------------------------
  /** Decisions that belong to no waiting request, or name no outcome. */
  strayDecisions: count,
  // --- what is sent on ---------------------------------------------------------------------------------------------
  /** Routed requests of which all that had come by then was handed to the driver. */
  transmitted: count,
  /** Routed requests whose backend has no address of the client's family. */
  unroutable: count,
  /** Routed requests that were not sent on, or not to their end, because waiting body bytes found no room. */
  bodyGivenUp: count,
  /** Routed requests of which bytes were left out because the driver or the pool of buffers had no room. */
  cutShort: count,
  // --- segments of flows to virtual IPs ----------------------------------------------------------------------------
  /** Routed flows whose backend has no address of the client's family: they are deaf. */
  vipUnroutable: count,
  /** Questions asked anew since the table of virtual IPs had changed on the way. */
  vipAskedAgain: count,
  /** Segments of theirs that came, those handed to the driver, and those that found no room on the way. */
  vipSegments: count,
  vipSent: count,
  vipNotSent: count,
  // --- connections that the balancer counts ------------------------------------------------------------------------
  connectionsNamed: count,
  connectionsEnded: count,
  /** Ends that waited because the balancer's queue was full, and ends that nobody heard of: it was gone, or too many waited. */
  endsDelayed: count,
  endsUnheard: count,
});
