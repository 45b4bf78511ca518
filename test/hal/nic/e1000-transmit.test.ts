/** The transmitter: legacy descriptors, gathering, report of status, causes, time on the wire (manual 3.3, 3.4). */

import { describe, expect, test } from "vitest";
import { TxCommand as Command, TxDescriptor, TxStatus } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause, TransmitControlBit } from "../../../hal/nic/e1000-registers.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { BROADCAST, Bench, MAC, frameTo } from "./bench.ts";

const LAST = Command.EOP | Command.IFCS | Command.RS;
const give = (bench: Bench, tail: number): void => {
  bench.write(Register.TDT, tail);
  bench.settle();
};
const done = (bench: Bench, index: number): boolean => (TxDescriptor.status.get(bench.ram, bench.txAt(index)) & TxStatus.DD) !== 0;

describe("one frame (3.3.3)", () => {
  test("leaves as it is, DD is set, TDH moves, TXDW and TXQE are raised", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    const frame = frameTo(BROADCAST, 60);
    bench.txDescriptor(0, 0, frame);
    give(bench, 1);
    expect(bench.sent).toEqual([frame]);
    expect([done(bench, 0), bench.read(Register.TDH), bench.read(Register.ICR)]).toEqual([true, 1, Cause.TXDW | Cause.TXQE]);
    expect(bench.tracedOf(HalTrace.frameTransmitted).map((record) => record.argument1)).toEqual([60]);
  });

  test("nothing is padded", () => {
    const bench = new Bench();
    bench.transmitRing(8, TransmitControlBit.EN | TransmitControlBit.PSP);
    bench.txDescriptor(0, 0, frameTo(MAC, 14));
    give(bench, 1);
    expect(bench.sent.map((frame) => frame.length)).toEqual([14]);
  });

  test.each([
    ["RS", LAST, true],
    ["RPS", Command.EOP | Command.RPS, true],
    ["neither", Command.EOP | Command.IFCS, false],
  ])("status is reported with %s", (_name, command, reported) => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 60), command);
    TxDescriptor.status.set(bench.ram, bench.txAt(0), 0xfe);
    TxDescriptor.special.set(bench.ram, bench.txAt(0), 0x1234);
    give(bench, 1);
    expect(bench.sent.length).toBe(1);
    expect(TxDescriptor.status.get(bench.ram, bench.txAt(0))).toBe(reported ? 0xf1 : 0xfe);
    expect(TxDescriptor.special.get(bench.ram, bench.txAt(0))).toBe(0x1234);
    expect(bench.read(Register.ICR)).toBe(reported ? Cause.TXDW | Cause.TXQE : Cause.TXQE);
  });

  test("the FCS counts in the octets when it is inserted", () => {
    for (const [command, octets] of [[LAST, 64], [LAST & ~Command.IFCS, 60]] as const) {
      const bench = new Bench();
      bench.transmitRing(8);
      bench.txDescriptor(0, 0, frameTo(MAC, 60), command);
      give(bench, 1);
      expect(bench.read(Statistic.TOTL)).toBe(octets);
    }
  });
});

describe("the ring", () => {
  test("a tail written while TCTL.EN is off waits for it", () => {
    const bench = new Bench();
    bench.transmitRing(8, 0);
    bench.txDescriptor(0, 0, frameTo(MAC, 60));
    give(bench, 1);
    expect([bench.sent.length, bench.read(Register.TDH)]).toEqual([0, 0]);
    bench.write(Register.TCTL, TransmitControlBit.EN);
    bench.settle();
    expect([bench.sent.length, bench.read(Register.TDH)]).toEqual([1, 1]);
  });

  test("several frames by one write, in order, and it wraps", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    let slot = 0;
    for (let round = 0; round < 5; round++) {
      const frames = Array.from({ length: 7 }, (_, i) => frameTo(MAC, 60 + 10 * i + round, i));
      for (const [i, frame] of frames.entries()) bench.txDescriptor((slot + i) % 8, 2048 * i, frame);
      slot = (slot + 7) % 8;
      give(bench, slot);
      expect(bench.sent.splice(0)).toEqual(frames);
      expect(bench.read(Register.TDH)).toBe(slot);
    }
    expect([bench.read(Statistic.GPTC), bench.read(Statistic.TPT)]).toEqual([35, 35]);
  });

  test("TXQE comes once, when the last frame is done", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 60));
    bench.txDescriptor(1, 2048, frameTo(MAC, 60));
    bench.write(Register.TDT, 2);
    while (bench.sent.length < 2) bench.board.idleUntil(bench.board.nextDeviceEventCycle());
    expect(bench.read(Register.ICR)).toBe(Cause.TXDW);
    bench.settle();
    expect(bench.read(Register.ICR)).toBe(Cause.TXDW | Cause.TXQE);
  });

  test.each([
    ["a tail beyond the ring", Register.TDT, 8],
    ["a tail far beyond it", Register.TDT, 0xffff],
    ["a head beyond the ring", Register.TDH, 8],
    ["a ring without length", Register.TDLEN, 0],
  ])("%s: nothing to send", (_name, register, value) => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 60));
    bench.write(register, value);
    if (register !== Register.TDT) give(bench, 1);
    expect([bench.sent.length, bench.account.transmitted]).toEqual([0, 0]);
    if (register === Register.TDT) {
      give(bench, 1);
      expect(bench.sent.length).toBe(1);
    }
  });

  test("TCTL.EN taken away in the middle: the frame under way leaves, the next one stays", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    for (const i of [0, 1]) bench.txDescriptor(i, 2048 * i, frameTo(MAC, 60, i));
    bench.write(Register.TDT, 2);
    while (bench.sent.length < 1) bench.board.idleUntil(bench.board.nextDeviceEventCycle());
    bench.write(Register.TCTL, 0);
    bench.settle();
    expect([bench.sent.length, bench.read(Register.TDH)]).toEqual([1, 1]);
  });
});

