/**
 * What the proxy remembers, in net's arena: clients, connections to backends, and one ProxyState. An owner word of a TCP
 * connection is the address of a ProxyClient or a ProxyUpstream, which both begin with their kind; 1 stands for a client
 * that nobody has claimed yet.
 */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32, nested, u16, u32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { BodyFraming } from "../http/body.ts";
import { HeadScan } from "../http/head-scan.ts";
import { ResponseHead } from "../http/response-head.ts";
import { FlowKey } from "../segment.ts";

export const OwnerKind = Object.freeze({ client: 1, upstream: 2, probe: 3 });
/** Owner of a connection that a client has begun and that is not open yet. */
export const UNCLAIMED = 1;

export const ClientPhase = Object.freeze({
  free: 0,
  /** Waits for a request's head, or for the rest of it. */
  reading: 1,
  /** The balancer is asked. */
  asked: 2,
  /** A backend has the request: what comes is handed on, both ways. */
  relaying: 3,
  /** The last response is on its way; what still comes is thrown away. */
  closing: 4,
});

export const UpstreamPhase = Object.freeze({
  free: 0,
  /** Has a request, or waits for the connection to have one. */
  busy: 1,
  /** Open, without a request. */
  idle: 2,
  closing: 3,
});

export const ProxyClient = layout("ProxyClient", {
  /** OwnerKind.client. */
  kind: u8,
  /** One of ClientPhase. */
  phase: u8,
  /** The digit behind "HTTP/1." of the request at hand. */
  versionMinor: u8,
  /** 1: the request at hand is a HEAD. */
  headOnly: u8,
  /** 1: the client wants to go on after this request. */
  keepAlive: u8,
  /** 1: the request may be made again without harm (RFC 9110, 9.2.2). */
  idempotent: u8,
  /** 1: some of the request's body has gone to the backend. */
  bodyBegun: u8,
  /** 1: some of the response has gone to the client. */
  responseBegun: u8,
  /** Times that the request at hand was given to a backend. */
  tries: u8,
  /** 1: the connection closes when the response is through. */
  closesAfter: u8,
  /** 1: chunks are taken apart for this client (HTTP/1.0). */
  plainBody: u8,
  /** Interim responses to the request at hand so far. */
  interims: u8,
  /** Address of its TcpConnection. */
  connection: i32("identity"),
  serial: i32("identity"),
  listPrevious: i32("identity"),
  listNext: i32("identity"),
  /** Room in the send buffer when it was last looked whether a closing client still reads. */
  room: i32,
  /** Offset in the client's stream of the next byte to read. */
  streamOffset: u64("identity"),
  /** When this phase has lasted too long; 0 for no limit. */
  deadlineTick: u64("time"),
  /** When anything of this client's last moved, either way. */
  movedTick: u64("time"),
  scan: nested(HeadScan),
  body: nested(BodyFraming),
  requests: i32,
  /** PendingRequest of the request at hand, until some of its response has come; 0 for none. */
  pending: i32("identity"),
  /** ProxyUpstream that has the request at hand; 0 for none. */
  upstream: i32("identity"),
  /** What the balancer counts for it: connectionOf() of the decision; 0 for nothing. */
  counted: i32("identity"),
  /** Bytes in front of the body in the receive buffer: an empty line and the head. */
  headBytes: i32,
  /** 1: the method is CONNECT, or Max-Forwards is used up: the request goes to nobody. One of Stays. */
  stays: i32,
  /** Status that the client is told if the balancer has no other backend. */
  statusElse: i32,
  reserved1: i32,
  /** The session that begins with the response, two words of its name; 0 and 0 for none. */
  session: u64("identity"),
});

/** Why a request is answered here although the balancer has routed it. */
export const Stays = Object.freeze({ no: 0, notImplemented: 1, options: 2 });

