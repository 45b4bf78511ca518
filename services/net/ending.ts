/**
 * Connections that the load balancer counts: a decision names one, and net says when it is over - when the flow ends, in
 * whatever way, or when the flow's next request has come, before it is asked about: whoever asks for more has been
 * answered, and must not wait for the place that he himself holds. Of requests that a client sends without waiting for
 * answers the last one counts.
 *
 * An end that the balancer's queue refuses is kept and sent again later. The balancer gives a name to nobody else before
 * it has heard of its end, so there are never more ends to keep than it counts connections. Once net is shut down it has
 * nothing else to do, and later may be never: then the first end that is refused waits for room in the queue.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u16 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { ringCount, ringCreate, ringFront, ringPop, ringPush } from "../../kernel/collections/ring.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Heap } from "../../kernel/heap.ts";
import { ConnectionEnd, DecisionMessage, LbOpcode, connectionOf } from "../lb/api.ts";
import { FlowListNumber, FlowRecord } from "./flow.ts";
import { NO_FLOW, flowSilent } from "./flow-table.ts";
import type { NetContext } from "./state.ts";
import { NetState, flowsOf, stateOf, tally } from "./state.ts";

/** Raised when ends wait: the balancer, which is more urgent, has emptied its queue by then. */
export const ENDINGS_BIT = 2;

export const ConnectionEnded = layout("ConnectionEnded", 8, {
  connection: i32("identity"),
  /** One of ConnectionEnd. */
  end: u16,
  /** 1 for the first one while it waits for room: the kernel has it, and says with Delivery.sent what came of it. */
  leaving: u16,
});

/** Room for the ends of so many connections. Its address, or an errno. */
export function endingsCreate(heap: Heap, connectionsMax: number): number {
  return ringCreate(heap, ConnectionEnded.size, connectionsMax);
}

/** The connection that the decision names, in one word; 0 if it names none. */
export function connectionNamed(context: NetContext, decision: Address<"DecisionMessage">): number {
  const { memory } = context;
  const connection = connectionOf(DecisionMessage.connection.get(memory, decision), DecisionMessage.connectionUse.get(memory, decision));
  if (connection !== 0) tally(context, NetState.connectionsNamed);
  return connection;
}

/** From now on the flow stands for this connection, 0 for none; the one before is over. */
export function nameConnection(context: NetContext, flow: Address<"FlowRecord">, connection: number): void {
  const { memory } = context;
  endConnection(context, FlowRecord.connection.get(memory, flow));
  FlowRecord.connection.set(memory, flow, connection);
}

/** This connection, if it is one, is over: one of ConnectionEnd. Nothing that a client does is its backend's failure. */
export function endConnection(context: NetContext, connection: number, end: number = ConnectionEnd.finished): void {
  if (connection === 0) return;
  const { memory } = context;
  const endings = endingsOf(context);
  // Whoever waits goes first: the queue is not tried in vain.
  if (ringCount(memory, endings) === 0 && tell(context, connection, end)) return;
  const ended = ringPush<"ConnectionEnded">(memory, endings);
  if (ended < 0) return tally(context, NetState.endsUnheard);
  ConnectionEnded.connection.set(memory, ended, connection);
  ConnectionEnded.end.set(memory, ended, end);
  tally(context, NetState.endsDelayed);
  if (ringCount(memory, endings) === 1) context.notifySelf(ENDINGS_BIT);
}

/**
 * Sends what waits, as far as the balancer takes it. If it takes some and not all, the rest comes soon; if it takes none,
 * what comes next to net finds them, its timer at the latest, or, of a net that is shut down, the first waits for room.
 */
export function sendEndings(context: NetContext): void {
  const { memory } = context;
  const endings = endingsOf(context);
  if (isLeaving(context, endings)) return;
  let sent = 0;
  for (let left = ringCount(memory, endings); left > 0; left--) {
    const ended = ringFront<"ConnectionEnded">(memory, endings);
    if (!tell(context, ConnectionEnded.connection.get(memory, ended), ConnectionEnded.end.get(memory, ended))) break;
    ringPop(memory, endings);
    sent++;
  }
  if (ringCount(memory, endings) === 0) return;
  if (sent > 0) context.notifySelf(ENDINGS_BIT);
  else if (NetState.closed.get(memory, stateOf(context)) !== 0) leave(context, ringFront<"ConnectionEnded">(memory, endings));
}

/** What came of the end that waited for room. If the balancer itself waits for net, net takes that first, and tries again by its timer. */
export function endingLeft(context: NetContext, status: number): void {
  const { memory } = context;
  const endings = endingsOf(context);
  // None, if the balancer was gone before.
  if (!isLeaving(context, endings)) return;
  if (status === Errno.resourceBusy) {
    ConnectionEnded.leaving.set(memory, ringFront<"ConnectionEnded">(memory, endings), 0);
    return;
  }
  ringPop(memory, endings);
  tally(context, status === Errno.ok ? NetState.connectionsEnded : NetState.endsUnheard);
  sendEndings(context);
}

/** Whoever counted them is gone: no flow stands for a connection any more, and ends that wait are told to nobody. */
export function forgetConnections(context: NetContext): void {
  const { memory } = context;
  for (const list of [FlowListNumber.idle, FlowListNumber.partial, FlowListNumber.deaf]) {
    for (let flow = flowSilent(memory, flowsOf(context), list); flow !== NO_FLOW; flow = FlowRecord.listNext.get(memory, flow) as Address<"FlowRecord">) {
      if (FlowRecord.connection.get(memory, flow) === 0) continue;
      FlowRecord.connection.set(memory, flow, 0);
      tally(context, NetState.endsUnheard);
    }
  }
  const endings = endingsOf(context);
  for (; ringCount(memory, endings) > 0; ringPop(memory, endings)) tally(context, NetState.endsUnheard);
}

/** Ends that the balancer has not heard of. */
export function endingsWaiting(context: NetContext): number {
  return ringCount(context.memory, endingsOf(context));
}

/** Whether the first one waits for room. Other things may come to net until it is told that it has left. */
function isLeaving({ memory }: NetContext, endings: Address<"Ring">): boolean {
  return ringCount(memory, endings) > 0 && ConnectionEnded.leaving.get(memory, ringFront<"ConnectionEnded">(memory, endings)) !== 0;
}

/** It is sent when the handler is over, or as soon as there is room then. */
function leave(context: NetContext, ended: Address<"ConnectionEnded">): void {
  const { memory } = context;
  const status = context.sendWait(context.needs.balancer, LbOpcode.finish, ConnectionEnded.connection.get(memory, ended), ConnectionEnded.end.get(memory, ended));
  if (status === Errno.ok) ConnectionEnded.leaving.set(memory, ended, 1);
}

/** False if it must be said again. A balancer that is gone counts nothing. */
function tell(context: NetContext, connection: number, end: number): boolean {
  const status = context.send(context.needs.balancer, LbOpcode.finish, connection, end);
  if (status === Errno.channelFull) return false;
  tally(context, status === Errno.ok ? NetState.connectionsEnded : NetState.endsUnheard);
  return true;
}

function endingsOf(context: NetContext): Address<"Ring"> {
  return NetState.endings.get(context.memory, stateOf(context)) as Address<"Ring">;
}
