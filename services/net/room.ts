/**
 * Memory in the region "streams", and who gives way when it is used up.
 *
 * The rule: whoever asks for room may take it only from flows whose space is at least as large as what is asked for, the
 * largest first, among equals the one whose last progress is the longest ago. Such a flow first loses what it holds
 * beyond its first missing byte; if it holds no such bytes, it ends in the middle of its head. Who finds none as large
 * goes without. So a client that leaves holes, or begins heads and does not end them, can keep others only from spaces
 * larger than its own; and a flow is never larger than spaceCapacity() says.
 */

import type { Address } from "../../hal/field.ts";
import { arenaAllocate } from "../../kernel/arena.ts";
import { FlowList, FlowRecord, FlowTable } from "./flow.ts";
import { NO_FLOW, flowSpaceTaken } from "./flow-table.ts";
import { cutFlow, dropSpace } from "./flow-end.ts";
import { sequenceAdd, sequenceDistance } from "./sequence.ts";
import { Space, spaceBlockBytes, spaceCapacity, spaceGrow, spaceInitialise, spaceIsHeld, spaceMove, spacePass, spaceRelease, spaceShrink } from "./space.ts";
import type { NetContext } from "./state.ts";
import { NetState, flowsOf, streamsOf, tally } from "./state.ts";

type Flow = Address<"FlowRecord">;

/** A block of the region "streams" for `asker` (whose own space is spared): its address in `shared`, or an errno. */
export function takeRoom(context: NetContext, asker: Flow, bytes: number): number {
  const streams = streamsOf(context);
  let at = arenaAllocate(context.shared, streams, bytes);
  for (let tries = context.parameters.reclaimsMax; at < 0 && tries > 0; tries--) {
    if (!reclaim(context, asker, bytes)) return at;
    at = arenaAllocate(context.shared, streams, bytes);
  }
  return at;
}

/**
 * The flow's space with room for all bytes from its first unparsed one up to (without) `endSequence`; it may be a new
 * one, into which what had come was moved. Its address in `shared`, or an errno: then nothing that matters has changed.
 */
export function spaceUpTo(context: NetContext, flow: Flow, endSequence: number): Address<"Space"> | number {
  const { memory, shared } = context;
  const streams = streamsOf(context);
  const parsed = FlowRecord.parsedSequence.get(memory, flow);
  if (FlowRecord.space.get(memory, flow) === 0) {
    const space = createSpace(context, flow, sequenceDistance(parsed, endSequence), parsed);
    if (space < 0) return space;
    FlowRecord.space.set(memory, flow, space - streams);
    flowSpaceTaken(memory, flowsOf(context), flow);
    return space;
  }
  const space = (streams + FlowRecord.space.get(memory, flow)) as Address<"Space">;
  const wanted = sequenceDistance(Space.sequence.get(shared, space), endSequence);
  if (wanted <= Space.capacity.get(shared, space)) return space;
  // Whole words of bits move: up to 31 bytes that are parsed stay in front.
  const passed = sequenceDistance(Space.sequence.get(shared, space), parsed) & ~31;
  const larger = spaceIsHeld(shared, space) ? replaceSpace(context, flow, space, passed, wanted) : widenSpace(context, flow, space, passed, wanted);
  if (larger > 0) FlowRecord.space.set(memory, flow, larger - streams);
  return larger;
}

/**
 * Room for `wanted` places, of which the first `passed` are no longer needed: by moving the rest to the front where that
 * frees an eighth (so that a byte is moved a few times at most), else by a larger block.
 */
function widenSpace(context: NetContext, flow: Flow, space: Address<"Space">, passed: number, wanted: number): number {
  const { shared } = context;
  const capacity = Space.capacity.get(shared, space);
  let left = wanted;
  if (passed >= capacity >> 3) {
    spacePass(shared, space, passed);
    left -= passed;
    if (left <= capacity) return space;
  }
  const grown = spaceGrow(shared, streamsOf(context), space, spaceCapacity(left));
  return grown > 0 ? grown : replaceSpace(context, flow, space, passed - (wanted - left), left);
}

/** A new space with what the old one has behind its first `passed` places; a request may still hold the old one. */
function replaceSpace(context: NetContext, flow: Flow, old: Address<"Space">, passed: number, wanted: number): number {
  const { shared } = context;
  const larger = createSpace(context, flow, wanted - passed, sequenceAdd(Space.sequence.get(shared, old), passed));
  if (larger < 0) return larger;
  spaceMove(shared, larger as Address<"Space">, old, passed);
  spaceRelease(shared, streamsOf(context), old);
  return larger;
}

function createSpace(context: NetContext, flow: Flow, bytes: number, sequence: number): Address<"Space"> | number {
  const capacity = spaceCapacity(bytes);
  const at = takeRoom(context, flow, spaceBlockBytes(capacity));
  return at < 0 ? at : spaceInitialise(context.shared, at, capacity, sequence);
}

/** Makes one flow other than `asker` give way whose space takes at least `bytes`. False if there is none. */
function reclaim(context: NetContext, asker: Flow, bytes: number): boolean {
  const victim = largestOther(context, asker, bytes);
  if (victim === NO_FLOW) return false;
  if (FlowRecord.beyondBytes.get(context.memory, victim) > 0) {
    loseBeyond(context, victim);
    tally(context, NetState.reclaimedBeyond);
  } else {
    cutFlow(context, victim);
    tally(context, NetState.reclaimedHeads);
  }
  return true;
}

/** Of the flows whose space takes at least `bytes`, the one with the largest; the first in the list among equals. */
function largestOther(context: NetContext, asker: Flow, bytes: number): Flow {
  const { memory, shared } = context;
  const streams = streamsOf(context);
  let largest = NO_FLOW;
  let largestBytes = bytes - 1;
  let flow = FlowList.first.get(memory, FlowTable.spaces.at(flowsOf(context))) as Flow;
  while (flow !== NO_FLOW) {
    const own = spaceBlockBytes(Space.capacity.get(shared, (streams + FlowRecord.space.get(memory, flow)) as Address<"Space">));
    if (own > largestBytes && flow !== asker) {
      largest = flow;
      largestBytes = own;
    }
    flow = FlowRecord.spaceNext.get(memory, flow) as Flow;
  }
  return largest;
}

/** The flow is as if its out-of-order bytes had never come. */
function loseBeyond(context: NetContext, flow: Flow): void {
  const { memory, shared } = context;
  const next = FlowRecord.nextSequence.get(memory, flow);
  if (FlowRecord.parsedSequence.get(memory, flow) === next) return dropSpace(context, flow);
  FlowRecord.beyondBytes.set(memory, flow, 0);
  const streams = streamsOf(context);
  const space = (streams + FlowRecord.space.get(memory, flow)) as Address<"Space">;
  const kept = sequenceDistance(Space.sequence.get(shared, space), next);
  FlowRecord.space.set(memory, flow, spaceShrink(shared, streams, space, kept) - streams);
}
