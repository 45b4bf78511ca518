/**
 * What goes wrong with a request that a backend has: it is tried once more where that is safe, else answered 502, 503 or
 * 504, or broken off where some of the response has gone out. Who is to blame is told the balancer: a client that is slow
 * or goes away is nobody's fault but its own.
 */

import type { Address } from "../../../hal/field.ts";
import { Errno } from "../../../kernel/errno.ts";
import { ConnectionEnd, LbOpcode } from "../../lb/api.ts";
import { endConnection } from "../ending.ts";
import { PendingRequest } from "../request-table.ts";
import { ResponseBody, ResponseHead } from "../http/response-head.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import type { NetContext } from "../state.ts";
import { NetState, tally } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpAbort, tcpReadBytes } from "../tcp/api.ts";
import { closeClientSide, refuseRequest, resetClientSide } from "./answer.ts";
import { attach } from "./attach.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { ClientPhase, NO_UPSTREAM, ProxyClient, ProxyState, ProxyUpstream } from "./records.ts";
import { dropPending, hasBody } from "./request-at-hand.ts";
import { count, limitsOf, stackOf } from "./state.ts";
import { dropUpstream, renewUpstream } from "./upstream.ts";

/** The backend's connection ended, or was never made, before any of the response came. */
export function upstreamBroken(context: NetContext, client: ClientAddress): void {
  count(context, ProxyState.upstreamsFailed);
  if (resend(context, client) || retry(context, client, 502)) return;
  fail(context, client, 502, ConnectionEnd.failed);
}

/** The exchange does not move on. Whose turn it is says who is to blame. */
export function exchangeLate(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  if (ProxyUpstream.open.get(memory, upstream) === 0) {
    count(context, ProxyState.connectTimeouts);
    if (!retry(context, client, 504)) fail(context, client, 504, ConnectionEnd.failed);
    return;
  }
  const fromBackend = tcpReadBytes(memory, ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress);
  const fromClient = tcpReadBytes(memory, ProxyClient.connection.get(memory, client) as ConnectionAddress);
  const begun = ProxyClient.responseBegun.get(memory, client) !== 0;
  // Some of the response waits for the client, or the backend for the rest of the request.
  const clients = fromBackend > 0 ? begun || ProxyUpstream.headWaits.get(memory, upstream) !== 0 : hasBody(context, client) && fromClient === 0;
  if (clients) return clientSlow(context, client, begun);
  // A backend that does not answer would not close its side either.
  tcpAbort(context, netTcpHost, stackOf(context), ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress);
  if (begun) return responseBroken(context, client);
  fail(context, client, 504, ConnectionEnd.failed);
}

/** The client is gone, or net is: nobody waits for the response. */
export function endExchange(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  if (ProxyClient.phase.get(memory, client) === ClientPhase.relaying) count(context, ProxyState.abandoned);
  letUpstreamGo(context, client);
  // The balancer may still answer what was asked: then the request is its own to end (decision.ts).
  if (ProxyClient.phase.get(memory, client) !== ClientPhase.asked) dropPending(context, client);
  settle(context, client, ConnectionEnd.finished);
}

/** The request cannot be served: the client is told, as long as nothing else was. */
export function fail(context: NetContext, client: ClientAddress, status: number, end: number): void {
  if (status === 502) count(context, ProxyState.badGateway);
  else if (status === 504) count(context, ProxyState.gatewayTimeout);
  else count(context, ProxyState.noUpstream);
  letUpstreamGo(context, client);
  settle(context, client, end);
  if (ProxyClient.responseBegun.get(context.memory, client) !== 0) return breakOff(context, client, false);
  refuseRequest(context, client, status);
}

/** The response stops in the middle. */
export function responseBroken(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  // The end of the connection is the end of such a body: it must not look like one.
  const untilClose = ResponseHead.body.get(memory, ProxyUpstream.response.at(upstream)) === ResponseBody.untilClose || ProxyClient.plainBody.get(memory, client) !== 0;
  count(context, ProxyState.upstreamsFailed);
  count(context, ProxyState.responsesBroken);
  letUpstreamGo(context, client);
  settle(context, client, ConnectionEnd.failed);
  breakOff(context, client, untilClose);
}

