/**
 * The load balancer's process. Requests come from net and are answered with one decision each; operations come from the
 * operator as calls. Everything it knows lies in its arena: `Balancer` is its state record. One that begins anew loads the
 * configuration that was accepted last.
 */

import { Errno } from "../../kernel/errno.ts";
import type { Context, Message } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import type { LbLimits } from "../limits.ts";
import { LbOpcode } from "./api.ts";
import { Balancer, balancerTypes } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { OperandReader, readerOpen } from "./codec/operand-reader.ts";
import { writerBytes, writerFailed, writerOpen, writerRewind } from "./codec/operand-writer.ts";
import { ClockBit, clockKeep, clockTick } from "./clock.ts";
import { configure } from "./config/configure.ts";
import { connectionsDropOwner } from "./connection/ending.ts";
import { ConnectionOwner } from "./connection/records.ts";
import { ControlOperation, LbErrno, controlAnswerBytesMax, controlAnswerOffset } from "./control.ts";
import { tellDecided } from "./decision.ts";
import { serveFinish, serveRetry } from "./finish.ts";
import { probesServe, serveProbed } from "./health/probe-clock.ts";
import type { KeptAddress } from "./kept-configuration.ts";
import { KeptConfiguration, keepConfiguration, keptRegionBytes } from "./kept-configuration.ts";
import { serveFlow } from "./l4/flow.ts";
import { changesVips, sessionCookieWrite, vipTableWrite } from "./l4/vip-table.ts";
import { measuresCreate } from "./metrics/measured.ts";
import { Policy } from "./policy.ts";
import type { TextAddress } from "./text.ts";
import { runOperation } from "./operations/control.ts";
import { ProbeOpcode } from "./probe-api.ts";
import { balancerReset } from "./reset.ts";
import { serveRequest } from "./requests.ts";

const needs = Object.freeze({
  requests: "region:read",
  streams: "region:read",
  buffers: "buffers:read",
  control: "region:write",
  /** The table of virtual IPs that net reads. */
  vips: "region:write",
  /** The configuration that was accepted last: kept-configuration.ts. */
  configuration: "region:write",
  decisions: "endpoint",
  ticks: "timer",
} as const);

/** Position of `decisions` among the needs: how Delivery.closed names it. */
const DECISIONS = Object.keys(needs).indexOf("decisions");

const receives = Object.freeze(["requests", "control"] as const);

export type LbContext = Context<typeof balancerTypes, typeof needs, typeof receives, LbLimits>;

export const loadBalancer = service({
  name: "load-balancer",
  state: Balancer,
  needs,
  receives,
  parameters: undefined as unknown as LbLimits,
  handle(message: Message, context: LbContext) {
    if (message.delivery === Delivery.start) return start(context);
    if (message.delivery === Delivery.notification) clockTick(context, message.bits);
    else if (message.delivery === Delivery.closed) peerClosed(context, message.data0);
    else if (message.delivery === Delivery.message) receive(message, context);
    else if (message.delivery === Delivery.sent) noteSent(context, message.status);
    tellDecided(context);
    const operated = message.delivery === Delivery.message && message.endpoint === context.receives.control;
    clockKeep(context, operated);
    if (operated || (message.delivery === Delivery.notification && (message.bits & ClockBit.probing) !== 0)) probesServe(context);
  },
});

function receive(message: Message, context: LbContext): void {
  if (message.endpoint === context.receives.control) serveOperation(message, context);
  else if (message.opcode === LbOpcode.request) serveRequest(message, context);
  else if (message.opcode === LbOpcode.finish) serveFinish(message, context);
  else if (message.opcode === LbOpcode.retry) serveRetry(message, context);
  else if (message.opcode === LbOpcode.flow) serveFlow(message, context);
  else if (message.opcode === ProbeOpcode.probed) serveProbed(message, context);
}

/** What came of a decision that waited for room. If net is gone, so is who asked. */
function noteSent(context: LbContext, status: number): void {
  if (status < 0) Balancer.undelivered.add(context.memory, context.stateAt as BalancerAddress, 1);
}

/** Whoever asked for decisions is gone: so are its connections, and what waited for it. */
function peerClosed(context: LbContext, need: number): void {
  if (need !== DECISIONS) return;
  connectionsDropOwner(context, context.stateAt as BalancerAddress, ConnectionOwner.net, context.uptimeTicks(), context.uptimeCycles());
}

