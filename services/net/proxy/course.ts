/**
 * The request at hand and its response, once a backend has been chosen: the head goes to the backend, then both bodies go
 * their way; what goes wrong is answered 502 or 504, or tried once more where that is safe.
 */

import type { Address } from "../../../hal/field.ts";
import { ConnectionEnd } from "../../lb/api.ts";
import { endConnection } from "../ending.ts";
import { writeForwardedRequest } from "../http/forwarded-request.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import { PendingRequest } from "../request-table.ts";
import { descriptorOf } from "../request.ts";
import type { NetContext } from "../state.ts";
import { streamsOf } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpEnded, tcpReadBytes, tcpWrite } from "../tcp/api.ts";
import { closeClientSide, endOfExchange, passHead, refuseRequest } from "./answer.ts";
import { ask } from "./exchange.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { ClientPhase, NO_UPSTREAM, ProxyClient, ProxyState, ProxyUpstream } from "./records.ts";
import { dropPending, hasBody } from "./request-at-hand.ts";
import { relayRequest, relayResponse } from "./relay.ts";
import { Heads, relayResponseHead, responseDone } from "./response.ts";
import { count, limitsOf, nowTick, proxyOf, stackOf } from "./state.ts";
import { dropUpstream, returnUpstream, takeUpstream } from "./upstream.ts";

/** The balancer has chosen: the request goes to the backend of the decision. */
export function forwardExchange(context: NetContext, client: ClientAddress, decision: Address<"DecisionMessage">, counted: number): void {
  const { memory } = context;
  ProxyClient.counted.set(memory, client, counted);
  ProxyClient.tries.set(memory, client, ProxyClient.tries.get(memory, client) + 1);
  const upstream = takeUpstream(context, decision);
  if (upstream === NO_UPSTREAM) return fail(context, client, 502);
  ProxyClient.upstream.set(memory, client, upstream);
  ProxyClient.phase.set(memory, client, ClientPhase.relaying);
  ProxyClient.deadlineTick.set(memory, client, nowTick(context) + limitsOf(context).responseTicks);
  ProxyUpstream.client.set(memory, upstream, client);
  if (!sendHead(context, client, upstream)) return fail(context, client, 503);
  if (ProxyClient.headBytes.get(memory, client) > 0) passHead(context, client);
  pumpExchange(context, client);
}

/** Hands on what there is, both ways, and ends the exchange when the response is through. */
export function pumpExchange(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  if (!relayRequest(context, client, upstream)) return requestFaulty(context, client);
  if (ProxyUpstream.headDone.get(memory, upstream) === 0) {
    const heads = relayResponseHead(context, client, upstream);
    if (heads === Heads.bad) return fail(context, client, 502);
    if (heads === Heads.more) {
      if (tcpEnded(memory, connectionOf(context, upstream))) upstreamBroken(context, client);
      return;
    }
  }
  if (!relayResponse(context, client, upstream)) return responseBroken(context, client);
  if (responseDone(context, upstream)) return finishExchange(context, client, upstream);
  if (tcpEnded(memory, connectionOf(context, upstream)) && tcpReadBytes(memory, connectionOf(context, upstream)) === 0) responseBroken(context, client);
}

/** The backend's connection ended, or was never made, before any of the response came. */
export function upstreamBroken(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  if (ProxyClient.responseBegun.get(memory, client) !== 0) return responseBroken(context, client);
  count(context, ProxyState.upstreamsFailed);
  if (mayRetry(context, client)) return retry(context, client);
  fail(context, client, 502);
}

/** The response takes too long. */
export function exchangeLate(context: NetContext, client: ClientAddress): void {
  if (ProxyClient.responseBegun.get(context.memory, client) !== 0) return responseBroken(context, client);
  fail(context, client, 504);
}

/** The client is gone, or net is: nobody waits for the response. */
export function endExchange(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  ProxyClient.upstream.set(memory, client, 0);
  if (upstream !== NO_UPSTREAM) dropUpstream(context, upstream);
  // The balancer may still answer what was asked: then the request is its own to end (decision.ts).
  if (ProxyClient.phase.get(memory, client) !== ClientPhase.asked) dropPending(context, client);
  settle(context, client, ConnectionEnd.finished);
}

