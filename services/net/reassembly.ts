/**
 * The client's byte stream, put back in order. Of each byte the first arrival wins. Data is kept up to 65,535 bytes beyond
 * the first missing byte (contract), if there is room (room.ts); what lies behind the client's FIN is no data.
 *
 * In-order bytes of a flow without a space are parsed where they are, in the frame; only the beginning of a head that
 * ends in a later frame is copied. As long as a flow has a space, everything goes through it.
 */

import type { Address } from "../../hal/field.ts";
import { FlowPhase, FlowRecord } from "./flow.ts";
import { flowSpaceProgressed } from "./flow-table.ts";
import { cutFlow, dropSpace } from "./flow-end.ts";
import { parseStream } from "./parse.ts";
import { isPassing } from "./pass.ts";
import { NO_SPACE } from "./request.ts";
import { spaceUpTo } from "./room.ts";
import { Segment } from "./segment.ts";
import { sequenceAdd, sequenceDistance } from "./sequence.ts";
import { Space, spaceByte, spaceMissing, spacePut } from "./space.ts";
import type { NetContext } from "./state.ts";
import { NetState, flowsOf, segmentOf, stateOf, tally } from "./state.ts";

type Flow = Address<"FlowRecord">;

/** The first missing byte, and 65,535 beyond it. */
export const WINDOW_BYTES = 65_536;

/** The segment at hand brings data for an alive flow. */
export function receiveData(context: NetContext, flow: Flow): void {
  const { memory } = context;
  const segment = segmentOf(context);
  let from = Segment.dataAt.get(memory, segment);
  let bytes = Segment.dataBytes.get(memory, segment);
  const next = FlowRecord.nextSequence.get(memory, flow);
  let beyond = sequenceDistance(next, Segment.sequence.get(memory, segment));
  tally(context, NetState.dataSegments);
  if (beyond < 0) {
    from -= beyond;
    bytes += beyond;
    beyond = 0;
    if (bytes <= 0) return tally(context, NetState.oldSegments);
  }
  let room = WINDOW_BYTES - beyond;
  if (FlowRecord.finSeen.get(memory, flow) !== 0) room = Math.min(room, sequenceDistance(next, FlowRecord.finSequence.get(memory, flow)) - beyond);
  if (bytes > room) {
    tally(context, NetState.cutSegments);
    bytes = room;
    if (bytes <= 0) return;
  }
  // Of a flow that passes nothing is held; what does not lie in the frame at hand cannot be.
  const inFrame = Segment.frameAt.get(memory, segment) !== 0;
  const mayHold = isPassing(context, flow) || (inFrame && NetState.framesHeld.get(memory, stateOf(context)) < context.parameters.framesHeldMax);
  if (beyond > 0) receiveBeyond(context, flow, sequenceAdd(next, beyond), from, bytes);
  else if (FlowRecord.space.get(memory, flow) === 0 && mayHold) receiveInFrame(context, flow, from, bytes);
  else receiveInSpace(context, flow, from, bytes);
}

/** Bytes that follow what came before, and nothing of this flow waits: parsed in the frame. */
function receiveInFrame(context: NetContext, flow: Flow, from: number, bytes: number): void {
  const { memory, shared } = context;
  const end = sequenceAdd(FlowRecord.nextSequence.get(memory, flow), bytes);
  FlowRecord.nextSequence.set(memory, flow, end);
  const parsed = parseStream(context, flow, from, bytes, NO_SPACE);
  if (parsed === bytes || FlowRecord.phase.get(memory, flow) === FlowPhase.deaf) return;
  const space = spaceUpTo(context, flow, end);
  if (space < 0) return crowdOut(context, flow);
  shared.copy(spaceByte(shared, space as Address<"Space">, FlowRecord.parsedSequence.get(memory, flow)), from + parsed, bytes - parsed);
}

/** Bytes behind a gap. */
function receiveBeyond(context: NetContext, flow: Flow, sequence: number, from: number, bytes: number): void {
  const { memory, shared } = context;
  tally(context, NetState.outOfOrderSegments);
  const space = spaceUpTo(context, flow, sequenceAdd(sequence, bytes)) as Address<"Space">;
  if (space < 0) return tally(context, NetState.crowdedSegments);
  const index = sequenceDistance(Space.sequence.get(shared, space), sequence);
  FlowRecord.beyondBytes.add(memory, flow, spacePut(shared, space, index, shared, from, bytes));
}

/** Bytes that follow what came before, and that others wait for: put to them, and parsed there. */
function receiveInSpace(context: NetContext, flow: Flow, from: number, bytes: number): void {
  const { memory, shared } = context;
  const next = FlowRecord.nextSequence.get(memory, flow);
  const space = spaceUpTo(context, flow, sequenceAdd(next, bytes)) as Address<"Space">;
  if (space < 0) return crowdOut(context, flow);
  const first = Space.sequence.get(shared, space);
  const index = sequenceDistance(first, next);
  let end = index + bytes;
  if (FlowRecord.beyondBytes.get(memory, flow) === 0) {
    shared.copy(spaceByte(shared, space, next), from, bytes);
  } else {
    const added = spacePut(shared, space, index, shared, from, bytes);
    end = spaceMissing(shared, space, index);
    FlowRecord.beyondBytes.add(memory, flow, added - (end - index));
  }
  let newNext = sequenceAdd(first, end);
  if (FlowRecord.finSeen.get(memory, flow) !== 0) {
    const fin = FlowRecord.finSequence.get(memory, flow);
    if (sequenceDistance(fin, newNext) > 0) newNext = fin;
  }
  FlowRecord.nextSequence.set(memory, flow, newNext);
  flowSpaceProgressed(memory, flowsOf(context), flow);
  parseSpace(context, flow, space);
}

/** Parses what lies in order in the flow's space, and gives the space up when nothing is left in it. */
function parseSpace(context: NetContext, flow: Flow, space: Address<"Space">): void {
  const { memory, shared } = context;
  const parsed = FlowRecord.parsedSequence.get(memory, flow);
  const bytes = sequenceDistance(parsed, FlowRecord.nextSequence.get(memory, flow));
  const done = parseStream(context, flow, spaceByte(shared, space, parsed), bytes, space);
  const ended = FlowRecord.phase.get(memory, flow) === FlowPhase.deaf;
  if (!ended && done === bytes && FlowRecord.beyondBytes.get(memory, flow) === 0) dropSpace(context, flow);
}

/** The next bytes of the stream find no room: it cannot go on. */
function crowdOut(context: NetContext, flow: Flow): void {
  tally(context, NetState.crowdedFlows);
  cutFlow(context, flow);
}
