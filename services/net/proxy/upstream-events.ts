/** What happens to connections to backends. */

import type { NetContext } from "../state.ts";
import { TcpEvent } from "../tcp/api.ts";
import { advanceClient } from "./client.ts";
import { upstreamBroken } from "./course.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { NO_CLIENT, ProxyClient, ProxyUpstream } from "./records.ts";
import { dropUpstream } from "./upstream.ts";
import { ResponseBody, ResponseHead } from "../http/response-head.ts";

/** Something has happened to the upstream's connection. */
export function upstreamHears(context: NetContext, upstream: UpstreamAddress, events: number): void {
  const { memory } = context;
  const client = ProxyUpstream.client.get(memory, upstream) as ClientAddress;
  if ((events & TcpEvent.opened) !== 0) ProxyUpstream.open.set(memory, upstream, 1);
  // An idle connection says something, or ends: neither was asked for.
  if (client === NO_CLIENT) return dropUpstream(context, upstream);
  // What has come before the end is handed on first.
  advanceClient(context, client);
  const still = ProxyClient.upstream.get(memory, client) === upstream;
  if ((events & TcpEvent.gone) === 0 || !still) return;
  const untilClose = ProxyUpstream.headDone.get(memory, upstream) !== 0 && ResponseHead.body.get(memory, ProxyUpstream.response.at(upstream)) === ResponseBody.untilClose;
  if (!untilClose) upstreamBroken(context, client);
}
