/**
 * What a TCP segment means for the flow that it belongs to (RFC 9293, 3.10, seen from aside: only the client's direction is
 * there, so nothing is answered and the server's part is not known).
 *
 * A flow begins with a SYN to a served port or a virtual IP (pass.ts), or with a segment to a served port whose data begins
 * with a request line, and ends with a reset, or with the
 * client's FIN once all before it has come. When the table is full the longest-silent ended flow makes room, else the
 * longest-silent one that is not in the middle of a head.
 *
 * Readings where the contract leaves room: a SYN with another sequence number replaces an alive flow too (its client has
 * forgotten it); a reset counts only within 65,535 bytes of the first missing one, so that the reset that answers the
 * old connection's last acknowledgement does not end the new one.
 */

import type { Address } from "../../hal/field.ts";
import { Ignored } from "./api.ts";
import { FlowListNumber, FlowPhase, FlowRecord } from "./flow.ts";
import { NO_FLOW, flowFind, flowOpen, flowSilent } from "./flow-table.ts";
import { cutFlow, forgetFlow, heard } from "./flow-end.ts";
import { beginsWithRequestLine } from "./http/head-scan.ts";
import { askFlow, isPassing, passSegment } from "./pass.ts";
import { WINDOW_BYTES, receiveData } from "./reassembly.ts";
import { Segment } from "./segment.ts";
import { sequenceAdd, sequenceDistance } from "./sequence.ts";
import type { NetContext } from "./state.ts";
import { NetState, flowsOf, segmentOf, stateOf, tally } from "./state.ts";
import { TcpFlag } from "./tcp.ts";
import { vipOf } from "./vips.ts";

type Flow = Address<"FlowRecord">;

/** The segment at hand; `served` says whether HTTP is served on its port. Ignored.none, or why it was left aside. */
export function acceptSegment(context: NetContext, served: boolean): Ignored {
  const { memory } = context;
  const segment = segmentOf(context);
  const flags = Segment.flags.get(memory, segment);
  let flow = flowFind(memory, flowsOf(context), Segment.key.at(segment));
  if (flow !== NO_FLOW && isDue(context, flow)) {
    timeOut(context, flow);
    flow = NO_FLOW;
  }
  if ((flags & TcpFlag.syn) !== 0) return acceptSyn(context, flow, served);
  if (flow === NO_FLOW) return adopt(context, flags, served);
  if (FlowRecord.phase.get(memory, flow) === FlowPhase.deaf) {
    heard(context, flow);
    return Ignored.endedFlow;
  }
  if ((flags & TcpFlag.rst) !== 0) return acceptReset(context, flow);
  takeDataAndFin(context, flow);
  return Ignored.none;
}

function acceptSyn(context: NetContext, known: Flow, served: boolean): Ignored {
  const { memory } = context;
  const segment = segmentOf(context);
  const initial = sequenceAdd(Segment.sequence.get(memory, segment), -1);
  if (known !== NO_FLOW) {
    const deaf = FlowRecord.phase.get(memory, known) === FlowPhase.deaf;
    if (FlowRecord.initialSequence.get(memory, known) === initial) {
      // Whoever says it again has not heard of the backend: it is told again too.
      if (isPassing(context, known)) passSegment(context, known);
      heard(context, known);
      return deaf ? Ignored.endedFlow : Ignored.none;
    }
    if (!deaf) tally(context, NetState.flowsReplaced);
    forgetFlow(context, known);
  }
  const vip = vipOf(context, Segment.key.at(segment));
  if (vip < 0 && !served) return Ignored.otherPort;
  const flow = open(context, initial);
  if (flow === NO_FLOW) return Ignored.flowTableFull;
  if (vip >= 0) askFlow(context, flow, vip);
  if (FlowRecord.phase.get(memory, flow) === FlowPhase.deaf) heard(context, flow);
  else takeDataAndFin(context, flow);
  return Ignored.none;
}

/** A segment of a connection whose beginning was not seen. */
function adopt(context: NetContext, flags: number, served: boolean): Ignored {
  const { memory, shared } = context;
  const segment = segmentOf(context);
  if (!served) return vipOf(context, Segment.key.at(segment)) < 0 ? Ignored.otherPort : Ignored.noFlow;
  if ((flags & TcpFlag.rst) !== 0) return Ignored.noFlow;
  const probe = NetState.probe.at(stateOf(context));
  const isRequest = beginsWithRequestLine(shared, Segment.dataAt.get(memory, segment), Segment.dataBytes.get(memory, segment), memory, probe);
  // A flow to a virtual IP has a backend from its SYN on, or none.
  if (!isRequest || vipOf(context, Segment.key.at(segment)) >= 0) return Ignored.noFlow;
  const flow = open(context, sequenceAdd(Segment.sequence.get(memory, segment), -1));
  if (flow === NO_FLOW) return Ignored.flowTableFull;
  tally(context, NetState.midstream);
  takeDataAndFin(context, flow);
  return Ignored.none;
}

