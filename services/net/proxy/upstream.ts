/**
 * Connections to backends: made for a request, kept when the backend lets them be (RFC 9112, 9.3), and taken again for the
 * next request to the same address. Idle ones are bounded; the one that is idle for longest goes first.
 */

import type { Address } from "../../../hal/field.ts";
import { DecisionMessage } from "../../lb/api.ts";
import { clearBody } from "../http/body.ts";
import { ResponseHead } from "../http/response-head.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import { copyAddress } from "../request.ts";
import { FlowKey } from "../segment.ts";
import type { NetContext } from "../state.ts";
import { NetState, tally } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpAbort, tcpConnect, tcpEnded, tcpMayWrite, tcpReadBytes, tcpRelease, tcpSetStreaming } from "../tcp/api.ts";
import { OwnAddress } from "../host/own-addresses.ts";
import { noteDue } from "./due.ts";
import type { UpstreamAddress } from "./records.ts";
import { NO_UPSTREAM, ProxyList, ProxyState, ProxyUpstream, UpstreamPhase } from "./records.ts";
import { count, limitsOf, nowTick, proxyOf, stackOf } from "./state.ts";
import { giveUpstream, listIdle, openUpstream, unlistIdle } from "./tables.ts";

/** A connection to the backend of the decision: an idle one, or a new one that is opening. NO_UPSTREAM when there can be none. */
export function takeUpstream(context: NetContext, decision: Address<"DecisionMessage">): UpstreamAddress {
  const { memory } = context;
  const proxy = proxyOf(context);
  const addressAt = DecisionMessage.address.at(decision);
  const port = DecisionMessage.port.get(memory, decision);
  const family = DecisionMessage.family.get(memory, decision);
  // The one that was used last is the likeliest to be there still.
  for (let upstream = ProxyList.last.get(memory, ProxyState.idle.at(proxy)) as UpstreamAddress; upstream !== NO_UPSTREAM; ) {
    const before = ProxyUpstream.listPrevious.get(memory, upstream) as UpstreamAddress;
    if (goesTo(context, upstream, addressAt, port, family)) {
      if (isUsable(context, upstream)) return reuse(context, upstream);
      dropUpstream(context, upstream);
    }
    upstream = before;
  }
  return connect(context, addressAt, port, family);
}

/** A new connection to where this one leads. NO_UPSTREAM when there can be none. */
export function renewUpstream(context: NetContext, upstream: UpstreamAddress): UpstreamAddress {
  const { memory } = context;
  return connect(context, ProxyUpstream.address.at(upstream), ProxyUpstream.port.get(memory, upstream), ProxyUpstream.family.get(memory, upstream));
}

function reuse(context: NetContext, upstream: UpstreamAddress): UpstreamAddress {
  unlistIdle(context.memory, proxyOf(context), upstream, UpstreamPhase.busy);
  ProxyUpstream.used.set(context.memory, upstream, 1);
  count(context, ProxyState.upstreamsReused);
  return begin(context, upstream);
}

/** Nothing has come on it that nobody asked for, and it has not ended. */
function isUsable({ memory }: NetContext, upstream: UpstreamAddress): boolean {
  const connection = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  return tcpReadBytes(memory, connection) === 0 && tcpMayWrite(memory, connection) && !tcpEnded(memory, connection);
}

/** The exchange is over; the backend may have another one on this connection if it says so. */
export function returnUpstream(context: NetContext, upstream: UpstreamAddress, reusable: boolean): void {
  const { memory } = context;
  const proxy = proxyOf(context);
  ProxyUpstream.client.set(memory, upstream, 0);
  // Bytes that nobody asked for: what comes next on it could not be told from them.
  if (!reusable || !isUsable(context, upstream)) return dropUpstream(context, upstream);
  listIdle(memory, proxy, upstream);
  ProxyUpstream.sinceTick.set(memory, upstream, nowTick(context));
  noteDue(context, idleUntil(context, upstream));
  if (ProxyList.count.get(memory, ProxyState.idle.at(proxy)) > limitsOf(context).idleUpstreamsMax) dropUpstream(context, ProxyList.first.get(memory, ProxyState.idle.at(proxy)) as UpstreamAddress);
}

/** When nobody has used the idle connection for too long. */
function idleUntil(context: NetContext, upstream: UpstreamAddress): number {
  return ProxyUpstream.sinceTick.get(context.memory, upstream) + limitsOf(context).upstreamIdleTicks;
}

/** Closes connections that have been idle for too long. They stand in the list in the order in which they became so. */
export function dropOldIdle(context: NetContext): void {
  const { memory } = context;
  const list = ProxyState.idle.at(proxyOf(context));
  for (let upstream = ProxyList.first.get(memory, list) as UpstreamAddress; upstream !== NO_UPSTREAM; upstream = ProxyList.first.get(memory, list) as UpstreamAddress) {
    if (idleUntil(context, upstream) > nowTick(context)) return noteDue(context, idleUntil(context, upstream));
    dropUpstream(context, upstream);
  }
}

