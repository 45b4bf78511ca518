/**
 * The net process, in observe mode: frames in, requests found in the clients' byte streams, one question to the load
 * balancer each, and a copy of what it routes sent on. Flows to virtual IPs are asked about once and sent on whole.
 *
 * Net may die and begin anew: its flows are gone then, what waited for a decision is lost and counted (ledger.ts), and
 * decisions for the one before find nothing. While the balancer is gone requests are refused with ServiceRestarted.
 *
 * Whose memory is what: a frame's buffer comes to net with the driver's message; it goes home when the frame is handled,
 * or, if requests lie in it, when the last of them is decided. Everything else lies in net's arena and in the regions
 * "streams" (bytes of flows, and of packets that come in parts) and "requests" (descriptors), which net alone writes and the load balancer reads. The region "vips" is the balancer's.
 */

import type { Address } from "../../hal/field.ts";
import { ARENA_OVERHEAD_BYTES, arenaAllocate, arenaFormat } from "../../kernel/arena.ts";
import { Errno } from "../../kernel/errno.ts";
import { MessageFlag, MessageHeader, SmallMessage } from "../../kernel/message.ts";
import type { Message } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { DriverOpcode, ReceivedFrameMessage } from "../driver-api.ts";
import { HeaderEntry, LbOpcode, RequestDescriptor } from "../lb/api.ts";
import { ProbeOpcode } from "../lb/probe-api.ts";
import type { NetParameters } from "./api.ts";
import { Ignored, NetOpcode } from "./api.ts";
import { acceptSegment, endAllFlows, endSilentFlows } from "./connection.ts";
import { loseRequests, takeDecision } from "./decision.ts";
import { emitterCreate } from "./emit.ts";
import { ENDINGS_BIT, endingLeft, endingsCreate, endingsWaiting, forgetConnections, sendEndings } from "./ending.ts";
import { flowTableCreate } from "./flow-table.ts";
import { drawSecret } from "./flow-hash.ts";
import { packetTableCreate } from "./fragment/packet.ts";
import { KEPT, acceptFragment, endAllPackets, endLatePackets, releaseWhole } from "./fragment/reassembly.ts";
import { hostWakes } from "./host/host.ts";
import { HEADER_LINES_MAX } from "./http/limits.ts";
import { NetLedger, openLedger } from "./ledger.ts";
import { loseProxyRequests, takeProxyDecision } from "./proxy/decision.ts";
import { PROXY_BIT, proxyCreate, proxyDrain, proxyFrame, proxyProbe, proxyScan, proxyShutDown, proxyTick, settleProxy } from "./proxy/proxy.ts";
import { requestTableCreate } from "./request-table.ts";
import { FlowKey, Segment, readSegment } from "./segment.ts";
import type { NetContext } from "./state.ts";
import { NET_NEEDS, NET_RECEIVES, NetState, flowsOf, requestsOf, segmentOf, stateOf, streamsOf, tally, tallyIgnored } from "./state.ts";

/** Notification of the timer that looks for silent flows; the other one is ENDINGS_BIT. */
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
    NetState.ledgerAt.set(memory, state, 0);
    if (message.delivery === Delivery.start) return start(context);
    NetState.nowTick.set(memory, state, context.uptimeTicks());
    if (message.delivery === Delivery.message) return receive(message, context);
    if (message.delivery === Delivery.notification) return wake(context, message.bits);
    if (message.delivery === Delivery.sent) return endingLeft(context, message.status);
    if (message.delivery === Delivery.closed && message.data0 === BALANCER) balancerGone(context);
  },
});

function wake(context: NetContext, bits: number): void {
  sendEndings(context);
  if (isProxy(context)) wakeProxy(context, bits);
  if ((bits & SCAN_BIT) !== 0) {
    endSilentFlows(context);
    endLatePackets(context);
  }
  if (NetState.closed.get(context.memory, stateOf(context)) !== 0) stopTimer(context);
}

/** What waits for it is lost; the connections that it counted are nobody's, and their names may soon be others'. */
function balancerGone(context: NetContext): void {
  forgetConnections(context);
  if (!isProxy(context)) return loseRequests(context);
  loseProxyRequests(context);
  settleProxy(context);
}

function isProxy(context: NetContext): boolean {
  return NetState.proxy.get(context.memory, stateOf(context)) !== 0;
}

function wakeProxy(context: NetContext, bits: number): void {
  hostWakes(context, bits);
  if ((bits & PROXY_BIT) !== 0) proxyTick(context);
  if ((bits & SCAN_BIT) !== 0) proxyScan(context);
}

function receive(message: Message, context: NetContext): void {
  const { receives } = context;
  if (message.endpoint === receives.frames) {
    if (message.opcode === DriverOpcode.received) receiveFrame(context, message.at as Address as Address<"ReceivedFrameMessage">);
    // What net does not understand must not leave a buffer with it.
    else if ((message.flags & MessageFlag.movesBuffer) !== 0) context.bufferRelease(context.needs.buffers, SmallMessage.data0.low(context.shared, message.at));
    return;
  }
  if (message.endpoint === receives.decisions) {
    if (message.opcode === LbOpcode.decision || message.opcode === LbOpcode.flow) decided(context, message.at as Address as Address<"DecisionMessage">);
    else if (message.opcode === ProbeOpcode.probe && isProxy(context) && NetState.closed.get(context.memory, stateOf(context)) === 0) proxyProbe(context, message.at as Address as Address<"ProbeMessage">);
    return;
  }
  if (message.opcode === NetOpcode.shutdown) shutDown(context);
  else if (message.opcode === NetOpcode.drain && isProxy(context)) drain(context);
  else context.reply(Errno.invalidMessage);
}