/** The client's own body makes no sense: the backend must not wait for the rest. */
export function requestFaulty(context: NetContext, client: ClientAddress): void {
  count(context, ProxyState.requestsFaulty);
  letUpstreamGo(context, client);
  settle(context, client, ConnectionEnd.finished);
  ProxyClient.keepAlive.set(context.memory, client, 0);
  if (ProxyClient.responseBegun.get(context.memory, client) !== 0) return breakOff(context, client, false);
  refuseRequest(context, client, 400);
}

/** The balancer is told how the exchange ended, if it counts it. */
export function settle(context: NetContext, client: ClientAddress, end: number): void {
  const { memory } = context;
  const counted = ProxyClient.counted.get(memory, client);
  ProxyClient.counted.set(memory, client, 0);
  endConnection(context, counted, end);
}

/** The balancer has no other backend for it. */
export function retryRefused(context: NetContext, client: ClientAddress): void {
  count(context, ProxyState.retriesRefused);
  fail(context, client, ProxyClient.statusElse.get(context.memory, client), ConnectionEnd.failed);
}

/** A client that does not read what it asked for is reset: else its buffers would stay full. */
function clientSlow(context: NetContext, client: ClientAddress, begun: boolean): void {
  count(context, ProxyState.clientsSlow);
  letUpstreamGo(context, client);
  settle(context, client, ConnectionEnd.finished);
  if (begun) return resetClientSide(context, client);
  ProxyClient.keepAlive.set(context.memory, client, 0);
  refuseRequest(context, client, 408);
}

/** As often as the limits say, as long as nothing of it was answered, and nothing is lost of what was sent (RFC 9110, 9.2.2). */
function mayRepeat(context: NetContext, client: ClientAddress): boolean {
  const { memory } = context;
  if (ProxyClient.responseBegun.get(memory, client) !== 0 || ProxyClient.bodyBegun.get(memory, client) !== 0 || ProxyClient.interims.get(memory, client) !== 0) return false;
  if (ProxyClient.pending.get(memory, client) === 0 || ProxyClient.tries.get(memory, client) >= limitsOf(context).triesMax) return false;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  // A backend that was never reached has done nothing; else only what may be done twice is sent twice.
  return ProxyUpstream.open.get(memory, upstream) === 0 || ProxyClient.idempotent.get(memory, client) !== 0;
}

/**
 * A kept connection may end just when a request is sent by it (RFC 9112, 9.3.1), which says nothing of the backend: it gets
 * the request by a new one, and the balancer need not know.
 */
function resend(context: NetContext, client: ClientAddress): boolean {
  const { memory } = context;
  const old = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  if (ProxyUpstream.used.get(memory, old) === 0 || ProxyUpstream.open.get(memory, old) === 0 || !mayRepeat(context, client)) return false;
  const upstream = renewUpstream(context, old);
  if (upstream === NO_UPSTREAM) return false;
  count(context, ProxyState.resent);
  dropUpstream(context, old);
  ProxyClient.upstream.set(memory, client, 0);
  if (!attach(context, client, upstream)) fail(context, client, 503, ConnectionEnd.finished);
  return true;
}

/** The balancer is asked for another backend, within its budget: what it does not count it cannot give again. Without one the client is told that status. */
function retry(context: NetContext, client: ClientAddress, statusElse: number): boolean {
  const { memory } = context;
  const counted = ProxyClient.counted.get(memory, client);
  if (counted === 0 || !mayRepeat(context, client)) return false;
  const pending = ProxyClient.pending.get(memory, client) as Address<"PendingRequest">;
  const status = context.send(context.needs.balancer, LbOpcode.retry, counted, PendingRequest.requestId.get(memory, pending));
  if (status !== Errno.ok) return false;
  letUpstreamGo(context, client);
  // The one before has ended with that.
  ProxyClient.counted.set(memory, client, 0);
  tally(context, NetState.connectionsEnded);
  ProxyClient.statusElse.set(memory, client, statusElse);
  PendingRequest.counted.set(memory, pending, 1);
  ProxyClient.phase.set(memory, client, ClientPhase.asked);
  ProxyClient.deadlineTick.set(memory, client, 0);
  return true;
}

function breakOff(context: NetContext, client: ClientAddress, reset: boolean): void {
  if (reset) return resetClientSide(context, client);
  dropPending(context, client);
  closeClientSide(context, client);
}

function letUpstreamGo(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  ProxyClient.upstream.set(memory, client, 0);
  if (upstream !== NO_UPSTREAM) dropUpstream(context, upstream);
}
