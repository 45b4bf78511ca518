/** What the proxy keeps of the request that a client has at hand. */

import type { Address } from "../../../hal/field.ts";
import { arenaFree } from "../../../kernel/arena.ts";
import { BodyFraming, BodyPhase } from "../http/body.ts";
import { NO_REQUEST, PendingRequest } from "../request-table.ts";
import { closeRequest } from "../request.ts";
import type { NetContext } from "../state.ts";
import { streamsOf } from "../state.ts";
import { limitClient } from "./due.ts";
import type { ClientAddress } from "./records.ts";
import { ProxyClient } from "./records.ts";
import { limitsOf, nowTick } from "./state.ts";

type Pending = Address<"PendingRequest">;

/** The request at hand is kept no longer: its descriptor, its copy of the head, its slot. */
export function dropPending(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const pending = ProxyClient.pending.get(memory, client) as Pending;
  if (pending === NO_REQUEST) return;
  ProxyClient.pending.set(memory, client, 0);
  freePending(context, pending);
}

export function freePending(context: NetContext, pending: Pending): void {
  arenaFree(context.shared, streamsOf(context), streamsOf(context) + PendingRequest.holder.get(context.memory, pending));
  closeRequest(context, pending);
}

/** Whether the request at hand has a body of which some has not been read, or whose end cannot be told any more. */
export function hasBody(context: NetContext, client: ClientAddress): boolean {
  return BodyFraming.phase.get(context.memory, ProxyClient.body.at(client)) !== BodyPhase.done;
}

/** Something of the exchange has moved: its time begins anew. */
export function noteMoved(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  ProxyClient.movedTick.set(memory, client, nowTick(context));
  limitClient(context, client, limitsOf(context).responseTicks);
}
