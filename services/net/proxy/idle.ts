/**
 * Clients that wait for no answer: nothing of a request of theirs has come. Whoever closes one does what a server may do at
 * any time (RFC 9112, 9.5), and what its client must be ready for; so they make room for those who come.
 */

import { netTcpHost } from "../host/tcp-host.ts";
import type { NetContext } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { TcpStack, tcpAbort, tcpReadBytes, tcpRelease } from "../tcp/api.ts";
import type { ClientAddress } from "./records.ts";
import { ClientPhase, NO_CLIENT, ProxyClient, ProxyList, ProxyState } from "./records.ts";
import { count, proxyOf, stackOf } from "./state.ts";
import { closeClient } from "./tables.ts";

/** While an eighth of the stack's records is left, whoever makes room is closed in good order; then it is reset, which leaves none behind. */
const SPARE_SHIFT = 3;

export function isIdle({ memory }: NetContext, client: ClientAddress): boolean {
  return ProxyClient.phase.get(memory, client) === ClientPhase.reading && tcpReadBytes(memory, ProxyClient.connection.get(memory, client) as ConnectionAddress) === 0;
}

/** All records of clients are taken: the longest idle one gives its own back. False if none is idle. */
export function displaceIdle(context: NetContext): boolean {
  const { memory } = context;
  const client = longestIdle(context);
  if (client === NO_CLIENT) return false;
  const stack = stackOf(context);
  const connection = ProxyClient.connection.get(memory, client) as ConnectionAddress;
  const records = TcpStack.connectionsMax.get(memory, stack);
  count(context, ProxyState.clientsDisplaced);
  count(context, ProxyState.clientsClosed);
  if (records - TcpStack.inUse.get(memory, stack) < records >> SPARE_SHIFT) tcpAbort(context, netTcpHost, stack, connection);
  tcpRelease(context, netTcpHost, stack, connection);
  closeClient(memory, proxyOf(context), client);
  return true;
}

/** The idle client whose silence ends first; of equals the one that came first. */
function longestIdle(context: NetContext): ClientAddress {
  const { memory } = context;
  let found = NO_CLIENT;
  for (let client = ProxyList.first.get(memory, ProxyState.clients.at(proxyOf(context))) as ClientAddress; client !== NO_CLIENT; client = ProxyClient.listNext.get(memory, client) as ClientAddress) {
    if (!isIdle(context, client)) continue;
    if (found === NO_CLIENT || ProxyClient.deadlineTick.get(memory, client) < ProxyClient.deadlineTick.get(memory, found)) found = client;
  }
  return found;
}