/** Nobody uses the connection any more: it is closed, or reset if something is there that nobody reads. */
export function dropUpstream(context: NetContext, upstream: UpstreamAddress): void {
  const { memory } = context;
  const proxy = proxyOf(context);
  if (ProxyUpstream.phase.get(memory, upstream) === UpstreamPhase.idle) unlistIdle(memory, proxy, upstream, UpstreamPhase.closing);
  const connection = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  giveUpstream(memory, proxy, upstream);
  count(context, ProxyState.upstreamsClosed);
  tcpRelease(context, netTcpHost, stackOf(context), connection);
}

function goesTo({ memory }: NetContext, upstream: UpstreamAddress, addressAt: number, port: number, family: number): boolean {
  if (ProxyUpstream.port.get(memory, upstream) !== port || ProxyUpstream.family.get(memory, upstream) !== family) return false;
  const one = ProxyUpstream.address.at(upstream) >> 2;
  const other = addressAt >> 2;
  for (let word = 0; word < 4; word++) if (memory.i32[one + word] !== memory.i32[other + word]) return false;
  return true;
}

/** Begins a connection to that address (in net's arena), which takes the place of the longest idle one where all records are taken. */
function connect(context: NetContext, addressAt: number, port: number, family: number): UpstreamAddress {
  const { memory } = context;
  const proxy = proxyOf(context);
  const key = ProxyState.key.at(proxy);
  if (!fillKey(context, key, addressAt, port, family)) {
    tally(context, NetState.unroutable);
    return NO_UPSTREAM;
  }
  let upstream = openUpstream(memory, proxy);
  if (upstream === NO_UPSTREAM && displaceOldest(context)) upstream = openUpstream(memory, proxy);
  if (upstream === NO_UPSTREAM) return upstream;
  let connection = tcpConnect(context, netTcpHost, stackOf(context), key, upstream);
  if (connection < 0 && displaceOldest(context)) connection = tcpConnect(context, netTcpHost, stackOf(context), key, upstream);
  if (connection < 0) {
    giveUpstream(memory, proxy, upstream);
    return NO_UPSTREAM;
  }
  ProxyUpstream.connection.set(memory, upstream, connection);
  copyAddress(memory, addressAt, memory, ProxyUpstream.address.at(upstream));
  ProxyUpstream.port.set(memory, upstream, port);
  ProxyUpstream.family.set(memory, upstream, family);
  ProxyUpstream.sinceTick.set(memory, upstream, nowTick(context));
  count(context, ProxyState.upstreamsOpened);
  return begin(context, upstream);
}

/** The longest idle connection is reset: what it took is free at once. False if there is none. */
function displaceOldest(context: NetContext): boolean {
  const { memory } = context;
  const oldest = ProxyList.first.get(memory, ProxyState.idle.at(proxyOf(context))) as UpstreamAddress;
  if (oldest === NO_UPSTREAM) return false;
  tcpAbort(context, netTcpHost, stackOf(context), ProxyUpstream.connection.get(memory, oldest) as ConnectionAddress);
  dropUpstream(context, oldest);
  return true;
}

/** From the machine's own first address of that family to the backend's; the port is chosen by the stack. */
export function fillKey(context: NetContext, key: Address<"FlowKey">, addressAt: number, port: number, family: number): boolean {
  const { memory } = context;
  const proxy = proxyOf(context);
  const own = ProxyState.ownAddresses.get(memory, proxy);
  for (let index = 0; index < ProxyState.ownAddressCount.get(memory, proxy); index++) {
    const entry = (own + index * OwnAddress.size) as Address<"OwnAddress">;
    if (OwnAddress.family.get(memory, entry) !== family) continue;
    memory.fill(key, FlowKey.size, 0);
    copyAddress(memory, addressAt, memory, key + FlowKey.source0.offset);
    copyAddress(memory, entry, memory, key + FlowKey.destination0.offset);
    FlowKey.sourcePort.set(memory, key, port);
    FlowKey.family.set(memory, key, family);
    return true;
  }
  return false;
}

function begin({ memory }: { readonly memory: NetContext["memory"] }, upstream: UpstreamAddress): UpstreamAddress {
  ProxyUpstream.scannedBytes.set(memory, upstream, 0);
  ProxyUpstream.headDone.set(memory, upstream, 0);
  tcpSetStreaming(memory, ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress, false);
  ProxyUpstream.keepAlive.set(memory, upstream, 0);
  ProxyUpstream.faulty.set(memory, upstream, 0);
  ProxyUpstream.headWaits.set(memory, upstream, 0);
  memory.fill(ProxyUpstream.response.at(upstream), ResponseHead.size, 0);
  clearBody(memory, ProxyUpstream.body.at(upstream));
  return upstream;
}
