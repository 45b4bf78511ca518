/**
 * Sends a copy of stream bytes towards a backend, as TCP segments that fit the MTU: each in a DMA buffer of its own, which
 * goes with a message to the driver. Source is the client, destination the backend, and sequence numbers are the client's.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Heap } from "../../kernel/heap.ts";
import { MessageFlag, MessageHeader } from "../../kernel/message.ts";
import type { Grant } from "../../kernel/service.ts";
import { DriverOpcode, TransmitFrameMessage } from "../driver-api.ts";
import type { NetParameters } from "./api.ts";
import { Emission, Emitter } from "./emission.ts";
import { EthernetHeader } from "./ethernet.ts";
import { neighbourTableCreate, nextHopMac, parseMac } from "./neighbour.ts";
import { headerBytesOf, writeSegment } from "./outgoing-segment.ts";

/** Size of a DMA buffer (upstream `net/dma_pool.rs`), and so of the largest frame. */
const BUFFER_BYTES = 2048;
/** Every link carries so much (RFC 8200, 5). */
const MTU_MIN = 1280;
const MTU_MAX = BUFFER_BYTES - EthernetHeader.size;

/** The part of net's Context that emission needs. */
export interface EmitContext {
  readonly memory: Memory;
  readonly shared: Memory;
  readonly outgoing: Address<"SmallMessage">;
  bufferAllocate(pool: Grant<"buffers:write">): number;
  bufferForWriting(pool: Grant<"buffers:write">, handle: number, offset: number, bytes: number): number;
  bufferRelease(pool: Grant<"buffers:write">, handle: number): number;
  sendMessage(to: Grant<"endpoint">, at: Address<"SmallMessage">): number;
}

/** What of net's parameters says how frames are addressed. */
export type EmitParameters = Pick<NetParameters, "mac" | "neighbours" | "gatewayMac" | "mtu">;

/**
 * Reads the manifest's addresses once and makes the Emitter, in net's arena. Its address, or errno: -17 for a MAC or IP
 * address that is none, or an MTU outside 1280..2034; -5.
 */
export function emitterCreate(heap: Heap, parameters: EmitParameters, pool: Grant<"buffers:write">, transmit: Grant<"endpoint">): number {
  if (!(Number.isInteger(parameters.mtu) && parameters.mtu >= MTU_MIN && parameters.mtu <= MTU_MAX)) return Errno.invalidArgument;
  const neighbours = neighbourTableCreate(heap, parameters.neighbours, parameters.gatewayMac);
  if (neighbours < 0) return neighbours;
  const at = heap.allocate(Emitter.size);
  if (at < 0) {
    heap.free(neighbours);
    return at;
  }
  const emitter = at as Address<"Emitter">;
  heap.memory.fill(at, Emitter.size, 0);
  if (!parseMac(heap.memory, Emitter.mac.at(emitter), parameters.mac)) {
    heap.free(at);
    heap.free(neighbours);
    return Errno.invalidArgument;
  }
  Emitter.pool.set(heap.memory, emitter, pool);
  Emitter.transmit.set(heap.memory, emitter, transmit);
  Emitter.neighbours.set(heap.memory, emitter, neighbours);
  Emitter.mtu.set(heap.memory, emitter, parameters.mtu);
  return at;
}

/**
 * Sends `bytes` stream bytes at `from` in `context.shared` (proven by the caller) as the Emission says. Answers the bytes
 * handed to the driver: fewer than asked when a buffer, or room in the driver's queue, is missing (counted in the Emitter).
 * What is then left is not sent later; nothing is left allocated. Overwrites `context.outgoing`.
 */
