/**
 * A station in net's place: it does with each frame what the frame's first payload byte asks for, so that a test speaks
 * to the driver by the wire alone. It tells of each frame by two trace records.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { MessageFlag, MessageHeader } from "../../../kernel/message.ts";
import type { Context } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { DriverOpcode, ReceivedFrameMessage, TransmitFrameMessage } from "../../../services/driver-api.ts";

/** What a frame asks the station to do. */
export const Ask = Object.freeze({
  /** Let go of the frame. */
  nothing: 0,
  /** Keep its buffer, until a frame asks for releaseAll or the station's period is over. */
  hold: 1,
  /** Send it back as it is. */
  echo: 2,
  releaseAll: 3,
  /** Call the driver's control endpoint with `shutdown`. */
  shutdown: 4,
  /** Give the driver a frame for transmission whose buffer it does not get, that has no bytes, that has too many. */
  sendStale: 5,
  sendEmpty: 6,
  sendHuge: 7,
  /** Call the driver's control endpoint with an opcode that there is not. */
  callUnknown: 8,
  /** Send all buffers that can be had, 1514 bytes each. */
  flood: 9,
  /** Send a frame of as many bytes as the frame's detail says. */
  sendBytes: 10,
  /** Send a message to the driver that it does not know, with a buffer. */
  sendUnknown: 11,
  /** Send as many frames of 100 bytes as the detail says. */
  sendMany: 13,
  /** In SEND_LATER_TICKS ticks send as many frames of 100 bytes as the detail says. */
  sendLater: 12,
});

/** Trace records of the station. */
export const StationTrace = Object.freeze({
  /** The frame's own number (see asking()), and the ordinal of its message. */
  frame: 120,
  /** Of the same frame: its length, and the queue in the low half, errors in the high one. */
  detail: 121,
});

const HELD_MAX = 256;
export const ASK_AT = 14;
/** Where a frame's own number lies in it, and what else it asks for. */
export const NUMBER_AT = 16;
const DETAIL_AT = 20;
const NUMBER_END = NUMBER_AT + 4;
const DETAIL_END = DETAIL_AT + 2;
export const SEND_LATER_TICKS = 10;
const RELEASE_BIT = 1;
const SEND_BIT = 2;
const UNKNOWN_OPCODE = 99;

const fields = Object.freeze({
  held: i32,
  heldAt: i32,
  frames: u32,
  /** Ordinal of the last frame, and the sum of all lengths. */
  ordinal: u32,
  bytes: u32,
  /** What the last call was answered, plus 1000 so that 0 means none. */
  answered: i32,
  /** Frames that the driver's queue would not take. */
  refused: u32,
  /** Frames that were given to the driver. */
  given: u32,
  /** Frames to send later. */
  later: i32,
});
const StationState = layout("StationState", fields);

const needs = { buffers: "buffers:write", transmit: "endpoint", control: "endpoint", ticks: "timer" } as const;

export interface StationParameters {
  /** Context calls of 5 cycles each that a frame takes. */
  readonly slow: number;
  /** Period of letting go of what is held; 0: only when asked. */
  readonly releaseTicks: number;
}

type StationContext = Context<typeof fields, typeof needs, readonly ["frames"], StationParameters>;

export const station = service({
  name: "station",
  state: StationState,
  needs,
  receives: ["frames"],
  parameters: undefined as unknown as StationParameters,
  handle(message, context: StationContext) {
    const { state, parameters } = context;
    if (message.delivery === Delivery.start) {
      state.heldAt = context.allocate(HELD_MAX * 4);
      if (parameters.releaseTicks > 0) context.timerStart(context.needs.ticks, parameters.releaseTicks, parameters.releaseTicks, RELEASE_BIT);
    } else if (message.delivery === Delivery.reply) state.answered = message.status + 1000;
    else if (message.delivery === Delivery.notification) {
      if ((message.bits & RELEASE_BIT) !== 0) releaseAll(context);
      if ((message.bits & SEND_BIT) !== 0) for (; state.later > 0; state.later -= 1) sendFresh(context, 100);
    } else if (message.delivery === Delivery.message) {
      // One whose sender has ended comes without its buffer.
      if (context.bufferIsLive(context.needs.buffers, ReceivedFrameMessage.bufferHandle.get(context.shared, frameOf(message.at))) === 1) take(context, frameOf(message.at));
    }
  },
});

function frameOf(at: Address<"SmallMessage">): Address<"ReceivedFrameMessage"> {
  return at as Address as Address<"ReceivedFrameMessage">;
}

