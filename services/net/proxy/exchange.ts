/**
 * One request of a client, from its head to the end of its response. The balancer is asked about it like about any other
 * (../request.ts): its descriptor and a copy of its head lie in shared memory until some of the response has come, so that
 * it can be asked about, and given to a backend, once more.
 */

import type { Address } from "../../../hal/field.ts";
import { arenaAllocate } from "../../../kernel/arena.ts";
import { copyBytes } from "../../../kernel/collections/byte-string.ts";
import { Errno } from "../../../kernel/errno.ts";
import { HeadPlace, HeaderEntry, LbOpcode, OUTCOMES, Outcome, RequestDescriptor } from "../../lb/api.ts";
import { forwardsLeft } from "../http/forwarded-request.ts";
import { HeadScan, clearHeadScan } from "../http/head-scan.ts";
import { parseHead } from "../http/head.ts";
import { HEADER_LINES_MAX, HEAD_BYTES_MAX } from "../http/limits.ts";
import { hasToken } from "../http/token-list.ts";
import { nameIs } from "../http/search.ts";
import { tallyKept } from "../ledger.ts";
import { NO_REQUEST, PendingRequest } from "../request-table.ts";
import { closeRequest, copyAddress, decideHere, descriptorOf, openRequest, spareDescriptor } from "../request.ts";
import { FlowKey, Segment } from "../segment.ts";
import type { NetContext } from "../state.ts";
import { NetState, segmentOf, stateOf, streamsOf } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { TcpConnection, tcpReadAt } from "../tcp/api.ts";
import { refuseRequest } from "./answer.ts";
import type { ClientAddress } from "./records.ts";
import { ClientPhase, ProxyClient, Stays } from "./records.ts";
import { proposeSession } from "./session.ts";

type Pending = Address<"PendingRequest">;
type Descriptor = Address<"RequestDescriptor">;

/** The client's head of `headBytes` bytes (behind what the scan skipped) is whole, or was given up at its bound. */
export function beginExchange(context: NetContext, client: ClientAddress, headBytes: number, tooLarge: boolean): void {
  const { memory, shared } = context;
  const scan = ProxyClient.scan.at(client);
  const skipped = HeadScan.skippedBytes.get(memory, scan);
  const lines = Math.min(HeadScan.lines.get(memory, scan), HEADER_LINES_MAX);
  const at = tcpReadAt(memory, ProxyClient.connection.get(memory, client) as ConnectionAddress) + skipped;
  tallyKept(context, NetState.total);
  ProxyClient.headBytes.set(memory, client, skipped + headBytes);
  const pending = openRequest(context, lines);
  const descriptor = pending === NO_REQUEST ? spareDescriptor(context) : descriptorOf(context, pending);
  const placed = pending !== NO_REQUEST && placeHead(context, pending, at, headBytes);
  describe(context, client, descriptor, placed ? pending : NO_REQUEST, skipped);
  const parsed = parseHead(memory, at, headBytes, shared, descriptor, lines, memory, ProxyClient.body.at(client));
  const outcome = tooLarge ? Outcome.headTooLarge : parsed;
  noteRequest(context, client, descriptor, at);
  proposeSession(context, client, descriptor, at);
  ProxyClient.requests.add(memory, client, 1);
  ProxyClient.pending.set(memory, client, placed ? pending : 0);
  ProxyClient.deadlineTick.set(memory, client, 0);
  clearHeadScan(memory, scan);
  if (outcome !== Outcome.routed) {
    // Where net has something against a head its framing is in doubt.
    ProxyClient.keepAlive.set(memory, client, 0);
    decide(context, client, descriptor, outcome);
  } else if (!placed) decide(context, client, descriptor, Outcome.overloaded);
  else ask(context, client, pending);
  if (pending !== NO_REQUEST && !placed) closeRequest(context, pending);
}

/** Asks the balancer about the request at hand. */
function ask(context: NetContext, client: ClientAddress, pending: Pending): void {
  const { memory } = context;
  PendingRequest.flow.set(memory, pending, client);
  PendingRequest.flowSerial.set(memory, pending, ProxyClient.serial.get(memory, client));
  const status = context.send(context.needs.balancer, LbOpcode.request, PendingRequest.descriptor.get(memory, pending), PendingRequest.requestId.get(memory, pending));
  if (status === Errno.ok) ProxyClient.phase.set(memory, client, ClientPhase.asked);
  else decide(context, client, descriptorOf(context, pending), status === Errno.channelFull ? Outcome.overloaded : Outcome.serviceRestarted);
}

/** Net refuses the request at hand itself. */
function decide(context: NetContext, client: ClientAddress, descriptor: Descriptor, outcome: Outcome): void {
  decideHere(context, descriptor, outcome);
  refuseRequest(context, client, OUTCOMES[outcome].status);
}

/** Copies the head to where the balancer can read it. False if there is no room. */
function placeHead(context: NetContext, pending: Pending, at: number, headBytes: number): boolean {
  const { memory, shared } = context;
  const streams = streamsOf(context);
  const block = arenaAllocate(shared, streams, headBytes);
  if (block < 0) return false;
  copyBytes(shared, block, memory, at, Math.min(headBytes, HEAD_BYTES_MAX));
  PendingRequest.holder.set(memory, pending, block - streams);
  return true;
}

