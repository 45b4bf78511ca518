/**
 * What backends remember, in the world's arena: one BackendsState, behind it a record for each backend, one for each
 * connection that the stack may have, the samples of load, the heap of due connections, and room for reading and writing.
 * The owner word of a TCP connection is the address of its BackendConnection; 1 stands for one that is not open yet.
 */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32, nested, u16, u32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { BodyFraming } from "../../../services/net/http/body.ts";
import { HeadScan } from "../../../services/net/http/head-scan.ts";
import { Agenda, AgendaEntry } from "../agenda.ts";
import { ContentCheck } from "../content-check.ts";

/** Owner of a connection that a peer has begun and that is not open yet. */
export const UNCLAIMED = 1;

/** What ails a backend beside its plan, bits: each for a time. */
export const BackendAilment = Object.freeze({ down: 1, flaps: 2, silent: 4 });

/** How a backend behaves now. */
export const BackendMode = Object.freeze({
  up: 0,
  /** Connections are refused. */
  down: 1,
  /** Nothing is answered. */
  silent: 2,
});

export const ConnectionPhase = Object.freeze({
  free: 0,
  /** Waits for a request's head, or the rest of it. */
  reading: 1,
  /** Takes the request's body. */
  receiving: 2,
  /** Waits for somebody to work on it. */
  waiting: 3,
  working: 4,
  /** The work is done, and the backend is silent. */
  held: 5,
  answering: 6,
  /** No answer will come. */
  mute: 7,
  /** The last answer is on its way; what still comes is thrown away. */
  closing: 8,
});

/** What an answer is. */
export const AnswerKind = Object.freeze({
  ok: 0,
  /** 500, as planned. */
  failed: 1,
  /** 503, as an event says. */
  error: 2,
  /** 503: the queue is full. */
  refused: 3,
  /** 400 or 431: the request makes no sense. */
  bad: 4,
  /** None at all. */
  silent: 5,
  /** Bytes that are no HTTP. */
  garbled: 6,
});

/** How an answer's body is delimited. */
export const AnswerCoding = Object.freeze({ length: 0, chunked: 1, untilClose: 2 });

/** How an answer ends. */
export const AnswerEnd = Object.freeze({
  whole: 0,
  /** Breaks off in the middle by a reset. */
  reset: 1,
  /** Ends in the middle as if it were whole. */
  half: 2,
});

export const BackendConnection = layout("BackendConnection", {
  /** One of ConnectionPhase. */
  phase: u8,
  /** 1: the request at hand is a HEAD. */
  headOnly: u8,
  /** 1: the connection closes behind the answer. */
  closesAfter: u8,
  /** One of AnswerKind, AnswerCoding and AnswerEnd. */
  kind: u8,
  coding: u8,
  end: u8,
  /** One of Received: what the request's body was. */
  received: u8,
  /** 1: the request has a label. */
  labelled: u8,
  /** Address of its TcpConnection. */
  connection: i32("identity"),
  /** Its backend's number. */
  backend: i32,
  /** In the list of free ones, or of those that wait for the backend. */
  previous: i32("identity"),
  next: i32("identity"),
  /** 1: the client waits to be asked for the body. */
  expects: i32,
  reserved: i32,
  /** Of BackendsState.agenda. */
  due: nested(AgendaEntry),
  scan: nested(HeadScan),
  body: nested(BodyFraming),
  check: nested(ContentCheck),
  /** Number of the request among the backend's: the ordinal of its draws. */
  ordinal: i32("identity"),
  status: i32,
  /** Of the answer's body: what it is made of. */
  word: i32,
  headBytes: i32,
  labelClient: i32("identity"),
  labelRequest: i32("identity"),
  bodyBytes: u64,
  /** Of the answer as it goes out, head and coding included: all of it, how much goes out, and how much has. */
  wholeBytes: u64,
  endBytes: u64,
  sentBytes: u64,
});

const count = u32("statistic");
const sum = u64("statistic");