function take(context: StationContext, at: Address<"ReceivedFrameMessage">): void {
  const { state, shared, memory, needs: held } = context;
  const { bufferHandle, frameBytes, ordinal, queue, errors } = ReceivedFrameMessage.view(shared, at);
  state.frames += 1;
  state.ordinal = ordinal;
  state.bytes += frameBytes;
  const bytesAt = context.buffer(held.buffers, bufferHandle, 0, frameBytes);
  context.trace(StationTrace.frame, frameBytes < NUMBER_END ? -1 : shared.i32[(bytesAt + NUMBER_AT) >> 2], ordinal | 0);
  context.trace(StationTrace.detail, frameBytes, queue | (errors << 16));
  for (let i = 0; i < context.parameters.slow; i++) context.uptimeTicks();
  const ask = shared.u8[bytesAt + ASK_AT];
  if (ask === Ask.hold && state.held < HELD_MAX) {
    memory.i32[(state.heldAt >> 2) + state.held] = bufferHandle;
    state.held += 1;
  } else if (ask === Ask.echo) send(context, bufferHandle, frameBytes);
  else {
    const detail = shared.u16[(bytesAt + DETAIL_AT) >> 1];
    context.bufferRelease(held.buffers, bufferHandle);
    perform(context, ask, bufferHandle, detail);
  }
}

/** What is asked after the frame's own buffer went home. */
function perform(context: StationContext, ask: number, stale: number, detail: number): void {
  const { needs: held } = context;
  if (ask === Ask.releaseAll) releaseAll(context);
  else if (ask === Ask.shutdown) context.call(held.control, DriverOpcode.shutdown);
  else if (ask === Ask.callUnknown) context.call(held.control, UNKNOWN_OPCODE);
  else if (ask === Ask.sendStale) send(context, stale, 60);
  else if (ask === Ask.sendEmpty) sendFresh(context, 0);
  else if (ask === Ask.sendHuge) sendFresh(context, 5000);
  else if (ask === Ask.sendBytes) sendFresh(context, detail);
  else if (ask === Ask.sendUnknown) sendFresh(context, 60, UNKNOWN_OPCODE);
  else if (ask === Ask.sendMany) for (let i = 0; i < detail; i++) sendFresh(context, 100);
  else if (ask === Ask.sendLater) {
    context.state.later = detail;
    context.timerStart(held.ticks, SEND_LATER_TICKS, 0, SEND_BIT);
  } else if (ask === Ask.flood) while (sendFresh(context, 1514)) continue;
}

/** Sends a buffer of its own, filled with 0xa5; false if there is none, or the driver does not take it. */
function sendFresh(context: StationContext, frameBytes: number, opcode: number = DriverOpcode.transmit): boolean {
  const { needs: held, shared } = context;
  const handle = context.bufferAllocate(held.buffers);
  if (handle < 0) return false;
  const filled = Math.min(frameBytes, 2048);
  shared.fill(context.bufferForWriting(held.buffers, handle, 0, filled), filled, 0xa5);
  return send(context, handle, frameBytes, opcode);
}

function send(context: StationContext, handle: number, frameBytes: number, opcode: number = DriverOpcode.transmit): boolean {
  const { memory } = context;
  const at = context.outgoing as Address as Address<"TransmitFrameMessage">;
  memory.fill(at, TransmitFrameMessage.size, 0);
  MessageHeader.opcode.set(memory, TransmitFrameMessage.header.at(at), opcode);
  // A handle of which nothing is held would be refused with the flag, and is for the driver to judge without.
  if (context.bufferIsLive(context.needs.buffers, handle) === 1) MessageHeader.flags.set(memory, TransmitFrameMessage.header.at(at), MessageFlag.movesBuffer);
  TransmitFrameMessage.bufferHandle.set(memory, at, handle);
  TransmitFrameMessage.frameBytes.set(memory, at, frameBytes);
  if (context.sendMessage(context.needs.transmit, context.outgoing) === 0) {
    context.state.given += 1;
    return true;
  }
  context.state.refused += 1;
  context.bufferRelease(context.needs.buffers, handle);
  return false;
}

function releaseAll(context: StationContext): void {
  const { state, memory } = context;
  for (; state.held > 0; state.held -= 1) context.bufferRelease(context.needs.buffers, memory.i32[(state.heldAt >> 2) + state.held - 1]);
}

/**
 * A broadcast that asks the station for something. Its own number lies in it (`number`, any 32 bits), the other bytes
 * follow from the number.
 */
export function asking(ask: number, bytes = 60, number = 0, detail = 0): Uint8Array {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => (i * 5 + number * 11) & 0xff);
  frame.fill(0xff, 0, 6);
  frame[ASK_AT] = ask;
  const view = new DataView(frame.buffer);
  if (bytes >= NUMBER_END) view.setInt32(NUMBER_AT, number, true);
  if (bytes >= DETAIL_END) view.setUint16(DETAIL_AT, detail, true);
  return frame;
}
