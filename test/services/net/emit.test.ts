import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaAccount, arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";
import { MessageHeader } from "../../../kernel/message.ts";
import type { Grant } from "../../../kernel/service.ts";
import { DriverOpcode, TransmitFrameMessage } from "../../../services/driver-api.ts";
import type { EmitContext, EmitParameters } from "../../../services/net/emit.ts";
import { emitBytes, emitterCreate } from "../../../services/net/emit.ts";
import { Emission, Emitter } from "../../../services/net/emission.ts";

const ARENA_BYTES = 16_384;
const EMISSION = ARENA_BYTES as Address<"Emission">;
const OUTGOING = (ARENA_BYTES + 64) as Address<"SmallMessage">;
const BUFFER_BYTES = 2048;
const BUFFERS = 64;
/** Stream bytes lie here in shared memory, at an odd address. */
const STREAM_AT = BUFFERS * BUFFER_BYTES + 1001;
const POOL = 8 as Grant<"buffers:write">;
const TRANSMIT = 16 as Grant<"endpoint">;

const PARAMETERS: EmitParameters = {
  mac: "02:20:5e:00:00:fe",
  neighbours: { "10.1.0.1": "02:00:00:00:01:01", "fd00::1": "02:00:00:00:01:02" },
  gatewayMac: "02:00:00:00:01:ff",
  mtu: 1500,
};

interface Bench {
  readonly context: EmitContext;
  readonly emitter: Address<"Emitter">;
  /** Frames as the driver was given them. */
  readonly frames: Buffer[];
  /** Handles that are neither at home nor with the driver. */
  held(): number;
}

/** A pool and a driver's queue with so much room. */
function bench(parameters: EmitParameters = PARAMETERS, buffersFree = BUFFERS, queueFree = BUFFERS): Bench {
  const memory = new Memory(new ArrayBuffer(ARENA_BYTES + 256));
  const shared = new Memory(new ArrayBuffer(BUFFERS * BUFFER_BYTES + 80_000));
  shared.fill(0, shared.bytes, 0xdb);
  for (let i = 0; i < 70_000; i++) shared.u8[STREAM_AT + i] = (i * 31 + (i >> 8)) & 0xff;
  arenaFormat(memory, 0, ARENA_BYTES);
  memory.fill(OUTGOING, 48, 0xee);
  const frames: Buffer[] = [];
  const live = new Set<number>();
  const context: EmitContext = {
    memory,
    shared,
    outgoing: OUTGOING,
    bufferAllocate(pool) {
      expect(pool).toBe(POOL);
      if (frames.length + live.size >= buffersFree) return Errno.resourceExhausted;
      const handle = frames.length + live.size + 1;
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
      if (frames.length >= queueFree) return Errno.channelFull;
      const message = at as number as Address<"TransmitFrameMessage">;
      const handle = TransmitFrameMessage.bufferHandle.get(memory, message);
      const from = (handle - 1) * BUFFER_BYTES;
      const bytes = TransmitFrameMessage.frameBytes.get(memory, message);
      frames.push(Buffer.from(shared.u8.slice(from, from + bytes)));
      // What lies behind the frame was not written.
      expect(shared.u8[from + bytes]).toBe(0xdb);
      live.delete(handle);
      return 0;
    },
  };
  const emitter = emitterCreate(arenaHeap(memory, 0), parameters, POOL, TRANSMIT);
  expect(emitter).toBeGreaterThan(0);
  return { context, emitter: emitter as Address<"Emitter">, frames, held: () => live.size };
}

const V4 = { family: 4, source: "c0000207", destination: "0a010001" };
const V6 = { family: 6, source: "20010db8000000000000000000000007", destination: "fd000000000000000000000000000001" };

