/**
 * When connections are due. A connection stands on the wheel in the slot of its earliest deadline; one that is further
 * away than the wheel goes round is looked at in each round. Setting a deadline costs a constant; what is due is found by
 * looking at the slots of the ticks that have passed.
 */

import type { Memory } from "../../../hal/memory.ts";
import { TcpConnection } from "./connection.ts";
import type { ConnectionAddress, StackAddress } from "./stack.ts";
import { NO_CONNECTION, TcpStack, WHEEL_SLOTS } from "./stack.ts";

/** Words of the bits of occupied slots. */
const WORDS = WHEEL_SLOTS >> 5;

/** Earliest of the three deadlines; 0 if none runs. */
export function deadlineOf(memory: Memory, connection: ConnectionAddress): number {
  let earliest = TcpConnection.retransmitTick.get(memory, connection);
  const acknowledge = TcpConnection.acknowledgeTick.get(memory, connection);
  const life = TcpConnection.lifeTick.get(memory, connection);
  if (acknowledge !== 0 && (earliest === 0 || acknowledge < earliest)) earliest = acknowledge;
  if (life !== 0 && (earliest === 0 || life < earliest)) earliest = life;
  return earliest;
}

/** A deadline was changed: the connection stands where its earliest one says. */
export function placeOnWheel(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  const deadline = deadlineOf(memory, connection);
  // What is due already is looked at with the next tick.
  const tick = Math.max(deadline, TcpStack.wheelTick.get(memory, stack) + 1);
  const slot = deadline === 0 ? -1 : tick % WHEEL_SLOTS;
  if (slot === TcpConnection.wheelSlot.get(memory, connection)) return;
  takeOffWheel(memory, stack, connection);
  if (slot < 0) return;
  const head = headOf(memory, stack, slot);
  const next = memory.i32[head] as ConnectionAddress;
  TcpConnection.wheelSlot.set(memory, connection, slot);
  TcpConnection.wheelPrevious.set(memory, connection, 0);
  TcpConnection.wheelNext.set(memory, connection, next);
  if (next !== NO_CONNECTION) TcpConnection.wheelPrevious.set(memory, next, connection);
  memory.i32[head] = connection;
  mark(memory, stack, slot);
}

export function takeOffWheel(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  const slot = TcpConnection.wheelSlot.get(memory, connection);
  if (slot < 0) return;
  const previous = TcpConnection.wheelPrevious.get(memory, connection) as ConnectionAddress;
  const next = TcpConnection.wheelNext.get(memory, connection) as ConnectionAddress;
  if (previous === NO_CONNECTION) memory.i32[headOf(memory, stack, slot)] = next;
  else TcpConnection.wheelNext.set(memory, previous, next);
  if (next !== NO_CONNECTION) TcpConnection.wheelPrevious.set(memory, next, previous);
  TcpConnection.wheelSlot.set(memory, connection, -1);
  mark(memory, stack, slot);
}

/** A connection that is due by `nowTick`, or NO_CONNECTION when there is none any more; it still stands on the wheel. */
export function nextDue(memory: Memory, stack: StackAddress): ConnectionAddress {
  const now = TcpStack.nowTick.get(memory, stack);
  const from = Math.max(TcpStack.wheelTick.get(memory, stack) + 1, now - WHEEL_SLOTS + 1);
  for (let tick = from; tick <= now; tick++) {
    let connection = memory.i32[headOf(memory, stack, tick % WHEEL_SLOTS)] as ConnectionAddress;
    while (connection !== NO_CONNECTION) {
      if (deadlineOf(memory, connection) <= now) return connection;
      connection = TcpConnection.wheelNext.get(memory, connection) as ConnectionAddress;
    }
    TcpStack.wheelTick.set(memory, stack, tick);
  }
  return NO_CONNECTION;
}

/**
 * The next tick at which tcpTick() may have something to do: of an occupied slot, so that it is never too late, and at
 * most a round too early. 0 if no timer runs.
 */
export function tcpNextTick(memory: Memory, stack: StackAddress): number {
  const from = TcpStack.wheelTick.get(memory, stack) + 1;
  const words = memory.i32;
  const bits = headOf(memory, stack, WHEEL_SLOTS);
  const first = from % WHEEL_SLOTS;
  // The word of the first slot twice: from that slot on, and at last up to it.
  for (let step = 0; step <= WORDS; step++) {
    const index = ((first >> 5) + step) % WORDS;
    let word = words[bits + index];
    if (step === 0) word &= -1 << (first & 31);
    if (word !== 0) return from + ((index * 32 + 31 - Math.clz32(word & -word) - first + WHEEL_SLOTS) % WHEEL_SLOTS);
  }
  return 0;
}

/** The slot's bit says whether anybody stands in it. */
function mark(memory: Memory, stack: StackAddress, slot: number): void {
  const at = headOf(memory, stack, WHEEL_SLOTS) + (slot >> 5);
  const bit = 1 << (slot & 31);
  if (memory.i32[headOf(memory, stack, slot)] === 0) memory.i32[at] &= ~bit;
  else memory.i32[at] |= bit;
}

/** Index of the word that begins a slot's chain. */
function headOf(memory: Memory, stack: StackAddress, slot: number): number {
  return (TcpStack.wheelAt.get(memory, stack) >> 2) + slot;
}
