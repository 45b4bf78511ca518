/** The receiver: rings, filters, reasons to drop, length limits, write-back (manual 3.2, 13.4.22 to 13.4.29). */

import { describe, expect, test } from "vitest";
import { NicAccount } from "../../../hal/nic/account.ts";
import { DropReason } from "../../../hal/nic/account.ts";
import { RxStatus } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause, ReceiveControlBit as Control } from "../../../hal/nic/e1000-registers.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { BROADCAST, Bench, MAC, RX_BUFFERS, frameTo } from "./bench.ts";

const DONE = RxStatus.DD | RxStatus.EOP | RxStatus.IXSM;
const OTHER = "02:00:00:00:00:99";
const GROUP = "01:00:5e:7f:23:92";

describe("one frame (3.2.3)", () => {
  test("lies in the buffer, its length counts the FCS, whose bytes are not written", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.ram.fill(bench.memory + RX_BUFFERS, 2048, 0xee);
    const frame = frameTo(MAC, 67);
    bench.arrive(frame);
    expect(bench.rx(0)).toEqual({ frameBytes: 71, status: DONE, errors: 0 });
    expect(bench.received(0, 71)).toEqual([...frame, 0xee, 0xee, 0xee, 0xee]);
    expect(bench.read(Register.RDH)).toBe(1);
  });

  test("with SECRC the FCS does not count", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7, Control.SECRC);
    bench.arrive(frameTo(MAC, 67));
    expect(bench.rx(0).frameBytes).toBe(67);
  });

  test("a short frame arrives padded to 60", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.arrive(frameTo(MAC, 14));
    expect(bench.rx(0).frameBytes).toBe(64);
    expect(bench.received(0, 60).slice(14)).toEqual(new Array(46).fill(0));
  });

  test("stale status, length and errors of a descriptor are overwritten", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.ram.fill(bench.rxAt(0) + 8, 8, 0xff);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.rx(0)).toEqual({ frameBytes: 64, status: DONE, errors: 0 });
  });
});

describe("payload and write-back are events of their own", () => {
  test("first the bytes, then the descriptor with the head and the cause", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.write(Register.IMS, Cause.RXT0);
    bench.nic.wire.offer(frameTo(MAC, 80), 0);
    const arrival = 104 * 8;
    const seen = (): unknown[] => [bench.received(0, 1)[0] === 2, bench.rx(0).status, bench.read(Register.RDH), bench.lineHigh()];
    bench.board.idleUntil(arrival);
    expect(seen()).toEqual([false, 0, 0, false]);
    bench.board.idleUntil(arrival + 109);
    expect(seen()).toEqual([false, 0, 0, false]);
    bench.board.idleUntil(arrival + 110);
    expect(seen()).toEqual([true, 0, 0, false]);
    bench.board.idleUntil(arrival + 169);
    expect(seen()).toEqual([true, 0, 0, false]);
    bench.board.idleUntil(arrival + 170);
    expect(seen()).toEqual([true, DONE, 1, true]);
  });

  test("the trace tells wire ordinal and received ordinal with the write-back, dropped frames between them", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    for (const to of [MAC, OTHER, BROADCAST]) bench.arrive(frameTo(to, 60));
    expect(bench.tracedOf(HalTrace.frameReceived).map((record) => [record.argument0, record.argument1])).toEqual([[1, 1], [3, 2]]);
    expect(bench.tracedOf(HalTrace.frameDropped)).toEqual([{ kind: HalTrace.frameDropped, argument0: 2, argument1: DropReason.filtered }]);
  });

  test("frames keep their order, a long one before short ones", () => {
    const bench = new Bench();
    bench.receiveRing(16, 15);
    const lengths = [1500, 60, 61, 700, 62, 63];
    lengths.forEach((bytes, i) => bench.nic.wire.offer(frameTo(MAC, bytes, i), 0));
    bench.settle();
    expect(lengths.map((_, i) => bench.rx(i).frameBytes)).toEqual(lengths.map((bytes) => bytes + 4));
    expect(lengths.map((bytes, i) => bench.received(i, bytes))).toEqual(lengths.map((bytes, i) => [...frameTo(MAC, bytes, i)]));
  });

  test("a frame's staging space is free again after its write-back", () => {
    const bench = new Bench({ limits: { wireFrames: 1 } });
    bench.receiveRing(8, 7);
    bench.nic.wire.offer(frameTo(MAC, 80), 0);
    bench.board.idleUntil(104 * 8 + 169);
    expect(bench.nic.wire.offer(frameTo(MAC, 80), 0)).toBe(-1);
    bench.board.idleUntil(104 * 8 + 170);
    expect(bench.nic.wire.offer(frameTo(MAC, 80), 0)).toBe(2);
  });

  test("a receiver that is switched off finishes what it took", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.nic.wire.offer(frameTo(MAC, 60), 0);
    bench.board.idleUntil(672);
    bench.write(Register.RCTL, 0);
    bench.settle();
    expect(bench.account.received).toBe(1);
  });
});

