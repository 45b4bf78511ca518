/**
 * The way of a request through the balancer: rate limit, rules, group, backend, and one decision back to net.
 *
 * The descriptor and the head are another process's memory: every offset is checked before it is used. A head in a DMA
 * buffer is held by a reference while it is read, since its owner may be gone.
 */

import type { Address } from "../../hal/field.ts";
import { SmallMessage } from "../../kernel/message.ts";
import type { Message } from "../../kernel/service.ts";
import { writeAddressText } from "./codec/address-text.ts";
import { ConnectionEnd, HeadPlace, HeaderEntry, Outcome, RequestDescriptor } from "./api.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { choiceForget } from "./connection/ending.ts";
import { ConnectionOwner } from "./connection/records.ts";
import { LbErrno } from "./control.ts";
import { countOutcome, sendDecision } from "./decision.ts";
import { l7Route } from "./l7.ts";
import { decisionMeasured, requestAgeCycles } from "./metrics/measured.ts";
import { Policy, Semantics } from "./policy.ts";
import { limiterAllow } from "./rate/limiter.ts";
import { HeaderForm, RequestView } from "./request-view.ts";
import type { LbContext } from "./service.ts";
import { WAITING, admit, closeConnection } from "./strict.ts";

type DescriptorAddress = Address<"RequestDescriptor">;

const ADDRESS_WORDS = 4;

/** Handles LbOpcode.request. */
export function serveRequest(message: Message, context: LbContext): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const descriptor = descriptorOf(message, context);
  if (descriptor < 0) {
    Balancer.badDescriptors.add(memory, balancer, 1);
    return;
  }
  const handle = RequestDescriptor.headPlace.get(shared, descriptor) === HeadPlace.buffer ? RequestDescriptor.headHandle.get(shared, descriptor) : 0;
  if (handle !== 0 && context.bufferAcquire(context.needs.buffers, handle) < 0) {
    Balancer.badDescriptors.add(memory, balancer, 1);
    return;
  }
  const headAt = headOf(context, descriptor, handle);
  const outcome = headAt >= 0 && fillView(context, descriptor, headAt) ? decide(context, descriptor) : Outcome.malformed;
  if (handle !== 0) context.bufferRelease(context.needs.buffers, handle);
  if (outcome !== WAITING) answer(context, descriptor, outcome);
}

/** The descriptor that the message names, proven with its header entries, or -1. */
function descriptorOf(message: Message, context: LbContext): DescriptorAddress {
  const { memory, shared } = context;
  const { requests } = context.needs;
  const regionBytes = Balancer.requestsBytes.get(memory, context.stateAt as BalancerAddress);
  const offset = SmallMessage.data0.low(shared, message.at);
  const inside = SmallMessage.data0.high(shared, message.at) === 0 && offset >= 0 && offset % 8 === 0 && offset + RequestDescriptor.size <= regionBytes;
  if (!inside) return -1 as DescriptorAddress;
  const descriptor = context.span(requests, offset, RequestDescriptor.size) as DescriptorAddress;
  // Net may have begun anew since it asked, and written another request's descriptor there.
  if (SmallMessage.data1.low(shared, message.at) !== RequestDescriptor.requestId.get(shared, descriptor)) return -1 as DescriptorAddress;
  const bytes = RequestDescriptor.size + RequestDescriptor.headerCount.get(shared, descriptor) * HeaderEntry.size;
  return (offset + bytes <= regionBytes ? context.span(requests, offset, bytes) : -1) as DescriptorAddress;
}

/** The address of the head's first byte, all its bytes proven, or -1. `handle` is 0 for a head in the region "streams". */
function headOf(context: LbContext, descriptor: DescriptorAddress, handle: number): number {
  const { shared } = context;
  const offset = RequestDescriptor.headOffset.get(shared, descriptor);
  const bytes = RequestDescriptor.headBytes.get(shared, descriptor);
  if (handle !== 0) return offset + bytes > context.parameters.bufferBytes ? -1 : context.buffer(context.needs.buffers, handle, offset, bytes);
  if (RequestDescriptor.headPlace.get(shared, descriptor) !== HeadPlace.streams) return -1;
  const regionBytes = Balancer.streamsBytes.get(context.memory, context.stateAt as BalancerAddress);
  return offset + bytes > regionBytes ? -1 : context.span(context.needs.streams, offset, bytes);
}