export const ProxyUpstream = layout("ProxyUpstream", {
  /** OwnerKind.upstream. */
  kind: u8,
  /** One of UpstreamPhase. */
  phase: u8,
  /** 1: it has served a request before: that it is closed now may have nothing to do with the request at hand. */
  used: u8,
  /** 1: the final response's head is through. */
  headDone: u8,
  /** 1: the backend will take another request on this connection. */
  keepAlive: u8,
  /** 1: the connection is open. */
  open: u8,
  /** 1: the response says that the backend failed (RFC 9110, 15.6). */
  faulty: u8,
  /** 1: a whole response head waits for room in the client's buffer. */
  headWaits: u8,
  connection: i32("identity"),
  /** The ProxyClient that it serves; 0 for none. */
  client: i32("identity"),
  listPrevious: i32("identity"),
  listNext: i32("identity"),
  /** Bytes of a response head that were looked at. */
  scannedBytes: i32,
  reserved2: i32,
  /** Since when it is idle, or when it gives up connecting. */
  sinceTick: u64("time"),
  response: nested(ResponseHead),
  body: nested(BodyFraming),
  address: bytes(16),
  port: u16,
  family: u16,
  reserved1: i32,
});

export const ProxyList = layout("ProxyList", 16, { first: i32("identity"), last: i32("identity"), count: i32, reserved: i32 });

const count = u32("statistic");

/** What the proxy counts, beside what net counts of requests. */
export const proxyCounterTypes = Object.freeze({
  clientsOpened: count,
  clientsClosed: count,
  /** Connections that ended in the middle of a request or a response. */
  clientsBroken: count,
  /** Clients for which there was no record, and idle ones that gave theirs to others. */
  clientsRefused: count,
  clientsDisplaced: count,
  /**
   * How routed requests ended: routed = responses + badGateway + gatewayTimeout + noUpstream + responsesBroken +
   * requestsFaulty + clientsSlow + abandoned + answeredHere + those under way.
   */
  responses: count,
  /** Their client went away, or net was shut down; and those that go to nobody (Stays). */
  abandoned: count,
  answeredHere: count,
  /** Responses that the proxy made itself: refusals, and faults of backends. */
  ownResponses: count,
  /** 502: no connection, or no sensible response; 504: none in time. */
  badGateway: count,
  gatewayTimeout: count,
  /** 503: no memory, no port or no record for a connection to the backend, or no address of its family. */
  noUpstream: count,
  /** Responses that stopped in the middle, and requests whose body's framing was faulty. */
  responsesBroken: count,
  requestsFaulty: count,
  /** Requests that another backend was given, and those that the balancer's budget had none for. */
  retries: count,
  retriesRefused: count,
  /** Requests that were sent again since the kept connection that they went by had ended. */
  resent: count,
  upstreamsOpened: count,
  upstreamsReused: count,
  upstreamsClosed: count,
  upstreamsFailed: count,
  connectTimeouts: count,
  requestBodyBytes: count,
  responseBodyBytes: count,
  idleClosed: count,
  headTimeouts: count,
  /** Clients that sent the rest of a request, or took the rest of a response, too slowly. */
  clientsSlow: count,
  /** Clients that were reset since they moved least and memory was short. */
  clientsEvicted: count,
  /** Responses that a session's cookie was set with. */
  sessionsBegun: count,
  interimResponses: count,
});

export const ProxyState = layout("ProxyState", {
  ...proxyCounterTypes,
  /** Address of the TcpStack. */
  stack: i32,
  timer: i32("identity"),
  clientsAt: i32,
  clientsMax: i32,
  clientFree: i32("identity"),
  upstreamsAt: i32,
  upstreamsMax: i32,
  upstreamFree: i32("identity"),
  serials: i32("identity"),
  /** Room for a head that is being rewritten. */
  workAt: i32,
  workBytes: i32,
  ownAddresses: i32,
  ownAddressCount: i32,
  /** 1: no new connections, and those that there are end with the request at hand. */
  draining: i32,
  /** Address of the ProxyProbes. */
  probes: i32,
  reserved: i32,
  /** Tick for which the kernel's timer is armed; 0 for none. */
  timerTick: u64("time"),
  /** No deadline of a client's, of an idle connection or of a probe is earlier; 0 if there is none. It may have passed for nothing. */
  dueTick: u64("time"),
  clients: nested(ProxyList),
  idle: nested(ProxyList),
  /** For looking at a body's bytes before they are taken. */
  framing: nested(BodyFraming)("scratch"),
  key: nested(FlowKey)("scratch"),
});

export type ClientAddress = Address<"ProxyClient">;
export type UpstreamAddress = Address<"ProxyUpstream">;
export type ProxyAddress = Address<"ProxyState">;
export const NO_CLIENT = 0 as ClientAddress;
export const NO_UPSTREAM = 0 as UpstreamAddress;
