/**
 * Frames that wait for their neighbour's MAC address, each in its DMA buffer, in the order in which they came. The oldest
 * of a neighbour gives way to a new one (RFC 4861, 7.2.2); when there is no room for any neighbour's, a new one is not kept.
 */

import type { Address } from "../../../hal/field.ts";
import type { Grant } from "../../../kernel/service.ts";
import { Emission, Emitter } from "../emission.ts";
import { frameOf, sendFrame } from "../emit.ts";
import { EthernetHeader } from "../ethernet.ts";
import { MAC_BYTES } from "../neighbour.ts";
import { emitterOf } from "../proxy/state.ts";
import type { NetContext } from "../state.ts";
import { NetState, stateOf } from "../state.ts";
import type { HostCounter, NeighbourAddress } from "./records.ts";
import { HostNeighbour, HostState, WaitingFrame, countHost, hostLimits, hostOf } from "./records.ts";

type Frame = Address<"WaitingFrame">;

/** The frame waits for the neighbour, with its buffer. It may be thrown away at once, counted. */
export function keepWaiting(context: NetContext, entry: NeighbourAddress, handle: number, frameBytes: number): void {
  const { memory } = context;
  const host = hostOf(context);
  if (HostNeighbour.waitingCount.get(memory, entry) >= hostLimits(context).waitingPerNeighbourMax) drop(context, entry, HostState.framesDisplaced);
  const frame = HostState.waitingFree.get(memory, host) as Frame;
  if (frame === 0) {
    release(context, handle);
    return countHost(context, HostState.framesCrowded);
  }
  HostState.waitingFree.set(memory, host, WaitingFrame.next.get(memory, frame));
  HostState.waitingCount.add(memory, host, 1);
  WaitingFrame.next.set(memory, frame, 0);
  WaitingFrame.handle.set(memory, frame, handle);
  WaitingFrame.frameBytes.set(memory, frame, frameBytes);
  const last = HostNeighbour.waitingLast.get(memory, entry) as Frame;
  if (last === 0) HostNeighbour.waitingFirst.set(memory, entry, frame);
  else WaitingFrame.next.set(memory, last, frame);
  HostNeighbour.waitingLast.set(memory, entry, frame);
  HostNeighbour.waitingCount.add(memory, entry, 1);
  countHost(context, HostState.framesWaited);
}

/** The neighbour's MAC address is known: all that waited for it is sent. */
export function sendWaiting(context: NetContext, entry: NeighbourAddress): void {
  const { memory, shared } = context;
  for (let frame = HostNeighbour.waitingFirst.get(memory, entry) as Frame; frame !== 0; frame = HostNeighbour.waitingFirst.get(memory, entry) as Frame) {
    const handle = WaitingFrame.handle.get(memory, frame);
    const frameBytes = WaitingFrame.frameBytes.get(memory, frame);
    unlink(context, entry, frame);
    const at = frameOf(context, emitterOf(context), handle, frameBytes);
    const to = EthernetHeader.destination.at(at as Address<"EthernetHeader">);
    for (let index = 0; index < MAC_BYTES; index++) shared.u8[to + index] = memory.u8[HostNeighbour.mac.at(entry) + index];
    countHost(context, sendNow(context, handle, frameBytes) ? HostState.framesResolved : HostState.framesNotSent);
  }
}

/** All that waited for the neighbour is thrown away, counted so. */
export function dropWaiting(context: NetContext, entry: NeighbourAddress, counter: HostCounter): void {
  while (HostNeighbour.waitingFirst.get(context.memory, entry) !== 0) drop(context, entry, counter);
}

/** Hands a written frame to the driver. False, counted, with the buffer at home again, if it does not take it. */
export function sendNow(context: NetContext, handle: number, frameBytes: number): boolean {
  const emission = NetState.emission.at(stateOf(context));
  Emission.queue.set(context.memory, emission, 0);
  return sendFrame(context, emitterOf(context), emission, handle, frameBytes);
}

function drop(context: NetContext, entry: NeighbourAddress, counter: HostCounter): void {
  const frame = HostNeighbour.waitingFirst.get(context.memory, entry) as Frame;
  release(context, WaitingFrame.handle.get(context.memory, frame));
  unlink(context, entry, frame);
  countHost(context, counter);
}

/** The first frame leaves the queue, its record is free. */
function unlink(context: NetContext, entry: NeighbourAddress, frame: Frame): void {
  const { memory } = context;
  const host = hostOf(context);
  const next = WaitingFrame.next.get(memory, frame);
  HostNeighbour.waitingFirst.set(memory, entry, next);
  if (next === 0) HostNeighbour.waitingLast.set(memory, entry, 0);
  HostNeighbour.waitingCount.add(memory, entry, -1);
  WaitingFrame.next.set(memory, frame, HostState.waitingFree.get(memory, host));
  HostState.waitingFree.set(memory, host, frame);
  HostState.waitingCount.add(memory, host, -1);
}

function release(context: NetContext, handle: number): void {
  context.bufferRelease(Emitter.pool.get(context.memory, emitterOf(context)) as Grant<"buffers:write">, handle);
}