/** Describes the request to the rules. False if its texts do not lie in its head, or its family is neither 4 nor 6. */
function fillView(context: LbContext, descriptor: DescriptorAddress, headAt: number): boolean {
  const { memory, shared } = context;
  const request = Balancer.request.at(context.stateAt as BalancerAddress);
  const headBytes = RequestDescriptor.headBytes.get(shared, descriptor);
  const pathOffset = RequestDescriptor.targetOffset.get(shared, descriptor);
  const pathBytes = RequestDescriptor.targetBytes.get(shared, descriptor);
  const hostOffset = RequestDescriptor.hostOffset.get(shared, descriptor);
  const hostBytes = RequestDescriptor.hostBytes.get(shared, descriptor);
  const family = RequestDescriptor.family.get(shared, descriptor);
  const methodBytes = RequestDescriptor.methodBytes.get(shared, descriptor);
  if (methodBytes > headBytes || pathOffset + pathBytes > headBytes || hostOffset + hostBytes > headBytes || (family !== 4 && family !== 6)) return false;
  RequestView.pathAt.set(memory, request, headAt + pathOffset);
  RequestView.pathBytes.set(memory, request, pathBytes);
  RequestView.hostAt.set(memory, request, headAt + hostOffset);
  RequestView.hostBytes.set(memory, request, hostBytes);
  RequestView.headAt.set(memory, request, headAt);
  RequestView.headBytes.set(memory, request, headBytes);
  RequestView.headerForm.set(memory, request, HeaderForm.entries);
  RequestView.headersAt.set(memory, request, descriptor + RequestDescriptor.size);
  RequestView.headerCount.set(memory, request, RequestDescriptor.headerCount.get(shared, descriptor));
  const sessionAt = RequestDescriptor.session.at(descriptor);
  RequestView.sessionAt.set(memory, request, shared.u8[sessionAt] === 0 ? 0 : sessionAt);
  return true;
}

/** One of Outcome, or WAITING. The client is the source address as text. */
function decide(context: LbContext, descriptor: DescriptorAddress): number {
  const { memory, shared, parameters } = context;
  const balancer = context.stateAt as BalancerAddress;
  const client = Balancer.client.at(balancer);
  const family = RequestDescriptor.family.get(shared, descriptor);
  const clientBytes = writeAddressText(memory, client, shared, RequestDescriptor.source.at(descriptor), family);
  if (Policy.semantics.get(memory, Balancer.policy.at(balancer)) === Semantics.strict) {
    describeClient(context, descriptor, clientBytes);
    const requestId = RequestDescriptor.requestId.get(shared, descriptor);
    const cycle = context.uptimeCycles();
    Balancer.arrivalCycle.set(memory, balancer, cycle - Math.max(0, requestAgeCycles(shared, descriptor, cycle)));
    return admit(context, parameters, balancer, shared, context.uptimeTicks(), cycle, ConnectionOwner.net, requestId);
  }
  choiceForget(memory, balancer);
  const limited = limiterAllow(context, parameters, balancer, memory, client, clientBytes, context.uptimeTicks());
  if (limited === 0) return l7Route(memory, balancer, shared);
  return limited === LbErrno.rateLimitExceeded ? Outcome.rateLimitExceeded : Outcome.limiterFull;
}

/** What semantics=strict asks for besides: method and client. */
function describeClient(context: LbContext, descriptor: DescriptorAddress, clientBytes: number): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const request = Balancer.request.at(balancer);
  RequestView.methodAt.set(memory, request, RequestView.headAt.get(memory, request));
  RequestView.methodBytes.set(memory, request, RequestDescriptor.methodBytes.get(shared, descriptor));
  RequestView.clientAt.set(memory, request, Balancer.client.at(balancer));
  RequestView.clientBytes.set(memory, request, clientBytes);
  RequestView.clientKept.set(memory, request, 1);
  RequestView.family.set(memory, request, RequestDescriptor.family.get(shared, descriptor));
  const from = RequestDescriptor.source.at(descriptor) >> 2;
  const to = RequestView.client.at(request) >> 2;
  for (let word = 0; word < ADDRESS_WORDS; word++) memory.i32[to + word] = shared.i32[from + word];
}

function answer(context: LbContext, descriptor: DescriptorAddress, outcome: number): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  countOutcome(memory, balancer, outcome);
  if (sendDecision(context, RequestDescriptor.requestId.get(shared, descriptor), outcome) === 0) {
    decisionMeasured(memory, balancer, requestAgeCycles(shared, descriptor, context.uptimeCycles()));
    return;
  }
  Balancer.undelivered.add(memory, balancer, 1);
  const connection = Balancer.chosenConnection.get(memory, balancer);
  if (outcome === Outcome.routed && connection !== 0) closeConnection(context, balancer, connection, ConnectionEnd.finished, 0, context.uptimeTicks(), context.uptimeCycles());
}
