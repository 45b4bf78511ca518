/**
 * A visitor: a client of the name server. It has no right to whom it visits until the answer to its look-up brings one.
 * It shows how a service waits: a call takes effect when the handler returns, the answer is the next thing that comes,
 * and what must be remembered in between is in the state record.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Context, Grant, Message } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { NameOpcode } from "./name-server-api.ts";
import { VisitEnd, VisitorOpcode } from "./visitor-api.ts";
import { holdsNumbers } from "./words.ts";

const state = Object.freeze({
  /** One of VisitEnd. */
  end: i32,
  /** 1 while the name server is asked, 0 while its answer's right is used. */
  asking: i32,
  status: i32,
  reserved: i32,
  /** What is sent, and what came back. */
  number: u64,
  /** The right that the last look-up brought: the token's 64 bits, nothing else. */
  token: u64("identity"),
});
const VisitorState = layout("VisitorState", state);

const needs = Object.freeze({ names: "endpoint" });
type VisitorContext = Context<typeof state, typeof needs, readonly ["requests"]>;

export const visitor = service({
  name: "visitor",
  state: VisitorState,
  needs,
  receives: ["requests"],
  handle(message, context) {
    if (message.delivery === Delivery.message) answer(message, context);
    else if (message.delivery === Delivery.reply) {
      if (context.state.asking === 1) enter(message, context);
      else leave(context, message.status === Errno.ok ? VisitEnd.answered : VisitEnd.refused, message.status, message.data0);
    }
  },
});

function answer(message: Message, context: VisitorContext): void {
  const { state } = context;
  if (!holdsNumbers(context.shared, message.at)) return void context.reply(Errno.invalidArgument);
  switch (message.opcode) {
    case VisitorOpcode.visit:
      state.number = message.data2;
      state.asking = 1;
      state.end = VisitEnd.underWay;
      context.reply(Errno.ok);
      return leaveIfRefused(context, context.call(context.needs.names, NameOpcode.lookUp, message.data0, message.data1));
    case VisitorOpcode.again:
      state.number = message.data2;
      context.reply(Errno.ok);
      return callFound(context);
    case VisitorOpcode.ask:
      return void context.reply(Errno.ok, state.end, -state.status, state.number);
    default:
      return void context.reply(Errno.invalidMessage);
  }
}

/** The name server has answered: the right that came is kept in place of the last one, and used. */
function enter(message: Message, context: VisitorContext): void {
  context.state.asking = 0;
  if (message.status !== Errno.ok) return leave(context, VisitEnd.notFound, message.status, 0);
  context.capabilityDelete(token(context));
  const taken = context.capabilityTake(token(context));
  if (taken !== Errno.ok) return leave(context, VisitEnd.notFound, taken, 0);
  callFound(context);
}

function callFound(context: VisitorContext): void {
  context.state.asking = 0;
  context.state.end = VisitEnd.underWay;
  leaveIfRefused(context, context.call(token(context) as Grant as Grant<"endpoint">, VisitorOpcode.visit, context.state.number));
}

function leaveIfRefused(context: VisitorContext, status: number): void {
  if (status !== Errno.ok) leave(context, VisitEnd.refused, status, 0);
}

function leave({ state }: VisitorContext, end: number, status: number, number: number): void {
  state.end = end;
  state.status = status;
  state.number = number;
}

/** A grant is the address of a token in one's own memory, wherever one likes to keep it. */
function token(context: VisitorContext): Grant {
  return VisitorState.token.offset + context.stateAt as Address<"Token"> as Grant;
}
