/**
 * Net's state record and the type of its context. Its counters are declared in counters.ts.
 *
 * The records at the end are scratch: what one handler run tells its parts, filled before use and worth nothing after.
 */

import type { Address } from "../../hal/field.ts";
import { i32, nested, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Context } from "../../kernel/service.ts";
import { DecisionMessage, Outcome } from "../lb/api.ts";
import type { NetParameters } from "./api.ts";
import { Ignored } from "./api.ts";
import { netCounterTypes } from "./counters.ts";
import { Emission } from "./emission.ts";
import { FlowTable } from "./flow.ts";
import { Fragment } from "./fragment/fragment.ts";
import { PacketTable } from "./fragment/packet.ts";
import { HeadScan } from "./http/head-scan.ts";
import { RequestTable } from "./request-table.ts";
import { Segment } from "./segment.ts";

const netStateTypes = Object.freeze({
  /** Tick of the handler run at hand. */
  nowTick: u64("scratch"),
  ...netCounterTypes,

  // --- constants after start, and tables ---------------------------------------------------------------------------
  /** Net was shut down: frames go straight home. */
  closed: i32,
  /** Why start failed; 0 if it did not. */
  startStatus: i32,
  /** Id of the timer that looks for silent flows. */
  timer: i32("identity"),
  emitter: i32,
  /** Of the region "streams": the flows' part, and the part of packets in parts behind it. */
  streamsBytes: i32,
  fragmentBytes: i32,
  requestsBytes: i32,
  vipsBytes: i32,
  /** Offset in the region "requests" of a descriptor with a full table, for requests that wait for nobody. */
  spareDescriptor: i32,
  /** Requests that lie in the frame they came in and hold its buffer. */
  framesHeld: i32,
  /** Where the region "ledger" lies in `shared`, once asked for in this handler run; 0 before. */
  ledgerAt: i32("scratch"),
  /** Ring of ConnectionEnded: ends that the balancer has not heard of. */
  endings: i32,
  /** The ProxyState; 0 in observe mode. */
  proxy: i32,
  /** The HostState; 0 in observe mode. */
  host: i32,
  flows: nested(FlowTable),
  requests: nested(RequestTable),
  packets: nested(PacketTable),

  // --- scratch -----------------------------------------------------------------------------------------------------
  /** Where the regions lie in `shared`, once asked for in this handler run; 0 before. */
  streamsAt: i32("scratch"),
  requestsAt: i32("scratch"),
  /** Version of the table of virtual IPs that was looked at last. */
  vipsVersion: i32("scratch"),
  /** Packet that the frame at hand made whole, until its segment has been taken; 0 for none. */
  wholePacket: i32("scratch"),
  segment: nested(Segment)("scratch"),
  decision: nested(DecisionMessage)("scratch"),
  emission: nested(Emission)("scratch"),
  probe: nested(HeadScan)("scratch"),
  fragment: nested(Fragment)("scratch"),
});

export const NetState = layout("NetState", netStateTypes);

export const NET_NEEDS = Object.freeze({
  /** The pool in which frames come and go. */
  buffers: "buffers:write",
  requests: "region:write",
  streams: "region:write",
  /** The load balancer's table of virtual IPs. */
  vips: "region:read",
  /** The driver's. */
  transmit: "endpoint",
  /** The load balancer's `requests`. */
  balancer: "endpoint",
  ticks: "timer",
  /** Counters that outlive net: ledger.ts. */
  ledger: "region:write",
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
  NetState.ignoredLostBuffer,
  NetState.ignoredBadFragment,
  NetState.ignoredOverlappingFragment,
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

export function outcomeCounter(outcome: Outcome): Counter {
  return OUTCOME_COUNTERS[outcome];
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
  const at = context.spanForWriting(context.needs.streams, 0, NetState.streamsBytes.get(memory, state) + NetState.fragmentBytes.get(memory, state));
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
