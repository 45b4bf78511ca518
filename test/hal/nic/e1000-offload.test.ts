/** The checksums that the transmitter puts into frames (manual 3.3.3, 3.3.5 to 3.3.7). */

import { describe, expect, test } from "vitest";
import { TxCommand as Command, TxDescriptor, TxOption as Option } from "../../../hal/nic/descriptors.ts";
import { ControlBit, E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause } from "../../../hal/nic/e1000-registers.ts";
import { Bench, MAC, frameTo } from "./bench.ts";
import type { Context } from "./transmitting.ts";
import { IP_SUM, LAST, TCP_SUM, TRANSPORT6, UDP_SUM, context4, contextDescriptor, dataDescriptor, done, give, ipSumRight, packet, put, sum, transportSumRight, word } from "./transmitting.ts";

const ALL = Option.IXSM | Option.TXSM;

function ready(): Bench {
  const bench = new Bench();
  bench.transmitRing(16);
  return bench;
}

/** One frame by a context and a data descriptor. */
function sendWith(context: Context, frame: Uint8Array, options: number): Uint8Array {
  const bench = ready();
  contextDescriptor(bench, 0, context);
  dataDescriptor(bench, 1, 0, frame, LAST, options);
  give(bench, 2);
  expect(bench.sent.length).toBe(1);
  return bench.sent[0];
}

/** Where two frames differ. */
const changes = (before: Uint8Array, after: Uint8Array): number[] => [...after.keys()].filter((i) => before[i] !== after[i]);

describe("checksums by context (3.3.5 to 3.3.7)", () => {
  test.each([
    ["TCP over IPv4", packet(101), context4(TCP_SUM), 4],
    ["UDP over IPv4", packet(64, { protocol: "udp" }), context4(UDP_SUM), 4],
    ["TCP over IPv6", packet(30, { version: 6 }), { transport: [TRANSPORT6, TRANSPORT6 + TCP_SUM, 0] } satisfies Context, 6],
    ["UDP over IPv6", packet(1, { version: 6, protocol: "udp" }), { transport: [TRANSPORT6, TRANSPORT6 + UDP_SUM, 0] } satisfies Context, 6],
  ] as const)("%s: both are right, and nothing else has changed", (_name, frame, context, version) => {
    const sent = sendWith(context, frame, version === 4 ? ALL : Option.TXSM);
    expect(transportSumRight(sent, version)).toBe(true);
    if (version === 4) expect(ipSumRight(sent)).toBe(true);
    const fields = [...(version === 4 ? [IP_SUM, IP_SUM + 1] : []), context.transport![1], context.transport![1] + 1];
    expect(changes(frame, sent).filter((i) => !fields.includes(i))).toEqual([]);
  });

  test.each([
    ["neither", 0, false, false],
    ["IXSM alone", Option.IXSM, true, false],
    ["TXSM alone", Option.TXSM, false, true],
    ["both", ALL, true, true],
  ])("POPTS: %s", (_name, options, ip, transport) => {
    const sent = sendWith(context4(TCP_SUM), packet(50), options);
    expect([ipSumRight(sent), transportSumRight(sent)]).toEqual([ip, transport]);
  });

  test("POPTS count in a frame's first data descriptor only, VLE and IFCS in its last", () => {
    const bench = ready();
    const frame = packet(50);
    contextDescriptor(bench, 0, context4(TCP_SUM));
    dataDescriptor(bench, 1, 0, frame.slice(0, 40), 0, ALL);
    dataDescriptor(bench, 2, 2048, frame.slice(40), LAST, 0);
    dataDescriptor(bench, 3, 4096, frame.slice(0, 40), Command.IFCS, 0);
    dataDescriptor(bench, 4, 6144, frame.slice(40), LAST & ~Command.IFCS, ALL);
    give(bench, 5);
    expect(bench.sent.map(transportSumRightAnd)).toEqual([true, false]);
    expect(bench.read(Statistic.TOTL)).toBe(2 * frame.length + 4);
  });

  test("a context holds for all frames after it, until the next one", () => {
    const bench = ready();
    contextDescriptor(bench, 0, context4(TCP_SUM));
    for (const i of [1, 2]) dataDescriptor(bench, i, 2048 * i, packet(i), LAST, ALL);
    contextDescriptor(bench, 3, context4(UDP_SUM));
    dataDescriptor(bench, 4, 8192, packet(9, { protocol: "udp" }), LAST, ALL);
    give(bench, 5);
    expect(bench.sent.map(transportSumRightAnd)).toEqual([true, true, true]);
  });

  test("a segmentation's context is another one", () => {
    const bench = ready();
    contextDescriptor(bench, 0, context4(TCP_SUM));
    contextDescriptor(bench, 1, { command: Command.TSE });
    dataDescriptor(bench, 2, 0, packet(20), LAST, ALL);
    give(bench, 3);
    expect(bench.sent.map(transportSumRightAnd)).toEqual([true]);
  });

  test("a context descriptor sends nothing, and is reported as others are", () => {
    const bench = ready();
    contextDescriptor(bench, 0, { ...context4(TCP_SUM), command: Command.RS });
    contextDescriptor(bench, 1, context4(TCP_SUM));
    give(bench, 2);
    expect([bench.sent.length, done(bench, 0), done(bench, 1), bench.read(Register.TDH)]).toEqual([0, true, false, 2]);
    expect(bench.read(Register.ICR)).toBe(Cause.TXDW | Cause.TXQE);
    expect(bench.account).toMatchObject({ transmitDropped: 0, unknownDescriptors: 0 });
  });

  test("a reset forgets the context", () => {
    const bench = ready();
    contextDescriptor(bench, 0, context4(TCP_SUM));
    give(bench, 1);
    bench.write(Register.CTRL, ControlBit.SLU | ControlBit.RST);
    bench.settle();
    bench.transmitRing(16);
    dataDescriptor(bench, 0, 0, packet(20), LAST, Option.IXSM);
    give(bench, 1);
    expect(bench.sent.map(ipSumRight)).toEqual([false]);
  });
});

