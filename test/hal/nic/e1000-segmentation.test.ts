/** TCP segmentation: one context, frames of MSS bytes behind a header each (manual 3.5), counted by context (13.7.53, 13.7.54). */

import { describe, expect, test } from "vitest";
import { TxCommand as Command, TxContextCommand as ContextCommand, TxOption as Option } from "../../../hal/nic/descriptors.ts";
import { ControlBit, E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause, TransmitControlBit } from "../../../hal/nic/e1000-registers.ts";
import { Bench } from "./bench.ts";
import type { Context, Packet } from "./transmitting.ts";
import { ALL, IP, LAST, TCP_SUM, TRANSPORT, TRANSPORT6, UDP_SUM, context4, contextDescriptor, contexts, cut, dataDescriptor, done, give, ipSumRight, long, packet, put, segment, segmentation, sum, transportSumRight, word } from "./transmitting.ts";

const TSE = Command.TSE;
const HEADER = TRANSPORT + 20;
const FLAGS = TRANSPORT + 13;
const PSH_ACK_FIN = 0x19;

const bodies = (bench: Bench, header = HEADER): number[] => bench.sent.flatMap((frame) => [...frame.slice(header)]);

describe("the frames (3.5.9)", () => {
  const whole = packet(350, { unsized: true, flags: PSH_ACK_FIN, sequence: 0xffff_ff00, identification: 0xfffe });
  const bench = segment(segmentation(350, 100), [whole]);

  test("are full but for the last, and together hold every byte once", () => {
    expect(bench.sent.map((frame) => frame.length - HEADER)).toEqual([100, 100, 100, 50]);
    expect(bodies(bench)).toEqual([...whole.slice(HEADER)]);
  });

  test.each<[string, (frame: Uint8Array) => number, number[]]>([
    ["IP total length: from the IP header to the end", (frame) => word(frame, IP + 2), [140, 140, 140, 90]],
    ["IP identification: counts on, and wraps", (frame) => word(frame, IP + 4), [0xfffe, 0xffff, 0, 1]],
    ["TCP sequence number: grows by MSS, and wraps", (frame) => long(frame, TRANSPORT + 4), [0xffff_ff00, 0xffff_ff64, 0xffff_ffc8, 0x2c]],
    ["FIN and PSH: in the last only", (frame) => frame[FLAGS], [0x10, 0x10, 0x10, PSH_ACK_FIN]],
    ["the other bytes of the header are those of the first", (frame) => sum(frame.subarray(0, IP + 2)) + sum(frame.subarray(IP + 6, IP + 10)) + sum(frame.subarray(IP + 12, TRANSPORT + 4)) + sum(frame.subarray(FLAGS + 1, FLAGS + 3)), []],
  ])("%s", (_name, of, values) => {
    expect(bench.sent.map(of)).toEqual(values.length > 0 ? values : bench.sent.map(() => of(whole)));
  });

  test("have right checksums", () => {
    expect(bench.sent.map(ipSumRight)).toEqual([true, true, true, true]);
    expect(bench.sent.map((frame) => transportSumRight(frame))).toEqual([true, true, true, true]);
  });

  test("count as frames; the context counts once, and is reported once", () => {
    expect([bench.read(Statistic.GPTC), bench.read(Statistic.TPT), bench.read(Statistic.TOTL)]).toEqual([4, 4, 350 + 4 * (HEADER + 4)]);
    expect(contexts(bench)).toEqual([1, 0]);
    expect([done(bench, 1), bench.read(Register.ICR)]).toEqual([true, Cause.TXDW | Cause.TXQE]);
    expect(bench.account).toMatchObject({ transmitted: 4, transmitDropped: 0 });
  });

  test.each([
    [1, [1]],
    [99, [99]],
    [100, [100]],
    [101, [100, 1]],
    [200, [100, 100]],
  ])("a payload of %i bytes", (bytes, lengths) => {
    const one = segment(segmentation(bytes, 100), [packet(bytes, { unsized: true })]);
    expect(one.sent.map((frame) => frame.length - HEADER)).toEqual(lengths);
    expect(one.sent.map((frame) => frame[FLAGS])).toEqual(lengths.map((_, i) => (i === lengths.length - 1 ? 0x18 : 0x10)));
    expect(contexts(one)).toEqual([1, 0]);
  });

  test("the length joins the pseudo header with its carry", () => {
    const bytes = packet(150, { unsized: true });
    // A source address by which the sum without length becomes 0xffc0.
    put(bytes, IP + 12, 0xffc0 - word(bytes, TRANSPORT + TCP_SUM) + word(bytes, IP + 12));
    put(bytes, TRANSPORT + TCP_SUM, 0xffc0);
    expect(segment(segmentation(150, 100), [bytes]).sent.map((frame) => transportSumRight(frame))).toEqual([true, true]);
  });

  test("more than 65,535 bytes in one descriptor: DTALEN and PAYLEN have 20 bits", () => {
    const bytes = packet(70_000, { unsized: true });
    const bench = segment(segmentation(70_000, 1460), [bytes]);
    expect(bench.sent.length).toBe(48);
    expect(bench.sent.every((frame) => transportSumRight(frame) && ipSumRight(frame))).toBe(true);
    expect(bodies(bench).length).toBe(70_000);
    expect(contexts(bench)).toEqual([1, 0]);
  });

  test("MSS of one byte", () => {
    const one = segment(segmentation(5, 1), [packet(5, { unsized: true })]);
    expect(bodies(one)).toEqual([...packet(5, { unsized: true }).slice(HEADER)]);
    expect(one.sent.every((frame) => transportSumRight(frame) && ipSumRight(frame))).toBe(true);
  });
});

