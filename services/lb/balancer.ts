/**
 * All that the balancer remembers: the state record of its process. What it points to lies in the same arena. Records
 * marked scratch mean nothing once the handler that filled them has returned.
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32, nested, u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { ADDRESS_TEXT_BYTES } from "./codec/address-text.ts";
import { OperandReader } from "./codec/operand-reader.ts";
import { OperandWriter } from "./codec/operand-writer.ts";
import { ConfigLine } from "./config/line.ts";
import { ConnectionTable, Directory, Pending } from "./connection/records.ts";
import { Transport, WantedVip } from "./l4.ts";
import { Parts } from "./parts.ts";
import { PickRequest } from "./algorithm/pick-request.ts";
import { Policy } from "./policy.ts";
import { LimiterClaim } from "./rate/claim.ts";
import { RequestView } from "./request-view.ts";
import { RequestTarget } from "./routing/request-target.ts";
import { Routing } from "./routing/routing.ts";
import { Rule } from "./routing/rule.ts";
import { SessionStore } from "./session/session.ts";
import { SessionTable } from "./session/session-table.ts";

export const balancerTypes = Object.freeze({
  /** Rules and groups in force. */
  routing: nested(Routing),
  /** Map from limit and key to Limiter (rate/limiter-table.ts), 0 while empty. */
  limiters: i32,
  /** Slot at which the last search for a limiter to evict ended. */
  limiterHand: i32,
  /** No limiter is full before this tick: a search for one is spared. What is found does not depend on it. */
  noneFullBeforeTick: u64("scratch"),
  /** Ends of the order in which limiters were used, as links: slot + 1, 0 for none. */
  limiterOldest: i32("identity"),
  limiterNewest: i32("identity"),
  /** What the present request wants of the limit by client (semantics=strict). */
  clientClaim: nested(LimiterClaim)("scratch"),
  /** What the present request asks for, as rate rules see it. */
  rateTarget: nested(RequestTarget)("scratch"),
  /** Sticky sessions that operations set and ask; those that requests make (semantics=strict). */
  sessions: nested(SessionTable),
  sessionStore: nested(SessionStore)("identity"),
  /** Settings of a limiter that is made now; the first one is per second under semantics=strict. */
  defaultRequestsPerTick: u32,
  defaultBurst: u32,

  /** What the configuration says besides rules and groups, and what one says that is being read. */
  policy: nested(Policy),
  attemptPolicy: nested(Policy),
  /** Of the next choice among backends. */
  pick: nested(PickRequest)("scratch"),

  /** Backends by name, open connections, requests that wait. */
  directory: nested(Directory)("identity"),
  connections: nested(ConnectionTable)("identity"),
  pending: nested(Pending)("identity"),

  /** Virtual IPs and what is chosen by. */
  transport: nested(Transport),
  /** Pieces held on their own. */
  parts: nested(Parts),

  /** Sizes of the regions, asked once. */
  requestsBytes: i32,
  streamsBytes: i32,
  controlBytes: i32,
  vipsBytes: i32,
  /** The last number that a waiting request of the operator was given. */
  tickets: i32("identity"),
  /** Id of the timer of probes (health/probe-clock.ts); 0 for none. */
  probeTimer: i32("identity"),
  /** The cycle at which the present handler began. */
  nowCycle: u64("scratch"),
  /** Cycle at which the present request's head was complete; of a control operation, 0. */
  arrivalCycle: u64("scratch"),
  /** Ids of the timers that run (clock.ts); 0 for none. */
  waitingTimer: u64("identity"),
  drainingTimer: u64("identity"),
  /** Histograms of what is measured (metrics/measured.ts); 0 where the arena is too small for them. */
  measures: i32("identity"),

  /** What the last routed request came to: group, position of the backend (-1: none), the name that led there. */
  chosenGroup: i32("scratch"),
  chosenBackend: i32("scratch"),
  targetName: i32("scratch"),

  /** Outcomes of requests. */
  routed: u64("statistic"),
  noRouteMatch: u64("statistic"),
  rateLimitExceeded: u64("statistic"),
  backendGroupNotFound: u64("statistic"),
  noHealthyBackend: u64("statistic"),
  limiterFull: u64("statistic"),
  overloaded: u64("statistic"),
  /** Descriptors that point outside their head; answered Malformed. */
  malformed: u64("statistic"),
  /** Messages that name no descriptor or no live head: there is nobody to answer. */
  badDescriptors: u64("statistic"),
  /** Decisions that net's endpoint refused. */
  undelivered: u64("statistic"),
  /** Messages about the end of a connection that names none. */
  strayFinishes: u64("statistic"),
  /** Flows to virtual IPs. */
  flowsRouted: u64("statistic"),
  flowsRefused: u64("statistic"),
  /** Clients whose full bucket made room for another's. */
  limitersEvicted: u64("statistic"),
  /** Clients whose limiter was the one used longest ago and made room, as limiter_full=evict says. */
  limitersEvictedOldest: u64("statistic"),
  /** Requests that were routed but not bound to their session: there was no room for it. */
  sessionsUnbound: u64("statistic"),
  controlOperations: u64("statistic"),
  controlRefusals: u64("statistic"),

  /** The rule under construction, and the routing of a configuration that is being read; empty between handlers. */
  draft: nested(Rule),
  attempt: nested(Routing),
  /** Its virtual IPs; counter and random state are the transport's own. */
  attemptTransport: nested(Transport),
  attemptRequestsPerTick: u32("scratch"),
  attemptBurst: u32("scratch"),
  /** Whether a rule was begun. */
  draftOpen: i32("scratch"),
  problemCount: i32("scratch"),
  problemsListed: i32("scratch"),
  /** The connection that the last routed request was given (connectionOf()), 0 for none. */
  chosenConnection: i32("scratch"),

  request: nested(RequestView)("scratch"),
  reader: nested(OperandReader)("scratch"),
  writer: nested(OperandWriter)("scratch"),
  line: nested(ConfigLine)("scratch"),
  wantedVip: nested(WantedVip)("scratch"),
  /** The address of the member that is looked for, if it is an IP literal. */
  wantedLiteral: bytes(16)("scratch"),
  /** The client of the present request, as text. */
  client: bytes(ADDRESS_TEXT_BYTES)("scratch"),
});

export const Balancer = layout("Balancer", balancerTypes);
export type BalancerAddress = Address<"Balancer">;
