/**
 * Control operations of the load balancer, as they lie in a large message: one byte of operation, then its operands.
 * Numbers are little-endian; a text is a u32 of bytes and the bytes (UTF-8); u64 is two words. The answer is a record
 * of the same kind, given behind each operation; a failure answers `status` LbErrno and, where the failure names
 * something, its text.
 *
 * A backend is: text address, u16 port, u32 weight, u8 healthy, u32 activeConnections (a dumped one: and u64 totalRequests).
 * A header list is: u16 count, then text name, text value each.
 */

import { LargeMessage } from "../../kernel/message.ts";
import { MailboxAnswer } from "../operator-api.ts";

export const ControlOperation = Object.freeze({
  /** A fresh balancer: everything forgotten. With u8 1 behind it the pieces on their own (bucketNew and on) stay. -> nothing */
  fresh: 1,
  /** text name, u8 algorithm, u16 count, backends -> nothing */
  addGroup: 2,
  /** text default, u16 count, routes {text prefix, text host, header list, text group} -> nothing */
  addRule: 3,
  /** text path, text host, header list -> text address, u16 port */
  route: 4,
  /** u32 requests per tick, u32 burst -> nothing */
  setDefaults: 5,
  /** text client, u64 tick: asks the limit by client alone, per tick or (semantics=strict) per second -> nothing */
  rate: 6,
  /** text session, u64 index -> nothing */
  stickySet: 7,
  /** text session -> u8 known, u64 index */
  stickyGet: 8,
  /** -> u32 groups, u32 rules */
  counts: 9,
  /** text name -> u8 known, text name, u8 algorithm, u16 count, dumped backends */
  dumpGroup: 10,
  /**
   * text configuration: replaces rules, groups, virtual IPs and policy, or nothing. Success and badConfiguration answer the
   * same: -> u16 problems, each {u16 code of ConfigProblem, u32 line, u32 column, text argument}: faults in the order of
   * lines, then notes; on success only notes.
   */
  configure: 11,
  /** -> u16 count, group names in the order that `DecisionMessage.group` counts */
  listGroups: 12,
  /**
   * text configuration: what upstream's parser makes of it; changes nothing. -> u64 health check interval (all 64 bits),
   * u32 requests per tick, u32 burst, u16 vips {text address, u16 port, u8 algorithm}, u16 routes {text prefix, text
   * host, text group}; or the first faulty line as one of the LbErrno below and the text that upstream's error carries.
   */
  parse: 13,

  /*
   * The transport balancer. A VIP is named by text address, u16 port; its key is the address, a colon and the port in
   * decimal. vipNotFound and vipAlreadyExists answer the key, backendNotFound answers the address, each as one text.
   * A dumped VIP is: text address, u16 port, u8 algorithm, u32 healthy backends, u16 count, dumped backends.
   */
  /** VIP, u8 algorithm -> nothing */
  addVip: 14,
  /** VIP -> nothing */
  removeVip: 15,
  /** VIP, backend -> nothing */
  addBackend: 16,
  /** VIP, text address: all backends with that address -> nothing */
  removeBackend: 17,
  /** VIP, text address, u8 healthy: the first backend with that address -> nothing */
  setHealth: 18,
  /** VIP, u32 client IP -> text address, u16 port */
  select: 19,
  /** Backends with more than 10,000 active connections become unhealthy. -> nothing */
  healthCheck: 20,
  /** VIP -> u8 known, dumped VIP */
  getVip: 21,
  /** -> u16 count, dumped VIPs in the order of their keys' bytes */
  dump: 22,

  /*
   * Pieces of the HTTP balancer on their own, each called by a text: its id. Kinds have ids of their own. An id that is
   * unknown, or a backend's position behind the last, is refused notFound; one kind's piece too many is tableFull.
   */
  /** text id, u32 requests per tick, u32 burst: replaces one of that id -> nothing */
  bucketNew: 23,
  /** text id, u64 tick -> u8 allowed */
  bucketAllow: 24,
  /** text id -> u32 requests per tick, u32 burst, u32 current tokens, u64 last refill tick */
  bucketGet: 25,
  /** text id, text cookie name: replaces one of that id -> nothing */
  sessionNew: 26,
  /** text id, text session, u64 index -> nothing */
  sessionSet: 27,
  /** text id, text session -> u8 known, u64 index */
  sessionGet: 28,
  /** text id, text session; also if it is unknown -> nothing */
  sessionRemove: 29,
  /** text id -> text cookie name, u32 sessions */
  sessionCount: 30,
  /** text id, then as addGroup: replaces one of that id -> nothing */
  groupNew: 31,
  /** text id, backend -> nothing */
  groupPush: 32,
  /** text id, u32 position, u8 healthy (2: as it is), u8 whether connections are set, u32 activeConnections -> nothing */
  groupPatch: 33,
  /** text id, u8 algorithm -> nothing */
  groupSetAlgorithm: 34,
  /** text id -> u8 chosen, and if so text address, u16 port */
  groupSelect: 35,
  /** text id -> text name, u8 algorithm, u16 count, dumped backends */
  groupDump: 36,
  /** text id: the group moves into the balancer, replacing one of its name -> nothing */
  groupInstall: 37,
  /** route as in addRule, text path, text host, header list -> u8 matches */
  routeMatches: 38,

  /*
   * Only under semantics=strict; under veridian they are refused otherSemantics, and under strict addGroup, addRule,
   * groupInstall and addVip to setHealth are, since they would replace what requests are counted on. Each carries the
   * tick at which it happens, as `rate` does: it may lie before an earlier one's, then no time has passed. A member is
   * named by text group, text address, u16 port; a group that does not exist answers backendGroupNotFound and its name,
   * a member that does not exist backendNotFound and its address. The group of a virtual IP is named by its key,
   * "ADDRESS:PORT".
   */
  /** text group, backend, u64 tick: its connections count 0 -> u32 handle; backendAlreadyExists */
  memberAdd: 39,
  /** member, u64 tick: at once; its connections are forgotten -> nothing */
  memberRemove: 40,
  /** member, u8 healthy, u64 tick: as if `rise` or `fall` probes had said so -> nothing */
  memberHealth: 41,
  /** member, u64 deadline tick, u64 tick: no new requests, gone when idle or at the deadline; deadline 0: back again -> nothing */
  memberDrain: 42,
  /**
   * A request: text client address, text method, text path, text host, header list, u64 tick -> u8 kind; kind 0 routed:
   * u32 connection, text group, text address, u16 port; kind 1 waiting: u32 ticket. Refused noRouteMatch,
   * backendGroupNotFound (text), noHealthyBackend, rateLimitExceeded, limiterFull, overloaded.
   */
  open: 43,
  /**
   * u32 connection, u8 end (0 finished, 1 failed, 2 failed and to be tried elsewhere), u64 latency in cycles, u64 tick
   * -> u8 retried, and if so as `open` kind 0. Refused connectionNotFound; retryRefused (then it ended as failed).
   */
  close: 44,
  /** u64 tick: what is due by then happens -> nothing */
  advance: 45,
  /** Waiting requests that were opened by `open` and decided since this was asked last: u16 most -> u16 count, {u32 ticket, u8 outcome, and if routed: u32 connection, text group, text address, u16 port} */
  admitted: 46,
  /** u16 most, u64 tick: probes that are due, handed out once each -> u16 count, {u32 handle, text group, text address, u16 port} */
  probes: 47,
  /** u32 handle, u8 passed, u64 tick -> nothing; backendNotFound if no result is awaited */
  probeResult: 48,
  /** text group, u64 tick -> u8 known, and if so a GroupReport (operations/report.ts) */
  report: 49,

  /** Pages of what was counted and measured: metrics-api.ts says how they lie. Both semantics know them. */
  metrics: 50,
  routeHits: 51,
  groupMetrics: 52,
  measure: 53,
});