describe("kinds of packet (3.3.6.1, 3.5.9)", () => {
  const IP6: Context = { transport: [TRANSPORT6, TRANSPORT6 + TCP_SUM, 0], ip: [IP, 0, 0], header: TRANSPORT6 + 20, command: TSE | ContextCommand.TCP };

  test("UDP over IPv4: each frame has its UDP length", () => {
    const shape: Packet = { protocol: "udp", unsized: true };
    const bench = segment({ ...segmentation(250, 100), ...context4(UDP_SUM), header: TRANSPORT + 8, command: TSE | ContextCommand.IP }, [packet(250, shape)]);
    expect(bench.sent.map((frame) => word(frame, TRANSPORT + 4))).toEqual([108, 108, 58]);
    expect(bench.sent.map((frame) => transportSumRight(frame) && ipSumRight(frame))).toEqual([true, true, true]);
  });

  test("TCP over IPv6: lengths count from IPCSS on, there is no identification and no IP checksum", () => {
    const bench = segment({ ...segmentation(250, 100), ...IP6 }, [packet(250, { version: 6, unsized: true, flags: PSH_ACK_FIN })], LAST, Option.TXSM);
    expect(bench.sent.map((frame) => word(frame, IP + 4))).toEqual([160, 160, 110]);
    expect(bench.sent.map((frame) => frame[TRANSPORT6 + 13])).toEqual([0x10, 0x10, PSH_ACK_FIN]);
    expect(bench.sent.map((frame) => transportSumRight(frame, 6))).toEqual([true, true, true]);
  });

  test("neither IP nor TCP: a constant header in front of each block", () => {
    const bytes = packet(250, { unsized: true });
    const bench = segment({ ...segmentation(250, 100), command: TSE }, [bytes], LAST, 0);
    expect(bench.sent.map((frame) => [...frame.slice(0, HEADER)])).toEqual([1, 2, 3].map(() => [...bytes.slice(0, HEADER)]));
    expect(bodies(bench)).toEqual([...bytes.slice(HEADER)]);
  });

  test("checksums only where POPTS asks for them", () => {
    const bytes = packet(150, { unsized: true });
    const bench = segment(segmentation(150, 100), [bytes], LAST, 0);
    for (const frame of bench.sent) expect([word(frame, IP + 10), word(frame, TRANSPORT + TCP_SUM)]).toEqual([0, word(bytes, TRANSPORT + TCP_SUM)]);
  });
});