const transportSumRightAnd = (frame: Uint8Array): boolean => transportSumRight(frame) && ipSumRight(frame);

describe("what is summed, and where it goes (3.3.6, 3.5.11)", () => {
  const frame = frameTo(MAC, 61, 3);
  const complement = (start: number, end: number): number => (0xffff - sum(frame.subarray(start, end))) & 0xffff;

  test.each<[string, readonly [number, number, number], number, number]>([
    ["to the end of the packet", [10, 40, 0], 40, complement(10, 61)],
    ["to a last byte that counts", [10, 40, 29], 40, complement(10, 30)],
    ["an odd number of bytes", [10, 40, 30], 40, complement(10, 31)],
    ["from an odd byte on, to an odd place", [11, 41, 30], 41, complement(11, 31)],
    ["one byte", [12, 14, 12], 14, (0xffff - frame[12] * 256) & 0xffff],
    ["an end beyond the packet", [10, 40, 5000], 40, complement(10, 61)],
    ["an end in front of the start: nothing, which is 0", [20, 40, 10], 40, 0xffff],
    ["the last place there is", [10, 59, 0], 59, complement(10, 61)],
    ["the last byte as start", [60, 0, 0], 0, (0xffff - frame[60] * 256) & 0xffff],
  ])("%s", (_name, range, at, expected) => {
    for (const [context, options] of [[{ transport: range }, Option.TXSM], [{ ip: range }, Option.IXSM]] as const) {
      const sent = sendWith(context, frame, options);
      expect(word(sent, at)).toBe(expected);
      expect(changes(frame, sent).filter((i) => i !== at && i !== at + 1)).toEqual([]);
    }
  });

  test.each<[string, readonly [number, number, number]]>([
    ["a place of which a byte is beyond the packet", [10, 60, 0]],
    ["a place beyond it", [10, 200, 0]],
    ["a start at its end", [61, 40, 0]],
    ["a start beyond it", [255, 40, 0]],
  ])("%s: not inserted", (_name, range) => {
    expect(sendWith({ transport: range }, frame, Option.TXSM)).toEqual(frame);
    expect(sendWith({ ip: range }, frame, Option.IXSM)).toEqual(frame);
  });

  test("a sum of all ones gives 0xffff, the 0 that UDP does not read as none (RFC 768)", () => {
    const bytes = new Uint8Array(60);
    put(bytes, 20, 0xffff);
    expect(word(sendWith({ transport: [14, 40, 0] }, bytes, Option.TXSM), 40)).toBe(0xffff);
  });
});

describe("the checksum of a legacy descriptor, IC (3.3.3)", () => {
  const frame = frameTo(MAC, 64, 5);
  const complement = (start: number): number => (0xffff - sum(frame.subarray(start))) & 0xffff;

  function sendLegacy(start: number, offset: number, command = LAST | Command.IC): Uint8Array {
    const bench = ready();
    bench.txDescriptor(0, 0, frame, command);
    TxDescriptor.checksumStart.set(bench.ram, bench.txAt(0), start);
    TxDescriptor.checksumOffset.set(bench.ram, bench.txAt(0), offset);
    give(bench, 1);
    return bench.sent[0];
  }

  test.each([
    ["from CSS to the end, at CSO", 14, 24, 24],
    ["CSS at an odd byte", 15, 25, 25],
    ["the last byte", 63, 20, 20],
    ["the last place", 14, 62, 62],
    ["the first byte and place", 0, 0, 0],
  ])("%s", (_name, start, offset, at) => {
    const sent = sendLegacy(start, offset);
    expect(word(sent, at)).toBe(complement(start));
    expect(changes(frame, sent).filter((i) => i !== at && i !== at + 1)).toEqual([]);
  });

  test.each([
    ["CSS at the length", 64, 24, LAST | Command.IC],
    ["CSO at the length less one", 14, 63, LAST | Command.IC],
    ["no IC", 14, 24, LAST],
  ])("%s: the frame stays as it is", (_name, start, offset, command) => expect(sendLegacy(start, offset, command)).toEqual(frame));

  test("over several descriptors: IC and CSO are the last one's, CSS the first one's", () => {
    const bench = ready();
    bench.txDescriptor(0, 0, frame.slice(0, 20), Command.IC);
    TxDescriptor.checksumStart.set(bench.ram, bench.txAt(0), 14);
    TxDescriptor.checksumOffset.set(bench.ram, bench.txAt(0), 40);
    bench.txDescriptor(1, 2048, frame.slice(20), LAST | Command.IC);
    TxDescriptor.checksumStart.set(bench.ram, bench.txAt(1), 30);
    TxDescriptor.checksumOffset.set(bench.ram, bench.txAt(1), 24);
    bench.txDescriptor(2, 4096, frame.slice(0, 20), Command.IC);
    bench.txDescriptor(3, 6144, frame.slice(20), LAST);
    give(bench, 4);
    expect(word(bench.sent[0], 24)).toBe(complement(14));
    expect(bench.sent[1]).toEqual(frame);
  });
});
