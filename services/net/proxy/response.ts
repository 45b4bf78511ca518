/** The response's head on its way from the backend to the client (RFC 9110, 15.2: interim ones are handed on as they come). */

import { BodyFraming, BodyPhase, clearBody, expectChunks, expectLength } from "../http/body.ts";
import { ForwardRule, endForwardedResponse, writeForwardedResponse } from "../http/forwarded-response.ts";
import { REWRITE_BYTES_MAX } from "../http/head-writer.ts";
import { ResponseBody, ResponseHead, ResponseScan, mayBeginResponse, parseResponseHead, scanResponseHead } from "../http/response-head.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import type { NetContext } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpAwaitRoom, tcpEndedWell, tcpRead, tcpReadAt, tcpReadBytes, tcpSetStreaming, tcpWriteWhole } from "../tcp/api.ts";
import { isDraining } from "./answer.ts";
import { dropPending, hasBody, noteMoved } from "./request-at-hand.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { ProxyClient, ProxyState, ProxyUpstream } from "./records.ts";
import { putSession, sessionSet } from "./session.ts";
import { count, limitsOf, proxyOf, stackOf } from "./state.ts";

/** What came of the look for a head. */
export const Heads = Object.freeze({ more: 0, done: 1, bad: 2 });

const SWITCHING_PROTOCOLS = 101;
/** Statuses from here on say that the server failed (RFC 9110, 15.6). */
const FAULTY_FROM = 500;

/** Hands on the heads that are there, up to the final one. */
export function relayResponseHead(context: NetContext, client: ClientAddress, upstream: UpstreamAddress): number {
  const { memory } = context;
  const connection = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  const response = ProxyUpstream.response.at(upstream);
  for (;;) {
    const bytes = tcpReadBytes(memory, connection);
    if (bytes === 0) return Heads.more;
    const at = tcpReadAt(memory, connection);
    const headBytes = scanResponseHead(memory, at, bytes, ProxyUpstream.scannedBytes.get(memory, upstream));
    if (headBytes < 0 || !mayBeginResponse(memory, at, bytes)) return Heads.bad;
    if (headBytes === ResponseScan.more) {
      ProxyUpstream.scannedBytes.set(memory, upstream, bytes);
      return Heads.more;
    }
    // One that the client's buffer never has room for.
    if (headBytes > limitsOf(context).tcp.sendBytesMax - REWRITE_BYTES_MAX) return Heads.bad;
    if (!parseResponseHead(memory, at, headBytes, memory, response, ProxyClient.headOnly.get(memory, client) !== 0)) return Heads.bad;
    const status = ResponseHead.status.get(memory, response);
    // Nobody asked for another protocol: Upgrade is not handed on.
    if (status === SWITCHING_PROTOCOLS) return Heads.bad;
    if (status >= 200) return final(context, client, upstream, at, headBytes);
    if (ProxyClient.interims.get(memory, client) >= limitsOf(context).interimsMax) return Heads.bad;
    if (!interim(context, client, upstream, at, headBytes)) return Heads.more;
  }
}

/** Whether the body, if there is one, is through. */
export function responseDone(context: NetContext, upstream: UpstreamAddress): boolean {
  const { memory } = context;
  if (ResponseHead.body.get(memory, ProxyUpstream.response.at(upstream)) !== ResponseBody.untilClose) return BodyFraming.phase.get(memory, ProxyUpstream.body.at(upstream)) === BodyPhase.done;
  const connection = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  // A reset ends nothing: what came may be less than there was (RFC 9112, 8).
  return tcpEndedWell(memory, connection) && tcpReadBytes(memory, connection) === 0;
}

/** An interim response; an HTTP/1.0 client gets none (RFC 9110, 15.2). False if there is no room for it now. */
function interim(context: NetContext, client: ClientAddress, upstream: UpstreamAddress, at: number, headBytes: number): boolean {
  const { memory } = context;
  if (ProxyClient.versionMinor.get(memory, client) === 1 && !write(context, client, upstream, at, 0)) return false;
  ProxyClient.interims.set(memory, client, ProxyClient.interims.get(memory, client) + 1);
  count(context, ProxyState.interimResponses);
  noteMoved(context, client);
  passHead(context, upstream, headBytes);
  return true;
}

function final(context: NetContext, client: ClientAddress, upstream: UpstreamAddress, at: number, headBytes: number): number {
  const { memory } = context;
  const response = ProxyUpstream.response.at(upstream);
  const body = ResponseHead.body.get(memory, response);
  const minor = ProxyClient.versionMinor.get(memory, client);
  const chunksForOld = minor === 0 && body === ResponseBody.chunked;
  const closes = ProxyClient.keepAlive.get(memory, client) === 0 || body === ResponseBody.untilClose || chunksForOld || hasBody(context, client) || isDraining(context);
  const rules = (closes ? ForwardRule.close : minor === 0 ? ForwardRule.keepAlive : 0) | (minor === 0 ? ForwardRule.plain : 0);
  if (!write(context, client, upstream, at, rules)) return Heads.more;
  sessionSet(context, client);
  ProxyClient.closesAfter.set(memory, client, closes ? 1 : 0);
  ProxyClient.plainBody.set(memory, client, chunksForOld ? 1 : 0);
  ProxyClient.responseBegun.set(memory, client, 1);
  ProxyUpstream.headDone.set(memory, upstream, 1);
  tcpSetStreaming(memory, ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress, true);
  ProxyUpstream.faulty.set(memory, upstream, ResponseHead.status.get(memory, response) >= FAULTY_FROM ? 1 : 0);
  noteMoved(context, client);
  ProxyUpstream.keepAlive.set(memory, upstream, ResponseHead.keepAlive.get(memory, response));
  const framing = ProxyUpstream.body.at(upstream);
  clearBody(memory, framing);
  if (body === ResponseBody.chunked) expectChunks(memory, framing);
  else if (body === ResponseBody.length) {
    BodyFraming.remainingBytes.set(memory, framing, ResponseHead.bodyBytes.get(memory, response));
    expectLength(memory, framing);
  }
  passHead(context, upstream, headBytes);
  // It will not be asked about again.
  dropPending(context, client);
  return Heads.done;
}

/** Writes the head to the client, whole or not at all. */
function write(context: NetContext, client: ClientAddress, upstream: UpstreamAddress, at: number, rules: number): boolean {
  const { memory } = context;
  const to = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  const work = ProxyState.workAt.get(memory, proxyOf(context));
  const response = ProxyUpstream.response.at(upstream);
  let end = writeForwardedResponse(memory, work, memory, at, response, rules);
  if (ResponseHead.status.get(memory, response) >= 200) end = putSession(context, client, end);
  const bytes = endForwardedResponse(memory, end) - work;
  const written = tcpWriteWhole(context, netTcpHost, stackOf(context), to, memory, work, bytes);
  ProxyUpstream.headWaits.set(memory, upstream, written ? 0 : 1);
  if (!written) tcpAwaitRoom(memory, to);
  return written;
}

function passHead(context: NetContext, upstream: UpstreamAddress, headBytes: number): void {
  const { memory } = context;
  ProxyUpstream.scannedBytes.set(memory, upstream, 0);
  tcpRead(context, netTcpHost, stackOf(context), ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress, headBytes);
}
