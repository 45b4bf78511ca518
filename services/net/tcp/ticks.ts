/** What a stack does when time has passed: retransmission and probes (RFC 6298, 5.4 to 5.7), delayed acknowledgements, the end of waiting. */

import type { Heap } from "../../../kernel/heap.ts";
import { sequenceAdd } from "../sequence.ts";
import { TcpFlag } from "../tcp.ts";
import { collapseWindow } from "./congestion.ts";
import { TcpConnection, TcpFate, TcpState, TcpTimer } from "./connection.ts";
import { answerSyn } from "./listen.ts";
import { pressWindow, setTimer, tcpOutput } from "./output.ts";
import { endConnection } from "./over.ts";
import { tellRoom } from "./ready.ts";
import { backOff } from "./round-trip.ts";
import { sendAcknowledgement, sendReset, sendSegment } from "./segments.ts";
import type { ConnectionAddress, StackAddress, TcpHost } from "./stack.ts";
import { NO_CONNECTION, TcpStack } from "./stack.ts";
import { nextDue, placeOnWheel } from "./timers.ts";

/** Does everything that is due by TcpStack.nowTick. */
export function tcpTick<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress): void {
  const { memory } = context;
  for (let connection = nextDue(memory, stack); connection !== NO_CONNECTION; connection = nextDue(memory, stack)) attend(context, host, stack, connection);
}

/** One deadline of a connection that is due, so that it is due no more. */
function attend<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  const now = TcpStack.nowTick.get(memory, stack);
  const life = TcpConnection.lifeTick.get(memory, connection);
  const acknowledge = TcpConnection.acknowledgeTick.get(memory, connection);
  if (life !== 0 && life <= now) return endOfLife(context, host, stack, connection);
  if (acknowledge !== 0 && acknowledge <= now) {
    TcpStack.delayedAcknowledgements.add(memory, stack, 1);
    return sendAcknowledgement(context, host, stack, connection);
  }
  TcpConnection.retransmitTick.set(memory, connection, 0);
  placeOnWheel(memory, stack, connection);
  expire(context, host, stack, connection);
}

/** TIME-WAIT is over; or a peer has not closed its side, and nobody here reads any more. */
function endOfLife<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  if (TcpConnection.state.get(memory, connection) === TcpState.timeWait) return endConnection(context, stack, connection, TcpFate.closed);
  sendReset(context, host, stack, connection);
  endConnection(context, stack, connection, TcpFate.timedOut);
}

function expire<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  const timer = TcpConnection.timer.get(memory, connection);
  const state = TcpConnection.state.get(memory, connection);
  const tries = TcpConnection.tries.get(memory, connection) + 1;
  const opening = state === TcpState.synSent || state === TcpState.synReceived;
  const most = opening ? TcpStack.connectTriesMax.get(memory, stack) : TcpStack.triesMax.get(memory, stack);
  TcpConnection.timer.set(memory, connection, TcpTimer.none);
  if (timer === TcpTimer.none) return;
  if (timer === TcpTimer.room) return tellRoom(memory, stack, connection);
  if (timer === TcpTimer.retry) return tcpOutput(context, host, stack, connection);
  if (tries > most) {
    if (!opening) sendReset(context, host, stack, connection);
    return endConnection(context, stack, connection, TcpFate.timedOut);
  }
  TcpConnection.tries.set(memory, connection, tries);
  backOff(memory, stack, connection);
  if (timer === TcpTimer.persist) {
    return pressWindow(context, host, stack, connection);
  }
  TcpStack.timeouts.add(memory, stack, 1);
  TcpConnection.timing.set(memory, connection, 0);
  if (opening) return repeatSyn(context, host, stack, connection);
  collapseWindow(memory, connection);
  TcpConnection.sendNext.set(memory, connection, TcpConnection.sendUnacknowledged.get(memory, connection));
  tcpOutput(context, host, stack, connection);
}

function repeatSyn<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  TcpStack.retransmissions.add(memory, stack, 1);
  if (TcpConnection.state.get(memory, connection) === TcpState.synReceived) answerSyn(context, host, stack, connection);
  else sendSegment(context, host, stack, connection, sequenceAdd(TcpConnection.sendNext.get(memory, connection), -1), TcpFlag.syn, 0);
  setTimer(memory, stack, connection, TcpTimer.retransmit);
}