describe("the ring (3.2.6)", () => {
  test("head = tail is empty: dropped, MPC and RNBC counted, RXO raised", () => {
    const bench = new Bench();
    bench.receiveRing(8, 0);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account).toMatchObject({ noDescriptor: 1, received: 0 });
    expect([bench.read(Statistic.MPC), bench.read(Statistic.RNBC), bench.read(Register.ICR), bench.read(Register.RDH)]).toEqual([1, 1, Cause.RXO, 0]);
  });

  test("all but one descriptor can be free, and then the ring is dry", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    for (let i = 0; i < 8; i++) bench.arrive(frameTo(MAC, 60, i));
    expect(bench.account).toMatchObject({ received: 7, noDescriptor: 1 });
    expect(bench.read(Register.RDH)).toBe(7);
  });

  test("it wraps: the tail is moved behind the head again and again", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    for (let i = 0; i < 100; i++) {
      const slot = i % 8;
      bench.arrive(frameTo(MAC, 60 + i, i));
      expect([i, bench.rx(slot), bench.read(Register.RDH)]).toEqual([i, { frameBytes: 64 + i, status: DONE, errors: 0 }, (slot + 1) % 8]);
      expect(bench.received(slot, 60 + i)).toEqual([...frameTo(MAC, 60 + i, i)]);
      bench.rxDescriptor(slot, bench.memory + RX_BUFFERS + slot * 2048);
      bench.write(Register.RDT, slot);
    }
  });

  test("descriptors claimed by frames in flight are not free", () => {
    const bench = new Bench();
    bench.receiveRing(8, 1);
    bench.nic.wire.offer(frameTo(MAC, 1514), 0);
    bench.board.idleUntil(1538 * 8);
    expect([bench.account.inFlight, bench.read(Register.RDH)]).toEqual([1, 0]);
    bench.nic.wire.offer(frameTo(MAC, 60), 0);
    bench.settle();
    expect(bench.account).toMatchObject({ received: 1, noDescriptor: 1 });
  });

  test("a tail beyond the ring leaves nothing free, as does a head, as does a ring without length", () => {
    for (const [register, value] of [[Register.RDT, 8], [Register.RDT, 0xffff], [Register.RDH, 8], [Register.RDLEN, 0]] as const) {
      const bench = new Bench();
      bench.receiveRing(8, 7);
      bench.write(register, value);
      bench.arrive(frameTo(MAC, 60));
      expect(bench.account).toMatchObject({ received: 0, noDescriptor: 1 });
    }
  });

  test("a head that the driver sets is where the next frame goes", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.write(Register.RDH, 5);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.rx(5).status, bench.rx(0).status, bench.read(Register.RDH)]).toEqual([DONE, 0, 6]);
  });

  test("a null descriptor is passed over with DD alone (3.2.5)", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.rxDescriptor(0, 0);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.rx(0), bench.rx(1), bench.read(Register.RDH)]).toEqual([{ frameBytes: 0, status: RxStatus.DD, errors: 0 }, { frameBytes: 64, status: DONE, errors: 0 }, 2]);
  });

  test("RXDMT0 comes when half the ring or less is free, a quarter and an eighth with RDMTS", () => {
    for (const [threshold, free] of [[0, 8], [1, 4], [2, 2]] as const) {
      const bench = new Bench();
      bench.receiveRing(16, 15, threshold << 8);
      for (let left = 14; left >= 0; left--) {
        bench.arrive(frameTo(MAC, 60));
        expect([threshold, left, bench.read(Register.ICR)]).toEqual([threshold, left, left <= free ? Cause.RXT0 | Cause.RXDMT0 : Cause.RXT0]);
      }
    }
  });
});

