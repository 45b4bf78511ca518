/**
 * How much may be under way (RFC 5681): slow start, congestion avoidance by bytes acknowledged (RFC 3465, L = 2), and after
 * a loss fast recovery as NewReno has it (RFC 6582). Windows are bytes.
 */

import type { Memory } from "../../../hal/memory.ts";
import { sequenceAdd, sequenceDistance } from "../sequence.ts";
import { TcpConnection } from "./connection.ts";
import type { ConnectionAddress } from "./stack.ts";

/** Three duplicates say that a segment is lost (RFC 5681, 3.2). */
export const DUPLICATES = 3;
const WINDOW_MAX = 0x3fff_ffff;
const RECOVER_DISTANCE = 0x3fff_ffff;

/** A connection opens: the initial window, one segment if a SYN was lost (RFC 5681, 3.1; RFC 6928 for ten segments is not used). */
export function openCongestionWindow(memory: Memory, connection: ConnectionAddress, synLost: boolean): void {
  TcpConnection.congestionWindow.set(memory, connection, synLost ? TcpConnection.segmentBytesMax.get(memory, connection) : initialWindow(memory, connection));
  TcpConnection.slowStartThreshold.set(memory, connection, WINDOW_MAX);
  TcpConnection.recover.set(memory, connection, TcpConnection.initialSend.get(memory, connection));
}

function initialWindow(memory: Memory, connection: ConnectionAddress): number {
  const segmentBytes = TcpConnection.segmentBytesMax.get(memory, connection);
  return segmentBytes * (segmentBytes > 2190 ? 2 : segmentBytes > 1095 ? 3 : 4);
}

/** Nothing was sent for longer than a time-out: what the window was says nothing of the network now (4.1). */
export function restartWindow(memory: Memory, connection: ConnectionAddress): void {
  const window = initialWindow(memory, connection);
  if (window < TcpConnection.congestionWindow.get(memory, connection)) TcpConnection.congestionWindow.set(memory, connection, window);
}

/** What may be under way: with the first two duplicates a new segment each besides, so that more of them come (RFC 3042). */
export function windowWithDuplicates(memory: Memory, connection: ConnectionAddress): number {
  const window = TcpConnection.congestionWindow.get(memory, connection);
  const duplicates = TcpConnection.duplicateAcknowledgements.get(memory, connection);
  if (duplicates === 0 || duplicates >= DUPLICATES || TcpConnection.recovering.get(memory, connection) !== 0) return window;
  // Only what was never sent: what is sent again has its own window.
  if (TcpConnection.sendNext.get(memory, connection) !== TcpConnection.sendMax.get(memory, connection)) return window;
  return window + duplicates * TcpConnection.segmentBytesMax.get(memory, connection);
}

/** `bytes` new bytes were acknowledged, and no loss is being repaired (3.1). */
export function growWindow(memory: Memory, connection: ConnectionAddress, bytes: number): void {
  const segmentBytes = TcpConnection.segmentBytesMax.get(memory, connection);
  const window = TcpConnection.congestionWindow.get(memory, connection);
  if (window < TcpConnection.slowStartThreshold.get(memory, connection)) {
    // What a time-out had sent again comes back in leaps: they count for one segment (RFC 3465, 2.3).
    const before = sequenceAdd(TcpConnection.sendUnacknowledged.get(memory, connection), -bytes);
    const behind = sequenceDistance(before, TcpConnection.recover.get(memory, connection)) > 0;
    TcpConnection.congestionWindow.set(memory, connection, Math.min(WINDOW_MAX, window + Math.min(bytes, (behind ? 1 : 2) * segmentBytes)));
    return;
  }
  const grown = TcpConnection.grownBytes.get(memory, connection) + bytes;
  if (grown >= window) TcpConnection.congestionWindow.set(memory, connection, Math.min(WINDOW_MAX, window + segmentBytes));
  TcpConnection.grownBytes.set(memory, connection, grown >= window ? grown - window : grown);
}