function decided(context: NetContext, decision: Address<"DecisionMessage">): void {
  if (!isProxy(context)) return takeDecision(context, decision);
  takeProxyDecision(context, decision);
  settleProxy(context);
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
  if (context.regionBytes(needs.ledger) < NetLedger.size) return Errno.outOfMemory;
  openLedger(context);
  const flows = flowTableCreate(context, flowsOf(context), parameters.flowsMax, drawSecret(parameters.seed, context.generation, 0), drawSecret(parameters.seed, context.generation, 1));
  if (flows < 0) return flows;
  const requests = requestTableCreate(context, NetState.requests.at(state), parameters.requestsMax, context.generation);
  if (requests < 0) return requests;
  const packets = packetTableCreate(context, NetState.packets.at(state), parameters.fragmentBytes === 0 ? 0 : parameters.fragmentedMax);
  if (packets < 0) return packets;
  const emitter = emitterCreate(context, parameters, needs.buffers, needs.transmit);
  if (emitter < 0) return emitter;
  NetState.emitter.set(memory, state, emitter);
  const endings = endingsCreate(context, parameters.connectionsMax);
  if (endings < 0) return endings;
  NetState.endings.set(memory, state, endings);
  const regions = prepareRegions(context);
  if (regions < 0) return regions;
  // Who only looks on asks nobody where others are.
  if (parameters.mode === "observe" && parameters.gatewayMac === undefined) return Errno.invalidArgument;
  const proxy = parameters.mode === "terminate" ? proxyCreate(context) : Errno.ok;
  if (proxy < 0) return proxy;
  const timer = context.timerStart(needs.ticks, parameters.flowScanTicks, parameters.flowScanTicks, SCAN_BIT);
  NetState.timer.set(memory, state, timer);
  return timer < 0 ? timer : Errno.ok;
}

function prepareRegions(context: NetContext): number {
  const { memory, shared, needs, parameters } = context;
  const state = stateOf(context);
  // Both parts begin at a multiple of 8.
  const streamsBytes = (context.regionBytes(needs.streams) - parameters.fragmentBytes) & ~7;
  const fragmentBytes = parameters.fragmentBytes & ~7;
  const requestsBytes = context.regionBytes(needs.requests);
  if (streamsBytes < ARENA_OVERHEAD_BYTES || requestsBytes < ARENA_OVERHEAD_BYTES) return Errno.outOfMemory;
  if (fragmentBytes !== 0 && fragmentBytes < ARENA_OVERHEAD_BYTES) return Errno.outOfMemory;
  NetState.streamsBytes.set(memory, state, streamsBytes);
  NetState.fragmentBytes.set(memory, state, fragmentBytes);
  NetState.requestsBytes.set(memory, state, requestsBytes);
  NetState.vipsBytes.set(memory, state, context.regionBytes(needs.vips));
  arenaFormat(shared, streamsOf(context), streamsBytes);
  if (fragmentBytes !== 0) arenaFormat(shared, streamsOf(context) + streamsBytes, fragmentBytes);
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
  // Whoever finds the flag holds the reference: the kernel clears it when a sender's buffers go home.
  if ((MessageHeader.flags.get(shared, ReceivedFrameMessage.header.at(frame)) & MessageFlag.movesBuffer) === 0) return tallyIgnored(context, Ignored.lostBuffer);
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
  if (isProxy(context)) return proxyFrame(context, at, frameBytes);
  const reason = readSegment(shared, at, frameBytes, memory, segment);
  if (reason === Ignored.fragment) return handleFragment(context, at, frameBytes);
  return reason === Ignored.none ? handleSegment(context) : reason;
}

function handleFragment(context: NetContext, at: number, frameBytes: number): Ignored {
  const reason = acceptFragment(context, at, frameBytes);
  if (reason === KEPT) return Ignored.none;
  if (reason !== Ignored.none) return reason;
  const refused = handleSegment(context);
  releaseWhole(context);
  return refused;
}

function handleSegment(context: NetContext): Ignored {
  return acceptSegment(context, isServed(context, FlowKey.destinationPort.get(context.memory, Segment.key.at(segmentOf(context)))));
}

function isServed(context: NetContext, port: number): boolean {
  const { ports } = context.parameters;
  for (let index = 0; index < ports.length; index++) if (ports[index] === port) return true;
  return false;
}

function drain(context: NetContext): void {
  proxyDrain(context);
  context.reply(Errno.ok);
}

/** All flows end, all requests are given up, nothing is held but ends that the balancer must still hear of: now, not when the timer finds them. */
function shutDown(context: NetContext): void {
  if (endingsWaiting(context) > 0) context.notifySelf(ENDINGS_BIT);
  if (isProxy(context)) proxyShutDown(context);
  endAllFlows(context);
  endAllPackets(context);
  if (isProxy(context)) loseProxyRequests(context);
  else loseRequests(context);
  NetState.closed.set(context.memory, stateOf(context), 1);
  stopTimer(context);
  context.reply(Errno.ok);
}

/** Once there is nothing left that it would be needed for. */
function stopTimer(context: NetContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  const timer = NetState.timer.get(memory, state);
  if (timer === 0 || endingsWaiting(context) > 0) return;
  context.timerCancel(needs.ticks, timer);
  NetState.timer.set(memory, state, 0);
}