describe("filters (3.2.1)", () => {
  const accepts = (to: string, control: number, prepare: (bench: Bench) => void = () => undefined): boolean => {
    const bench = new Bench();
    bench.receiveRing(8, 7, control);
    prepare(bench);
    bench.arrive(frameTo(to, 64));
    expect(bench.account.received + bench.account.filtered).toBe(1);
    return bench.account.received === 1;
  };
  const table = (bit: number) => (bench: Bench) => bench.write(Register.MTA + 4 * (bit >>> 5), 1 << (bit & 31));

  test.each([
    ["its own address", MAC, 0, true],
    ["another's", OTHER, 0, false],
    ["another's, promiscuous", OTHER, Control.UPE, true],
    ["another's, promiscuous for multicasts only", OTHER, Control.MPE, false],
    ["broadcast, not accepted", BROADCAST, 0, false],
    ["broadcast", BROADCAST, Control.BAM, true],
    ["broadcast, promiscuous for unicasts only", BROADCAST, Control.UPE, false],
    ["multicast", GROUP, Control.BAM, false],
    ["multicast, promiscuous", GROUP, Control.MPE, true],
    ["multicast, promiscuous for unicasts only", GROUP, Control.UPE, false],
  ])("%s", (_name, to, control, expected) => {
    expect(accepts(to, control)).toBe(expected);
  });

  test.each([
    [0, 0x922],
    [1, 0x244],
    [2, 0x488],
    [3, 0x223],
  ])("multicast table, RCTL.MO %i takes bit 0x%s", (offset, bit) => {
    expect(accepts(GROUP, offset << 12, table(bit))).toBe(true);
    expect(accepts(GROUP, offset << 12, table(bit ^ 1))).toBe(false);
    expect(accepts(GROUP, offset << 12, table(bit ^ 0x20))).toBe(false);
  });

  test("the table is not for unicasts", () => {
    expect(accepts("02:00:5e:7f:23:92", 0, table(0x922))).toBe(false);
  });

  test("further receive addresses count when they are marked valid", () => {
    const set = (high: number) => (bench: Bench) => {
      bench.write(Register.RAL0 + 8 * 15, 0x0000_0002);
      bench.write(Register.RAH0 + 8 * 15, high);
    };
    expect(accepts(OTHER, 0, set(0x9900))).toBe(false);
    expect(accepts(OTHER, 0, set(0x8000_9900 | 0))).toBe(true);
  });

  test("its own address does not count when it is marked invalid", () => {
    expect(accepts(MAC, 0, (bench) => bench.write(Register.RAH0, 0x0100))).toBe(false);
  });
});

describe("reasons to drop", () => {
  test("receiver off, link down: linkDown, and nothing is counted in the registers", () => {
    const off = new Bench();
    off.receiveRing(8, 7);
    off.write(Register.RCTL, 0);
    off.arrive(frameTo(MAC, 60));
    const down = new Bench();
    down.receiveRing(8, 7);
    down.write(Register.CTRL, 0);
    down.arrive(frameTo(MAC, 60));
    for (const bench of [off, down]) {
      expect(bench.account).toMatchObject({ offered: 1, linkDown: 1 });
      expect([bench.read(Statistic.MPC), bench.read(Statistic.TPR)]).toEqual([0, 0]);
    }
  });

  test.each([
    ["LPE off: 1522 with the FCS", 0, 1518, 1519],
    ["LPE off, FCS stripped: still 1522 with the FCS", Control.SECRC, 1518, 1519],
    ["LPE: the buffer with the FCS", Control.LPE, 2044, 2045],
    ["LPE, FCS stripped: the buffer", Control.LPE | Control.SECRC, 2048, 2049],
  ])("too long: %s", (_name, control, longest, tooLong) => {
    const bench = new Bench();
    bench.receiveRing(8, 7, control);
    bench.arrive(frameTo(MAC, longest));
    expect(bench.account).toMatchObject({ received: 1, tooLong: 0 });
    expect(bench.received(0, longest)).toEqual([...frameTo(MAC, longest)]);
    bench.arrive(frameTo(MAC, tooLong));
    bench.arrive(frameTo(MAC, 9_000));
    expect(bench.account).toMatchObject({ received: 1, tooLong: 2 });
    expect([bench.read(Statistic.ROC), bench.read(Register.RDH)]).toEqual([2, 1]);
  });

  test("a frame for somebody else is filtered, however long it is, and takes no descriptor", () => {
    const bench = new Bench();
    bench.receiveRing(8, 0);
    bench.arrive(frameTo(OTHER, 9_000));
    expect(bench.account).toMatchObject({ filtered: 1, tooLong: 0, noDescriptor: 0 });
  });
});

