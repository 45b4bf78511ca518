/** The transmitter: legacy descriptors, gathering, report of status, causes, time on the wire (manual 3.3, 3.4). */

import { describe, expect, test } from "vitest";
import { TxCommand as Command, TxDescriptor, TxStatus } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause } from "../../../hal/nic/e1000-registers.ts";
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

describe("statistics by length with FCS (13.7.30, 13.7.32, 13.7.42 to 13.7.50)", () => {
  const NAMES = ["PTC64", "PTC127", "PTC255", "PTC511", "PTC1023", "PTC1522"] as const;

  test.each([
    [14, null],
    [59, null],
    [60, "PTC64"],
    [61, "PTC127"],
    [123, "PTC127"],
    [124, "PTC255"],
    [251, "PTC255"],
    [252, "PTC511"],
    [507, "PTC511"],
    [508, "PTC1023"],
    [1019, "PTC1023"],
    [1020, "PTC1522"],
    [1518, "PTC1522"],
  ] as const)("%i bytes and four: %s", (bytes, name) => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, bytes));
    give(bench, 1);
    expect(NAMES.map((each) => bench.read(Statistic[each]))).toEqual(NAMES.map((each) => Number(each === name)));
    const good = name === null ? 0 : 1;
    expect([bench.read(Statistic.GPTC), bench.read(Statistic.GOTCL), bench.read(Statistic.TPT), bench.read(Statistic.TOTL)]).toEqual([good, good * (bytes + 4), 1, bytes + 4]);
  });

  test.each([
    [BROADCAST, [1, 0]],
    ["01:00:5e:00:00:01", [0, 1]],
    [MAC, [0, 0]],
  ])("to %s: broadcasts and multicasts", (to, counts) => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(to, 60));
    give(bench, 1);
    expect([bench.read(Statistic.BPTC), bench.read(Statistic.MPTC)]).toEqual(counts);
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

  test("an extended descriptor of no known type: counted, and the frame that it stands in is passed over to its EOP", () => {
    for (const last of [LAST, Command.RS]) {
      const bench = new Bench();
      bench.transmitRing(8);
      bench.txDescriptor(0, 0, frameTo(MAC, 60), last | Command.DEXT);
      // Type 2, in the upper half of the byte that is CSO in a legacy descriptor.
      TxDescriptor.checksumOffset.set(bench.ram, bench.txAt(0), 0x20);
      bench.txDescriptor(1, 2048, frameTo(MAC, 61));
      bench.txDescriptor(2, 4096, frameTo(MAC, 62));
      give(bench, 3);
      expect(bench.sent.map((frame) => frame.length)).toEqual(last === LAST ? [61, 62] : [62]);
      expect(bench.account).toMatchObject({ unknownDescriptors: 1, transmitDropped: 1 });
      expect(done(bench, 0)).toBe(true);
    }
  });

  test("a null address with a length: no bytes (3.3.3)", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    const frame = frameTo(MAC, 60);
    bench.txDescriptor(0, 0, frameTo(MAC, 40), Command.RS);
    TxDescriptor.bufferAddress.set(bench.ram, bench.txAt(0), 0);
    bench.txDescriptor(1, 2048, frame);
    give(bench, 2);
    expect([bench.sent, done(bench, 0)]).toEqual([[frame], true]);
    expect(bench.account.dmaFaults).toBe(0);
  });

  test("more than 16,288 bytes: passed over, as long as anything else is (3.3.3)", () => {
    const bench = new Bench({ limits: { transmitFrameBytes: 20_000 } });
    bench.transmitRing(8);
    for (const [i, bytes] of [16_288, 16_289].entries()) bench.txDescriptor(i, 20_000 * i, frameTo(MAC, bytes));
    give(bench, 2);
    expect(bench.sent.map((frame) => frame.length)).toEqual([16_288]);
    expect(bench.account.transmitDropped).toBe(1);
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