function start(context: LbContext): void {
  const { memory, needs: granted } = context;
  const balancer = context.stateAt as BalancerAddress;
  Balancer.requestsBytes.set(memory, balancer, context.regionBytes(granted.requests));
  Balancer.streamsBytes.set(memory, balancer, context.regionBytes(granted.streams));
  Balancer.controlBytes.set(memory, balancer, context.regionBytes(granted.control));
  Balancer.vipsBytes.set(memory, balancer, context.regionBytes(granted.vips));
  measuresCreate(context, balancer);
  balancerReset(context, balancer);
  if (context.generation > 0) loadKept(context);
  probesServe(context);
}

/** What was accepted before is accepted again, unless there is no memory for it any more. */
function loadKept(context: LbContext): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const bytes = context.regionBytes(context.needs.configuration);
  const kept = context.spanForWriting(context.needs.configuration, 0, bytes) as KeptAddress;
  const textBytes = KeptConfiguration.textBytes.get(shared, kept);
  Balancer.nowCycle.set(memory, balancer, context.uptimeCycles());
  // Nobody asked, so nobody is answered: remarks find no room.
  writerOpen(memory, Balancer.writer.at(balancer), kept, 0);
  const sound = textBytes > 0 && keptRegionBytes(textBytes) <= bytes;
  KeptConfiguration.status.set(shared, kept, sound ? configure(context, context.parameters, balancer, shared, kept + KeptConfiguration.size, textBytes) : Errno.notFound);
  publishVips(context);
}

/** The configuration at the reader is in force; or, with 0 bytes, none is. */
function keep(context: LbContext, from: number, textBytes: number): void {
  const { shared, needs: granted } = context;
  const bytes = context.regionBytes(granted.configuration);
  keepConfiguration(shared, context.spanForWriting(granted.configuration, 0, bytes) as KeptAddress, bytes, from, textBytes);
}

/** Runs one control operation and answers the call; control.ts says where operation and answer lie. */
function serveOperation(message: Message, context: LbContext): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const controlBytes = Balancer.controlBytes.get(memory, balancer);
  const answerOffset = controlAnswerOffset(controlBytes);
  const answerBytesMax = controlAnswerBytesMax(controlBytes);
  // An operation that lay where the answer goes would be read while it is overwritten.
  const proper = message.opcode === LbOpcode.control && message.payloadOffset + message.payloadBytes <= answerOffset;
  const bytes = proper ? message.payloadBytes : 0;
  const from = context.span(context.needs.control, proper ? message.payloadOffset : 0, bytes);
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  readerOpen(memory, reader, from, bytes);
  writerOpen(memory, writer, context.spanForWriting(context.needs.control, answerOffset, answerBytesMax), answerBytesMax);
  const operation = bytes === 0 ? 0 : shared.u8[from];
  Balancer.nowCycle.set(memory, balancer, context.uptimeCycles());
  Balancer.arrivalCycle.set(memory, balancer, 0);
  let status: number = bytes === 0 ? LbErrno.badOperation : runOperation(context, context.parameters, balancer, shared);
  if (status === 0 && operation === ControlOperation.configure) keep(context, OperandReader.textAt.get(memory, reader), OperandReader.textBytes.get(memory, reader));
  if (status === 0 && operation === ControlOperation.fresh) keep(context, 0, 0);
  if (status === 0 && changesVips(operation)) publishVips(context);
  if (writerFailed(memory, writer)) {
    writerRewind(memory, writer);
    status = Errno.messageTooLarge;
  }
  Balancer.controlOperations.add(memory, balancer, 1);
  if (status < 0) Balancer.controlRefusals.add(memory, balancer, 1);
  context.reply(status, answerOffset, writerBytes(memory, writer));
}

function publishVips(context: LbContext): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const bytes = Balancer.vipsBytes.get(memory, balancer);
  const at = context.spanForWriting(context.needs.vips, 0, bytes);
  vipTableWrite(memory, Balancer.transport.at(balancer), Balancer.wantedVip.at(balancer), shared, at, bytes);
  sessionCookieWrite(memory, Policy.sessionCookie.get(memory, Balancer.policy.at(balancer)) as TextAddress, shared, at, bytes);
}
