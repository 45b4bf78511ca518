/** Where a connection's sequence numbers begin (RFC 6528, 3): a clock, and a hash of who talks to whom that nobody outside can compute. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { FlowKey } from "../segment.ts";
import { sequenceAdd, sequenceDistance } from "../sequence.ts";
import { keyedHash } from "./keyed-hash.ts";
import type { StackAddress } from "./stack.ts";
import { TcpStack } from "./stack.ts";

const KEY_WORDS = FlowKey.size >> 2;
/** The clock goes up every 4 microseconds. */
const SEQUENCES_PER_TICK = 250;
/** A connection that follows one in TIME-WAIT begins so far behind it, more than any window without scaling. */
const GAP = 0x1_0001;

export function initialSequence(memory: Memory, stack: StackAddress, key: Address<"FlowKey">): number {
  const clock = Math.imul(TcpStack.nowTick.get(memory, stack) % 0x1_0000_0000 | 0, SEQUENCES_PER_TICK);
  return (clock + keyedHash(memory, key, KEY_WORDS, 0, TcpStack.secret2.get(memory, stack), TcpStack.secret3.get(memory, stack))) | 0;
}

/** The same, but behind everything that the last connection of this key sent: up to `sent` (RFC 9293, 3.6.1). */
export function initialSequenceBehind(memory: Memory, stack: StackAddress, key: Address<"FlowKey">, sent: number): number {
  const initial = initialSequence(memory, stack, key);
  const least = sequenceAdd(sent, GAP);
  return sequenceDistance(least, initial) > 0 ? initial : least;
}
