/**
 * The proxy: net where it ends connections itself. Frames become segments of its TCP stack; what the stack has to tell goes
 * to clients and upstreams; time moves all of them on.
 */

import type { Address } from "../../../hal/field.ts";
import { Errno } from "../../../kernel/errno.ts";
import { Ignored } from "../api.ts";
import { keyedHash } from "../tcp/keyed-hash.ts";
import { releaseWhole } from "../fragment/reassembly.ts";
import { ownAddressesCreate } from "../host/own-addresses.ts";
import { hostCreate, hostShutDown } from "../host/host.ts";
import { DONE, admitSegment, takeOtherFrame } from "../host/other-frames.ts";
import { netTcpHost } from "../host/tcp-host.ts";
import { FlowKey, Segment, readAnySegment } from "../segment.ts";
import type { NetContext } from "../state.ts";
import { NetState, segmentOf, stateOf } from "../state.ts";
import type { ConnectionAddress, StackAddress } from "../tcp/api.ts";
import { NO_CONNECTION, TcpEvent, tcpAbort, tcpArrive, tcpCreate, tcpNextReady, tcpNextTick, tcpOwner, tcpRelease, tcpTakeEvents, tcpTick } from "../tcp/api.ts";
import { advanceClient, claimClient, clientHears, clientLate, drainClients } from "./client.ts";
import { noteDue, takeDue } from "./due.ts";
import { exchangeLate } from "./failure.ts";
import { relieveMemory } from "./pressure.ts";
import type { ProbeAddress } from "./probe-records.ts";
import { probesCreate } from "./probe-records.ts";
import { probeBegin, probeHears, probesEnd, probesScan } from "./probe.ts";
import type { ClientAddress, UpstreamAddress } from "./records.ts";
import { ClientPhase, NO_CLIENT, NO_UPSTREAM, OwnerKind, ProxyClient, ProxyList, ProxyState, ProxyUpstream, UNCLAIMED } from "./records.ts";
import { nowTick, proxyOf, setStackTime, stackOf } from "./state.ts";
import { proxyTablesCreate } from "./tables.ts";
import { dropOldIdle, dropUpstream } from "./upstream.ts";
import { upstreamHears } from "./upstream-events.ts";

/** Raised when a timer of the stack may be due. */
export const PROXY_BIT = 4;

const SECRET_WORDS = 4;
/** Clients reset at a time for want of memory. */
const RESETS_MAX = 64;

/** Makes stack, tables and addresses. 0 or an errno: -17 for parameters that make no sense, -5. */
export function proxyCreate(context: NetContext): number {
  const { memory, parameters } = context;
  if (parameters.proxy === undefined || parameters.addresses === undefined) return Errno.invalidArgument;
  const host = hostCreate(context);
  if (host < 0) return host;
  const secretAt = context.allocate(SECRET_WORDS * 4);
  if (secretAt < 0) return secretAt;
  drawSecret(context, secretAt);
  const stack = tcpCreate(context, parameters.proxy.tcp, secretAt);
  context.free(secretAt);
  if (stack < 0) return stack;
  const proxy = proxyTablesCreate(context, parameters.proxy, stack as StackAddress);
  if (proxy < 0) return proxy;
  NetState.proxy.set(memory, stateOf(context), proxy);
  const probes = probesCreate(context, parameters.proxy.probesMax);
  if (probes < 0) return probes;
  ProxyState.probes.set(memory, proxyOf(context), probes);
  const addresses = ownAddressesCreate(context, parameters.addresses);
  if (addresses < 0) return addresses;
  ProxyState.ownAddresses.set(memory, proxyOf(context), addresses);
  ProxyState.ownAddressCount.set(memory, proxyOf(context), parameters.addresses.length);
  return Errno.ok;
}

/** A frame of `frameBytes` bytes at `at` in `shared` has come. */
export function proxyFrame(context: NetContext, at: number, frameBytes: number): Ignored {
  const { memory, shared } = context;
  const segment = segmentOf(context);
  const reason = readAnySegment(shared, at, frameBytes, memory, segment);
  const other = reason === Ignored.none ? admitSegment(context) : takeOtherFrame(context, at, frameBytes, reason);
  if (other === DONE) return Ignored.none;
  if (other !== Ignored.none) return other;
  setStackTime(context);
  tcpArrive(context, netTcpHost, stackOf(context), segment, shared);
  releaseWhole(context);
  settleProxy(context);
  return Ignored.none;
}

/** The balancer asks for a probe. */
export function proxyProbe(context: NetContext, messageAt: Address<"ProbeMessage">): void {
  probeBegin(context, messageAt);
  settleProxy(context);
}

/** The kernel's timer has gone off. */
export function proxyTick(context: NetContext): void {
  ProxyState.timerTick.set(context.memory, proxyOf(context), 0);
  ProxyState.timer.set(context.memory, proxyOf(context), 0);
  setStackTime(context);
  tcpTick(context, netTcpHost, stackOf(context));
  attendDue(context);
  settleProxy(context);
}

/** From time to time: lets everybody go on who waited for memory, and sees to what no timer was to be had for. */
export function proxyScan(context: NetContext): void {
  const { memory } = context;
  setStackTime(context);
  tcpTick(context, netTcpHost, stackOf(context));
  // The memory of each is back when its owner has heard of it.
  for (let resets = 0; resets < RESETS_MAX && relieveMemory(context); resets++) settleProxy(context);
  attendDue(context);
  for (let client = ProxyList.first.get(memory, ProxyState.clients.at(proxyOf(context))) as ClientAddress; client !== NO_CLIENT; ) {
    const next = ProxyClient.listNext.get(memory, client) as ClientAddress;
    advanceClient(context, client);
    client = next;
  }
  probesScan(context);
  settleProxy(context);
}

