/**
 * A client's connection: requests are read one after the other, each when the one before has been answered, so that answers
 * are in order; what a client sends ahead waits in its window.
 */

import { HeadPhase, HeadScan, ScanResult, scanHead } from "../http/head-scan.ts";
import { HEAD_BYTES_MAX } from "../http/limits.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import type { NetContext } from "../state.ts";
import { NetState, tally } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { TcpEvent, tcpAbort, tcpEnded, tcpReadAt, tcpReadBytes, tcpRelease, tcpSetOwner, tcpWriteRoom } from "../tcp/api.ts";
import { closeClientSide, mayAnswer, passBytes, refuseClient } from "./answer.ts";
import { limitClient } from "./due.ts";
import { beginExchange } from "./exchange.ts";
import { pumpExchange } from "./course.ts";
import { endExchange } from "./failure.ts";
import { displaceIdle, isIdle } from "./idle.ts";
import type { ClientAddress } from "./records.ts";
import { ClientPhase, NO_CLIENT, ProxyClient, ProxyList, ProxyState } from "./records.ts";
import { count, limitsOf, nowTick, proxyOf, stackOf } from "./state.ts";
import { closeClient, openClient } from "./tables.ts";

/** A connection that a peer began is open: it gets a record, an idle client's if need be, or is reset. */
export function claimClient(context: NetContext, connection: ConnectionAddress): void {
  const { memory } = context;
  let client = openClient(memory, proxyOf(context));
  if (client === NO_CLIENT && displaceIdle(context)) client = openClient(memory, proxyOf(context));
  if (client === NO_CLIENT) {
    count(context, ProxyState.clientsRefused);
    tcpAbort(context, netTcpHost, stackOf(context), connection);
    tcpRelease(context, netTcpHost, stackOf(context), connection);
    return;
  }
  count(context, ProxyState.clientsOpened);
  ProxyClient.connection.set(memory, client, connection);
  limitClient(context, client, limitsOf(context).idleTicks);
  ProxyClient.movedTick.set(memory, client, nowTick(context));
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
    if (phase === ClientPhase.closing) return throwAway(context, client);
    if (phase === ClientPhase.relaying) {
      pumpExchange(context, client);
      if (ProxyClient.phase.get(memory, client) === ClientPhase.relaying) return;
    } else if (phase !== ClientPhase.reading || !readHead(context, client)) return;
  }
}

/** Reads the next request, or finds that there is none any more. False if nothing has come of it yet. */
function readHead(context: NetContext, client: ClientAddress): boolean {
  const { memory } = context;
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  const bytes = tcpReadBytes(memory, connection);
  if (bytes === 0) return endsHere(context, client, connection, false);
  // Who does not read answers is not asked for more.
  if (!mayAnswer(context, client)) return false;
  const scan = ProxyClient.scan.at(client);
  const result = scanHead(memory, tcpReadAt(memory, connection), bytes, memory, scan);
  if (result === ScanResult.badRequestLine || result === ScanResult.badVersion) {
    tally(context, NetState.badRequestLine);
    refuseClient(context, client, result === ScanResult.badVersion ? 505 : 400);
    return true;
  }
  if (result !== ScanResult.more) {
    const tooLarge = result === ScanResult.headTooLarge;
    beginExchange(context, client, tooLarge ? HEAD_BYTES_MAX : result, tooLarge);
    return true;
  }
  if (endsHere(context, client, connection, true)) return true;
  // Where a segment finds no room any more a sender waits, and the rest of the head never comes.
  const { receiveBytesMax, segmentBytesMax } = limitsOf(context).tcp;
  if (bytes > receiveBytesMax - segmentBytesMax) return refuseLargeHead(context, client, bytes);
  limitHead(context, client);
  return false;
}

/** Whether the client has ended its side, and with it the connection: in the middle of a head, or between requests. */
function endsHere(context: NetContext, client: ClientAddress, connection: ConnectionAddress, unfinished: boolean): boolean {
  if (!tcpEnded(context.memory, connection)) return false;
  if (unfinished) tally(context, NetState.unfinished);
  closeClientSide(context, client);
  return true;
}

/** The rest of the head finds no room. One whose request line is whole is a request. */
function refuseLargeHead(context: NetContext, client: ClientAddress, bytes: number): true {
  const { memory } = context;
  const scan = ProxyClient.scan.at(client);
  if (HeadScan.phase.get(memory, scan) === HeadPhase.fields) beginExchange(context, client, Math.min(bytes - HeadScan.skippedBytes.get(memory, scan), HEAD_BYTES_MAX), true);
  else {
    tally(context, NetState.badRequestLine);
    refuseClient(context, client, 414);
  }
  return true;
}

/** A head has begun: it must end in time. */
function limitHead(context: NetContext, client: ClientAddress): void {
  const { memory } = context;
  const { headTicks } = limitsOf(context);
  if (ProxyClient.deadlineTick.get(memory, client) > nowTick(context) + headTicks) limitClient(context, client, headTicks);
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
  if (phase === ClientPhase.closing) return closingLate(context, client, connection);
  if (phase !== ClientPhase.reading) return;
  if (tcpReadBytes(memory, connection) > 0) {
    count(context, ProxyState.headTimeouts);
    tally(context, NetState.unfinished);
    return refuseClient(context, client, 408);
  }
  count(context, ProxyState.idleClosed);
  closeClientSide(context, client);
}

/** Who still reads what was written has more time. */
function closingLate(context: NetContext, client: ClientAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  const room = tcpWriteRoom(memory, stackOf(context), connection);
  if (room <= ProxyClient.room.get(memory, client)) return tcpAbort(context, netTcpHost, stackOf(context), connection);
  ProxyClient.room.set(memory, client, room);
  limitClient(context, client, limitsOf(context).closingTicks);
}

/** No new connections from now on; whoever waits for a request is let go, all others with the end of theirs. */
export function drainClients(context: NetContext): void {
  const { memory } = context;
  const proxy = proxyOf(context);
  ProxyState.draining.set(memory, proxy, 1);
  for (let client = ProxyList.first.get(memory, ProxyState.clients.at(proxy)) as ClientAddress; client !== NO_CLIENT; client = ProxyClient.listNext.get(memory, client) as ClientAddress) {
    if (isIdle(context, client)) closeClientSide(context, client);
  }
}
