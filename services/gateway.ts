/**
 * The gateway: lets the outside call any endpoint of a machine under construction, through the mailbox and the kernel.
 * It takes one record, calls, sends the answer out, and takes the next. A record that makes no sense is answered
 * invalidMessage, or dropped when it is too short to carry even a request id.
 */

import type { Address } from "../hal/field.ts";
import { i32, u32 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";
import { MailboxRegister, MailboxStatus } from "../hal/mailbox-registers.ts";
import { Errno } from "../kernel/errno.ts";
import type { Context, Grant, Message, NeedKind, Service } from "../kernel/service.ts";
import { Delivery, service } from "../kernel/service.ts";
import { GatewayAnswer, GatewayRequest } from "./gateway-api.ts";

/** Offsets in the region "exchange": what came in, what goes out. */
const INBOUND = 0;
const OUTBOUND = 64;
export const EXCHANGE_BYTES = 128;

const MAILBOX_BIT = 1;

const state = Object.freeze({
  /** Request under way: its id, and 1 while one is. */
  requestId: i32("identity"),
  calling: i32,
  /** 1 while an answer waits for room in the mailbox. */
  sending: i32,
  calls: u32("statistic"),
  refused: u32("statistic"),
});
const GatewayState = layout("GatewayState", state);

type GatewayNeeds = { readonly mailbox: "device"; readonly irq: "interrupt"; readonly exchange: "region:write" } & Readonly<Record<string, NeedKind>>;
type GatewayContext = Context<typeof state, GatewayNeeds, readonly []>;

/** The name of the need that leads to target number `index`. */
export function targetNeed(index: number): string {
  return `target${index}`;
}

/** A gateway with `targets` endpoints that may be called. */
export function gateway(targets: number): Service<typeof state, GatewayNeeds, readonly []> {
  const needs: Record<string, NeedKind> = { mailbox: "device", irq: "interrupt", exchange: "region:write" };
  for (let index = 0; index < targets; index++) needs[targetNeed(index)] = "endpoint";
  const names = Object.freeze(Array.from({ length: targets }, (_, index) => targetNeed(index)));
  return service({
    name: "gateway",
    state: GatewayState,
    needs: needs as GatewayNeeds,
    handle: (message, context) => handle(message, context, names),
  });
}

function handle(message: Message, context: GatewayContext, names: readonly string[]): void {
  if (message.delivery === Delivery.start) context.interruptBind(context.needs.irq, MAILBOX_BIT);
  else if (message.delivery === Delivery.reply) {
    answer(context, message.status, message);
    takeNext(context, names);
  } else if (message.delivery === Delivery.notification) {
    if (context.state.sending !== 0) send(context);
    if (context.state.sending === 0) takeNext(context, names);
  }
  // While a call is under way the line stays masked: notifications come before the reply, and would for ever.
  if (context.state.calling === 0) context.interruptAcknowledge(context.needs.irq);
}

/** Takes records until one became a call: the mailbox's line stays high while more wait. */
function takeNext(context: GatewayContext, names: readonly string[]): void {
  const { needs, state, shared } = context;
  while (state.calling === 0 && state.sending === 0) {
    const waiting = context.registerRead(needs.mailbox, MailboxRegister.inboundBytes);
    if (waiting === 0) return;
    context.registerWrite(needs.mailbox, MailboxRegister.inboundAddress, context.regionDeviceAddress(needs.exchange, INBOUND));
    context.registerWrite(needs.mailbox, MailboxRegister.take, Math.min(waiting, GatewayRequest.size));
    if (waiting < 4) {
      state.refused += 1;
      continue;
    }
    const request = context.span(needs.exchange, INBOUND, GatewayRequest.size) as Address<"GatewayRequest">;
    state.requestId = GatewayRequest.requestId.get(shared, request);
    const status = waiting === GatewayRequest.size ? callTarget(context, names, request) : Errno.invalidMessage;
    if (status === Errno.ok) state.calling = 1;
    else answer(context, status, null);
  }
}

function callTarget(context: GatewayContext, names: readonly string[], request: Address<"GatewayRequest">): number {
  const { shared } = context;
  const name = names[GatewayRequest.target.get(shared, request)];
  if (name === undefined) return Errno.endpointNotFound;
  // A word of 2^53 or more is a number that this side cannot say; the outside is told, not the machine stopped.
  for (const field of [GatewayRequest.data0, GatewayRequest.data1, GatewayRequest.data2, GatewayRequest.data3]) {
    if (field.high(shared, request) >>> 21 !== 0) return Errno.invalidArgument;
  }
  context.state.calls += 1;
  return context.call(
    context.needs[name] as Grant<"endpoint">,
    GatewayRequest.opcode.get(shared, request),
    GatewayRequest.data0.get(shared, request),
    GatewayRequest.data1.get(shared, request),
    GatewayRequest.data2.get(shared, request),
    GatewayRequest.data3.get(shared, request),
  );
}

function answer(context: GatewayContext, status: number, reply: Message | null): void {
  const { needs, state, shared } = context;
  const out = context.spanForWriting(needs.exchange, OUTBOUND, GatewayAnswer.size) as Address<"GatewayAnswer">;
  GatewayAnswer.requestId.set(shared, out, state.requestId);
  GatewayAnswer.status.set(shared, out, status);
  GatewayAnswer.data0.set(shared, out, reply === null ? 0 : reply.data0);
  GatewayAnswer.data1.set(shared, out, reply === null ? 0 : reply.data1);
  GatewayAnswer.data2.set(shared, out, reply === null ? 0 : reply.data2);
  GatewayAnswer.data3.set(shared, out, reply === null ? 0 : reply.data3);
  if (status !== Errno.ok) state.refused += 1;
  state.calling = 0;
  send(context);
}

/** Without room the mailbox raises its line as soon as the outside has taken something. */
function send(context: GatewayContext): void {
  const { needs, state } = context;
  context.registerWrite(needs.mailbox, MailboxRegister.outboundAddress, context.regionDeviceAddress(needs.exchange, OUTBOUND));
  context.registerWrite(needs.mailbox, MailboxRegister.send, GatewayAnswer.size);
  state.sending = context.registerRead(needs.mailbox, MailboxRegister.status) === MailboxStatus.noRoom ? 1 : 0;
}
