/** A pool of buffers and a driver's queue to emit into, and a judge of frames that shares no code with what it judges. */

import { expect } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Grant } from "../../../kernel/service.ts";
import { TransmitFrameMessage } from "../../../services/driver-api.ts";
import { Emission } from "../../../services/net/emission.ts";
import type { EmitContext, EmitParameters } from "../../../services/net/emit.ts";
import { emitterCreate } from "../../../services/net/emit.ts";

export const ARENA_BYTES = 16_384;
export const EMISSION = ARENA_BYTES as Address<"Emission">;
export const OUTGOING = (ARENA_BYTES + 64) as Address<"SmallMessage">;
export const BUFFER_BYTES = 2048;
export const BUFFERS = 64;
/** Stream bytes lie here in shared memory, at an odd address. */
export const STREAM_AT = BUFFERS * BUFFER_BYTES + 1001;
export const POOL = 8 as Grant<"buffers:write">;
export const TRANSMIT = 16 as Grant<"endpoint">;

export const PARAMETERS: EmitParameters = {
  mac: "02:20:5e:00:00:fe",
  neighbours: { "10.1.0.1": "02:00:00:00:01:01", "fd00::1": "02:00:00:00:01:02" },
  gatewayMac: "02:00:00:00:01:ff",
  mtu: 1500,
};

export interface Bench {
  readonly context: EmitContext;
  readonly emitter: Address<"Emitter">;
  /** Frames as the driver was given them. */
  readonly frames: Buffer[];
  /** Handles that are neither at home nor with the driver. */
  held(): number;
}

interface Room {
  readonly buffersFree: number;
  readonly queueFree: number;
}

/** A context whose pool and queue have so much room; `frames` and `live` are what the driver has, and who holds buffers. */
function makeContext(memory: Memory, shared: Memory, room: Room, frames: Buffer[], live: Set<number>): EmitContext {
  return {
    memory,
    shared,
    outgoing: OUTGOING,
    bufferAllocate(pool) {
      expect(pool).toBe(POOL);
      const handle = frames.length + live.size + 1;
      if (handle > room.buffersFree) return Errno.resourceExhausted;
      live.add(handle);
      return handle;
    },
    bufferForWriting(pool, handle, offset, bytes) {
      expect([pool, offset, live.has(handle)]).toEqual([POOL, 0, true]);
      expect(bytes).toBeLessThanOrEqual(BUFFER_BYTES);
      return (handle - 1) * BUFFER_BYTES;
    },
    bufferRelease(pool, handle) {
      expect(pool).toBe(POOL);
      return live.delete(handle) ? 0 : Errno.doubleFree;
    },
    sendMessage(to, at) {
      expect([to, at]).toEqual([TRANSMIT, OUTGOING]);
      if (frames.length >= room.queueFree) return Errno.channelFull;
      frames.push(takeFrame(memory, shared, at as number as Address<"TransmitFrameMessage">, live));
      return 0;
    },
  };
}

function takeFrame(memory: Memory, shared: Memory, message: Address<"TransmitFrameMessage">, live: Set<number>): Buffer {
  const handle = TransmitFrameMessage.bufferHandle.get(memory, message);
  const from = (handle - 1) * BUFFER_BYTES;
  const bytes = TransmitFrameMessage.frameBytes.get(memory, message);
  // What lies behind the frame was not written.
  expect(shared.u8[from + bytes]).toBe(0xdb);
  live.delete(handle);
  return Buffer.from(shared.u8.slice(from, from + bytes));
}

