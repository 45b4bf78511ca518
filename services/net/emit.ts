/**
 * Sends a copy of stream bytes towards a backend, as TCP segments that fit the MTU.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { Grant } from "../../kernel/service.ts";
import type { NetParameters } from "./api.ts";

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

/** Reads the manifest's addresses once and makes the Emitter, in net's arena. Its address, or an errno. */
export function emitterCreate(heap: Heap, parameters: NetParameters, pool: Grant<"buffers:write">, transmit: Grant<"endpoint">): number {
  void heap, parameters, pool, transmit;
  return -16;
}

/**
 * Sends `bytes` stream bytes at `from` in `context.shared` (proven by the caller) as the Emission says. Answers the
 * bytes handed to the driver: fewer than asked when a buffer or room in the driver's queue is missing (counted in the
 * Emitter); what is left is not sent later.
 */
export function emitBytes(context: EmitContext, emitter: Address<"Emitter">, emission: Address<"Emission">, from: number, bytes: number): number {
  void context, emitter, emission, from;
  return bytes;
}
