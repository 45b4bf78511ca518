/**
 * Bodies on their way: bytes are taken from one connection as far as the other takes them, never more, so that a slow
 * reader slows its writer down and nothing grows. What belongs to the body its framing says (../http/body.ts).
 */

import type { Address } from "../../../hal/field.ts";
import { BodyFraming, BodyPhase, bodyDataBytes, skipBody } from "../http/body.ts";
import { ResponseBody, ResponseHead } from "../http/response-head.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import type { NetContext } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpAwaitRoom, tcpEnded, tcpFairRoom, tcpRead, tcpReadAt, tcpReadBytes, tcpWrite } from "../tcp/api.ts";
import { passBytes } from "./answer.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { ProxyClient, ProxyState, ProxyUpstream } from "./records.ts";
import { noteMoved } from "./request-at-hand.ts";
import { count, proxyOf, stackOf } from "./state.ts";

/** Hands on what has come of the request's body. False if its framing is faulty, or the client has ended in its middle (RFC 9112, 8). */
export function relayRequest(context: NetContext, client: ClientAddress, upstream: UpstreamAddress): boolean {
  const { memory } = context;
  const framing = ProxyClient.body.at(client);
  const from = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  const to = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  while (BodyFraming.phase.get(memory, framing) === BodyPhase.more) {
    const bytes = handOn(context, from, to, framing);
    if (bytes === 0) break;
    ProxyClient.bodyBegun.set(memory, client, 1);
    count(context, ProxyState.requestBodyBytes, bytes);
    noteMoved(context, client);
    passBytes(context, client, bytes);
  }
  const phase = BodyFraming.phase.get(memory, framing);
  return phase === BodyPhase.done || (phase === BodyPhase.more && !(tcpEnded(memory, from) && tcpReadBytes(memory, from) === 0));
}

/** Hands on what has come of the response's body. False if its framing is faulty. */
export function relayResponse(context: NetContext, client: ClientAddress, upstream: UpstreamAddress): boolean {
  const { memory } = context;
  const framing = ProxyUpstream.body.at(upstream);
  const from = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  const to = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  const untilClose = ResponseHead.body.get(memory, ProxyUpstream.response.at(upstream)) === ResponseBody.untilClose;
  const plain = ProxyClient.plainBody.get(memory, client) !== 0;
  while (untilClose || BodyFraming.phase.get(memory, framing) === BodyPhase.more) {
    const bytes = untilClose ? handOnAll(context, from, to) : plain ? handOnPlain(context, from, to, framing) : handOn(context, from, to, framing);
    if (bytes === 0) break;
    count(context, ProxyState.responseBodyBytes, bytes);
    noteMoved(context, client);
    tcpRead(context, netTcpHost, stackOf(context), from, bytes);
  }
  return BodyFraming.phase.get(memory, framing) !== BodyPhase.bad;
}

/** Bytes that were written of those that can be read and belong to the body; the framing goes so far and no further. */
function handOn(context: NetContext, from: ConnectionAddress, to: ConnectionAddress, framing: Address<"BodyFraming">): number {
  const { memory } = context;
  const ready = readyBytes(context, from, to);
  if (ready <= 0) return 0;
  const at = tcpReadAt(memory, from);
  const before = ProxyState.framing.at(proxyOf(context));
  memory.copy(before, framing, BodyFraming.size);
  const body = skipBody(memory, at, ready, memory, framing);
  if (body === 0) return 0;
  const written = tcpWrite(context, netTcpHost, stackOf(context), to, memory, at, body);
  if (written === body) return body;
  // The stack's memory is short: the framing goes back to what was written.
  memory.copy(framing, before, BodyFraming.size);
  return written === 0 ? 0 : skipBody(memory, at, written, memory, framing);
}

/** The same, but of chunks only the data is written; so many bytes were read. */
function handOnPlain(context: NetContext, from: ConnectionAddress, to: ConnectionAddress, framing: Address<"BodyFraming">): number {
  const { memory } = context;
  const at = tcpReadAt(memory, from);
  const there = tcpReadBytes(memory, from);
  let taken = 0;
  while (taken < there && BodyFraming.phase.get(memory, framing) === BodyPhase.more) {
    const data = Math.min(bodyDataBytes(memory, framing), there - taken);
    if (data === 0) {
      taken += skipBody(memory, at + taken, 1, memory, framing);
      continue;
    }
    const room = Math.min(data, tcpFairRoom(memory, stackOf(context), to));
    const written = room <= 0 ? 0 : tcpWrite(context, netTcpHost, stackOf(context), to, memory, at + taken, room);
    taken += skipBody(memory, at + taken, written, memory, framing);
    if (written < data) {
      tcpAwaitRoom(memory, to);
      break;
    }
  }
  return taken;
}

function handOnAll(context: NetContext, from: ConnectionAddress, to: ConnectionAddress): number {
  const { memory } = context;
  const ready = readyBytes(context, from, to);
  return ready <= 0 ? 0 : tcpWrite(context, netTcpHost, stackOf(context), to, memory, tcpReadAt(memory, from), ready);
}

/** Bytes that are there and find room; where room is the less, its end is told when there is more. */
function readyBytes(context: NetContext, from: ConnectionAddress, to: ConnectionAddress): number {
  const { memory } = context;
  const there = tcpReadBytes(memory, from);
  const room = tcpFairRoom(memory, stackOf(context), to);
  if (there <= room) return there;
  tcpAwaitRoom(memory, to);
  return room;
}