/** Once, and as often as the limits say, as long as nothing of it was answered, and nothing is lost of what was sent (RFC 9110, 9.2.2). */
function mayRetry(context: NetContext, client: ClientAddress): boolean {
  const { memory } = context;
  if (ProxyClient.bodyBegun.get(memory, client) !== 0 || ProxyClient.pending.get(memory, client) === 0) return false;
  if (ProxyClient.tries.get(memory, client) >= limitsOf(context).triesMax) return false;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  // A backend that was never reached has done nothing; else only what may be done twice is sent twice.
  const unheard = upstream !== NO_UPSTREAM && ProxyUpstream.open.get(memory, upstream) === 0;
  return unheard || ProxyClient.idempotent.get(memory, client) !== 0;
}

function retry(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  count(context, ProxyState.retries);
  letUpstreamGo(context, client);
  settle(context, client, ConnectionEnd.failed);
  ask(context, client, ProxyClient.pending.get(memory, client) as Address<"PendingRequest">);
}

/** The request cannot be served: the client is told, as long as nothing else was. */
function fail(context: NetContext, client: ClientAddress, status: number): void {
  const { memory } = context;
  count(context, status === 504 ? ProxyState.gatewayTimeout : ProxyState.badGateway);
  letUpstreamGo(context, client);
  settle(context, client, ConnectionEnd.failed);
  if (ProxyClient.responseBegun.get(memory, client) !== 0) return breakOff(context, client);
  refuseRequest(context, client, status);
}

/** The response stops in the middle: the client must see that it is not whole, so its connection is reset or closed early (RFC 9112, 8). */
function responseBroken(context: NetContext, client: ClientAddress): void {
  count(context, ProxyState.upstreamsFailed);
  letUpstreamGo(context, client);
  settle(context, client, ConnectionEnd.failed);
  breakOff(context, client);
}

/** The client's own body makes no sense: the backend must not wait for the rest. */
function requestFaulty(context: NetContext, client: ClientAddress): void {
  letUpstreamGo(context, client);
  settle(context, client, ConnectionEnd.finished);
  ProxyClient.keepAlive.set(context.memory, client, 0);
  if (ProxyClient.responseBegun.get(context.memory, client) !== 0) return breakOff(context, client);
  refuseRequest(context, client, 400);
}

function breakOff(context: NetContext, client: ClientAddress): void {
  dropPending(context, client);
  closeClientSide(context, client);
}

function finishExchange(context: NetContext, client: ClientAddress, upstream: UpstreamAddress): void {
  const { memory } = context;
  const whole = !hasBody(context, client);
  count(context, ProxyState.responses);
  ProxyClient.upstream.set(memory, client, 0);
  returnUpstream(context, upstream, whole && ProxyUpstream.keepAlive.get(memory, upstream) !== 0);
  settle(context, client, ConnectionEnd.finished);
  endOfExchange(context, client, ProxyClient.closesAfter.get(memory, client) !== 0 || !whole);
}

function letUpstreamGo(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  ProxyClient.upstream.set(memory, client, 0);
  if (upstream !== NO_UPSTREAM) dropUpstream(context, upstream);
}

/** The balancer is told how the exchange ended, if it counts it. */
function settle(context: NetContext, client: ClientAddress, end: number): void {
  const { memory } = context;
  const counted = ProxyClient.counted.get(memory, client);
  ProxyClient.counted.set(memory, client, 0);
  endConnection(context, counted, end);
}

/** Writes the head as the backend gets it. False if there is no room for it. */
function sendHead(context: NetContext, client: ClientAddress, upstream: UpstreamAddress): boolean {
  const { memory, shared } = context;
  const pending = ProxyClient.pending.get(memory, client) as Address<"PendingRequest">;
  const headAt = streamsOf(context) + PendingRequest.holder.get(memory, pending);
  const work = ProxyState.workAt.get(memory, proxyOf(context));
  const bytes = writeForwardedRequest(memory, work, shared, headAt, shared, descriptorOf(context, pending));
  return tcpWrite(context, netTcpHost, stackOf(context), connectionOf(context, upstream), memory, work, bytes) === bytes;
}

function connectionOf({ memory }: NetContext, upstream: UpstreamAddress): ConnectionAddress {
  return ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
}
