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
import type { ConnectionAddress } from "../tcp/api.ts";
import { tcpConnect, tcpReadBytes, tcpRelease } from "../tcp/api.ts";
import { OwnAddress } from "../host/own-addresses.ts";
import type { UpstreamAddress } from "./records.ts";
import { NO_UPSTREAM, ProxyList, ProxyState, ProxyUpstream, UpstreamPhase } from "./records.ts";
import { count, limitsOf, nowTick, proxyOf, stackOf } from "./state.ts";
import { giveUpstream, listIdle, openUpstream, unlistIdle } from "./tables.ts";

/** A connection to the backend of the decision: an idle one, or a new one that is opening. NO_UPSTREAM when there can be none. */
export function takeUpstream(context: NetContext, decision: Address<"DecisionMessage">): UpstreamAddress {
  const { memory } = context;
  const proxy = proxyOf(context);
  for (let upstream = ProxyList.last.get(memory, ProxyState.idle.at(proxy)) as UpstreamAddress; upstream !== NO_UPSTREAM; upstream = ProxyUpstream.listPrevious.get(memory, upstream) as UpstreamAddress) {
    if (!goesTo(context, upstream, decision)) continue;
    unlistIdle(memory, proxy, upstream, UpstreamPhase.busy);
    ProxyUpstream.used.set(memory, upstream, 1);
    count(context, ProxyState.upstreamsReused);
    return begin(context, upstream);
  }
  return connect(context, decision);
}

/** The exchange is over; the backend may have another one on this connection if it says so. */
export function returnUpstream(context: NetContext, upstream: UpstreamAddress, reusable: boolean): void {
  const { memory } = context;
  const proxy = proxyOf(context);
  ProxyUpstream.client.set(memory, upstream, 0);
  const connection = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  // Bytes that nobody asked for: what comes next on it could not be told from them.
  if (!reusable || tcpReadBytes(memory, connection) > 0) return dropUpstream(context, upstream);
  listIdle(memory, proxy, upstream);
  ProxyUpstream.sinceTick.set(memory, upstream, nowTick(context));
  if (ProxyList.count.get(memory, ProxyState.idle.at(proxy)) > limitsOf(context).idleUpstreamsMax) dropUpstream(context, ProxyList.first.get(memory, ProxyState.idle.at(proxy)) as UpstreamAddress);
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

function goesTo({ memory }: { readonly memory: NetContext["memory"] }, upstream: UpstreamAddress, decision: Address<"DecisionMessage">): boolean {
  if (ProxyUpstream.port.get(memory, upstream) !== DecisionMessage.port.get(memory, decision)) return false;
  if (ProxyUpstream.family.get(memory, upstream) !== DecisionMessage.family.get(memory, decision)) return false;
  const [one, other] = [ProxyUpstream.address.at(upstream) >> 2, DecisionMessage.address.at(decision) >> 2];
  for (let word = 0; word < 4; word++) if (memory.i32[one + word] !== memory.i32[other + word]) return false;
  return true;
}

function connect(context: NetContext, decision: Address<"DecisionMessage">): UpstreamAddress {
  const { memory } = context;
  const proxy = proxyOf(context);
  let upstream = openUpstream(memory, proxy);
  const oldest = ProxyList.first.get(memory, ProxyState.idle.at(proxy)) as UpstreamAddress;
  if (upstream === NO_UPSTREAM && oldest !== NO_UPSTREAM) {
    dropUpstream(context, oldest);
    upstream = openUpstream(memory, proxy);
  }
  if (upstream === NO_UPSTREAM) return upstream;
  const key = ProxyState.key.at(proxy);
  const family = DecisionMessage.family.get(memory, decision);
  if (!fillKey(context, key, decision, family)) {
    giveUpstream(memory, proxy, upstream);
    return NO_UPSTREAM;
  }
  const connection = tcpConnect(context, netTcpHost, stackOf(context), key, upstream);
  if (connection < 0) {
    giveUpstream(memory, proxy, upstream);
    return NO_UPSTREAM;
  }
  ProxyUpstream.connection.set(memory, upstream, connection);
  copyAddress(memory, DecisionMessage.address.at(decision), memory, ProxyUpstream.address.at(upstream));
  ProxyUpstream.port.set(memory, upstream, DecisionMessage.port.get(memory, decision));
  ProxyUpstream.family.set(memory, upstream, family);
  ProxyUpstream.sinceTick.set(memory, upstream, nowTick(context));
  count(context, ProxyState.upstreamsOpened);
  return begin(context, upstream);
}

/** From the machine's own first address of that family to the backend's; the port is chosen by the stack. */
function fillKey(context: NetContext, key: Address<"FlowKey">, decision: Address<"DecisionMessage">, family: number): boolean {
  const { memory } = context;
  const proxy = proxyOf(context);
  const own = ProxyState.ownAddresses.get(memory, proxy);
  for (let index = 0; index < ProxyState.ownAddressCount.get(memory, proxy); index++) {
    const entry = (own + index * OwnAddress.size) as Address<"OwnAddress">;
    if (OwnAddress.family.get(memory, entry) !== family) continue;
    memory.fill(key, FlowKey.size, 0);
    copyAddress(memory, DecisionMessage.address.at(decision), memory, key + FlowKey.source0.offset);
    copyAddress(memory, entry, memory, key + FlowKey.destination0.offset);
    FlowKey.sourcePort.set(memory, key, DecisionMessage.port.get(memory, decision));
    FlowKey.family.set(memory, key, family);
    return true;
  }
  return false;
}

function begin({ memory }: { readonly memory: NetContext["memory"] }, upstream: UpstreamAddress): UpstreamAddress {
  ProxyUpstream.scannedBytes.set(memory, upstream, 0);
  ProxyUpstream.headDone.set(memory, upstream, 0);
  ProxyUpstream.keepAlive.set(memory, upstream, 0);
  memory.fill(ProxyUpstream.response.at(upstream), ResponseHead.size, 0);
  clearBody(memory, ProxyUpstream.body.at(upstream));
  return upstream;
}
