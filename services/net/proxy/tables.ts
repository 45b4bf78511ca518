/** The proxy's records of clients and of connections to backends: two tables of fixed size, a list of clients, a list of idle upstreams. */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { HEAD_BYTES_MAX } from "../http/limits.ts";
import { REWRITE_BYTES_MAX } from "../http/head-writer.ts";
import type { StackAddress } from "../tcp/api.ts";
import type { ProxyLimits } from "./limits.ts";
import type { ClientAddress, ProxyAddress, UpstreamAddress } from "./records.ts";
import { ClientPhase, NO_CLIENT, NO_UPSTREAM, OwnerKind, ProxyClient, ProxyList, ProxyState, ProxyUpstream, UpstreamPhase } from "./records.ts";

/** Makes the tables in the heap. The ProxyState's address, or -5. */
export function proxyTablesCreate(heap: Heap, limits: ProxyLimits, stack: StackAddress): number {
  const { memory } = heap;
  // No head is longer than what a connection holds of it.
  const workBytes = Math.min(HEAD_BYTES_MAX, limits.tcp.receiveBytesMax + limits.tcp.segmentBytesMax) + REWRITE_BYTES_MAX;
  const clientsAt = ProxyState.size;
  const upstreamsAt = clientsAt + limits.clientsMax * ProxyClient.size;
  const workAt = upstreamsAt + limits.upstreamsMax * ProxyUpstream.size;
  const at = heap.allocate(workAt + workBytes);
  if (at < 0) return Errno.outOfMemory;
  const proxy = at as ProxyAddress;
  memory.fill(at, workAt, 0);
  ProxyState.stack.set(memory, proxy, stack);
  ProxyState.clientsAt.set(memory, proxy, at + clientsAt);
  ProxyState.clientsMax.set(memory, proxy, limits.clientsMax);
  ProxyState.upstreamsAt.set(memory, proxy, at + upstreamsAt);
  ProxyState.upstreamsMax.set(memory, proxy, limits.upstreamsMax);
  ProxyState.workAt.set(memory, proxy, at + workAt);
  ProxyState.workBytes.set(memory, proxy, workBytes);
  for (let index = limits.clientsMax - 1; index >= 0; index--) giveClient(memory, proxy, (at + clientsAt + index * ProxyClient.size) as ClientAddress);
  for (let index = limits.upstreamsMax - 1; index >= 0; index--) giveUpstream(memory, proxy, (at + upstreamsAt + index * ProxyUpstream.size) as UpstreamAddress);
  return at;
}

/** A zeroed record in the list of clients; NO_CLIENT when all are taken. */
export function openClient(memory: Memory, proxy: ProxyAddress): ClientAddress {
  const client = ProxyState.clientFree.get(memory, proxy) as ClientAddress;
  if (client === NO_CLIENT) return client;
  ProxyState.clientFree.set(memory, proxy, ProxyClient.listNext.get(memory, client));
  memory.fill(client, ProxyClient.size, 0);
  ProxyClient.kind.set(memory, client, OwnerKind.client);
  ProxyClient.phase.set(memory, client, ClientPhase.reading);
  ProxyState.serials.set(memory, proxy, (ProxyState.serials.get(memory, proxy) + 1) & 0x7fff_ffff);
  ProxyClient.serial.set(memory, client, ProxyState.serials.get(memory, proxy));
  const list = ProxyState.clients.at(proxy);
  const last = ProxyList.last.get(memory, list) as ClientAddress;
  ProxyClient.listPrevious.set(memory, client, last);
  if (last === NO_CLIENT) ProxyList.first.set(memory, list, client);
  else ProxyClient.listNext.set(memory, last, client);
  ProxyList.last.set(memory, list, client);
  ProxyList.count.add(memory, list, 1);
  return client;
}

export function closeClient(memory: Memory, proxy: ProxyAddress, client: ClientAddress): void {
  const list = ProxyState.clients.at(proxy);
  const previous = ProxyClient.listPrevious.get(memory, client) as ClientAddress;
  const next = ProxyClient.listNext.get(memory, client) as ClientAddress;
  if (previous === NO_CLIENT) ProxyList.first.set(memory, list, next);
  else ProxyClient.listNext.set(memory, previous, next);
  if (next === NO_CLIENT) ProxyList.last.set(memory, list, previous);
  else ProxyClient.listPrevious.set(memory, next, previous);
  ProxyList.count.add(memory, list, -1);
  // Whoever still names it by address and serial finds nobody.
  ProxyClient.serial.set(memory, client, 0);
  ProxyClient.pending.set(memory, client, 0);
  giveClient(memory, proxy, client);
}

/** A zeroed record; NO_UPSTREAM when all are taken. */
export function openUpstream(memory: Memory, proxy: ProxyAddress): UpstreamAddress {
  const upstream = ProxyState.upstreamFree.get(memory, proxy) as UpstreamAddress;
  if (upstream === NO_UPSTREAM) return upstream;
  ProxyState.upstreamFree.set(memory, proxy, ProxyUpstream.listNext.get(memory, upstream));
  memory.fill(upstream, ProxyUpstream.size, 0);
  ProxyUpstream.kind.set(memory, upstream, OwnerKind.upstream);
  ProxyUpstream.phase.set(memory, upstream, UpstreamPhase.busy);
  return upstream;
}

export function giveUpstream(memory: Memory, proxy: ProxyAddress, upstream: UpstreamAddress): void {
  ProxyUpstream.phase.set(memory, upstream, UpstreamPhase.free);
  ProxyUpstream.listNext.set(memory, upstream, ProxyState.upstreamFree.get(memory, proxy));
  ProxyState.upstreamFree.set(memory, proxy, upstream);
}

/** The upstream waits for a request: it goes to the end of the list of idle ones. */
export function listIdle(memory: Memory, proxy: ProxyAddress, upstream: UpstreamAddress): void {
  const list = ProxyState.idle.at(proxy);
  const last = ProxyList.last.get(memory, list) as UpstreamAddress;
  ProxyUpstream.phase.set(memory, upstream, UpstreamPhase.idle);
  ProxyUpstream.listPrevious.set(memory, upstream, last);
  ProxyUpstream.listNext.set(memory, upstream, 0);
  if (last === NO_UPSTREAM) ProxyList.first.set(memory, list, upstream);
  else ProxyUpstream.listNext.set(memory, last, upstream);
  ProxyList.last.set(memory, list, upstream);
  ProxyList.count.add(memory, list, 1);
}

/** The idle upstream is idle no more: it has that phase now. */
export function unlistIdle(memory: Memory, proxy: ProxyAddress, upstream: UpstreamAddress, phase: number): void {
  const list = ProxyState.idle.at(proxy);
  const previous = ProxyUpstream.listPrevious.get(memory, upstream) as UpstreamAddress;
  const next = ProxyUpstream.listNext.get(memory, upstream) as UpstreamAddress;
  if (previous === NO_UPSTREAM) ProxyList.first.set(memory, list, next);
  else ProxyUpstream.listNext.set(memory, previous, next);
  if (next === NO_UPSTREAM) ProxyList.last.set(memory, list, previous);
  else ProxyUpstream.listPrevious.set(memory, next, previous);
  ProxyList.count.add(memory, list, -1);
  ProxyUpstream.phase.set(memory, upstream, phase);
}

function giveClient(memory: Memory, proxy: ProxyAddress, client: ClientAddress): void {
  ProxyClient.phase.set(memory, client, ClientPhase.free);
  ProxyClient.listNext.set(memory, client, ProxyState.clientFree.get(memory, proxy));
  ProxyState.clientFree.set(memory, proxy, client);
}