describe("a frame over several descriptors", () => {
  test("is gathered up to EOP; an empty part adds nothing", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    const frame = frameTo(MAC, 703);
    bench.txDescriptor(0, 0, frame.slice(0, 14), Command.IFCS);
    bench.txDescriptor(1, 2048, frame.slice(14, 14), Command.IFCS | Command.RS);
    bench.txDescriptor(2, 4096, frame.slice(14, 300), Command.IFCS);
    bench.txDescriptor(3, 6144, frame.slice(300), LAST);
    give(bench, 4);
    expect(bench.sent).toEqual([frame]);
    expect([0, 1, 2, 3].map((i) => done(bench, i))).toEqual([false, true, false, true]);
  });

  test("waits for its EOP over several tail writes", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    const frame = frameTo(MAC, 100);
    bench.txDescriptor(0, 0, frame.slice(0, 50), Command.IFCS);
    give(bench, 1);
    expect([bench.sent.length, bench.read(Register.TDH)]).toEqual([0, 1]);
    bench.txDescriptor(1, 2048, frame.slice(50), LAST);
    give(bench, 2);
    expect(bench.sent).toEqual([frame]);
  });

  test("that does not fit the gathering buffer is passed over whole, the next one leaves", () => {
    const bench = new Bench({ limits: { transmitFrameBytes: 1520 } });
    bench.transmitRing(8);
    const next = frameTo(MAC, 1520);
    bench.txDescriptor(0, 0, frameTo(MAC, 1500), Command.IFCS);
    bench.txDescriptor(1, 2048, frameTo(MAC, 21), Command.IFCS);
    bench.txDescriptor(2, 4096, frameTo(MAC, 10), LAST);
    bench.txDescriptor(3, 6144, next, LAST);
    give(bench, 4);
    expect(bench.sent).toEqual([next]);
    expect(bench.account).toMatchObject({ transmitted: 1, transmitDropped: 1, dmaFaults: 0 });
    expect([done(bench, 2), bench.read(Register.TDH)]).toEqual([true, 4]);
  });

  test("of no bytes at all is no frame", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, new Uint8Array(0), LAST);
    give(bench, 1);
    expect(bench.account).toMatchObject({ transmitted: 0, transmitDropped: 1 });
    expect(done(bench, 0)).toBe(true);
  });
});

describe("what cannot be sent", () => {
  test("bytes that the device may not read: counted, passed over", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 60));
    TxDescriptor.bufferAddress.set(bench.ram, bench.txAt(0), bench.nic.account);
    bench.txDescriptor(1, 2048, frameTo(MAC, 61));
    give(bench, 2);
    expect(bench.sent.map((frame) => frame.length)).toEqual([61]);
    expect(bench.account).toMatchObject({ transmitted: 1, transmitDropped: 1, dmaFaults: 1 });
    expect(bench.board.iommu.misses(0)).toBe(1);
  });

  test("a ring that the device may not read: each descriptor is passed over", () => {
    const bench = new Bench({ grantedBytes: 64 });
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 60));
    give(bench, 5);
    expect(bench.account).toMatchObject({ transmitted: 0, dmaFaults: 5 });
    expect(bench.read(Register.TDH)).toBe(5);
  });

  test("an extended descriptor: counted, passed over to its EOP", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 60), LAST | Command.DEXT);
    bench.txDescriptor(1, 2048, frameTo(MAC, 61));
    give(bench, 2);
    expect(bench.sent.map((frame) => frame.length)).toEqual([61]);
    expect(bench.account).toMatchObject({ unknownDescriptors: 1, transmitDropped: 1 });
  });
});

describe("time", () => {
  test("the wire is never sent on before it is free", () => {
    const bench = new Bench();
    bench.transmitRing(16);
    const left: number[] = [];
    const lengths = [1514, 60, 1514, 60, 60];
    for (const [i, bytes] of lengths.entries()) bench.txDescriptor(i, 2048 * i, frameTo(MAC, bytes));
    bench.write(Register.TDT, lengths.length);
    while (left.length < lengths.length) {
      bench.board.idleUntil(bench.board.nextDeviceEventCycle());
      if (bench.sent.length > left.length) left.push(bench.board.now());
    }
    const gaps = left.slice(1).map((cycle, i) => cycle - left[i]);
    // Fetching and reading the next frame goes on while the wire is busy: at full load the wire is what takes time.
    expect(gaps).toEqual([1538 * 8, 84 * 8, 1538 * 8, 84 * 8]);
  });

  test("fetch, payload and write-back are visible apart", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 80));
    bench.write(Register.TDT, 1);
    bench.board.idleUntil(209);
    expect(bench.sent.length).toBe(0);
    bench.board.idleUntil(210);
    expect([bench.sent.length, done(bench, 0), bench.read(Register.TDH)]).toEqual([1, false, 0]);
    bench.board.idleUntil(270);
    expect([done(bench, 0), bench.read(Register.TDH)]).toEqual([true, 1]);
  });
});