describe("data descriptors (3.5.6, 3.3.7.1)", () => {
  const bytes = packet(350, { unsized: true });
  const expected = segment(segmentation(350, 100), [bytes]).sent;

  test.each([
    ["header apart", [HEADER]],
    ["each header apart", [IP, TRANSPORT, HEADER]],
    ["parts of headers", [3, 20, 41]],
    ["within the payload", [HEADER + 10, HEADER + 150]],
    ["at a frame's edge", [HEADER + 100, HEADER + 200]],
    ["header and one frame in one, the rest byte by byte", [HEADER + 100, HEADER + 101, HEADER + 102, HEADER + 103]],
    ["empty ones between", [HEADER, HEADER, HEADER + 7, HEADER + 7]],
  ])("%s: the same frames", (_name, at) => {
    const bench = segment(segmentation(350, 100), cut(bytes, ...at));
    expect(bench.sent).toEqual(expected);
    expect(contexts(bench)).toEqual([1, 0]);
  });

  test("VLE, IFCS and the tag count in the first", () => {
    const bench = new Bench();
    bench.transmitRing(32);
    bench.write(Register.CTRL, ControlBit.SLU | ControlBit.VME);
    contextDescriptor(bench, 0, segmentation(350, 100));
    dataDescriptor(bench, 1, 0, bytes.slice(0, HEADER), TSE | Command.IFCS | Command.VLE, ALL, 7);
    dataDescriptor(bench, 2, 2048, bytes.slice(HEADER), TSE | Command.EOP, 0, 8);
    give(bench, 3);
    expect(bench.sent.map((frame) => [...frame.slice(12, 16)])).toEqual([1, 2, 3, 4].map(() => [0x81, 0, 0, 7]));
    expect(bench.sent.map((frame) => Uint8Array.of(...frame.slice(0, 12), ...frame.slice(16)))).toEqual(expected);
  });

  test("a frame leaves as soon as it is whole, whatever the driver has still to give", () => {
    const bench = new Bench();
    bench.transmitRing(32);
    contextDescriptor(bench, 0, segmentation(350, 100));
    dataDescriptor(bench, 1, 0, bytes.slice(0, HEADER + 250), TSE | Command.IFCS, ALL);
    give(bench, 2);
    expect([bench.sent.length, bench.read(Register.TDH), ...contexts(bench)]).toEqual([2, 2, 0, 0]);
    dataDescriptor(bench, 2, 4096, bytes.slice(HEADER + 250), LAST | TSE, 0);
    give(bench, 3);
    expect(bench.sent).toEqual(expected);
    expect(contexts(bench)).toEqual([1, 0]);
  });

  test("the last frame leaves when PAYLEN is reached, before EOP", () => {
    const bench = new Bench();
    bench.transmitRing(32);
    contextDescriptor(bench, 0, segmentation(350, 100));
    dataDescriptor(bench, 1, 0, bytes, TSE | Command.IFCS, ALL);
    give(bench, 2);
    expect([bench.sent, contexts(bench)]).toEqual([expected, [0, 0]]);
    dataDescriptor(bench, 2, 4096, bytes.slice(0, 0), LAST | TSE, 0);
    give(bench, 3);
    expect([bench.sent.length, contexts(bench), bench.account.transmitDropped]).toEqual([4, [1, 0], 0]);
  });

  test("one after the other: by the same context, and by another", () => {
    const bench = new Bench();
    bench.transmitRing(32);
    contextDescriptor(bench, 0, segmentation(350, 100));
    for (const i of [1, 2]) dataDescriptor(bench, i, 2048 * i, bytes, LAST | TSE, ALL);
    contextDescriptor(bench, 3, segmentation(350, 200));
    dataDescriptor(bench, 4, 8192, bytes, LAST | TSE, ALL);
    bench.txDescriptor(5, 12_288, bytes);
    give(bench, 6);
    expect(bench.sent.slice(0, 8)).toEqual([...expected, ...expected]);
    expect(bench.sent.slice(8).map((frame) => frame.length - HEADER)).toEqual([200, 150, 350]);
    expect(contexts(bench)).toEqual([3, 0]);
  });

  test("each frame takes its time on the wire", () => {
    const bench = new Bench();
    bench.transmitRing(32);
    contextDescriptor(bench, 0, segmentation(3000, 1000));
    dataDescriptor(bench, 1, 0, packet(3000, { unsized: true }), LAST | TSE, ALL);
    bench.write(Register.TDT, 2);
    const left: number[] = [];
    while (left.length < 3) {
      bench.board.idleUntil(bench.board.nextDeviceEventCycle());
      if (bench.sent.length > left.length) left.push(bench.board.now());
    }
    expect(left.slice(1).map((cycle, i) => cycle - left[i])).toEqual([1078 * 8, 1078 * 8]);
  });

  test("short frames are padded", () => {
    const bench = new Bench();
    bench.transmitRing(32, TransmitControlBit.EN | TransmitControlBit.PSP);
    contextDescriptor(bench, 0, segmentation(101, 100));
    dataDescriptor(bench, 1, 0, packet(101, { unsized: true }), LAST | TSE, ALL);
    give(bench, 2);
    expect(bench.sent.map((frame) => frame.length)).toEqual([HEADER + 100, 60]);
  });
});
