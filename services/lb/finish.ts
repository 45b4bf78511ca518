/** LbOpcode.finish: net says that a connection which a decision named is over. Words that name none are counted and change nothing. */

import { SmallMessage } from "../../kernel/message.ts";
import type { Message } from "../../kernel/service.ts";
import { ConnectionEnd } from "./api.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { connectionFind } from "./connection/connection-table.ts";
import { closeConnection } from "./connection/ending.ts";
import { Connection, ConnectionOwner } from "./connection/records.ts";
import type { LbContext } from "./service.ts";

export function serveFinish(message: Message, context: LbContext): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const connection = SmallMessage.data0.low(shared, message.at);
  const end = SmallMessage.data1.low(shared, message.at) === ConnectionEnd.failed ? ConnectionEnd.failed : ConnectionEnd.finished;
  const found = connectionFind(memory, balancer, connection);
  // Net ends what net has opened: the operator's connections are not its affair.
  const own = found !== 0 && Connection.owner.get(memory, found) === ConnectionOwner.net;
  if (own) closeConnection(context, balancer, connection, end, -1, context.uptimeTicks(), context.uptimeCycles());
  else Balancer.strayFinishes.add(memory, balancer, 1);
}
