/**
 * A client's connection: requests are read one after the other, each when the one before has been answered, so that answers
 * are in order; what a client sends ahead waits in its window.
 */

import { ScanResult, scanHead } from "../http/head-scan.ts";
import { HEAD_BYTES_MAX } from "../http/limits.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import type { NetContext } from "../state.ts";
import { NetState, tally } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { TcpEvent, tcpAbort, tcpEnded, tcpReadAt, tcpReadBytes, tcpRelease, tcpSetOwner } from "../tcp/api.ts";
import { closeClientSide, passBytes, refuseClient } from "./answer.ts";
import { beginExchange } from "./exchange.ts";
import { endExchange, pumpExchange } from "./course.ts";
import type { ClientAddress } from "./records.ts";
import { ClientPhase, NO_CLIENT, ProxyClient, ProxyState } from "./records.ts";
import { count, limitsOf, nowTick, proxyOf, stackOf } from "./state.ts";
import { closeClient, openClient } from "./tables.ts";

/** A connection that a peer began is open: it gets a record, or is reset. */
export function claimClient(context: NetContext, connection: ConnectionAddress): void {
  const { memory } = context;
  const client = openClient(memory, proxyOf(context));
  if (client === NO_CLIENT) {
    count(context, ProxyState.clientsRefused);
    tcpAbort(context, netTcpHost, stackOf(context), connection);
    tcpRelease(context, netTcpHost, stackOf(context), connection);
    return;
  }
  count(context, ProxyState.clientsOpened);
  ProxyClient.connection.set(memory, client, connection);
  ProxyClient.deadlineTick.set(memory, client, nowTick(context) + limitsOf(context).idleTicks);
  tcpSetOwner(memory, connection, client);
}

/** Something has happened to the client's connection. */
export function clientHears(context: NetContext, client: ClientAddress, events: number): void {
  if ((events & TcpEvent.gone) !== 0) return clientGone(context, client);
  advanceClient(context, client);
}

/** Goes on with the client as far as it goes. */
export function advanceClient(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  for (;;) {
    const phase = ProxyClient.phase.get(memory, client);
    if (phase === ClientPhase.relaying) pumpExchange(context, client);
    else if (phase === ClientPhase.closing) throwAway(context, client);
    else if (phase === ClientPhase.reading) readHead(context, client);
    const now = ProxyClient.phase.get(memory, client);
    // A response that is through lets the next request be read at once.
    if (now === phase || now !== ClientPhase.reading) return;
  }
}

function readHead(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  const bytes = tcpReadBytes(memory, connection);
  if (bytes === 0) {
    if (tcpEnded(memory, connection)) closeClientSide(context, client);
    return;
  }
  const result = scanHead(memory, tcpReadAt(memory, connection), bytes, memory, ProxyClient.scan.at(client));
  if (result === ScanResult.badRequestLine || result === ScanResult.badVersion) {
    tally(context, NetState.badRequestLine);
    return refuseClient(context, client, result === ScanResult.badVersion ? 505 : 400);
  }
  if (result === ScanResult.headTooLarge) return beginExchange(context, client, HEAD_BYTES_MAX, true);
  if (result !== ScanResult.more) return beginExchange(context, client, result, false);
  if (tcpEnded(memory, connection)) {
    tally(context, NetState.unfinished);
    return closeClientSide(context, client);
  }
  limitHead(context, client);
}

/** A head has begun: it must end in time. */
function limitHead(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const latest = nowTick(context) + limitsOf(context).headTicks;
  if (ProxyClient.deadlineTick.get(memory, client) > latest) ProxyClient.deadlineTick.set(memory, client, latest);
}

/** What comes from a client that has its last answer. */
function throwAway(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  passBytes(context, client, tcpReadBytes(memory, connection));
}

/** The connection is over, whoever ended it. */
function clientGone(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const phase = ProxyClient.phase.get(memory, client);
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  if (phase === ClientPhase.reading && tcpReadBytes(memory, connection) > 0) tally(context, NetState.unfinished);
  count(context, phase === ClientPhase.asked || phase === ClientPhase.relaying ? ProxyState.clientsBroken : ProxyState.clientsClosed);
  endExchange(context, client);
  tcpRelease(context, netTcpHost, stackOf(context), connection);
  closeClient(memory, proxyOf(context), client);
}

/** The client has taken too long, whatever it was to do. */
export function clientLate(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const phase = ProxyClient.phase.get(memory, client);
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  if (phase === ClientPhase.closing) return tcpAbort(context, netTcpHost, stackOf(context), connection);
  if (phase !== ClientPhase.reading) return;
  if (tcpReadBytes(memory, connection) > 0) {
    count(context, ProxyState.headTimeouts);
    tally(context, NetState.unfinished);
    return refuseClient(context, client, 408);
  }
  count(context, ProxyState.idleClosed);
  closeClientSide(context, client);
}
