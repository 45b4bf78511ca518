/**
 * The foreman: reads orders from the mailbox and hands each on as a message. He waits for nobody: an order for which there
 * is no room is forgotten. A record is a GatewayRequest: target, opcode, data0.
 */

import type { Address } from "../../hal/field.ts";
import { u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { MailboxRegister } from "../../hal/mailbox-registers.ts";
import type { Context, Grant, NeedKind } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import { targetNeed } from "../../services/gateway.ts";
import { GatewayRequest } from "../../services/gateway-api.ts";

const MAILBOX_BIT = 1;
const INBOUND = 0;

const state = Object.freeze({
  handedOn: u32("statistic"),
  forgotten: u32("statistic"),
});

type ForemanContext = Context<typeof state, Readonly<Record<string, NeedKind>>, readonly string[], unknown>;

/** A foreman of `targets` endpoints, the needs target0 and so on. */
export function foreman(targets: number): ReturnType<typeof service> {
  const needs: Record<string, NeedKind> = { mailbox: "device", irq: "interrupt", exchange: "region:write" };
  for (let index = 0; index < targets; index++) needs[targetNeed(index)] = "endpoint";
  const names = Object.freeze(Array.from({ length: targets }, (_, index) => targetNeed(index)));
  return service({
    name: "foreman",
    state: layout("ForemanState", state),
    needs,
    handle: (message, given) => {
      const context = given as unknown as ForemanContext;
      if (message.delivery === Delivery.start) context.interruptBind(context.needs["irq"] as Grant<"interrupt">, MAILBOX_BIT);
      else if (message.delivery === Delivery.notification) takeAll(context, names);
      context.interruptAcknowledge(context.needs["irq"] as Grant<"interrupt">);
    },
  }) as unknown as ReturnType<typeof service>;
}

function takeAll(context: ForemanContext, names: readonly string[]): void {
  const { needs, shared } = context;
  const [mailbox, exchange] = [needs["mailbox"] as Grant<"device">, needs["exchange"] as Grant<"region:write">];
  for (let waiting = context.registerRead(mailbox, MailboxRegister.inboundBytes); waiting > 0; waiting = context.registerRead(mailbox, MailboxRegister.inboundBytes)) {
    context.registerWrite(mailbox, MailboxRegister.inboundAddress, context.regionDeviceAddress(exchange, INBOUND));
    context.registerWrite(mailbox, MailboxRegister.take, Math.min(waiting, GatewayRequest.size));
    if (waiting !== GatewayRequest.size) continue;
    const order = context.span(exchange, INBOUND, GatewayRequest.size) as Address<"GatewayRequest">;
    const name = names[GatewayRequest.target.get(shared, order)];
    const sent = name === undefined ? -1 : context.send(needs[name] as Grant<"endpoint">, GatewayRequest.opcode.get(shared, order), GatewayRequest.data0.get(shared, order));
    if (sent === 0) context.state.handedOn += 1;
    else context.state.forgotten += 1;
  }
}
