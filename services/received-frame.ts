/** The message by which a driver of any kind hands a received frame to net; shared by the drivers. */

import type { Address } from "../hal/field.ts";
import type { Memory } from "../hal/memory.ts";
import { MessageFlag, MessageHeader } from "../kernel/message.ts";
import { DriverOpcode, ReceivedFrameMessage } from "./driver-api.ts";

/** Fills the outgoing record at `at`: the buffer goes along with it. `status` and `errors` are the descriptor's, 0 where a device has none. */
export function writeReceivedFrame(memory: Memory, at: number, handle: number, frameBytes: number, queue: number, ordinal: number, status: number, errors: number): void {
  const message = at as Address as Address<"ReceivedFrameMessage">;
  const header = ReceivedFrameMessage.header.at(message);
  MessageHeader.capability.setWords(memory, header, 0, 0);
  MessageHeader.opcode.set(memory, header, DriverOpcode.received);
  MessageHeader.flags.set(memory, header, MessageFlag.movesBuffer);
  ReceivedFrameMessage.bufferHandle.set(memory, message, handle);
  ReceivedFrameMessage.frameBytes.set(memory, message, frameBytes);
  ReceivedFrameMessage.queue.set(memory, message, queue);
  ReceivedFrameMessage.ordinal.set(memory, message, ordinal);
  ReceivedFrameMessage.errors.set(memory, message, errors);
  ReceivedFrameMessage.status.set(memory, message, status);
  ReceivedFrameMessage.reserved0.set(memory, message, 0);
  ReceivedFrameMessage.reserved1.set(memory, message, 0);
  ReceivedFrameMessage.reserved2.set(memory, message, 0);
  ReceivedFrameMessage.reserved3.set(memory, message, 0);
  ReceivedFrameMessage.reserved4.set(memory, message, 0);
}
