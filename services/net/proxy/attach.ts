/** A request is given to a backend: over a connection that is there, or over one that opens. */

import type { Address } from "../../../hal/field.ts";
import { writeForwardedRequest } from "../http/forwarded-request.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import { PendingRequest } from "../request-table.ts";
import { descriptorOf } from "../request.ts";
import type { NetContext } from "../state.ts";
import { streamsOf } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpSetStreaming, tcpWriteWhole } from "../tcp/api.ts";
import { passHead } from "./answer.ts";
import { limitClient } from "./due.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { ClientPhase, ProxyClient, ProxyState, ProxyUpstream } from "./records.ts";
import { noteMoved } from "./request-at-hand.ts";
import { limitsOf, proxyOf, stackOf } from "./state.ts";

/** The upstream has the client's request from now on, and its head on the way. False if there is no memory for the head. */
export function attach(context: NetContext, client: ClientAddress, upstream: UpstreamAddress): boolean {
  const { memory } = context;
  ProxyClient.upstream.set(memory, client, upstream);
  ProxyClient.phase.set(memory, client, ClientPhase.relaying);
  ProxyClient.interims.set(memory, client, 0);
  ProxyUpstream.client.set(memory, upstream, client);
  noteMoved(context, client);
  if (ProxyUpstream.open.get(memory, upstream) === 0) limitClient(context, client, limitsOf(context).connectTicks);
  if (!sendHead(context, client, upstream)) return false;
  if (ProxyClient.headBytes.get(memory, client) > 0) passHead(context, client);
  // What follows is handed on as it comes.
  tcpSetStreaming(memory, ProxyClient.connection.get(memory, client) as ConnectionAddress, true);
  return true;
}

function sendHead(context: NetContext, client: ClientAddress, upstream: UpstreamAddress): boolean {
  const { memory, shared } = context;
  const pending = ProxyClient.pending.get(memory, client) as Address<"PendingRequest">;
  const headAt = streamsOf(context) + PendingRequest.holder.get(memory, pending);
  const work = ProxyState.workAt.get(memory, proxyOf(context));
  const bytes = writeForwardedRequest(memory, work, shared, headAt, shared, descriptorOf(context, pending));
  return tcpWriteWhole(context, netTcpHost, stackOf(context), ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress, memory, work, bytes);
}
