/**
 * The records of flows: one for each client connection, and the lists and the table that keep them. What may be done with
 * them stands in flow-table.ts.
 *
 * Links are addresses in net's arena, 0 for none: the arena never moves.
 */

import { bytes, i32, nested, u16, u32, u64, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { BodyFraming } from "./http/body.ts";
import { HeadScan } from "./http/head-scan.ts";
import { FlowKey } from "./segment.ts";

export const FlowPhase = Object.freeze({
  /** The record is free. */
  free: 0,
  /** Between heads or in one. */
  head: 1,
  body: 2,
  /** Ended: what comes is ignored. */
  deaf: 3,
  /** To a virtual IP, its backend not chosen yet: segments are kept. */
  asked: 4,
  /** To a virtual IP: segments are sent on to its backend as they come. */
  passed: 5,
});

/** What becomes of the body bytes of a flow's last request. */
export const BodyTarget = Object.freeze({
  /** Skipped: refused, unroutable, or given up. */
  nobody: 0,
  /** Its decision is awaited: `bodyRequest` says where they are kept. */
  waiting: 1,
  /** Sent on as they arrive, to `backend`. */
  backend: 2,
});

export const FlowRecord = layout("FlowRecord", {
  key: nested(FlowKey),
  /** Scan of the head that begins at `parsedSequence`. */
  scan: nested(HeadScan),
  body: nested(BodyFraming),
  /** Offset in the client's stream of `parsedSequence`. */
  parsedOffset: u64("identity"),
  lastHeardTick: u64("time"),
  hashNext: i32("identity"),
  listPrevious: i32("identity"),
  listNext: i32("identity"),
  spacePrevious: i32("identity"),
  spaceNext: i32("identity"),
  /** Number of this flow since boot: tells a record's flows apart. */
  serial: i32("identity"),
  /** Of the SYN; for an adopted flow, one less than its first byte's. */
  initialSequence: i32("identity"),
  /** Of the first missing byte. */
  nextSequence: i32("identity"),
  /** Of the first byte that the parser has not consumed: a partial head lies from here to `nextSequence`. */
  parsedSequence: i32("identity"),
  /** Of the byte behind the client's last one; valid when `finSeen`. */
  finSequence: i32("identity"),
  /** Offset of its Space in the region "streams"; 0 for none. */
  space: i32("identity"),
  /** Bytes kept beyond the first missing one. */
  beyondBytes: i32,
  /** Requests so far. */
  requests: i32,
  /** Address of the PendingRequest that is at hand (its body, or the flow itself) while its decision is awaited; 0 for none. */
  bodyRequest: i32("identity"),
  /** What the load balancer counts for it now: connectionOf() of the decision; 0 for nothing. */
  connection: i32("identity"),
  reserved0: i32,
  backendAddress: bytes(16),
  backendPort: u16,
  finSeen: u8,
  /** One of FlowPhase. */
  phase: u8,
  /** One of BodyTarget. */
  bodyTarget: u8,
  /** One of FlowListNumber. */
  list: u8,
  reserved: u16,
});

export const FlowList = layout("FlowList", 16, {
  first: i32("identity"),
  last: i32("identity"),
  count: i32,
  reserved: i32,
});

/** Which of the three lists a flow stands in. */
export const FlowListNumber = Object.freeze({
  /** Alive, without a partial head. */
  idle: 0,
  /** In the middle of a head. */
  partial: 1,
  deaf: 2,
});

export const FlowTable = layout("FlowTable", {
  idle: nested(FlowList),
  partial: nested(FlowList),
  deaf: nested(FlowList),
  /** Flows that own a space. */
  spaces: nested(FlowList),
  bucketsAt: i32,
  bucketMask: i32,
  flowsAt: i32,
  flowsMax: i32,
  /** Chained by `hashNext`. */
  freeFirst: i32("identity"),
  opened: u32("identity"),
  /** Of the hash: flow-hash.ts. */
  secret0: i32,
  secret1: i32,
});
