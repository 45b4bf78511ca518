/**
 * The way of a request through the balancer: rate limit, rules, group, backend, and one decision back to net.
 *
 * The descriptor and the head are another process's memory: every offset is checked before it is used. A head in a DMA
 * buffer is held by a reference while it is read, since its owner may be gone.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { MessageFlag, MessageHeader, SmallMessage } from "../../kernel/message.ts";
import type { Message } from "../../kernel/service.ts";
import { writeAddressText } from "./codec/address-text.ts";
import { DecisionMessage, HeadPlace, HeaderEntry, LbOpcode, Outcome, RequestDescriptor } from "./api.ts";
import { Backend } from "./group/backend.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { LbErrno } from "./control.ts";
import { Group, groupBackend } from "./group/group.ts";
import type { GroupAddress } from "./group/group.ts";
import { l7Route } from "./l7.ts";
import { decisionMeasured, requestAgeCycles } from "./metrics/measured.ts";
import { limiterAllow } from "./rate/limiter.ts";
import { HeaderForm, RequestView } from "./request-view.ts";
import type { LbContext } from "./service.ts";

type DescriptorAddress = Address<"RequestDescriptor">;

/** In DecisionMessage: none was chosen. */
const NONE = 0xffff;
const LITERAL_WORDS = 4;

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
  count(memory, balancer, outcome);
  answer(context, descriptor, outcome);
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
  if (pathOffset + pathBytes > headBytes || hostOffset + hostBytes > headBytes || (family !== 4 && family !== 6)) return false;
  RequestView.pathAt.set(memory, request, headAt + pathOffset);
  RequestView.pathBytes.set(memory, request, pathBytes);
  RequestView.hostAt.set(memory, request, headAt + hostOffset);
  RequestView.hostBytes.set(memory, request, hostBytes);
  RequestView.headAt.set(memory, request, headAt);
  RequestView.headBytes.set(memory, request, headBytes);
  RequestView.headerForm.set(memory, request, HeaderForm.entries);
  RequestView.headersAt.set(memory, request, descriptor + RequestDescriptor.size);
  RequestView.headerCount.set(memory, request, RequestDescriptor.headerCount.get(shared, descriptor));
  return true;
}

/** Rate limit, then rules. The client is the source address as text. */
function decide(context: LbContext, descriptor: DescriptorAddress): number {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const client = Balancer.client.at(balancer);
  const family = RequestDescriptor.family.get(shared, descriptor);
  const clientBytes = writeAddressText(memory, client, shared, RequestDescriptor.source.at(descriptor), family);
  const limited = limiterAllow(context, context.parameters, balancer, memory, client, clientBytes, context.uptimeTicks());
  if (limited === 0) return l7Route(memory, balancer, shared);
  if (limited !== LbErrno.rateLimitExceeded) Balancer.limitersRefused.add(memory, balancer, 1);
  Balancer.chosenGroup.set(memory, balancer, 0);
  return Outcome.rateLimitExceeded;
}

function count(memory: Memory, balancer: BalancerAddress, outcome: number): void {
  switch (outcome) {
    case Outcome.routed:
      Balancer.routed.add(memory, balancer, 1);
      return;
    case Outcome.noRouteMatch:
      Balancer.noRouteMatch.add(memory, balancer, 1);
      return;
    case Outcome.rateLimitExceeded:
      Balancer.rateLimitExceeded.add(memory, balancer, 1);
      return;
    case Outcome.backendGroupNotFound:
      Balancer.backendGroupNotFound.add(memory, balancer, 1);
      return;
    case Outcome.noHealthyBackend:
      Balancer.noHealthyBackend.add(memory, balancer, 1);
      return;
    default:
      Balancer.malformed.add(memory, balancer, 1);
  }
}

/** Sends the decision, ahead of the frames that wait for net. */
function answer(context: LbContext, descriptor: DescriptorAddress, outcome: number): void {
  const { memory, shared } = context;
  const balancer = context.stateAt as BalancerAddress;
  const decision = context.outgoing as number as Address<"DecisionMessage">;
  const header = DecisionMessage.header.at(decision);
  memory.fill(decision, DecisionMessage.size, 0);
  MessageHeader.opcode.set(memory, header, LbOpcode.decision);
  MessageHeader.flags.set(memory, header, MessageFlag.urgent);
  DecisionMessage.requestId.set(memory, decision, RequestDescriptor.requestId.get(shared, descriptor));
  DecisionMessage.outcome.set(memory, decision, outcome);
  const group = outcome === Outcome.malformed ? 0 : (Balancer.chosenGroup.get(memory, balancer) as GroupAddress);
  DecisionMessage.group.set(memory, decision, group === 0 ? NONE : Group.number.get(memory, group as GroupAddress));
  DecisionMessage.backend.set(memory, decision, NONE);
  if (outcome === Outcome.routed) nameBackend(memory, balancer, decision);
  if (context.sendMessage(context.needs.decisions, context.outgoing) < 0) Balancer.undelivered.add(memory, balancer, 1);
  else decisionMeasured(memory, balancer, requestAgeCycles(shared, descriptor, context.uptimeCycles()));
}

function nameBackend(memory: Memory, balancer: BalancerAddress, decision: Address<"DecisionMessage">): void {
  const index = Balancer.chosenBackend.get(memory, balancer);
  const backend = groupBackend(memory, Balancer.chosenGroup.get(memory, balancer) as GroupAddress, index);
  DecisionMessage.backend.set(memory, decision, index);
  DecisionMessage.port.set(memory, decision, Backend.port.get(memory, backend));
  DecisionMessage.family.set(memory, decision, Backend.family.get(memory, backend));
  const to = DecisionMessage.address.at(decision) >> 2;
  const from = Backend.literal.at(backend) >> 2;
  for (let word = 0; word < LITERAL_WORDS; word++) memory.i32[to + word] = memory.i32[from + word];
}
