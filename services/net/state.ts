/**
 * Net's state record and the type of its context. Every counter stands here by name: these names are what reports read.
 *
 * The records at the end are scratch: what one handler run tells its parts, filled before use and worth nothing after.
 */

import type { Address } from "../../hal/field.ts";
import { i32, nested, u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Context } from "../../kernel/service.ts";
import { DecisionMessage, Outcome } from "../lb/api.ts";
import type { NetParameters } from "./api.ts";
import { Ignored } from "./api.ts";
import { Emission } from "./emission.ts";
import { FlowTable } from "./flow.ts";
import { HeadScan } from "./http/head-scan.ts";
import { RequestTable } from "./request-table.ts";
import { Segment } from "./segment.ts";

const count = u32("statistic");

const netStateTypes = Object.freeze({
  /** Tick of the handler run at hand. */
  nowTick: u64("scratch"),
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

  // --- constants after start, and tables ---------------------------------------------------------------------------
  /** Net was shut down: frames go straight home. */
  closed: i32,
  /** Why start failed; 0 if it did not. */
  startStatus: i32,
  /** Id of the timer that looks for silent flows. */
  timer: i32("identity"),
  emitter: i32,
  streamsBytes: i32,
  requestsBytes: i32,
  /** Offset in the region "requests" of a descriptor with a full table, for requests that wait for nobody. */
  spareDescriptor: i32,
  /** Requests that lie in the frame they came in and hold its buffer. */
  framesHeld: i32,
  flows: nested(FlowTable),
  requests: nested(RequestTable),

  // --- scratch -----------------------------------------------------------------------------------------------------
  /** Where the regions lie in `shared`, once asked for in this handler run; 0 before. */
  streamsAt: i32("scratch"),
  requestsAt: i32("scratch"),
  segment: nested(Segment)("scratch"),
  decision: nested(DecisionMessage)("scratch"),
  emission: nested(Emission)("scratch"),
  probe: nested(HeadScan)("scratch"),
});

export const NetState = layout("NetState", netStateTypes);

export const NET_NEEDS = Object.freeze({
  /** The pool in which frames come and go. */
  buffers: "buffers:write",
  requests: "region:write",
  streams: "region:write",
  /** The driver's. */
  transmit: "endpoint",
  /** The load balancer's `requests`. */
  balancer: "endpoint",
  ticks: "timer",
} as const);

export const NET_RECEIVES = Object.freeze(["frames", "decisions", "control"] as const);

export type NetContext = Context<typeof netStateTypes, typeof NET_NEEDS, typeof NET_RECEIVES, NetParameters>;

/** A field of the state that counts. */
export type Counter = typeof NetState.frames;

/** By Ignored reason; position 0 counts nothing that happens. */
const IGNORED_COUNTERS: readonly Counter[] = Object.freeze([
  NetState.frames,
  NetState.ignoredReceiveError,
  NetState.ignoredBadEthernet,
  NetState.ignoredLlc,
  NetState.ignoredArp,
  NetState.ignoredOtherEtherType,
  NetState.ignoredBadIpHeader,
  NetState.ignoredBadIpChecksum,
  NetState.ignoredFragment,
  NetState.ignoredBadExtensionHeader,
  NetState.ignoredIcmp,
  NetState.ignoredUdp,
  NetState.ignoredOtherProtocol,
  NetState.ignoredBadTcpHeader,
  NetState.ignoredBadTcpChecksum,
  NetState.ignoredOtherPort,
  NetState.ignoredBadFlags,
  NetState.ignoredNoFlow,
  NetState.ignoredEndedFlow,
  NetState.ignoredStrayReset,
  NetState.ignoredFlowTableFull,
  NetState.ignoredClosed,
]);

/** By Outcome. */
const OUTCOME_COUNTERS: readonly Counter[] = Object.freeze([
  NetState.routed,
  NetState.noRouteMatch,
  NetState.rateLimitExceeded,
  NetState.backendGroupNotFound,
  NetState.noHealthyBackend,
  NetState.overloaded,
  NetState.serviceRestarted,
  NetState.malformed,
  NetState.uriTooLong,
  NetState.headTooLarge,
  NetState.unsupportedCoding,
  NetState.limiterFull,
]);

export function stateOf(context: NetContext): Address<"NetState"> {
  return context.stateAt as Address<"NetState">;
}

/** One more of a state's counter. */
export function tally(context: NetContext, counter: Counter): void {
  counter.add(context.memory, stateOf(context), 1);
}

export function tallyIgnored(context: NetContext, reason: Ignored): void {
  tally(context, IGNORED_COUNTERS[reason]);
}

export function tallyOutcome(context: NetContext, outcome: Outcome): void {
  tally(context, OUTCOME_COUNTERS[outcome]);
}

export function flowsOf(context: NetContext): Address<"FlowTable"> {
  return NetState.flows.at(stateOf(context));
}

export function segmentOf(context: NetContext): Address<"Segment"> {
  return NetState.segment.at(stateOf(context));
}

/** Address in `shared` of the region "streams": asked for once a handler run. */
export function streamsOf(context: NetContext): number {
  const { memory } = context;
  const state = stateOf(context);
  const known = NetState.streamsAt.get(memory, state);
  if (known !== 0) return known;
  const at = context.spanForWriting(context.needs.streams, 0, NetState.streamsBytes.get(memory, state));
  NetState.streamsAt.set(memory, state, at);
  return at;
}

/** Address in `shared` of the region "requests": asked for once a handler run. */
export function requestsOf(context: NetContext): number {
  const { memory } = context;
  const state = stateOf(context);
  const known = NetState.requestsAt.get(memory, state);
  if (known !== 0) return known;
  const at = context.spanForWriting(context.needs.requests, 0, NetState.requestsBytes.get(memory, state));
  NetState.requestsAt.set(memory, state, at);
  return at;
}
