/**
 * LbOpcode.finish and retry: net says that a connection which a decision named is over. Words that name none are counted and
 * change nothing; a retry is answered all the same.
 */

import type { Address } from "../../hal/field.ts";
import { SmallMessage } from "../../kernel/message.ts";
import type { Message } from "../../kernel/service.ts";
import { ConnectionEnd, Outcome } from "./api.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { connectionFind } from "./connection/connection-table.ts";
import { END_RETRY, choiceForget, closeConnection } from "./connection/ending.ts";
import { Connection, ConnectionOwner } from "./connection/records.ts";
import { LbErrno } from "./control.ts";
import { sendDecision } from "./decision.ts";
import type { LbContext } from "./service.ts";

export function serveFinish(message: Message, context: LbContext): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const connection = SmallMessage.data0.low(shared, message.at);
  const end = SmallMessage.data1.low(shared, message.at) === ConnectionEnd.failed ? ConnectionEnd.failed : ConnectionEnd.finished;
  if (isNets(context, connection)) closeConnection(context, balancer, connection, end, -1, context.uptimeTicks(), context.uptimeCycles());
  else Balancer.strayFinishes.add(memory, balancer, 1);
}

export function serveRetry(message: Message, context: LbContext): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const connection = SmallMessage.data0.low(shared, message.at);
  const requestId = SmallMessage.data1.low(shared, message.at);
  choiceForget(memory, balancer);
  let status: number = LbErrno.connectionNotFound;
  if (isNets(context, connection)) status = closeConnection(context, balancer, connection, END_RETRY, -1, context.uptimeTicks(), context.uptimeCycles());
  else Balancer.strayFinishes.add(memory, balancer, 1);
  const outcome = status === 0 ? Outcome.routed : Outcome.noHealthyBackend;
  if (sendDecision(context, requestId, outcome) === 0) return;
  Balancer.undelivered.add(memory, balancer, 1);
  const chosen = Balancer.chosenConnection.get(memory, balancer);
  if (chosen !== 0) closeConnection(context, balancer, chosen, ConnectionEnd.finished, 0, context.uptimeTicks(), context.uptimeCycles());
}

/** Net ends what net has opened: the operator's connections are not its affair. */
function isNets({ memory, stateAt }: LbContext, connection: number): boolean {
  const found = connectionFind(memory, stateAt as BalancerAddress, connection);
  return found !== 0 && Connection.owner.get(memory, found as Address<"Connection">) === ConnectionOwner.net;
}
