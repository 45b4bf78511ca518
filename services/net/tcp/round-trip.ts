/** The retransmission time-out (RFC 6298), in ticks: from measured round trips, one at a time, never of what was sent twice (Karn). */

import type { Memory } from "../../../hal/memory.ts";
import { TcpConnection } from "./connection.ts";
import type { ConnectionAddress, StackAddress } from "./stack.ts";
import { TcpStack } from "./stack.ts";

/** Before the first measurement (2.1). */
const INITIAL_TICKS = 1000;
/** A timer that counts ticks is off by one at most: the granularity G of 2.2. */
const GRANULARITY_TICKS = 1;
/** When a SYN had to be repeated: a wrong guess at the beginning makes the next one careful (5.7). */
const CAREFUL_TICKS = 3000;

export function clearRoundTrip(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  TcpConnection.smoothedRoundTrip.set(memory, connection, -1);
  TcpConnection.roundTripVariation.set(memory, connection, 0);
  TcpConnection.retransmitTicks.set(memory, connection, bounded(memory, stack, INITIAL_TICKS));
}

/** A round trip took `elapsedTicks` (2.2 and 2.3: gains of 1/8 and 1/4). Ends any backing off. */
export function measureRoundTrip(memory: Memory, stack: StackAddress, connection: ConnectionAddress, elapsedTicks: number): void {
  const ticks = Math.min(Math.max(1, elapsedTicks), TcpStack.retransmitTicksMax.get(memory, stack));
  const smoothed = TcpConnection.smoothedRoundTrip.get(memory, connection);
  const variation = TcpConnection.roundTripVariation.get(memory, connection);
  let newSmoothed = ticks << 3;
  let newVariation = ticks << 1;
  if (smoothed >= 0) {
    const error = ticks - (smoothed >> 3);
    newSmoothed = smoothed + error;
    newVariation = variation + (Math.abs(error) - (variation >> 2));
  }
  TcpConnection.smoothedRoundTrip.set(memory, connection, newSmoothed);
  TcpConnection.roundTripVariation.set(memory, connection, newVariation);
  forgetBackOff(memory, stack, connection);
}

/**
 * The time-out is again what the measurements say: a closed window is probed less and less often, but that says nothing of
 * the network.
 */
export function forgetBackOff(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  const smoothed = TcpConnection.smoothedRoundTrip.get(memory, connection);
  const variation = TcpConnection.roundTripVariation.get(memory, connection);
  const ticks = smoothed < 0 ? INITIAL_TICKS : (smoothed >> 3) + Math.max(GRANULARITY_TICKS, variation);
  TcpConnection.retransmitTicks.set(memory, connection, bounded(memory, stack, ticks));
}

/** The connection has opened, but only with a SYN sent again: nothing was measured. */
export function beginCarefully(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  TcpConnection.retransmitTicks.set(memory, connection, bounded(memory, stack, CAREFUL_TICKS));
}

/** The time-out has passed without an answer (5.5). */
export function backOff(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  TcpConnection.retransmitTicks.set(memory, connection, bounded(memory, stack, TcpConnection.retransmitTicks.get(memory, connection) * 2));
}

function bounded(memory: Memory, stack: StackAddress, ticks: number): number {
  return Math.min(TcpStack.retransmitTicksMax.get(memory, stack), Math.max(TcpStack.retransmitTicksMin.get(memory, stack), ticks));
}
