/**
 * How flows end, whatever ends them, and how they give back what they own.
 *
 * An ended flow stays in the table, deaf, so that what its client still sends opens nothing new; only a SYN with another
 * sequence number, its time-out or an eviction takes it out.
 */

import type { Address } from "../../hal/field.ts";
import { endConnection } from "./ending.ts";
import { BodyTarget, FlowListNumber, FlowPhase, FlowRecord } from "./flow.ts";
import { flowPlace, flowRemove, flowSpaceGone } from "./flow-table.ts";
import { HeadScan } from "./http/head-scan.ts";
import { sequenceDistance } from "./sequence.ts";
import { spaceRelease } from "./space.ts";
import type { NetContext } from "./state.ts";
import { NetState, flowsOf, stateOf, streamsOf, tally } from "./state.ts";

type Flow = Address<"FlowRecord">;

/** Whether a head has begun and not ended. An empty line before a request line is no beginning. */
export function inHead(context: NetContext, flow: Flow): boolean {
  const { memory } = context;
  if (FlowRecord.phase.get(memory, flow) !== FlowPhase.head) return false;
  const unparsed = sequenceDistance(FlowRecord.parsedSequence.get(memory, flow), FlowRecord.nextSequence.get(memory, flow));
  return unparsed > HeadScan.skippedBytes.get(memory, FlowRecord.scan.at(flow));
}

/** The flow was heard at this tick: it moves to the end of the list where it belongs now. */
export function heard(context: NetContext, flow: Flow): void {
  const { memory } = context;
  FlowRecord.lastHeardTick.set(memory, flow, NetState.nowTick.get(memory, stateOf(context)));
  const deaf = FlowRecord.phase.get(memory, flow) === FlowPhase.deaf;
  flowPlace(memory, flowsOf(context), flow, deaf ? FlowListNumber.deaf : inHead(context, flow) ? FlowListNumber.partial : FlowListNumber.idle);
}

/** The flow gives up its space; requests whose heads lie there keep it for as long as they need it. */
export function dropSpace(context: NetContext, flow: Flow): void {
  const { memory, shared } = context;
  const space = FlowRecord.space.get(memory, flow);
  if (space === 0) return;
  const streams = streamsOf(context);
  spaceRelease(shared, streams, (streams + space) as Address<"Space">);
  FlowRecord.space.set(memory, flow, 0);
  FlowRecord.beyondBytes.set(memory, flow, 0);
  flowSpaceGone(memory, flowsOf(context), flow);
}

/** The flow is deaf from now on. A request whose body was under way keeps what it has. */
export function endFlow(context: NetContext, flow: Flow): void {
  const { memory } = context;
  dropSpace(context, flow);
  FlowRecord.phase.set(memory, flow, FlowPhase.deaf);
  FlowRecord.bodyTarget.set(memory, flow, BodyTarget.nobody);
  FlowRecord.bodyRequest.set(memory, flow, 0);
  endConnection(context, FlowRecord.connection.get(memory, flow));
  FlowRecord.connection.set(memory, flow, 0);
  flowPlace(memory, flowsOf(context), flow, FlowListNumber.deaf);
}

/** Ends an alive flow from outside: a head that it was in the middle of stays unfinished. */
export function cutFlow(context: NetContext, flow: Flow): void {
  if (FlowRecord.phase.get(context.memory, flow) === FlowPhase.deaf) return;
  if (inHead(context, flow)) tally(context, NetState.unfinished);
  endFlow(context, flow);
}

/** Ends the flow and takes it out of the table. */
export function forgetFlow(context: NetContext, flow: Flow): void {
  cutFlow(context, flow);
  flowRemove(context.memory, flowsOf(context), flow);
}
