/**
 * What clients remember, in the world's arena: one ClientsState; behind it a Population for each plan and a Client for each
 * client. The owner word of a TCP connection is the address of its Client.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { BodyFraming } from "../../../services/net/http/body.ts";
import { ResponseHead } from "../../../services/net/http/response-head.ts";
import { FlowKey } from "../../../services/net/segment.ts";
import { HostAddress } from "../addresses.ts";
import { ContentCheck } from "../content-check.ts";

const count = u32("statistic");

export const ClientsState = layout("ClientsState", {
  key: nested(FlowKey)("scratch"),
  /** When they began: ticks of plans count from here. 0 before. */
  beginTick: u64("time"),
  populationsAt: i32,
  populations: i32,
  clientsAt: i32,
  clients: i32,
  /** Of the clients by number, and behind them of the populations' arrivals. */
  alarms: i32,
  /** Room for what is written next. */
  pieceAt: i32,
  pieceBytes: i32,
  /** Clients that are in a session. */
  busy: i32,
  /** Histogram over all populations. */
  latency: i32,
});

/** What a population counts, besides answers by status and latency. */
export const clientCounterTypes = Object.freeze({
  sessions: count,
  /** Sessions that waited for a client to be free, and those that had to until it was too late. */
  sessionsWaited: count,
  sessionsDropped: count,
  connections: count,
  /** Requests that were begun; those that ended with an answer, without one, or were given up on purpose. */
  requests: count,
  answers: count,
  failures: count,
  aborted: count,
  /** Times that a request was made again after an error, and since an answer before it closed the connection. */
  retries: count,
  resent: count,
  /** Errors by kind. */
  connectFailed: count,
  connectRefused: count,
  connectTimedOut: count,
  connectionReset: count,
  connectionTimedOut: count,
  timedOut: count,
  /** The connection was closed before a byte of the answer; in its middle. */
  endedEarly: count,
  truncated: count,
  badHead: count,
  headTooLarge: count,
  badBody: count,
  /** Answers to somebody else's request; bytes that nobody asked for. */
  foreign: count,
  unasked: count,
  /** Answers whose body is not what they say it is, that say so and are right, and that say nothing. */
  bodiesWrong: count,
  bodiesRight: count,
  bodiesUnsaid: count,
  /** Answers without the label of their request. */
  unlabelled: count,
  /** Answers by a backend that got another body than the client sent. */
  requestsWrong: count,
  interim: count,
  /** Connections that were closed while nobody waited for anything. */
  idleCloses: count,
  cookiesKept: count,
  cookiesDropped: count,
});

export const Population = layout("Population", {
  server: nested(HostAddress),
  reserved0: i32,
  first: nested(HostAddress),
  reserved1: i32,
  bytesOut: u64("statistic"),
  bytesIn: u64("statistic"),
  bodyBytesIn: u64("statistic"),
  /** When the next session begins. */
  arrivalTick: u64("time"),
  ...clientCounterTypes,
  /** Clients: numbers from `firstClient` on. */
  firstClient: i32,
  count: i32,
  /** Sessions that began, or should have: the ordinal of the next. And how many of them at one tick. */
  arrivals: i32,
  arrivalsNow: i32,
  /** 1: no session begins any more. */
  over: i32,
  /** Sessions that wait for a client. */
  waiting: i32,
  /** Clients that are free, in the order in which they became so: addresses, chained by idleNext. */
  idleFirst: i32("identity"),
  idleLast: i32("identity"),
  /** Of the next request in turn. */
  turn: i32,
  serverPort: i32,
  /** Histogram, and counts of answers by status from STATUS_MIN on. */
  latency: i32,
  statusesAt: i32,
});

/** What the next byte of an answer belongs to. */
export const AnswerPhase = Object.freeze({ head: 0, body: 1 });

/** What is written next of a request. */
export const RequestPart = Object.freeze({ head: 0, data: 1, lastChunk: 2 });

export const Client = layout("Client", {
  response: nested(ResponseHead),
  framing: nested(BodyFraming),
  check: nested(ContentCheck),
  /** No request begins before. */
  resumeCycle: u64("time"),
  /** No connection is made, and nothing written, before. */
  retryCycle: u64("time"),
  /** Tick in which a slow reader read last, and what it may still read in it: below 0 after a head that had to be read at once. */
  readTick: u64("time"),
  readBytes: i32,
  connection: i32("identity"),
  population: i32,
  number: i32,
  idleNext: i32("identity"),
  /** Ordinals: of its sessions, of its requests. */
  sessions: i32,
  requests: i32,
  /** Requests that the session will still begin. */
  requestsLeft: i32,
  /** Requests under way: a ring of PendingRequest. `written` of them are through on this connection. */
  pendingAt: i32,
  pendingMax: i32,
  pendingFirst: i32,
  pendingCount: i32,
  written: i32,
  /** Where the writing of the next one stands. */
  part: i32,
  bodyAt: i32,
  pieceTaken: i32,
  /** Bytes of it that have been written. */
  requestBytes: i32,
  /** Bytes of the head at hand that were looked at. */
  scanned: i32,
  /** What it has seen: a hash over answers and failures in their order. */
  digest: i32,
  answers: count,
  failures: count,
  lastStatus: i32("statistic"),
  /** Address of its Jar; 0 for none. */
  jar: i32,
  /** One of AnswerPhase. */
  phase: u8,
  busy: u8,
  keepAlive: u8,
  http10: u8,
  slow: u8,
  /** 1: the connection has been opened; 1: a write found no room and nothing is under way that would make some. */
  opened: u8,
  stuck: u8,
  reserved: u8,
});

export const PendingRequest = layout("PendingRequest", 56, {
  beginCycle: u64("time"),
  /** 0: it may take as long as it likes. */
  deadlineCycle: u64("time"),
  /** Of the client's requests, and of the plan's. */
  ordinal: i32,
  plan: i32,
  bodyBytes: i32,
  /** Times it was made and failed. */
  failures: i32,
  /** One of AbortAt; and, for `within`, how many bytes of the request are written. */
  abortAt: i32,
  abortBytes: i32,
  /** What is otherwise than planned, 0 for nothing: ticks between two pieces of the head, which malformed request it is, a key of its own, whose cookies it brings. */
  pauseTicks: i32,
  malformed: i32,
  key: i32,
  cookies: i32,
});

/** When a client gives a request up by a reset: when it is written, when its answer begins, or somewhere in its middle. */
export const AbortAt = Object.freeze({ never: 0, written: 1, answered: 2, within: 3 });

export type ClientAddress = Address<"Client">;
export type PopulationAddress = Address<"Population">;
export type PendingAddress = Address<"PendingRequest">;