/** The retransmission timer expired: back to one segment (3.1, equation 4). Twice for the same loss halves only once. */
export function collapseWindow(memory: Memory, connection: ConnectionAddress): void {
  if (TcpConnection.tries.get(memory, connection) <= 1) halveThreshold(memory, connection, flightOf(memory, connection));
  TcpConnection.congestionWindow.set(memory, connection, TcpConnection.segmentBytesMax.get(memory, connection));
  TcpConnection.grownBytes.set(memory, connection, 0);
  TcpConnection.recovering.set(memory, connection, 0);
  TcpConnection.duplicateAcknowledgements.set(memory, connection, 0);
  TcpConnection.recover.set(memory, connection, TcpConnection.sendMax.get(memory, connection));
}

/** The third duplicate has come: is it a loss not yet repaired (RFC 6582, 3.2, step 2)? Then recovery begins. */
export function beginRecovery(memory: Memory, connection: ConnectionAddress): boolean {
  const unacknowledged = TcpConnection.sendUnacknowledged.get(memory, connection);
  if (sequenceDistance(TcpConnection.recover.get(memory, connection), unacknowledged) <= 0) return false;
  const segmentBytes = TcpConnection.segmentBytesMax.get(memory, connection);
  // What the first duplicates let go besides does not count.
  halveThreshold(memory, connection, Math.min(flightOf(memory, connection), TcpConnection.congestionWindow.get(memory, connection)));
  TcpConnection.congestionWindow.set(memory, connection, TcpConnection.slowStartThreshold.get(memory, connection) + DUPLICATES * segmentBytes);
  TcpConnection.recover.set(memory, connection, TcpConnection.sendMax.get(memory, connection));
  TcpConnection.recovering.set(memory, connection, 1);
  TcpConnection.grownBytes.set(memory, connection, 0);
  return true;
}

/** One more duplicate during recovery: a segment has left the network. */
export function inflateWindow(memory: Memory, connection: ConnectionAddress): void {
  const window = TcpConnection.congestionWindow.get(memory, connection) + TcpConnection.segmentBytesMax.get(memory, connection);
  TcpConnection.congestionWindow.set(memory, connection, Math.min(WINDOW_MAX, window));
}

/** `bytes` new bytes were acknowledged during recovery. True if that was only part: the next hole begins at sendUnacknowledged. */
export function recoverySaw(memory: Memory, connection: ConnectionAddress, bytes: number): boolean {
  const segmentBytes = TcpConnection.segmentBytesMax.get(memory, connection);
  const unacknowledged = TcpConnection.sendUnacknowledged.get(memory, connection);
  if (sequenceDistance(TcpConnection.recover.get(memory, connection), unacknowledged) >= 0) {
    TcpConnection.congestionWindow.set(memory, connection, Math.min(TcpConnection.slowStartThreshold.get(memory, connection), Math.max(flightOf(memory, connection), segmentBytes) + segmentBytes));
    TcpConnection.recovering.set(memory, connection, 0);
    return false;
  }
  const window = TcpConnection.congestionWindow.get(memory, connection) - bytes + (bytes >= segmentBytes ? segmentBytes : 0);
  TcpConnection.congestionWindow.set(memory, connection, Math.max(window, segmentBytes));
  return true;
}

/** Bytes sent and not acknowledged. */
function flightOf(memory: Memory, connection: ConnectionAddress): number {
  return sequenceDistance(TcpConnection.sendUnacknowledged.get(memory, connection), TcpConnection.sendMax.get(memory, connection));
}

/** Recovery is long over: its number goes along, lest it seem to lie ahead once half of all numbers have been sent. */
export function dragRecover(memory: Memory, connection: ConnectionAddress): void {
  const unacknowledged = TcpConnection.sendUnacknowledged.get(memory, connection);
  if (sequenceDistance(TcpConnection.recover.get(memory, connection), unacknowledged) > RECOVER_DISTANCE) TcpConnection.recover.set(memory, connection, sequenceAdd(unacknowledged, -1));
}

function halveThreshold(memory: Memory, connection: ConnectionAddress, flight: number): void {
  const segmentBytes = TcpConnection.segmentBytesMax.get(memory, connection);
  TcpConnection.slowStartThreshold.set(memory, connection, Math.max(flight >> 1, 2 * segmentBytes));
}
