/** What happens to connections to backends. */

import type { NetContext } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { TcpEvent, tcpEnded, tcpReadBytes } from "../tcp/api.ts";
import { advanceClient } from "./client.ts";
import { upstreamBroken } from "./failure.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { NO_CLIENT, ProxyUpstream } from "./records.ts";
import { noteMoved } from "./request-at-hand.ts";
import { dropUpstream } from "./upstream.ts";

/** Something has happened to the upstream's connection. */
export function upstreamHears(context: NetContext, upstream: UpstreamAddress, events: number): void {
  const { memory } = context;
  const client = ProxyUpstream.client.get(memory, upstream) as ClientAddress;
  const connection = ProxyUpstream.connection.get(memory, upstream) as ConnectionAddress;
  if (client === NO_CLIENT) {
    // An idle connection that says something, or ends: neither was asked for.
    if (tcpReadBytes(memory, connection) > 0 || tcpEnded(memory, connection)) dropUpstream(context, upstream);
    return;
  }
  if ((events & TcpEvent.opened) !== 0) {
    ProxyUpstream.open.set(memory, upstream, 1);
    noteMoved(context, client);
  }
  // What has come before the end is handed on; the end is seen behind it (course.ts).
  if (ProxyUpstream.open.get(memory, upstream) === 0 && (events & TcpEvent.gone) !== 0) upstreamBroken(context, client);
  advanceClient(context, client);
}
