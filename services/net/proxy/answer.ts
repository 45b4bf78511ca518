/** What the proxy says to a client itself: refusals, and faults of backends. */

import { writeRefusal } from "../http/refusal.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import type { NetContext } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpClose, tcpRead, tcpWrite } from "../tcp/api.ts";
import { dropPending, hasBody } from "./request-at-hand.ts";
import type { ClientAddress } from "./records.ts";
import { ClientPhase, ProxyClient, ProxyState } from "./records.ts";
import { count, limitsOf, nowTick, proxyOf, stackOf } from "./state.ts";

/**
 * Answers the request at hand with that status. The connection goes on if the client wants it to and nothing of the body
 * has to be waited for; else it closes behind the answer.
 */
export function refuseRequest(context: NetContext, client: ClientAddress, status: number): void {
  const { memory } = context;
  const close = ProxyClient.keepAlive.get(memory, client) === 0 || ProxyClient.bodyBegun.get(memory, client) !== 0 || hasBody(context, client);
  answer(context, client, status, close);
  passHead(context, client);
  endOfExchange(context, client, close);
}

/** Answers what is no request at all, and closes. */
export function refuseClient(context: NetContext, client: ClientAddress, status: number): void {
  answer(context, client, status, true);
  closeClientSide(context, client);
}

/** The head at hand has been read. */
export function passHead(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const bytes = ProxyClient.headBytes.get(memory, client);
  ProxyClient.headBytes.set(memory, client, 0);
  passBytes(context, client, bytes);
}

/** So many bytes of the client's stream have been read. */
export function passBytes(context: NetContext, client: ClientAddress, bytes: number): void {
  const { memory } = context;
  ProxyClient.streamOffset.set(memory, client, ProxyClient.streamOffset.get(memory, client) + bytes);
  tcpRead(context, netTcpHost, stackOf(context), ProxyClient.connection.get(memory, client) as ConnectionAddress, bytes);
}

/** The response is through, as far as the client's side goes: the next request, or the end. */
export function endOfExchange(context: NetContext, client: ClientAddress, close: boolean): void {
  const { memory } = context;
  dropPending(context, client);
  if (close) return closeClientSide(context, client);
  ProxyClient.phase.set(memory, client, ClientPhase.reading);
  ProxyClient.deadlineTick.set(memory, client, nowTick(context) + limitsOf(context).idleTicks);
}

/** What was written goes out, then the FIN; what comes is thrown away until the client closes too, or is too slow. */
export function closeClientSide(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  ProxyClient.phase.set(memory, client, ClientPhase.closing);
  ProxyClient.deadlineTick.set(memory, client, nowTick(context) + limitsOf(context).closingTicks);
  tcpClose(context, netTcpHost, stackOf(context), ProxyClient.connection.get(memory, client) as ConnectionAddress);
}

function answer(context: NetContext, client: ClientAddress, status: number, close: boolean): void {
  const { memory } = context;
  const work = ProxyState.workAt.get(memory, proxyOf(context));
  const bytes = writeRefusal(memory, work, status, close, ProxyClient.headOnly.get(memory, client) !== 0);
  count(context, ProxyState.ownResponses);
  // A client whose buffer has no room for so little has not read for long: what it gets is cut, and the connection with it.
  tcpWrite(context, netTcpHost, stackOf(context), ProxyClient.connection.get(memory, client) as ConnectionAddress, memory, work, bytes);
}
