/** Segmentations whose context and data do not fit together, and the edges up to which they do (manual 3.5, 13.7.54). */

import { describe, expect, test } from "vitest";
import { TxCommand as Command } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register } from "../../../hal/nic/e1000-registers.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { Bench } from "./bench.ts";
import type { Context } from "./transmitting.ts";
import { ALL, LAST, TRANSPORT, contextDescriptor, contexts, cut, dataDescriptor, done, give, packet, segment, segmentation } from "./transmitting.ts";

const TSE = Command.TSE;
const HEADER = TRANSPORT + 20;

describe("what does not fit together: TSCTFC (13.7.54)", () => {
  const bytes = packet(250, { unsized: true });

  test.each<[string, Context, readonly Uint8Array[], number[], number]>([
    ["less data than PAYLEN: what there is leaves", segmentation(400, 100), [bytes], [100, 100, 50], 0],
    ["more data than PAYLEN: the rest is passed over", segmentation(150, 100), [bytes], [100, 50], 0],
    ["more, in descriptors of its own", segmentation(200, 100), cut(bytes, HEADER + 200), [100, 100], 0],
    ["less data than the header", segmentation(250, 100), [bytes.slice(0, HEADER - 1)], [], 1],
    ["less data than the header, and no payload announced", segmentation(0, 100), [bytes.slice(0, HEADER - 1)], [], 1],
    ["a header without payload, though PAYLEN promises one", segmentation(250, 100), [bytes.slice(0, HEADER)], [], 1],
    ["an MSS of 0", segmentation(250, 0), [bytes], [], 1],
    ["an MSS of 0, and no payload", segmentation(0, 0), [bytes.slice(0, HEADER)], [], 1],
    ["a header of more than 240 bytes", segmentation(50, 100, { header: 241 }), [bytes], [], 1],
    ["frames longer than the transmitter holds", segmentation(250, 1500), [bytes], [], 1],
    ["no header, no payload", segmentation(0, 100, { header: 0 }), [new Uint8Array(0)], [], 1],
  ])("%s", (_name, context, pieces, lengths, dropped) => {
    const bench = segment(context, pieces, LAST, ALL, { transmitFrameBytes: 1520 });
    expect(bench.sent.map((frame) => frame.length - HEADER)).toEqual(lengths);
    expect(contexts(bench)).toEqual([0, 1]);
    expect(bench.account).toMatchObject({ transmitDropped: dropped, dmaFaults: 0 });
    // The next frame is not touched by it.
    const next = packet(10);
    bench.txDescriptor(31, 40_000, next);
    bench.write(Register.TDH, 31);
    give(bench, 0);
    expect(bench.sent.at(-1)).toEqual(next);
    contextDescriptor(bench, 0, segmentation(150, 100));
    dataDescriptor(bench, 1, 0, packet(150, { unsized: true }), LAST | TSE, ALL);
    give(bench, 2);
    expect(contexts(bench)).toEqual([1, 0]);
  });

  test.each([
    ["a header of 240 bytes", segmentation(50, 100, { header: 240 }), packet(236, { unsized: true }), [290]],
    ["a header without payload, as PAYLEN says", segmentation(0, 100), packet(0, { unsized: true }), [HEADER]],
    ["frames exactly as long as the transmitter holds", segmentation(1500, 1520 - HEADER), packet(1500, { unsized: true }), [1520, HEADER + 34]],
  ])("%s: right", (_name, context, frame, lengths) => {
    const bench = segment(context, [frame], LAST, ALL, { transmitFrameBytes: 1520 });
    expect(bench.sent.map((sent) => sent.length)).toEqual(lengths);
    expect(contexts(bench)).toEqual([1, 0]);
  });

  test("data out of reach in the middle: what was whole has left, the rest does not", () => {
    const bench = new Bench({ grantedBytes: 0x4_0000 + HEADER + 150 });
    bench.transmitRing(32);
    contextDescriptor(bench, 0, segmentation(250, 100));
    dataDescriptor(bench, 1, 0, bytes, LAST | TSE, ALL);
    give(bench, 2);
    expect(bench.sent.map((frame) => frame.length - HEADER)).toEqual([100]);
    expect(contexts(bench)).toEqual([0, 1]);
    expect(bench.account).toMatchObject({ transmitted: 1, transmitDropped: 1, dmaFaults: 1 });
    expect(done(bench, 1)).toBe(true);
  });

  test("another context in the middle ends it", () => {
    const bench = new Bench();
    bench.transmitRing(32);
    contextDescriptor(bench, 0, segmentation(250, 100));
    dataDescriptor(bench, 1, 0, bytes.slice(0, HEADER + 120), TSE | Command.IFCS, ALL);
    contextDescriptor(bench, 2, segmentation(250, 20));
    dataDescriptor(bench, 3, 2048, bytes.slice(HEADER + 120), LAST | TSE, ALL);
    dataDescriptor(bench, 4, 4096, packet(20, { unsized: true }), LAST | TSE, ALL);
    give(bench, 5);
    expect(bench.sent.map((frame) => frame.length - HEADER)).toEqual([100, 20]);
    expect(contexts(bench)).toEqual([0, 2]);
  });

  test("offsets that point out of the header change nothing outside the frame", () => {
    const bench = new Bench({ limits: { transmitFrameBytes: 64 } });
    bench.transmitRing(32);
    contextDescriptor(bench, 0, segmentation(20, 10, { header: 20, ip: [255, 255, 0], transport: [255, 255, 0] }));
    dataDescriptor(bench, 1, 0, bytes.slice(0, 40), LAST | TSE, ALL);
    const before = bench.ram.u8.slice();
    give(bench, 2);
    expect(bench.sent).toEqual([bytes.slice(0, 30), Uint8Array.of(...bytes.slice(0, 20), ...bytes.slice(30, 40))]);
    const behind = bench.tracedOf(HalTrace.frameTransmitted)[0].argument0 + 64;
    expect(bench.ram.u8.slice(behind, behind + 512)).toEqual(before.slice(behind, behind + 512));
  });
});