/** Attends to clients, idle connections and probes that have waited too long, if any may have. */
function attendDue(context: NetContext): void {
  const { memory } = context;
  if (!takeDue(context)) return;
  for (let client = ProxyList.first.get(memory, ProxyState.clients.at(proxyOf(context))) as ClientAddress; client !== NO_CLIENT; ) {
    const next = ProxyClient.listNext.get(memory, client) as ClientAddress;
    const deadline = ProxyClient.deadlineTick.get(memory, client);
    if (deadline > nowTick(context)) noteDue(context, deadline);
    else if (deadline !== 0) late(context, client);
    client = next;
  }
  dropOldIdle(context);
  probesScan(context);
}

/** After every use of the stack: tells what has happened, until nothing is left to be told, and sets the timer. */
export function settleProxy(context: NetContext): void {
  const { memory } = context;
  const stack = stackOf(context);
  for (let connection = tcpNextReady(memory, stack); connection !== NO_CONNECTION; connection = tcpNextReady(memory, stack)) hear(context, connection, tcpTakeEvents(memory, connection));
  armTimer(context);
}

/** No new connections; those that are there end with the request at hand. */
export function proxyDrain(context: NetContext): void {
  setStackTime(context);
  drainClients(context);
  settleProxy(context);
}

/** Net is shut down: every connection is reset, nothing is sent any more after that. */
export function proxyShutDown(context: NetContext): void {
  const { memory } = context;
  const proxy = proxyOf(context);
  setStackTime(context);
  for (let client = ProxyList.first.get(memory, ProxyState.clients.at(proxy)) as ClientAddress; client !== NO_CLIENT; client = ProxyList.first.get(memory, ProxyState.clients.at(proxy)) as ClientAddress) {
    tcpAbort(context, netTcpHost, stackOf(context), ProxyClient.connection.get(memory, client) as ConnectionAddress);
    settleProxy(context);
  }
  for (let upstream = ProxyList.first.get(memory, ProxyState.idle.at(proxy)) as UpstreamAddress; upstream !== NO_UPSTREAM; upstream = ProxyList.first.get(memory, ProxyState.idle.at(proxy)) as UpstreamAddress) dropUpstream(context, upstream);
  probesEnd(context);
  const timer = ProxyState.timer.get(memory, proxy);
  if (timer !== 0) context.timerCancel(context.needs.ticks, timer);
  ProxyState.timer.set(memory, proxy, 0);
  ProxyState.timerTick.set(memory, proxy, 0);
  hostShutDown(context);
}

function hear(context: NetContext, connection: ConnectionAddress, events: number): void {
  const { memory } = context;
  const owner = tcpOwner(memory, connection);
  if (owner === UNCLAIMED) {
    if ((events & TcpEvent.gone) !== 0) return tcpRelease(context, netTcpHost, stackOf(context), connection);
    claimClient(context, connection);
    const client = tcpOwner(memory, connection) as ClientAddress;
    if (client > UNCLAIMED) clientHears(context, client, events);
    return;
  }
  if (ProxyClient.kind.get(memory, owner as ClientAddress) === OwnerKind.client) clientHears(context, owner as ClientAddress, events);
  else if (ProxyUpstream.kind.get(memory, owner as UpstreamAddress) === OwnerKind.upstream) upstreamHears(context, owner as UpstreamAddress, events);
  else probeHears(context, owner as ProbeAddress, events);
}

function late(context: NetContext, client: ClientAddress): void {
  ProxyClient.deadlineTick.set(context.memory, client, 0);
  if (ProxyClient.phase.get(context.memory, client) === ClientPhase.relaying) exchangeLate(context, client);
  else clientLate(context, client);
}

/** One timer of the kernel's stands for all of the stack's and for all deadlines. */
function armTimer(context: NetContext): void {
  const { memory, needs } = context;
  const proxy = proxyOf(context);
  const stacks = tcpNextTick(memory, stackOf(context));
  const due = ProxyState.dueTick.get(memory, proxy);
  const next = due !== 0 && (stacks === 0 || due < stacks) ? due : stacks;
  const armed = ProxyState.timerTick.get(memory, proxy);
  if (next === 0 || (armed !== 0 && armed <= next)) return;
  if (armed !== 0) context.timerCancel(needs.ticks, ProxyState.timer.get(memory, proxy));
  const timer = context.timerStart(needs.ticks, Math.max(1, next - nowTick(context)), 0, PROXY_BIT);
  ProxyState.timer.set(memory, proxy, timer > 0 ? timer : 0);
  ProxyState.timerTick.set(memory, proxy, timer > 0 ? next : 0);
}

/** Four words from the machine's own seed, its address and its generation: nothing outside tells them. */
function drawSecret(context: NetContext, at: number): void {
  const { memory, parameters } = context;
  const key = NetState.segment.at(stateOf(context));
  memory.fill(key, FlowKey.size, 0);
  for (let word = 0; word < SECRET_WORDS; word++) memory.i32[(at >> 2) + word] = keyedHash(memory, Segment.key.at(key), FlowKey.size >> 2, word, parameters.seed ?? 0, context.generation);
}