describe("frames over several descriptors (RCTL.BSIZE, 13.4.22)", () => {
  test.each([
    [256, 3 << 16, 3],
    [512, 2 << 16, 2],
    [1024, 1 << 16, 1],
    [2048, 0, 1],
  ])("buffers of %i bytes", (bufferBytes, control, used) => {
    const bench = new Bench();
    bench.receiveRing(8, 7, control, bufferBytes);
    const frame = frameTo(MAC, 600);
    bench.arrive(frame);
    expect(bench.read(Register.RDH)).toBe(used);
    const parts = Array.from({ length: used }, (_, i) => bench.rx(i));
    expect(parts.map((part) => part.status)).toEqual(parts.map((_, i) => (i + 1 === used ? DONE : RxStatus.DD)));
    expect(parts.reduce((sum, part) => sum + part.frameBytes, 0)).toBe(604);
    expect(bench.received(0, 600, bufferBytes)).toEqual([...frame]);
  });

  test("the FCS alone can take a descriptor, whose buffer stays as it was", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7, 3 << 16, 256);
    bench.ram.fill(bench.memory + RX_BUFFERS, 1024, 0xee);
    bench.arrive(frameTo(MAC, 256));
    expect([bench.rx(0), bench.rx(1)]).toEqual([{ frameBytes: 256, status: RxStatus.DD, errors: 0 }, { frameBytes: 4, status: DONE, errors: 0 }]);
    expect(bench.received(1, 8, 256)).toEqual(new Array(8).fill(0xee));
  });

  test("too few descriptors: dropped whole, none is used", () => {
    const bench = new Bench();
    bench.receiveRing(8, 2, 3 << 16, 256);
    bench.arrive(frameTo(MAC, 600));
    expect([bench.account.noDescriptor, bench.read(Register.RDH), bench.rx(0).status]).toEqual([1, 0, 0]);
    bench.arrive(frameTo(MAC, 500));
    expect([bench.account.received, bench.read(Register.RDH)]).toEqual([1, 2]);
  });
});

describe("memory that the device is not granted", () => {
  test("a buffer: its descriptor is passed over, nothing is written", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.rxDescriptor(0, bench.nic.account);
    const before = NicAccount.offered.get(bench.ram, bench.nic.account);
    bench.arrive(frameTo(MAC, 60));
    expect(before).toBe(0);
    expect(bench.account).toMatchObject({ offered: 1, received: 0, noDescriptor: 1, dmaFaults: 1 });
    expect([bench.rx(0).status, bench.read(Register.RDH), bench.board.iommu.misses(0)]).toEqual([0, 1, 1]);
    expect(bench.tracedOf(HalTrace.iommuMiss).length).toBe(1);
    bench.arrive(frameTo(MAC, 60));
    expect([bench.rx(1).status, bench.account.received]).toEqual([DONE, 1]);
  });

  test("a buffer that ends outside: not even its beginning is written", () => {
    const bench = new Bench({ grantedBytes: RX_BUFFERS + 100 });
    bench.receiveRing(8, 7);
    bench.arrive(frameTo(MAC, 200));
    expect(bench.received(0, 200)).toEqual(new Array(200).fill(0));
    expect(bench.account).toMatchObject({ noDescriptor: 1, received: 0 });
  });

  test("the ring itself: no descriptor is free", () => {
    const bench = new Bench({ grantedBytes: 64 });
    bench.receiveRing(8, 7);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account).toMatchObject({ noDescriptor: 1, dmaFaults: 1 });
    expect(bench.read(Register.RDH)).toBe(0);
  });

  test("a ring above 4 GiB", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.write(Register.RDBAH, 1);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account).toMatchObject({ noDescriptor: 1, received: 0 });
  });
});

test("a frame that the wire loses never reaches the account", () => {
  let asked = 0;
  const bench = new Bench({ choose: () => (asked++ === 0 ? 1 : 0) });
  bench.receiveRing(8, 7);
  bench.arrive(frameTo(MAC, 60));
  bench.arrive(frameTo(MAC, 60));
  expect(bench.account).toMatchObject({ offered: 1, received: 1 });
  expect(bench.tracedOf(HalTrace.frameReceived)).toEqual([{ kind: HalTrace.frameReceived, argument0: 2, argument1: 1 }]);
});
