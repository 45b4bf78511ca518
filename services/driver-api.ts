/**
 * What a NIC driver and net say to each other; the same for every driver.
 *
 * A buffer travels as a handle, and its reference with it (MessageFlag.movesBuffer). driver -> net passes the driver's
 * reference: net (or whoever net gives it to) releases it. net -> driver passes net's reference: the driver releases it
 * once the device has sent the frame, or when it cannot be sent (the driver then counts it). A message that is dropped
 * takes its reference home; one whose sender ended arrives without it, and is left aside.
 */

import { i32, nested, u16, u32, u8 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";
import { MessageHeader, SMALL_MESSAGE_BYTES } from "../kernel/message.ts";

export const DriverOpcode = Object.freeze({
  /** driver -> net, ReceivedFrameMessage. */
  received: 1,
  /** net -> driver, TransmitFrameMessage. */
  transmit: 2,
  /** operator -> driver, a call: disable and reset the device, take all buffers home. Answers 0. */
  shutdown: 3,
});

/** Ordinals of one generation of a driver: more frames than that between two restarts would share some with the next. */
export const FIRST_ORDINALS = 1 << 24;

export const ReceivedFrameMessage = layout("ReceivedFrameMessage", SMALL_MESSAGE_BYTES, {
  header: nested(MessageHeader),
  /** Where movesBuffer wants it: the low word of data0. */
  bufferHandle: i32,
  /** Bytes of frame in the buffer from offset 0, without the FCS. */
  frameBytes: u16,
  queue: u16,
  /**
   * How many frames this queue received before, in descriptor order, plus 1; wraps at 2^32. A driver that was begun anew
   * counts from FIRST_ORDINALS times its generation: frames of the one before that are still under way keep their own. One
   * that resets its device counts on, and leaves out no frame that the device had finished.
   */
  ordinal: u32("identity"),
  /** Errors byte of the descriptor: 0 for a good frame. */
  errors: u8,
  status: u8,
  reserved0: u16,
  reserved1: u32,
  reserved2: u32,
  reserved3: u32,
  reserved4: u32,
});

export const TransmitFrameMessage = layout("TransmitFrameMessage", SMALL_MESSAGE_BYTES, {
  header: nested(MessageHeader),
  bufferHandle: i32,
  frameBytes: u16,
  queue: u16,
  reserved0: u32,
  reserved1: u32,
  reserved2: u32,
  reserved3: u32,
  reserved4: u32,
  reserved5: u32,
});