/**
 * Algorithms by number. The first five are upstream's, by the names of its enum and the vectors; the others are for
 * semantics=strict only.
 */
export const ALGORITHMS = Object.freeze([
  "RoundRobin",
  "LeastConnections",
  "WeightedRoundRobin",
  "Random",
  "IpHash",
  "PowerOfTwo",
  "PeakEwma",
  "RingHash",
  "Maglev",
  "Rendezvous",
] as const);

/** How many of them are upstream's. */
export const UPSTREAM_ALGORITHMS = 5;

/** What a member's report says of its state; bits. */
export const MemberFlag = Object.freeze({ healthy: 1, available: 2, ejected: 4, draining: 8, probing: 16, slowStarting: 32 });

/** How a connection ended, in ControlOperation.close. */
export const CloseEnd = Object.freeze({ finished: 0, failed: 1, retry: 2 });

/** Refusals of the balancer, by the seed's error names. */
export const LbErrno = Object.freeze({
  noRouteMatch: -64,
  backendGroupNotFound: -65,
  noHealthyBackend: -66,
  rateLimitExceeded: -67,
  /** The operation is unknown or its operands do not decode. */
  badOperation: -68,
  /** The configuration has problems; the answer lists them. */
  badConfiguration: -69,
  /** A table at its bound (groups, backends, routes, sessions, VIPs, pieces). */
  tableFull: -70,
  /** Upstream's errors about configuration text. */
  invalidLine: -71,
  invalidPort: -72,
  unknownAlgorithm: -73,
  missingField: -74,
  /** The transport balancer's. */
  vipNotFound: -75,
  vipAlreadyExists: -76,
  backendNotFound: -77,
  /** No limiter could be kept for the client: the table is full. */
  limiterFull: -78,
  /** The operation belongs to the other semantics. */
  otherSemantics: -79,
  backendAlreadyExists: -80,
  /** Every backend is at its limit, and so is the queue. */
  overloaded: -81,
  connectionNotFound: -82,
  /** The retry budget is spent, or there is no other backend. */
  retryRefused: -83,
});

/*
 * How the region "control" is divided. Both the operator and lb map it for writing; one call is under way at a time.
 *
 *     0 .. 120             LargeMessage header, written by the kernel at callLarge
 *     120 .. half          one operation: the payload of the large message (`message.payloadOffset`, `payloadBytes`)
 *     half .. half + 16    the operator's: it puts its MailboxAnswer header here, in front of the answer
 *     half + 16 .. end     lb's: its answer, from the first byte on
 *
 * lb writes its answer at controlAnswerOffset(context.regionBytes(control)), at most controlAnswerBytesMax() bytes, and
 * replies with reply(status, offset, bytes); without an answer `bytes` is 0. The operation's bytes stay as they are until
 * the reply. Any other offset, or bytes beyond the end, reach the outside as invalidMessage without an answer.
 */

/** The offset at which the operator calls: the payload follows the LargeMessage header. */
export const CONTROL_REQUEST_OFFSET = 0;

/** Bytes of the longest operation that a region of that size carries. */
export function controlRequestBytesMax(regionBytes: number): number {
  return halfOf(regionBytes) - CONTROL_REQUEST_OFFSET - LargeMessage.size;
}

/** Where lb's answer begins. */
export function controlAnswerOffset(regionBytes: number): number {
  return halfOf(regionBytes) + MailboxAnswer.size;
}

/** Bytes of the longest answer. */
export function controlAnswerBytesMax(regionBytes: number): number {
  return regionBytes - controlAnswerOffset(regionBytes);
}

function halfOf(regionBytes: number): number {
  return (regionBytes >> 1) & ~7;
}