/** A pool and a driver's queue with so much room. */
export function bench(parameters: EmitParameters = PARAMETERS, buffersFree = BUFFERS, queueFree = BUFFERS): Bench {
  const memory = new Memory(new ArrayBuffer(ARENA_BYTES + 256));
  const shared = new Memory(new ArrayBuffer(BUFFERS * BUFFER_BYTES + 80_000));
  shared.fill(0, shared.bytes, 0xdb);
  for (let i = 0; i < 70_000; i++) shared.u8[STREAM_AT + i] = (i * 31 + (i >> 8)) & 0xff;
  arenaFormat(memory, 0, ARENA_BYTES);
  memory.fill(OUTGOING, 48, 0xee);
  const frames: Buffer[] = [];
  const live = new Set<number>();
  const context = makeContext(memory, shared, { buffersFree, queueFree }, frames, live);
  const emitter = emitterCreate(arenaHeap(memory, 0), parameters, POOL, TRANSMIT);
  expect(emitter).toBeGreaterThan(0);
  return { context, emitter: emitter as Address<"Emitter">, frames, held: () => live.size };
}

export interface Ends {
  readonly family: number;
  /** Addresses in hex. */
  readonly source: string;
  readonly destination: string;
}

export const V4: Ends = { family: 4, source: "c0000207", destination: "0a010001" };
export const V6: Ends = { family: 6, source: "20010db8000000000000000000000007", destination: "fd000000000000000000000000000001" };

export function emission(context: EmitContext, ends: Ends, sequence = 0x7ffffff0): void {
  const { memory } = context;
  memory.fill(EMISSION, Emission.size, 0);
  memory.u8.set(Buffer.from(ends.source, "hex"), Emission.source.at(EMISSION));
  memory.u8.set(Buffer.from(ends.destination, "hex"), Emission.destination.at(EMISSION));
  Emission.family.set(memory, EMISSION, ends.family);
  Emission.sourcePort.set(memory, EMISSION, 40_001);
  Emission.destinationPort.set(memory, EMISSION, 8080);
  Emission.sequence.set(memory, EMISSION, sequence | 0);
  Emission.acknowledgement.set(memory, EMISSION, 0x89abcdef | 0);
  Emission.window.set(memory, EMISSION, 64_240);
  Emission.queue.set(memory, EMISSION, 3);
}

/** RFC 1071 over big-endian words. */
function sumOf(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** Takes a frame apart and checks all that does not depend on its data. */
export function judge(frame: Buffer, ends: Ends): { sequence: number; data: Buffer; identification: number } {
  const mac = ends.family === 4 ? "020000000101" : "020000000102";
  expect(frame.subarray(0, 14).toString("hex")).toBe(`${mac}02205e0000fe${ends.family === 4 ? "0800" : "86dd"}`);
  const ip = frame.subarray(14);
  const ipBytes = ends.family === 4 ? 20 : 40;
  const addresses = ends.family === 4 ? ip.subarray(12, 20) : ip.subarray(8, 40);
  expect(addresses.toString("hex")).toBe(ends.source + ends.destination);
  if (ends.family === 4) {
    expect([ip[0], ip[1], ip.readUInt16BE(2), ip.readUInt16BE(6), ip[8], ip[9]]).toEqual([0x45, 0, ip.length, 0x4000, 64, 6]);
    expect(sumOf(ip.subarray(0, 20))).toBe(0xffff);
  } else {
    expect([ip.readUInt32BE(0), ip.readUInt16BE(4), ip[6], ip[7]]).toEqual([0x60000000, ip.length - 40, 6, 64]);
  }
  const tcp = ip.subarray(ipBytes);
  const pseudo = Buffer.concat([addresses, Buffer.from([0, 6, tcp.length >> 8, tcp.length & 0xff])]);
  expect(sumOf(Buffer.concat([pseudo, tcp]))).toBe(0xffff);
  expect([tcp.readUInt16BE(0), tcp.readUInt16BE(2), tcp.readUInt32BE(8), tcp[12], tcp[13], tcp.readUInt16BE(14), tcp.readUInt16BE(18)]).toEqual([
    40_001, 8080, 0x89abcdef, 0x50, 0x18, 64_240, 0,
  ]);
  return { sequence: tcp.readUInt32BE(4), data: tcp.subarray(20), identification: ends.family === 4 ? ip.readUInt16BE(4) : 0 };
}

