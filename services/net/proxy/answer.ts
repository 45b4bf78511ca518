/** What the proxy says to a client itself: refusals, and faults of backends. */

import { skipBody } from "../http/body.ts";
import { REFUSAL_BYTES_MAX, writeRefusal } from "../http/refusal.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import type { NetContext } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpAbort, tcpAwaitRoom, tcpClose, tcpRead, tcpReadAt, tcpReadBytes, tcpSetStreaming, tcpWriteRoom, tcpWriteWhole } from "../tcp/api.ts";
import { limitClient } from "./due.ts";
import { dropPending, hasBody } from "./request-at-hand.ts";
import type { ClientAddress } from "./records.ts";
import { ClientPhase, ProxyClient, ProxyState } from "./records.ts";
import { count, limitsOf, proxyOf, stackOf } from "./state.ts";

/**
 * Answers the request at hand with that status. The connection goes on if the client wants it to and all of the body has
 * come; else it closes behind the answer.
 */
export function refuseRequest(context: NetContext, client: ClientAddress, status: number): void {
  const { memory } = context;
  passHead(context, client);
  passBody(context, client);
  const close = ProxyClient.keepAlive.get(memory, client) === 0 || hasBody(context, client) || isDraining(context);
  const heard = answer(context, client, status, close);
  endOfExchange(context, client, close || !heard);
}

/** Answers what is no request at all, and closes. */
export function refuseClient(context: NetContext, client: ClientAddress, status: number): void {
  answer(context, client, status, true);
  closeClientSide(context, client);
}

/** Whether the client has room for an answer of the proxy's own; if not, it is told when it has. */
export function mayAnswer(context: NetContext, client: ClientAddress): boolean {
  const { memory } = context;
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  if (tcpWriteRoom(memory, stackOf(context), connection) >= REFUSAL_BYTES_MAX) return true;
  tcpAwaitRoom(memory, connection);
  return false;
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
  ProxyClient.headOnly.set(memory, client, 0);
  if (close) return closeClientSide(context, client);
  ProxyClient.phase.set(memory, client, ClientPhase.reading);
  tcpSetStreaming(memory, ProxyClient.connection.get(memory, client) as ConnectionAddress, false);
  limitClient(context, client, limitsOf(context).idleTicks);
}

/** What was written goes out, then the FIN; what comes is thrown away until the client closes too, or is too slow. */
export function closeClientSide(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  ProxyClient.phase.set(memory, client, ClientPhase.closing);
  limitClient(context, client, limitsOf(context).closingTicks);
  ProxyClient.room.set(memory, client, tcpWriteRoom(memory, stackOf(context), connection));
  tcpClose(context, netTcpHost, stackOf(context), connection);
}

/** The client must see that what it got is not whole: a close would say that it is (RFC 9112, 8). */
export function resetClientSide(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  dropPending(context, client);
  ProxyClient.phase.set(memory, client, ClientPhase.closing);
  tcpAbort(context, netTcpHost, stackOf(context), ProxyClient.connection.get(memory, client) as ConnectionAddress);
}

export function isDraining(context: NetContext): boolean {
  return ProxyState.draining.get(context.memory, proxyOf(context)) !== 0;
}

/** What has come of the body of a request that goes nowhere is thrown away: if that is all of it, the next request can be told. */
function passBody(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  const bytes = tcpReadBytes(memory, connection);
  if (!hasBody(context, client) || bytes === 0) return;
  passBytes(context, client, skipBody(memory, tcpReadAt(memory, connection), bytes, memory, ProxyClient.body.at(client)));
}

/** False if there was no room for it: then the client hears of it by the end of its connection only. */
function answer(context: NetContext, client: ClientAddress, status: number, close: boolean): boolean {
  const { memory } = context;
  const work = ProxyState.workAt.get(memory, proxyOf(context));
  const bytes = writeRefusal(memory, work, status, close, ProxyClient.headOnly.get(memory, client) !== 0);
  count(context, ProxyState.ownResponses);
  return tcpWriteWhole(context, netTcpHost, stackOf(context), ProxyClient.connection.get(memory, client) as ConnectionAddress, memory, work, bytes);
}