/** A fresh flow for the segment's key, which is not in the table. NO_FLOW when nobody makes room. */
function open(context: NetContext, initialSequence: number): Flow {
  const { memory } = context;
  const table = flowsOf(context);
  const key = Segment.key.at(segmentOf(context));
  let flow = flowOpen(memory, table, key);
  if (flow === NO_FLOW) {
    if (!makeRoom(context)) return NO_FLOW;
    flow = flowOpen(memory, table, key);
  }
  const first = sequenceAdd(initialSequence, 1);
  FlowRecord.initialSequence.set(memory, flow, initialSequence);
  FlowRecord.nextSequence.set(memory, flow, first);
  FlowRecord.parsedSequence.set(memory, flow, first);
  tally(context, NetState.flowsOpened);
  return flow;
}

function makeRoom(context: NetContext): boolean {
  const { memory } = context;
  const table = flowsOf(context);
  const ended = flowSilent(memory, table, FlowListNumber.deaf);
  const victim = ended === NO_FLOW ? flowSilent(memory, table, FlowListNumber.idle) : ended;
  if (victim === NO_FLOW) return false;
  tally(context, ended === NO_FLOW ? NetState.evictedSilent : NetState.evictedEnded);
  forgetFlow(context, victim);
  return true;
}

function acceptReset(context: NetContext, flow: Flow): Ignored {
  const { memory } = context;
  const away = sequenceDistance(FlowRecord.nextSequence.get(memory, flow), Segment.sequence.get(memory, segmentOf(context)));
  const stray = away >= WINDOW_BYTES || away <= -WINDOW_BYTES;
  if (!stray && isPassing(context, flow)) passSegment(context, flow);
  if (!stray) cutFlow(context, flow);
  heard(context, flow);
  return stray ? Ignored.strayReset : Ignored.none;
}

/** Data and FIN of the segment at hand, for an alive flow. */
function takeDataAndFin(context: NetContext, flow: Flow): void {
  const { memory } = context;
  const segment = segmentOf(context);
  if (isPassing(context, flow)) passSegment(context, flow);
  if ((Segment.flags.get(memory, segment) & TcpFlag.fin) !== 0) noteFin(context, flow);
  if (Segment.dataBytes.get(memory, segment) > 0) receiveData(context, flow);
  if (FlowRecord.phase.get(memory, flow) !== FlowPhase.deaf && FlowRecord.finSeen.get(memory, flow) !== 0) {
    const left = sequenceDistance(FlowRecord.nextSequence.get(memory, flow), FlowRecord.finSequence.get(memory, flow));
    if (left <= 0) cutFlow(context, flow);
  }
  heard(context, flow);
}

/** The first FIN that can be true says where the stream ends. */
function noteFin(context: NetContext, flow: Flow): void {
  const { memory } = context;
  const segment = segmentOf(context);
  if (FlowRecord.finSeen.get(memory, flow) !== 0) return;
  const fin = sequenceAdd(Segment.sequence.get(memory, segment), Segment.dataBytes.get(memory, segment));
  const away = sequenceDistance(FlowRecord.nextSequence.get(memory, flow), fin);
  if (away < 0 || away > WINDOW_BYTES) return;
  FlowRecord.finSequence.set(memory, flow, fin);
  FlowRecord.finSeen.set(memory, flow, 1);
}

function isDue(context: NetContext, flow: Flow): boolean {
  const { memory } = context;
  const silence = NetState.nowTick.get(memory, stateOf(context)) - FlowRecord.lastHeardTick.get(memory, flow);
  return silence >= context.parameters.flowTimeoutTicks;
}

function timeOut(context: NetContext, flow: Flow): void {
  tally(context, NetState.flowsTimedOut);
  forgetFlow(context, flow);
}

/** Takes all flows out of the table that have been silent for too long. */
export function endSilentFlows(context: NetContext): void {
  for (let list: number = FlowListNumber.idle; list <= FlowListNumber.deaf; list++) {
    let flow = flowSilent(context.memory, flowsOf(context), list);
    while (flow !== NO_FLOW && isDue(context, flow)) {
      timeOut(context, flow);
      flow = flowSilent(context.memory, flowsOf(context), list);
    }
  }
}

/** Takes all flows out of the table. */
export function endAllFlows(context: NetContext): void {
  for (let list: number = FlowListNumber.idle; list <= FlowListNumber.deaf; list++) {
    let flow = flowSilent(context.memory, flowsOf(context), list);
    while (flow !== NO_FLOW) {
      forgetFlow(context, flow);
      flow = flowSilent(context.memory, flowsOf(context), list);
    }
  }
}