export function emitBytes(context: EmitContext, emitter: Address<"Emitter">, emission: Address<"Emission">, from: number, bytes: number): number {
  const memory = context.memory;
  const family = Emission.family.get(memory, emission);
  const headerBytes = headerBytesOf(family);
  const dataMax = Emitter.mtu.get(memory, emitter) + EthernetHeader.size - headerBytes;
  const neighbours = Emitter.neighbours.get(memory, emitter) as Address<"NeighbourTable">;
  const macAt = nextHopMac(memory, neighbours, family, Emission.destination.at(emission));
  const sequence = Emission.sequence.get(memory, emission);
  let segments = 0;
  let sent = 0;
  while (sent < bytes) {
    const dataBytes = Math.min(bytes - sent, dataMax);
    if (!emitSegment(context, emitter, emission, macAt, (sequence + sent) | 0, from + sent, dataBytes, headerBytes)) break;
    sent += dataBytes;
    segments++;
  }
  Emission.segments.set(memory, emission, segments);
  return sent;
}

/** False, counted, with the buffer at home again, if it could not be handed to the driver. */
function emitSegment(
  context: EmitContext,
  emitter: Address<"Emitter">,
  emission: Address<"Emission">,
  macAt: number,
  sequence: number,
  from: number,
  dataBytes: number,
  headerBytes: number,
): boolean {
  const frameBytes = headerBytes + dataBytes;
  const handle = openFrame(context, emitter);
  if (handle < 0) return false;
  const frameAt = frameOf(context, emitter, handle, frameBytes);
  writeSegment(context.shared, frameAt, context.memory, emitter, emission, macAt, sequence, from, dataBytes);
  return sendFrame(context, emitter, emission, handle, frameBytes);
}

/** A buffer for a frame: its handle; or below 0, counted. */
export function openFrame(context: EmitContext, emitter: Address<"Emitter">): number {
  const handle = context.bufferAllocate(Emitter.pool.get(context.memory, emitter) as Grant<"buffers:write">);
  if (handle > 0) return handle;
  Emitter.noBuffer.add(context.memory, emitter, 1);
  return -1;
}

/** Where in `shared` the frame of so many bytes is written. */
export function frameOf(context: EmitContext, emitter: Address<"Emitter">, handle: number, frameBytes: number): number {
  return context.bufferForWriting(Emitter.pool.get(context.memory, emitter) as Grant<"buffers:write">, handle, 0, frameBytes);
}

/** Hands a written frame to the driver. False, counted, with the buffer at home again, if it does not take it. */
export function sendFrame(context: EmitContext, emitter: Address<"Emitter">, emission: Address<"Emission">, handle: number, frameBytes: number): boolean {
  const memory = context.memory;
  const message = writeTransmitMessage(memory, context.outgoing, handle, frameBytes, Emission.queue.get(memory, emission));
  if (context.sendMessage(Emitter.transmit.get(memory, emitter) as Grant<"endpoint">, message) !== Errno.ok) {
    context.bufferRelease(Emitter.pool.get(memory, emitter) as Grant<"buffers:write">, handle);
    Emitter.notSent.add(memory, emitter, 1);
    return false;
  }
  Emitter.frames.add(memory, emitter, 1);
  Emitter.frameBytes.add(memory, emitter, frameBytes);
  return true;
}

/** Fills all 48 bytes: what an earlier message left there goes to nobody. */
function writeTransmitMessage(memory: Memory, outgoing: Address<"SmallMessage">, handle: number, frameBytes: number, queue: number): Address<"SmallMessage"> {
  const message = outgoing as number as Address<"TransmitFrameMessage">;
  const header = TransmitFrameMessage.header.at(message);
  MessageHeader.capability.setWords(memory, header, 0, 0);
  MessageHeader.opcode.set(memory, header, DriverOpcode.transmit);
  MessageHeader.flags.set(memory, header, MessageFlag.movesBuffer);
  TransmitFrameMessage.bufferHandle.set(memory, message, handle);
  TransmitFrameMessage.frameBytes.set(memory, message, frameBytes);
  TransmitFrameMessage.queue.set(memory, message, queue);
  TransmitFrameMessage.reserved0.set(memory, message, 0);
  TransmitFrameMessage.reserved1.set(memory, message, 0);
  TransmitFrameMessage.reserved2.set(memory, message, 0);
  TransmitFrameMessage.reserved3.set(memory, message, 0);
  TransmitFrameMessage.reserved4.set(memory, message, 0);
  TransmitFrameMessage.reserved5.set(memory, message, 0);
  return outgoing;
}
