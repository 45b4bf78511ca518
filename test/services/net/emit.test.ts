import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaAccount, arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";
import { MessageFlag, MessageHeader } from "../../../kernel/message.ts";
import { DriverOpcode, TransmitFrameMessage } from "../../../services/driver-api.ts";
import { Emission, Emitter } from "../../../services/net/emission.ts";
import { emitBytes, emitterCreate } from "../../../services/net/emit.ts";
import type { Bench, Ends } from "./emit-bench.ts";
import { ARENA_BYTES, BUFFERS, BUFFER_BYTES, EMISSION, OUTGOING, PARAMETERS, POOL, STREAM_AT, TRANSMIT, V4, V6, bench, emission, judge } from "./emit-bench.ts";

function emit(parts: Bench, ends: Ends, bytes: number, sequence?: number): number {
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
    expect([MessageHeader.opcode.get(memory, header), MessageHeader.flags.get(memory, header)]).toEqual([DriverOpcode.transmit, MessageFlag.movesBuffer]);
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
