/** The receive ring: head and tail, free descriptors, frames over several, memory out of reach (manual 3.2.3 to 3.2.6, 13.4.22 to 13.4.29). */

import { describe, expect, test } from "vitest";
import { NicAccount } from "../../../hal/nic/account.ts";
import { RxStatus } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause, ReceiveControlBit as Control } from "../../../hal/nic/e1000-registers.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { Bench, MAC, RX_BUFFERS, frameTo } from "./bench.ts";

const DONE = RxStatus.DD | RxStatus.EOP | RxStatus.IXSM;

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

  test.each([
    ["a head beyond the ring", Register.RDH, 8],
    ["a ring without length", Register.RDLEN, 0],
    ["a tail at the head", Register.RDT, 0],
  ])("%s leaves nothing free", (_name, register, value) => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.write(register, value);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account).toMatchObject({ received: 0, noDescriptor: 1 });
  });

  test.each([8, 9, 0xffff])("a tail at %d, beyond a ring of 8, is never met by the head: every descriptor is free, round and round", (tail) => {
    const bench = new Bench();
    bench.receiveRing(8, tail);
    for (let i = 0; i < 20; i++) bench.arrive(frameTo(MAC, 60 + i));
    expect(bench.account).toMatchObject({ received: 20, noDescriptor: 0 });
    expect([bench.read(Register.RDH), bench.rx(3).frameBytes, bench.rx(4).frameBytes]).toEqual([4, 60 + 19 + 4, 60 + 12 + 4]);
  });

  test("but no frame goes round the ring into itself", () => {
    const bench = new Bench({ limits: { wireFrameBytes: 4_096 } });
    bench.receiveRing(8, 0xffff, Control.LPE | (3 << 16), 256);
    bench.arrive(frameTo(MAC, 8 * 256 - 4 + 1));
    expect([bench.account.noDescriptor, bench.read(Register.RDH)]).toEqual([1, 0]);
    bench.arrive(frameTo(MAC, 8 * 256 - 4));
    expect([bench.account.received, bench.read(Register.RDH)]).toEqual([1, 0]);
  });

  test("nor does a ring of padding descriptors without an end keep the device busy for ever", () => {
    const bench = new Bench();
    bench.receiveRing(8, 0xffff);
    for (let i = 0; i < 8; i++) bench.rxDescriptor(i, 0);
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account).toMatchObject({ received: 0, noDescriptor: 1 });
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

  test("RXDMT0 comes when half the ring or less is free, a quarter, an eighth, a sixteenth with RDMTS", () => {
    for (const [threshold, free] of [[0, 8], [1, 4], [2, 2], [3, 1]] as const) {
      const bench = new Bench();
      bench.receiveRing(16, 15, threshold << 8);
      for (let left = 14; left >= 0; left--) {
        bench.arrive(frameTo(MAC, 60));
        expect([threshold, left, bench.read(Register.ICR)]).toEqual([threshold, left, left <= free ? Cause.RXT0 | Cause.RXDMT0 : Cause.RXT0]);
      }
    }
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