/** Fills what parseHead leaves to its caller. */
function describe(context: NetContext, client: ClientAddress, descriptor: Descriptor, pending: Pending, skipped: number): void {
  const { memory, shared } = context;
  const segment = segmentOf(context);
  const key = TcpConnection.key.at(ProxyClient.connection.get(memory, client) as ConnectionAddress);
  shared.fill(descriptor, RequestDescriptor.size, 0);
  RequestDescriptor.requestId.set(shared, descriptor, pending === NO_REQUEST ? 0 : PendingRequest.requestId.get(memory, pending));
  RequestDescriptor.ordinal.set(shared, descriptor, Segment.ordinal.get(memory, segment));
  RequestDescriptor.queue.set(shared, descriptor, Segment.queue.get(memory, segment));
  RequestDescriptor.family.set(shared, descriptor, FlowKey.family.get(memory, key));
  RequestDescriptor.headPlace.set(shared, descriptor, HeadPlace.streams);
  RequestDescriptor.headOffset.set(shared, descriptor, pending === NO_REQUEST ? 0 : PendingRequest.holder.get(memory, pending));
  RequestDescriptor.streamOffset.set(shared, descriptor, ProxyClient.streamOffset.get(memory, client) + skipped);
  RequestDescriptor.nthInFlow.set(shared, descriptor, ProxyClient.requests.get(memory, client));
  RequestDescriptor.flow.set(shared, descriptor, ProxyClient.serial.get(memory, client));
  copyAddress(memory, key + FlowKey.source0.offset, shared, RequestDescriptor.source.at(descriptor));
  copyAddress(memory, key + FlowKey.destination0.offset, shared, RequestDescriptor.destination.at(descriptor));
  RequestDescriptor.sourcePort.set(shared, descriptor, FlowKey.sourcePort.get(memory, key));
  RequestDescriptor.destinationPort.set(shared, descriptor, FlowKey.destinationPort.get(memory, key));
  RequestDescriptor.arrivalTick.set(shared, descriptor, NetState.nowTick.get(memory, stateOf(context)));
  RequestDescriptor.arrivalCycle.set(shared, descriptor, context.uptimeCycles());
}

/** What the proxy must remember of a request besides its framing. */
function noteRequest(context: NetContext, client: ClientAddress, descriptor: Descriptor, at: number): void {
  const { memory, shared } = context;
  const methodBytes = RequestDescriptor.methodBytes.get(shared, descriptor);
  const minor = RequestDescriptor.versionMinor.get(shared, descriptor);
  ProxyClient.versionMinor.set(memory, client, minor);
  ProxyClient.headOnly.set(memory, client, methodBytes === 4 && nameIs(memory, at, "head") ? 1 : 0);
  ProxyClient.idempotent.set(memory, client, isIdempotent(context, at, methodBytes) ? 1 : 0);
  ProxyClient.keepAlive.set(memory, client, wantsMore(context, descriptor, at, minor) ? 1 : 0);
  ProxyClient.bodyBegun.set(memory, client, 0);
  ProxyClient.responseBegun.set(memory, client, 0);
  ProxyClient.plainBody.set(memory, client, 0);
  ProxyClient.tries.set(memory, client, 0);
  ProxyClient.stays.set(memory, client, staysHere(context, descriptor, at, methodBytes));
}

/** There are no tunnels through this proxy (RFC 9110, 9.3.6), and no requests that go further than Max-Forwards lets them. */
function staysHere(context: NetContext, descriptor: Descriptor, at: number, methodBytes: number): number {
  const { memory, shared } = context;
  if (methodBytes === 7 && nameIs(memory, at, "connect")) return Stays.notImplemented;
  if (forwardsLeft(memory, at, shared, descriptor) !== 0) return Stays.no;
  return nameIs(memory, at, "options") ? Stays.options : Stays.notImplemented;
}

/** RFC 9110, 9.2.2. Methods are upper case here. */
const IDEMPOTENT: readonly string[] = Object.freeze(["get", "head", "put", "delete", "options", "trace"]);

function isIdempotent({ memory }: NetContext, at: number, methodBytes: number): boolean {
  for (let i = 0; i < IDEMPOTENT.length; i++) if (IDEMPOTENT[i].length === methodBytes && nameIs(memory, at, IDEMPOTENT[i])) return true;
  return false;
}

/** RFC 9112, 9.3. */
function wantsMore(context: NetContext, descriptor: Descriptor, at: number, minor: number): boolean {
  const { memory, shared } = context;
  let keepAlive = minor === 1;
  for (let index = 0; index < RequestDescriptor.headerCount.get(shared, descriptor); index++) {
    const entry = (descriptor + RequestDescriptor.size + index * HeaderEntry.size) as unknown as Address<"HeaderEntry">;
    if (HeaderEntry.nameBytes.get(shared, entry) !== 10 || !nameIs(memory, at + HeaderEntry.nameOffset.get(shared, entry), "connection")) continue;
    const from = at + HeaderEntry.valueOffset.get(shared, entry);
    const stop = from + HeaderEntry.valueBytes.get(shared, entry);
    if (hasToken(memory, from, stop, "close")) return false;
    if (minor === 0 && hasToken(memory, from, stop, "keep-alive")) keepAlive = true;
  }
  return keepAlive;
}
