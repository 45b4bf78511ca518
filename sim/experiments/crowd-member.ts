/**
 * A member of the crowd: a process that does what it is told, one small thing at a time, and remembers just enough to do
 * things wrong as well: a token that it gave up, a buffer that it freed. Orders come to `orders`; what members
 * have to do with each other goes to `inbox`, and what any of them may do to the `desk`, which some of them share.
 */

import { i32, u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Context, Grant, Message, NeedKind } from "../../kernel/service.ts";
import { Delivery, Right, service } from "../../kernel/service.ts";
import { LoopbackOpcode } from "../../services/examples/loopback-api.ts";
import { Order } from "../faults/client/orders.ts";

export const MEMBERS = 4;
/** Members who share the desk; the last one does not. */
export const CLERKS = MEMBERS - 1;

const state = Object.freeze({
  /** The right that was derived last, and a note of its token. */
  token: u64,
  note: u64,
  guessed: u64,
  /** Handle of the buffer that was taken last; 0 for none. */
  buffer: i32,
  /** Number of what is said next: no two messages are alike. */
  said: u32,
});
export const MemberState = layout("MemberState", state);

type MemberNeeds = Readonly<Record<string, NeedKind>>;
type MemberContext = Context<typeof state, MemberNeeds, readonly string[], unknown>;

const REST_TICKS = 6;
const WAIT_TICKS = 3;
const TIMER_TICKS = 3;
const TIMERS = 4;
const BATCH = 4;
const MORE = 3;
const DERIVED_RIGHTS = Right.write | Right.create | Right.delete;

/** The need that leads to peer number `peer`. */
export function peerNeed(peer: number): string {
  return `peer${peer}`;
}

const needs: Record<string, NeedKind> = { clock: "timer", frames: "buffers:write", desk: "endpoint", device: "endpoint" };

/** Member number `self`; clerks receive from the desk as well. */
export function crowdMember(self: number): ReturnType<typeof service> {
  const peers = Array.from({ length: MEMBERS }, (_, peer) => peer).filter((peer) => peer !== self);
  return service({
    name: `member${self}`,
    state: MemberState,
    needs: { ...needs, ...Object.fromEntries(peers.map((peer) => [peerNeed(peer), "endpoint" as const])) },
    receives: self < CLERKS ? ["orders", "inbox", "desk"] : ["orders", "inbox"],
    handle: (message, context) => attend(message, context as unknown as MemberContext, peers),
  }) as unknown as ReturnType<typeof service>;
}

function attend(message: Message, context: MemberContext, peers: readonly number[]): void {
  if (message.delivery !== Delivery.message) return;
  if (message.endpoint !== context.receives["orders"]) {
    // A question is answered; what was only told is not.
    context.reply(0, message.data0 + 1);
    return;
  }
  const peer = context.needs[peerNeed(peers[message.data0 % peers.length]!)] as Grant<"endpoint">;
  obey(context, message.opcode, peer, message.data0);
}

function obey(context: MemberContext, order: number, peer: Grant<"endpoint">, number: number): void {
  switch (order) {
    case Order.tell:
      return say(context, peer, 1);
    case Order.tellMore:
      return say(context, peer, MORE);
    case Order.ask:
      return void context.call(peer, Order.ask, next(context));
    case Order.rest:
      return void context.sleep(REST_TICKS);
    case Order.wait:
      return void context.waitAtMost(WAIT_TICKS);
    case Order.batch:
      for (let i = 0; i < BATCH; i++) context.batchAdd(Order.batch, next(context));
      return void context.batchFlush(peer);
    case Order.desk:
      return say(context, context.needs["desk"] as Grant<"endpoint">, 1);
    case Order.arm:
      for (let i = 0; i < TIMERS; i++) context.timerStart(context.needs["clock"] as Grant<"timer">, TIMER_TICKS, 0, 1 << i);
      return;
    case Order.take:
      context.state.buffer = Math.max(0, context.bufferAllocate(context.needs["frames"] as Grant<"buffers:write">));
      return;
    case Order.free:
      return void context.bufferRelease(context.needs["frames"] as Grant<"buffers:write">, context.state.buffer);
    case Order.put:
      return void context.call(context.needs["device"] as Grant<"endpoint">, LoopbackOpcode.transmit, next(context));
    case Order.get:
      return void context.call(context.needs["device"] as Grant<"endpoint">, LoopbackOpcode.receive);
    case Order.end:
      return context.exit();
    default:
      return useRights(context, order, peer, number);
  }
}

function useRights(context: MemberContext, order: number, peer: Grant<"endpoint">, number: number): void {
  const { memory, stateAt } = context;
  switch (order) {
    case Order.derive:
      if (context.capabilityDerive(peer, DERIVED_RIGHTS, tokenAt(context, "token")) === 0) MemberState.note.setWords(memory, stateAt, MemberState.token.low(memory, stateAt), MemberState.token.high(memory, stateAt));
      return;
    case Order.giveUp:
      return void context.capabilityDelete(tokenAt(context, "token"));
    case Order.useNote:
      return void context.send(tokenAt(context, "note"), Order.useNote, next(context));
    case Order.guess:
    case Order.guessCall:
      MemberState.guessed.setWords(memory, stateAt, 1 + number, 0);
      return void (order === Order.guess ? context.send(tokenAt(context, "guessed"), order, next(context)) : context.call(tokenAt(context, "guessed"), order, next(context)));
    default:
      return;
  }
}

function say(context: MemberContext, to: Grant<"endpoint">, times: number): void {
  for (let i = 0; i < times; i++) context.send(to, Order.tell, next(context));
}

function next(context: MemberContext): number {
  context.state.said += 1;
  return context.state.said;
}

/** Where the state holds a token: a grant like any other, whatever is in it. */
function tokenAt(context: MemberContext, field: "token" | "note" | "guessed"): Grant<"endpoint"> {
  return ((context.stateAt as number) + MemberState[field].offset) as Grant<"endpoint">;
}
