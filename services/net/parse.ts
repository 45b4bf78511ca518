/**
 * Reads a flow's stream, in order: heads become requests, bodies are skipped (and sent on), until bytes are missing or the
 * flow has ended.
 */

import type { Address } from "../../hal/field.ts";
import { BodyTarget, FlowPhase, FlowRecord } from "./flow.ts";
import { endFlow } from "./flow-end.ts";
import { takeBody } from "./forward.ts";
import { BodyFraming, BodyPhase, skipBody } from "./http/body.ts";
import { HeadScan, ScanResult, clearHeadScan, scanHead } from "./http/head-scan.ts";
import { HEAD_BYTES_MAX } from "./http/limits.ts";
import { isPassing } from "./pass.ts";
import type { Place } from "./request.ts";
import { completeHead } from "./request.ts";
import { Segment } from "./segment.ts";
import { sequenceAdd } from "./sequence.ts";
import type { NetContext } from "./state.ts";
import { NetState, segmentOf, tally } from "./state.ts";

type Flow = Address<"FlowRecord">;

/**
 * `bytes` bytes at `at` (in the frame at hand, or in the flow's `space`) follow what was parsed: from the flow's
 * `parsedSequence` on, a partial head included. Answers how many are done with; what is left is the beginning of a head,
 * or belongs to a flow that has ended.
 */
export function parseStream(context: NetContext, flow: Flow, at: number, bytes: number, space: Place): number {
  const { memory } = context;
  if (isPassing(context, flow)) {
    pass(context, flow, bytes);
    return bytes;
  }
  Segment.runRequest.set(memory, segmentOf(context), 0);
  let done = 0;
  while (done < bytes) {
    const phase = FlowRecord.phase.get(memory, flow);
    if (phase === FlowPhase.deaf) break;
    const step = phase === FlowPhase.body ? parseBody(context, flow, at + done, bytes - done) : parseHeadBytes(context, flow, at + done, bytes - done, space);
    done += step;
    if (step === 0) break;
  }
  return done;
}

/** One head, if all of it is there. The bytes it took, 0 when there is more to come or the flow has ended. */
function parseHeadBytes(context: NetContext, flow: Flow, at: number, bytes: number, space: Place): number {
  const { memory, shared } = context;
  const scan = FlowRecord.scan.at(flow);
  const result = scanHead(shared, at, bytes, memory, scan);
  if (result === ScanResult.more) return 0;
  if (result === ScanResult.badRequestLine || result === ScanResult.badVersion) {
    tally(context, NetState.badRequestLine);
    endFlow(context, flow);
    return 0;
  }
  const tooLarge = result === ScanResult.headTooLarge;
  const headBytes = tooLarge ? HEAD_BYTES_MAX : result;
  const skipped = HeadScan.skippedBytes.get(memory, scan);
  completeHead(context, flow, at + skipped, headBytes, tooLarge, space);
  pass(context, flow, skipped + headBytes);
  clearHeadScan(memory, scan);
  return skipped + headBytes;
}

/** As much of the body as is there. The bytes it took, 0 when the first of them is at fault and the flow has ended. */
function parseBody(context: NetContext, flow: Flow, at: number, bytes: number): number {
  const { memory, shared } = context;
  const framing = FlowRecord.body.at(flow);
  const skipped = skipBody(shared, at, bytes, memory, framing);
  if (skipped > 0) {
    takeBody(context, flow, at, skipped);
    pass(context, flow, skipped);
  }
  const phase = BodyFraming.phase.get(memory, framing);
  if (phase === BodyPhase.bad) {
    tally(context, NetState.badBody);
    endFlow(context, flow);
  } else if (phase === BodyPhase.done) {
    FlowRecord.phase.set(memory, flow, FlowPhase.head);
    FlowRecord.bodyTarget.set(memory, flow, BodyTarget.nobody);
    FlowRecord.bodyRequest.set(memory, flow, 0);
  }
  return skipped;
}

function pass(context: NetContext, flow: Flow, bytes: number): void {
  const { memory } = context;
  FlowRecord.parsedSequence.set(memory, flow, sequenceAdd(FlowRecord.parsedSequence.get(memory, flow), bytes));
  FlowRecord.parsedOffset.add(memory, flow, bytes);
}
