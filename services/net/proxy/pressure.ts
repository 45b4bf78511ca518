/**
 * When the memory of all buffers is nearly used up: whoever has moved least lately is reset, as long as it holds some and
 * has stood still for a while. So many clients that take or send nothing keep others from being served for that while only.
 */

import { netTcpHost } from "../host/tcp-host.ts";
import type { NetContext } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { TcpStack, tcpAbort, tcpReadBytes, tcpWriteRoom } from "../tcp/api.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { NO_CLIENT, NO_UPSTREAM, ProxyClient, ProxyList, ProxyState, ProxyUpstream } from "./records.ts";
import { count, nowTick, proxyOf, stackOf } from "./state.ts";

/** An eighth of the memory is to be free. */
const SPARE_SHIFT = 3;
/** How long a client has stood still before it may be reset. */
const STILL_TICKS = 2000;
/** Resets the client that stands still for longest, if memory is short. False if it is not, or if nobody does: what is left is others' by right. */
export function relieveMemory(context: NetContext): boolean {
  const { memory } = context;
  const stack = stackOf(context);
  const most = TcpStack.bufferBytesMax.get(memory, stack);
  if (most - TcpStack.bufferBytes.get(memory, stack) >= most >> SPARE_SHIFT) return false;
  const client = stillest(context);
  if (client === NO_CLIENT) return false;
  count(context, ProxyState.clientsEvicted);
  // It is not to be found once more before its owner has heard.
  ProxyClient.movedTick.set(memory, client, nowTick(context));
  tcpAbort(context, netTcpHost, stack, ProxyClient.connection.get(memory, client) as ConnectionAddress);
  return true;
}

/** Of the clients that hold memory the one that has stood still for longest. */
function stillest(context: NetContext): ClientAddress {
  const { memory } = context;
  let found = NO_CLIENT;
  let movedTick = nowTick(context) - STILL_TICKS;
  for (let client = ProxyList.first.get(memory, ProxyState.clients.at(proxyOf(context))) as ClientAddress; client !== NO_CLIENT; client = ProxyClient.listNext.get(memory, client) as ClientAddress) {
    const moved = ProxyClient.movedTick.get(memory, client);
    if (moved > movedTick || !holdsMemory(context, client)) continue;
    found = client;
    movedTick = moved - 1;
  }
  return found;
}

function holdsMemory(context: NetContext, client: ClientAddress): boolean {
  const { memory } = context;
  const stack = stackOf(context);
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  const upstream = ProxyClient.upstream.get(memory, client) as UpstreamAddress;
  if (tcpReadBytes(memory, connection) > 0 || tcpWriteRoom(memory, stack, connection) < TcpStack.sendBytesMax.get(memory, stack)) return true;
  if (upstream === NO_UPSTREAM) return false;
  const other = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  return tcpReadBytes(memory, other) > 0 || tcpWriteRoom(memory, stack, other) < TcpStack.sendBytesMax.get(memory, stack);
}
