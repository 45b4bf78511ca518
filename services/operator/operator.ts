/**
 * The operator: the only process that reads the mailbox, and the outside's voice inside. It takes one record at a time,
 * makes the call that the record asks for, sends the answer out, and takes the next. Every record is answered, a wrong
 * one with an errno; only what the mailbox cannot copy for want of an IOMMU grant is counted as lost.
 *
 * Records are copied by the mailbox into the region "control" so that the payload lies right behind the LargeMessage
 * header of the call (services/lb/control.ts has the map): no byte is copied twice.
 *
 * The interrupt stays masked while a call is under way or an answer waits for nothing but its reply; it is acknowledged
 * when the operator has nothing more to do, and a line that is still high then comes back as the next notification.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { MailboxRegister, MailboxStatus } from "../../hal/mailbox-registers.ts";
import { Errno } from "../../kernel/errno.ts";
import { LargeMessage } from "../../kernel/message.ts";
import type { Context, Message } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { DriverOpcode } from "../driver-api.ts";
import { LbOpcode } from "../lb/api.ts";
import { CONTROL_REQUEST_OFFSET, controlAnswerBytesMax, controlAnswerOffset, controlRequestBytesMax } from "../lb/control.ts";
import { NetOpcode } from "../net/api.ts";
import { MailboxAnswer, MailboxRequest, OperatorTarget } from "../operator-api.ts";

const Phase = Object.freeze({
  idle: 0,
  /** Called lb's `control`. */
  balancer: 1,
  /** Called net's `control`; the driver's comes next. */
  net: 2,
  driver: 3,
  /** The answer is ready and the outbound ring is full. */
  holding: 4,
  /** Called net's `control`, and nobody comes next. */
  drain: 5,
});

const stateTypes = Object.freeze({
  /** One of Phase. */
  phase: i32,
  /** Of the record in hand. */
  requestId: i32("identity"),
  /** What its answer will say: the first thing that went wrong, or 0. */
  status: i32,
  /** Bytes of lb's answer, at controlAnswerOffset(). */
  answerBytes: i32,
  taken: u32("statistic"),
  answered: u32("statistic"),
  /** Records and answers that the mailbox could not copy. */
  lost: u32("statistic"),
});

export const OperatorState = layout("OperatorState", stateTypes);

const needs = Object.freeze({
  mailbox: "device",
  interrupt: "interrupt",
  control: "region:write",
  balancer: "endpoint",
  net: "endpoint",
  driver: "endpoint",
} as const);

type OperatorContext = Context<typeof stateTypes, typeof needs, readonly []>;

/** The notification of the mailbox's line. */
const MAILBOX_BIT = 1;

/** Records answered in one run of the handler: a flood of wrong ones does not keep the processor. */
const RECORDS_A_RUN = 8;

/** Where a record is copied to: its payload then lies behind the LargeMessage header. */
const RECORD_OFFSET = CONTROL_REQUEST_OFFSET + LargeMessage.size - MailboxRequest.size;

export const operator = service({
  name: "operator",
  state: OperatorState,
  needs,
  handle(message: Message, context: OperatorContext) {
    switch (message.delivery) {
      case Delivery.start:
        context.interruptBind(context.needs.interrupt, MAILBOX_BIT);
        return;
      case Delivery.notification:
        if (context.state.phase === Phase.holding) sendAnswer(context);
        serve(context);
        return;
      case Delivery.reply:
        takeReply(message, context);
        serve(context);
        return;
    }
  },
});

/** Takes records while nothing is under way. */
function serve(context: OperatorContext): void {
  const state = context.state;
  for (let taken = 0; taken < RECORDS_A_RUN && state.phase === Phase.idle; taken++) {
    const recordBytes = context.registerRead(context.needs.mailbox, MailboxRegister.inboundBytes);
    if (recordBytes === 0) break;
    begin(context, recordBytes);
  }
  if (state.phase === Phase.idle || state.phase === Phase.holding) context.interruptAcknowledge(context.needs.interrupt);
}

/** Takes the first record; afterwards a call is under way, or the record is answered. */
function begin(context: OperatorContext, recordBytes: number): void {
  const state = context.state;
  state.requestId = 0;
  state.status = Errno.ok;
  state.answerBytes = 0;
  if (takeRecord(context, recordBytes)) follow(context, recordBytes);
  if (state.phase === Phase.idle) sendAnswer(context);
}

/** What the answer says is the first thing that went wrong. */
function note(context: OperatorContext, status: number): void {
  if (context.state.status === Errno.ok) context.state.status = status;
}

/** Has the mailbox copy the record, or as much of it as there is room for, and drop it. False if it could not. */
function takeRecord(context: OperatorContext, recordBytes: number): boolean {
  const { mailbox, control } = context.needs;
  const room = MailboxRequest.size + controlRequestBytesMax(context.regionBytes(control));
  context.registerWrite(mailbox, MailboxRegister.inboundAddress, context.regionDeviceAddress(control, RECORD_OFFSET));
  context.registerWrite(mailbox, MailboxRegister.take, Math.min(recordBytes, room));
  context.state.taken += 1;
  if (context.registerRead(mailbox, MailboxRegister.status) === MailboxStatus.ok) return true;
  context.registerWrite(mailbox, MailboxRegister.take, 0);
  context.state.lost += 1;
  note(context, Errno.invalidMemoryRegion);
  return false;
}

