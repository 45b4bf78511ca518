/**
 * A transmit descriptor as the transmitter keeps it while it works on it: what a driver does to the ring meanwhile
 * changes nothing. Legacy and data descriptors become the descriptor of the state; contexts are put where the frames
 * after them find them (manual 3.3.3, 3.3.6, 3.3.7).
 */

import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import { TX_COMMAND_SHIFT, TX_LENGTH, TX_TYPE_SHIFT, TxCommand, TxContext, TxData, TxType } from "./descriptors.ts";
import { E1000TransmitState, FrameKind } from "./e1000-transmit-state.ts";

const LEGACY_LENGTH = 0xffff;
const TYPE_MASK = 0xf;
const CHECKSUM_OFFSET_SHIFT = 16;
const BYTE = 0xff;

/** What was found. */
export const Latched = Object.freeze({
  /** Bytes of a frame. */
  data: 0,
  context: 1,
  /** A context for segmentation. */
  segmentContext: 2,
  /** No type that there is. */
  unknown: 3,
});

/** Keeps what the descriptor at `at` says; one of Latched. */
export function latchDescriptor(ram: Memory, state: Address<"E1000TransmitState">, at: Address<"TxData">): number {
  const word = TxData.lengthAndCommand.get(ram, at);
  const command = word >>> TX_COMMAND_SHIFT;
  E1000TransmitState.command.set(ram, state, command);
  if ((command & TxCommand.DEXT) === 0) {
    latchData(ram, state, at, word & LEGACY_LENGTH);
    E1000TransmitState.checksumOffset.set(ram, state, (word >>> CHECKSUM_OFFSET_SHIFT) & BYTE);
    return Latched.data;
  }
  switch ((word >>> TX_TYPE_SHIFT) & TYPE_MASK) {
    case TxType.data:
      latchData(ram, state, at, word & TX_LENGTH);
      return Latched.data;
    case TxType.context:
      return latchContext(ram, state, at, command);
    default:
      return Latched.unknown;
  }
}

/** The descriptor begins a frame: its kind, its command and tag for a segmentation, and POPTS or, in a legacy descriptor, CSS. */
export function beginFrame(ram: Memory, state: Address<"E1000TransmitState">, at: Address<"TxData">): void {
  const command = E1000TransmitState.command.get(ram, state);
  const segmented = (command & TxCommand.TSE) !== 0 ? FrameKind.segmented : FrameKind.data;
  E1000TransmitState.kind.set(ram, state, (command & TxCommand.DEXT) !== 0 ? segmented : FrameKind.legacy);
  E1000TransmitState.options.set(ram, state, TxData.options.get(ram, at));
  E1000TransmitState.firstCommand.set(ram, state, command);
  E1000TransmitState.firstSpecial.set(ram, state, E1000TransmitState.special.get(ram, state));
}

function latchData(ram: Memory, state: Address<"E1000TransmitState">, at: Address<"TxData">, bytes: number): void {
  const low = TxData.bufferAddress.low(ram, at);
  const high = TxData.bufferAddress.high(ram, at);
  E1000TransmitState.bufferAddress.setWords(ram, state, low, high);
  E1000TransmitState.dataBytes.set(ram, state, low === 0 && high === 0 ? 0 : bytes);
  E1000TransmitState.takenBytes.set(ram, state, 0);
  E1000TransmitState.special.set(ram, state, TxData.special.get(ram, at));
}

function latchContext(ram: Memory, state: Address<"E1000TransmitState">, at: Address<"TxData">, command: number): number {
  const segments = (command & TxCommand.TSE) !== 0;
  ram.copy(segments ? E1000TransmitState.segmentContext.at(state) : E1000TransmitState.checksumContext.at(state), at, TxContext.size);
  return segments ? Latched.segmentContext : Latched.context;
}
