/**
 * Loopback: the smallest network device there is, as a service. What is sent to it comes back from it, in the order in
 * which it was sent. A frame is four words here; eight wait at most.
 */

import { i32, u64 } from "../../hal/field.ts";
import type { Address } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Context, Message } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { LoopbackOpcode } from "./loopback-api.ts";
import { holdsNumbers } from "./words.ts";

export const LOOPBACK_FRAMES_MAX = 8;

export const LoopbackFrame = layout("LoopbackFrame", 32, { word0: u64, word1: u64, word2: u64, word3: u64 });

const state = Object.freeze({
  /** Of the table of frames in the heap. */
  frames: i32,
  count: i32,
});

export interface LoopbackParameters {
  /** Which of `count` frames that wait, the oldest is 0, comes back next; absent: the oldest. For experiments. */
  readonly parts?: { readonly name: string; readonly next: (count: number) => number };
}

type LoopbackContext = Context<typeof state, Readonly<Record<never, never>>, readonly ["frames"], LoopbackParameters | undefined>;

export const loopback = service({
  name: "loopback",
  state: layout("LoopbackState", state),
  receives: ["frames"],
  parameters: undefined as unknown as LoopbackParameters | undefined,
  handle(message, context: LoopbackContext) {
    if (message.delivery === Delivery.start) {
      context.state.frames = context.allocate(LOOPBACK_FRAMES_MAX * LoopbackFrame.size);
      if (context.state.frames < 0) context.exit();
    } else if (message.delivery === Delivery.message) attend(message, context);
  },
});

function attend(message: Message, context: LoopbackContext): void {
  if (message.opcode === LoopbackOpcode.transmit) context.reply(holdsNumbers(context.shared, message.at) ? transmit(message, context) : Errno.invalidArgument);
  else if (message.opcode === LoopbackOpcode.receive) receive(context);
  else context.reply(Errno.invalidMessage);
}

function transmit(message: Message, context: LoopbackContext): number {
  const { state: own, memory } = context;
  if (own.count === LOOPBACK_FRAMES_MAX) return Errno.channelFull;
  const at = frameAt(context, own.count);
  LoopbackFrame.word0.set(memory, at, message.data0);
  LoopbackFrame.word1.set(memory, at, message.data1);
  LoopbackFrame.word2.set(memory, at, message.data2);
  LoopbackFrame.word3.set(memory, at, message.data3);
  own.count += 1;
  return Errno.ok;
}

/** Answers the next frame, and closes the gap that it leaves: the others keep their order. */
function receive(context: LoopbackContext): void {
  const { state: own, memory, parameters } = context;
  if (own.count === 0) {
    context.reply(Errno.channelEmpty);
    return;
  }
  const next = parameters?.parts?.next(own.count) ?? 0;
  const at = frameAt(context, next);
  context.reply(Errno.ok, LoopbackFrame.word0.get(memory, at), LoopbackFrame.word1.get(memory, at), LoopbackFrame.word2.get(memory, at), LoopbackFrame.word3.get(memory, at));
  memory.copy(at, at + LoopbackFrame.size, (own.count - 1 - next) * LoopbackFrame.size);
  own.count -= 1;
}

function frameAt({ state: own }: LoopbackContext, index: number): Address<"LoopbackFrame"> {
  return (own.frames + index * LoopbackFrame.size) as Address<"LoopbackFrame">;
}