/** What a backend counts. */
export const backendCounterTypes = Object.freeze({
  /** Connections that were opened, refused since the backend was down, and left without an answer since it was silent. */
  opened: count,
  refused: count,
  unanswered: count,
  /** Connections that ended: all, those that the peer reset, that the backend reset, and in the middle of a request or an answer. */
  closed: count,
  resetByPeer: count,
  resetByBackend: count,
  brokenOff: count,
  /** Requests whose head was whole; of these, probes of health. */
  requests: count,
  probes: count,
  /** By AnswerKind: what was decided to be answered. */
  ok: count,
  failed: count,
  error: count,
  overloaded: count,
  bad: count,
  silent: count,
  garbled: count,
  /** Of all answers: written to their end; and those that ended in the middle by the backend's own will. */
  answered: count,
  reset: count,
  half: count,
  /** Request bodies that were not what the request said. */
  bodiesWrong: count,
  bytesIn: sum,
  bytesOut: sum,
  bodyBytesIn: sum,
  bodyBytesOut: sum,
  /** Ticks in which somebody worked, and those of all requests that were worked on and that waited. */
  busyTicks: sum,
  workTicks: sum,
  waitTicks: sum,
});

export const BackendRecord = layout("BackendRecord", {
  ...backendCounterTypes,
  /** Network order; IPv4 in the first word. */
  address: bytes(16),
  port: u16,
  /** 4 or 6. */
  family: u8,
  /** One of BackendMode. */
  mode: u8,
  /** Service times are multiplied by so many hundredths; so many answers of a million are 503. */
  slowHundredths: i32,
  errorParts: i32,
  /** Position of the next event. */
  nextEvent: i32,
  /** Bits of BackendAilment; and by how many hundredths its service times are multiplied besides, 0 for none. */
  ailing: i32,
  ailingHundredths: i32,
  /** Connections that are open, requests that are worked on and that wait: now, and at most. */
  open: i32,
  openMost: i32("statistic"),
  working: i32,
  workingMost: i32("statistic"),
  waiting: i32,
  waitingMost: i32("statistic"),
  waitingFirst: i32("identity"),
  waitingLast: i32("identity"),
  /** Number of the next request. */
  ordinals: i32("identity"),
  /** Samples: where they lie, how many there are, and how many ticks each stands for; the last one is not over. */
  samplesAt: i32,
  samples: i32,
  sampleTicks: i32,
  /** When the last sample began, and up to when everything was added up. */
  sampleTick: u64("time"),
  sinceTick: u64("time"),
});

/** A stretch of a backend's time. */
export const LoadSample = layout("LoadSample", {
  /** Ticks of all requests that were worked on, and that waited. */
  workTicks: u64("statistic"),
  waitTicks: u64("statistic"),
  /** Requests that came, and connections that ended by a reset or were refused. */
  requests: u32("statistic"),
  faults: u32("statistic"),
});

export const BackendsState = layout("BackendsState", {
  backendsAt: i32,
  backends: i32,
  connectionsAt: i32,
  connections: i32,
  freeFirst: i32("identity"),
  reserved: i32,
  /** Connections with something to come, by tick. */
  agenda: nested(Agenda),
  /** Requests that somebody works on, and those whose answer a silent backend holds back. */
  working: i32,
  held: i32,
  /** Room for what is written, and for a request's descriptor. */
  pieceAt: i32,
  descriptorAt: i32,
  /** SYNs to nobody, and connections for which there was no record. */
  unknown: count,
  crowded: count,
  /** Tick of the next event of any backend. */
  nextEventTick: u64("time"),
});

export type BackendConnectionAddress = Address<"BackendConnection">;
export type BackendAddress = Address<"BackendRecord">;
export type BackendsAddress = Address<"BackendsState">;
export const NO_BACKEND_CONNECTION = 0 as BackendConnectionAddress;

/** An event that does not come. */
export const NO_TICK = Number.MAX_SAFE_INTEGER;
