/**
 * The net process, in observe mode: frames in, requests found in the clients' byte streams, one question to the load
 * balancer each, and a copy of what it routes sent on.
 *
 * Whose memory is what: a frame's buffer is net's from the driver's message on; it goes home when the frame is handled,
 * or, if requests lie in it, when the last of them is decided. Everything else lies in net's arena and in the regions
 * "streams" (bytes of flows) and "requests" (descriptors), which net alone writes and the load balancer reads.
 */

import type { Address } from "../../hal/field.ts";
import { ARENA_OVERHEAD_BYTES, arenaAllocate, arenaFormat } from "../../kernel/arena.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Message } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { DriverOpcode, ReceivedFrameMessage } from "../driver-api.ts";
import { HeaderEntry, LbOpcode, RequestDescriptor } from "../lb/api.ts";
import type { NetParameters } from "./api.ts";
import { Ignored, NetOpcode } from "./api.ts";
import { acceptSegment, endAllFlows, endSilentFlows } from "./connection.ts";
import { loseRequests, takeDecision } from "./decision.ts";
import { emitterCreate } from "./emit.ts";
import { flowTableCreate } from "./flow-table.ts";
import { HEADER_LINES_MAX } from "./http/limits.ts";
import { requestTableCreate } from "./request-table.ts";
import { FlowKey, Segment, readSegment } from "./segment.ts";
import type { NetContext } from "./state.ts";
import { NET_NEEDS, NET_RECEIVES, NetState, flowsOf, requestsOf, segmentOf, stateOf, streamsOf, tally, tallyIgnored } from "./state.ts";

/** The only notification: the timer that looks for silent flows. */
const SCAN_BIT = 1;
/** Position of `balancer` among the needs: how Delivery.closed names it. */
const BALANCER = Object.keys(NET_NEEDS).indexOf("balancer");

export const net = service({
  name: "net",
  state: NetState,
  needs: NET_NEEDS,
  receives: NET_RECEIVES,
  parameters: undefined as unknown as NetParameters,
  handle(message, context: NetContext) {
    const { memory } = context;
    const state = stateOf(context);
    NetState.streamsAt.set(memory, state, 0);
    NetState.requestsAt.set(memory, state, 0);
    if (message.delivery === Delivery.start) return start(context);
    NetState.nowTick.set(memory, state, context.uptimeTicks());
    if (message.delivery === Delivery.message) return receive(message, context);
    if (message.delivery === Delivery.notification && (message.bits & SCAN_BIT) !== 0) return endSilentFlows(context);
    if (message.delivery === Delivery.closed && message.data0 === BALANCER) loseRequests(context);
  },
});

function receive(message: Message, context: NetContext): void {
  const { receives } = context;
  if (message.endpoint === receives.frames) {
    if (message.opcode === DriverOpcode.received) receiveFrame(context, message.at as Address as Address<"ReceivedFrameMessage">);
    return;
  }
  if (message.endpoint === receives.decisions) {
    if (message.opcode === LbOpcode.decision) takeDecision(context, message.at as Address as Address<"DecisionMessage">);
    return;
  }
  if (message.opcode === NetOpcode.shutdown) shutDown(context);
  else context.reply(Errno.invalidMessage);
}

/** Makes tables, regions and timer; without them the process ends, and its state says why. */
function start(context: NetContext): void {
  const status = prepare(context);
  NetState.startStatus.set(context.memory, stateOf(context), status);
  if (status !== Errno.ok) context.exit();
}

function prepare(context: NetContext): number {
  const { memory, parameters, needs } = context;
  const state = stateOf(context);
  if (parameters.mode !== "observe") return Errno.invalidArgument;
  const flows = flowTableCreate(context, flowsOf(context), parameters.flowsMax);
  if (flows < 0) return flows;
  const requests = requestTableCreate(context, NetState.requests.at(state), parameters.requestsMax);
  if (requests < 0) return requests;
  const emitter = emitterCreate(context, parameters, needs.buffers, needs.transmit);
  if (emitter < 0) return emitter;
  NetState.emitter.set(memory, state, emitter);
  const regions = prepareRegions(context);
  if (regions < 0) return regions;
  const timer = context.timerStart(needs.ticks, parameters.flowScanTicks, parameters.flowScanTicks, SCAN_BIT);
  NetState.timer.set(memory, state, timer);
  return timer < 0 ? timer : Errno.ok;
}

function prepareRegions(context: NetContext): number {
  const { memory, shared, needs } = context;
  const state = stateOf(context);
  const streamsBytes = context.regionBytes(needs.streams);
  const requestsBytes = context.regionBytes(needs.requests);
  if (streamsBytes < ARENA_OVERHEAD_BYTES || requestsBytes < ARENA_OVERHEAD_BYTES) return Errno.outOfMemory;
  NetState.streamsBytes.set(memory, state, streamsBytes);
  NetState.requestsBytes.set(memory, state, requestsBytes);
  arenaFormat(shared, streamsOf(context), streamsBytes);
  arenaFormat(shared, requestsOf(context), requestsBytes);
  const spare = arenaAllocate(shared, requestsOf(context), RequestDescriptor.size + HEADER_LINES_MAX * HeaderEntry.size);
  if (spare < 0) return spare;
  NetState.spareDescriptor.set(memory, state, spare - requestsOf(context));
  return Errno.ok;
}

function receiveFrame(context: NetContext, frame: Address<"ReceivedFrameMessage">): void {
  const { memory, shared, needs } = context;
  const segment = segmentOf(context);
  tally(context, NetState.frames);
  const handle = ReceivedFrameMessage.bufferHandle.get(shared, frame);
  Segment.bufferHandle.set(memory, segment, handle);
  Segment.ordinal.set(memory, segment, ReceivedFrameMessage.ordinal.get(shared, frame));
  Segment.queue.set(memory, segment, ReceivedFrameMessage.queue.get(shared, frame));
  Segment.holds.set(memory, segment, 0);
  const errors = ReceivedFrameMessage.errors.get(shared, frame);
  const reason = errors !== 0 ? Ignored.receiveError : handleFrame(context, handle, ReceivedFrameMessage.frameBytes.get(shared, frame));
  if (reason !== Ignored.none) tallyIgnored(context, reason);
  if (Segment.holds.get(memory, segment) === 0) context.bufferRelease(needs.buffers, handle);
}

function handleFrame(context: NetContext, handle: number, frameBytes: number): Ignored {
  const { memory, shared, needs } = context;
  if (NetState.closed.get(memory, stateOf(context)) !== 0) return Ignored.closed;
  const segment = segmentOf(context);
  const at = context.buffer(needs.buffers, handle, 0, frameBytes);
  const reason = readSegment(shared, at, frameBytes, memory, segment);
  if (reason !== Ignored.none) return reason;
  return isServed(context, FlowKey.destinationPort.get(memory, Segment.key.at(segment))) ? acceptSegment(context) : Ignored.otherPort;
}

function isServed(context: NetContext, port: number): boolean {
  const { ports } = context.parameters;
  for (let index = 0; index < ports.length; index++) if (ports[index] === port) return true;
  return false;
}

/** All flows end, all requests are given up, nothing is held any more. */
function shutDown(context: NetContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  endAllFlows(context);
  loseRequests(context);
  context.timerCancel(needs.ticks, NetState.timer.get(memory, state));
  NetState.closed.set(memory, state, 1);
  context.reply(Errno.ok);
}