/** Reads the record's header and makes its call, or notes why there is none to make. */
function follow(context: OperatorContext, recordBytes: number): void {
  const { control } = context.needs;
  if (recordBytes < MailboxRequest.size) return note(context, Errno.invalidMessage);
  const at = context.span(control, RECORD_OFFSET, MailboxRequest.size) as Address<"MailboxRequest">;
  const target = MailboxRequest.target.get(context.shared, at);
  const payloadBytes = MailboxRequest.payloadBytes.get(context.shared, at);
  context.state.requestId = MailboxRequest.requestId.get(context.shared, at);
  if (payloadBytes !== recordBytes - MailboxRequest.size) return note(context, Errno.invalidMessage);
  if (payloadBytes > controlRequestBytesMax(context.regionBytes(control))) return note(context, Errno.messageTooLarge);
  if (target === OperatorTarget.loadBalancer) callBalancer(context, payloadBytes);
  else if (target !== OperatorTarget.shutdown && target !== OperatorTarget.drain) note(context, Errno.notFound);
  else if (payloadBytes !== 0) note(context, Errno.invalidMessage);
  else if (target === OperatorTarget.shutdown) callNet(context);
  else callDrain(context);
}

function callDrain(context: OperatorContext): void {
  const refused = context.call(context.needs.net, NetOpcode.drain);
  if (refused === Errno.ok) context.state.phase = Phase.drain;
  else note(context, refused);
}

function callBalancer(context: OperatorContext, payloadBytes: number): void {
  const { balancer, control } = context.needs;
  const refused = context.callLarge(balancer, LbOpcode.control, control, CONTROL_REQUEST_OFFSET, payloadBytes);
  if (refused === Errno.ok) context.state.phase = Phase.balancer;
  else note(context, refused);
}

/** Shutdown, first half. A net that is gone does not keep the driver from stopping its device. */
function callNet(context: OperatorContext): void {
  const refused = context.call(context.needs.net, NetOpcode.shutdown);
  if (refused === Errno.ok) context.state.phase = Phase.net;
  else {
    note(context, refused);
    callDriver(context);
  }
}

/** Shutdown, second half. */
function callDriver(context: OperatorContext): void {
  const refused = context.call(context.needs.driver, DriverOpcode.shutdown);
  if (refused === Errno.ok) context.state.phase = Phase.driver;
  else note(context, refused);
}

function takeReply(message: Message, context: OperatorContext): void {
  const state = context.state;
  const phase = state.phase;
  state.phase = Phase.idle;
  note(context, message.status);
  if (phase === Phase.balancer) acceptAnswer(context, message.data0, message.data1);
  if (phase === Phase.net) callDriver(context);
  if (state.phase === Phase.idle) sendAnswer(context);
}

/** lb's answer must lie where the region's map says; anything else is not passed on. */
function acceptAnswer(context: OperatorContext, offset: number, answerBytes: number): void {
  const regionBytes = context.regionBytes(context.needs.control);
  if (answerBytes === 0) return;
  if (offset === controlAnswerOffset(regionBytes) && answerBytes <= controlAnswerBytesMax(regionBytes)) context.state.answerBytes = answerBytes;
  else context.state.status = Errno.invalidMessage;
}

/** Sends what the state says; afterwards the operator is idle, or holds the answer until there is room. */
function sendAnswer(context: OperatorContext): void {
  const state = context.state;
  state.phase = Phase.idle;
  let sent = trySend(context);
  if (sent === MailboxStatus.tooLong) {
    state.status = Errno.messageTooLarge;
    state.answerBytes = 0;
    sent = trySend(context);
  }
  if (sent === MailboxStatus.ok) state.answered += 1;
  else if (sent === MailboxStatus.noRoom) state.phase = Phase.holding;
  else state.lost += 1;
}

function trySend(context: OperatorContext): number {
  const state = context.state;
  const { mailbox, control } = context.needs;
  const offset = controlAnswerOffset(context.regionBytes(control)) - MailboxAnswer.size;
  const at = context.spanForWriting(control, offset, MailboxAnswer.size) as Address<"MailboxAnswer">;
  MailboxAnswer.requestId.set(context.shared, at, state.requestId);
  MailboxAnswer.status.set(context.shared, at, state.status);
  MailboxAnswer.payloadBytes.set(context.shared, at, state.answerBytes);
  MailboxAnswer.reserved.set(context.shared, at, 0);
  context.registerWrite(mailbox, MailboxRegister.outboundAddress, context.regionDeviceAddress(control, offset));
  context.registerWrite(mailbox, MailboxRegister.send, MailboxAnswer.size + state.answerBytes);
  return context.registerRead(mailbox, MailboxRegister.status);
}