function emission(context: EmitContext, ends: typeof V4, sequence = 0x7ffffff0): void {
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
function judge(frame: Buffer, ends: typeof V4): { sequence: number; data: Buffer; identification: number } {
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

function emit(parts: Bench, ends: typeof V4, bytes: number, sequence?: number): number {
  emission(parts.context, ends, sequence);
  return emitBytes(parts.context, parts.emitter, EMISSION, STREAM_AT, bytes);
}

describe.each([["IPv4", V4, 1460], ["IPv6", V6, 1440]] as const)("%s", (_, ends, dataMax) => {
  test.each([
    [0, 0], [1, 1], [2, 1], [dataMax - 1, 1], [dataMax, 1], [dataMax + 1, 2], [2 * dataMax - 1, 2], [2 * dataMax, 2], [2 * dataMax + 1, 3], [65_535, Math.ceil(65_535 / dataMax)],
  ])("%i bytes go in %i segments", (bytes, segments) => {
    const parts = bench();
    expect(emit(parts, ends, bytes)).toBe(bytes);
    expect(parts.frames).toHaveLength(segments);
    expect(Emission.segments.get(parts.context.memory, EMISSION)).toBe(segments);
    const read = parts.frames.map((frame) => judge(frame, ends));
    expect(Buffer.concat(read.map(({ data }) => data)).equals(Buffer.from(parts.context.shared.u8.slice(STREAM_AT, STREAM_AT + bytes)))).toBe(true);
    let sequence = 0x7ffffff0;
    for (const segment of read) {
      expect(segment.sequence).toBe(sequence);
      sequence += segment.data.length;
    }
    expect(read.slice(0, -1).every(({ data }) => data.length === dataMax)).toBe(true);
    expect(parts.held()).toBe(0);
  });

  test("sequence numbers wrap", () => {
    const parts = bench();
    emit(parts, ends, dataMax + 5, 0xffffffff);
    expect(parts.frames.map((frame) => judge(frame, ends).sequence)).toEqual([0xffffffff, dataMax - 1]);
  });

  test("any length at any address of any stream has good checksums", () => {
    const parts = bench();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1440 }), fc.nat(50_000), (bytes, from) => {
        parts.frames.length = 0;
        emission(parts.context, ends);
        emitBytes(parts.context, parts.emitter, EMISSION, STREAM_AT + from, bytes);
        judge(parts.frames[0]!, ends);
        parts.context.shared.fill(0, BUFFER_BYTES, 0xdb);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe("what the driver is told", () => {
  test("a TransmitFrameMessage, nothing of an older one in it", () => {
    const parts = bench();
    emit(parts, V4, 10);
    const { memory } = parts.context;
    const message = OUTGOING as number as Address<"TransmitFrameMessage">;
    const header = TransmitFrameMessage.header.at(message);
    expect([MessageHeader.opcode.get(memory, header), MessageHeader.flags.get(memory, header)]).toEqual([DriverOpcode.transmit, 0]);
    expect([TransmitFrameMessage.frameBytes.get(memory, message), TransmitFrameMessage.queue.get(memory, message)]).toEqual([64, 3]);
    expect([...memory.u8.slice(OUTGOING, OUTGOING + 8), ...memory.u8.slice(OUTGOING + 24, OUTGOING + 48)]).toEqual(Array(32).fill(0));
  });

  test("identifications go up by one a packet and wrap", () => {
    const parts = bench();
    Emitter.identification.set(parts.context.memory, parts.emitter, 0xfffe);
    emit(parts, V4, 3 * 1460);
    expect(parts.frames.map((frame) => judge(frame, V4).identification)).toEqual([0xfffe, 0xffff, 0]);
  });

  test("whoever is no neighbour is reached through the gateway", () => {
    const parts = bench();
    emit(parts, { ...V4, destination: "0a010002" }, 10);
    expect(parts.frames[0]!.subarray(0, 6).toString("hex")).toBe("0200000001ff");
  });

  test("frames and bytes are counted", () => {
    const parts = bench();
    emit(parts, V4, 1461);
    const { memory } = parts.context;
    expect([Emitter.frames.get(memory, parts.emitter), Emitter.frameBytes.get(memory, parts.emitter)]).toEqual([2, 1514 + 55]);
  });
});

describe("when there is no room", () => {
  test.each([[0, 0], [1, 1460], [2, 2920]])("%i buffers are free: %i bytes are sent", (buffers, sent) => {
    const parts = bench(PARAMETERS, buffers);
    expect(emit(parts, V4, 4000)).toBe(sent);
    expect(parts.frames).toHaveLength(buffers);
    expect(Emitter.noBuffer.get(parts.context.memory, parts.emitter)).toBe(1);
    expect(Emitter.notSent.get(parts.context.memory, parts.emitter)).toBe(0);
    expect(parts.held()).toBe(0);
  });

  test.each([[0, 0], [1, 1460], [2, 2920]])("the driver takes %i: %i bytes are sent, the buffer comes home", (queue, sent) => {
    const parts = bench(PARAMETERS, BUFFERS, queue);
    expect(emit(parts, V4, 4000)).toBe(sent);
    expect(Emitter.notSent.get(parts.context.memory, parts.emitter)).toBe(1);
    expect(Emitter.noBuffer.get(parts.context.memory, parts.emitter)).toBe(0);
    expect(Emitter.frames.get(parts.context.memory, parts.emitter)).toBe(queue);
    expect(parts.held()).toBe(0);
  });
});

describe("the MTU", () => {
  test.each([[1280, 1240], [1492, 1452], [2034, 1994]])("%i leaves %i bytes of data", (mtu, data) => {
    const parts = bench({ ...PARAMETERS, mtu });
    emit(parts, V4, 4000);
    expect(parts.frames[0]).toHaveLength(14 + mtu);
    expect(judge(parts.frames[0]!, V4).data).toHaveLength(data);
  });

  test.each([
    ["an MTU too small", { mtu: 1279 }, Errno.invalidArgument],
    ["an MTU beyond a buffer", { mtu: 2035 }, Errno.invalidArgument],
    ["no whole number", { mtu: 1500.5 }, Errno.invalidArgument],
    ["a bad MAC", { mac: "02" }, Errno.invalidArgument],
    ["a bad gateway", { gatewayMac: "" }, Errno.invalidArgument],
    ["a bad neighbour", { neighbours: { x: PARAMETERS.mac } }, Errno.invalidArgument],
  ])("%s is refused, nothing left allocated", (_, change, expected) => {
    const memory = new Memory(new ArrayBuffer(ARENA_BYTES));
    arenaFormat(memory, 0, ARENA_BYTES);
    const before = arenaAccount(memory, 0).usedBytes;
    expect(emitterCreate(arenaHeap(memory, 0), { ...PARAMETERS, ...change }, POOL, TRANSMIT)).toBe(expected);
    expect(arenaAccount(memory, 0).usedBytes).toBe(before);
  });
});
