/**
 * What others say to the load balancer.
 *
 * - net -> `requests`: LbOpcode.request, data0 = offset of a RequestDescriptor in the region "requests", data1 = its
 *   requestId: a descriptor with another one has been replaced since. lb reads it, never owns it, and answers with one DecisionMessage to net's `decisions`.
 * - operator -> `control`: a call with LbOpcode.control and a large message in the region "control": one operation of
 *   control.ts. The answer: status 0 or an errno, data0 = offset and data1 = bytes of the answer's text in that region.
 */

import { bytes, i32, nested, u16, u32, u64, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { MessageHeader, SMALL_MESSAGE_BYTES } from "../../kernel/message.ts";

export const LbOpcode = Object.freeze({
  request: 1,
  control: 2,
  decision: 3,
  /** net -> `requests`: data0 = DecisionMessage's connection (connectionOf()), data1 = one of ConnectionEnd. It is over. */
  finish: 4,
  /**
   * net -> `requests`: a FlowMessage, a flow to a virtual IP has begun. Answered by a DecisionMessage with this opcode:
   * `group` is the virtual IP's position among lb's, Outcome.noRouteMatch says that the table has changed.
   */
  flow: 5,
  /**
   * net -> `requests`: data0 as of finish, data1 = the requestId: that connection failed, and nothing of the request has been
   * done or seen. Answered by a DecisionMessage like a request: routed to another backend of the group, within its retry
   * budget, or refused.
   */
  retry: 6,
});

/** How a connection ended. */
export const ConnectionEnd = Object.freeze({ finished: 0, failed: 1 });

/** Outcome of a request (contracts.md): who decides is in the status table below. */
export const Outcome = Object.freeze({
  routed: 0,
  noRouteMatch: 1,
  rateLimitExceeded: 2,
  backendGroupNotFound: 3,
  noHealthyBackend: 4,
  overloaded: 5,
  serviceRestarted: 6,
  malformed: 7,
  uriTooLong: 8,
  headTooLarge: 9,
  unsupportedCoding: 10,
  /** No limiter could be kept for a client, and the configuration says to refuse then. */
  limiterFull: 11,
});
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** Name and HTTP status by outcome number, as printed. */
export const OUTCOMES: readonly { readonly name: string; readonly status: number }[] = Object.freeze(
  [
    { name: "routed", status: 200 },
    { name: "NoRouteMatch", status: 404 },
    { name: "RateLimitExceeded", status: 429 },
    { name: "BackendGroupNotFound", status: 503 },
    { name: "NoHealthyBackend", status: 503 },
    { name: "Overloaded", status: 503 },
    { name: "ServiceRestarted", status: 503 },
    { name: "Malformed", status: 400 },
    { name: "UriTooLong", status: 414 },
    { name: "HeadTooLarge", status: 431 },
    { name: "UnsupportedCoding", status: 501 },
    { name: "LimiterFull", status: 429 },
  ].map((entry) => Object.freeze(entry)),
);

/** Where the bytes of a head lie. */
export const HeadPlace = Object.freeze({
  /** In a DMA buffer: `headHandle` is its handle, `headOffset` counts from the buffer's start. */
  buffer: 0,
  /** In the region "streams": `headOffset` counts from the region's start. */
  streams: 1,
});

/**
 * One request. `headerCount` HeaderEntry records follow it directly. Offsets of texts count from the head's first byte.
 * Texts are bytes as sent; `host` and header values are trimmed of blanks at both ends.
 */
export const RequestDescriptor = layout("RequestDescriptor", 128, {
  /** Chosen by net, returned in the decision. */
  requestId: i32("identity"),
  /** Ordinal of the received frame that completed the head (ReceivedFrameMessage). */
  ordinal: u32("identity"),
  queue: u16,
  /** 4 or 6. */
  family: u8,
  /** One of HeadPlace. */
  headPlace: u8,
  headHandle: i32("identity"),
  headOffset: u32,
  /** At most 65,536. */
  headBytes: u32,
  /** Offset of the head in the client's byte stream. */
  streamOffset: u64("identity"),
  /** From 0. */
  nthInFlow: u32,
  flow: i32("identity"),
  /** Addresses in network order; IPv4 uses the first four bytes, the rest is zero. */
  source: bytes(16),
  destination: bytes(16),
  sourcePort: u16,
  destinationPort: u16,
  /** The digit behind "HTTP/1.". */
  versionMinor: u8,
  /** 1 if there was a Host line; `hostBytes` 0 then means it was empty. */
  hostPresent: u8,
  methodBytes: u16,
  targetOffset: u16,
  targetBytes: u16,
  hostOffset: u16,
  hostBytes: u16,
  /** First Cookie value; cookieBytes 0 if none. */
  cookieOffset: u16,
  cookieBytes: u16,
  headerCount: u16,
  reserved0: u16,
  /** Tick at which the head was complete. */
  arrivalTick: u64("time"),
  /** Cycle at which net had the head complete: where the time that a decision takes is counted from. */
  arrivalCycle: u64("time"),
  /** The session that begins with this request if it brings no session's cookie: its name, 16 characters; all 0: none begins. */
  session: bytes(16),
});

/** Name and value of one header line. */
export const HeaderEntry = layout("HeaderEntry", 8, {
  nameOffset: u16,
  nameBytes: u16,
  valueOffset: u16,
  valueBytes: u16,
});

/** lb -> net, sent URGENT so that it overtakes frames in net's queue. */
export const DecisionMessage = layout("DecisionMessage", SMALL_MESSAGE_BYTES, {
  header: nested(MessageHeader),
  requestId: i32("identity"),
  /** One of Outcome. */
  outcome: u16,
  /** 4 or 6 if the backend's address is an IP literal of that family, else 0. */
  family: u8,
  /** With `connection`: tells apart those that had the same number one after the other. */
  connectionUse: u8,
  /** Position of the group in the order of creation, and of the backend in the group; 0xffff where none was chosen. */
  group: u16,
  backend: u16,
  port: u16,
  /** From 1: the balancer counts a connection until LbOpcode.finish names it. 0: it does not want to know. */
  connection: u16,
  /** Network order; IPv4 uses the first four bytes. */
  address: bytes(16),
});

/** A connection's name in one word, from the two fields of a DecisionMessage; 0 for none. */
export function connectionOf(connection: number, use: number): number {
  return connection === 0 ? 0 : (use << 16) | connection;
}

/** net -> lb, LbOpcode.flow. */
export const FlowMessage = layout("FlowMessage", SMALL_MESSAGE_BYTES, {
  header: nested(MessageHeader),
  /** Chosen by net, returned as the decision's `requestId`. */
  requestId: i32("identity"),
  /** Position in the region "vips", and the version of the table in which net found it. */
  vip: u16,
  /** 4 or 6. */
  family: u8,
  reserved: u8,
  vipsVersion: u32("identity"),
  sourcePort: u16,
  reserved1: u16,
  /** Network order; IPv4 uses the first four bytes. */
  source: bytes(16),
});

/**
 * The region "vips": which addresses the transport balancer answers for. lb writes it, net reads it at every SYN. A
 * VipTableHeader, then `count` VipEntry records in the order of vips-api.ts, no two the same.
 */
export const VipTableHeader = layout("VipTableHeader", 72, {
  /** Another number after each change. */
  version: u32("identity"),
  count: u16,
  /** The cookie that names sessions, for whoever sets it: its length, 0 for none or one that is longer than there is room for. */
  sessionCookieBytes: u16,
  sessionCookie: bytes(64),
});

export const VipEntry = layout("VipEntry", 24, {
  address: bytes(16),
  port: u16,
  /** 4 or 6. */
  family: u8,
  reserved: u8,
  /** Position among the virtual IPs of lb that wrote the table. */
  number: u16,
  reserved1: u16,
});
