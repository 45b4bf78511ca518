/** The receiver: what lies in memory, when, and why a frame is dropped (manual 3.2, 13.4.22). */

import { describe, expect, test } from "vitest";
import { ChoiceSite } from "../../../hal/chance.ts";
import { DropReason } from "../../../hal/nic/account.ts";
import { RxStatus } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause, ReceiveControlBit as Control } from "../../../hal/nic/e1000-registers.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { BROADCAST, Bench, MAC, RX_BUFFERS, frameTo } from "./bench.ts";

const DONE = RxStatus.DD | RxStatus.EOP | RxStatus.IXSM;
const OTHER = "02:00:00:00:00:99";

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

  test("a long frame's transfer holds up those behind it: several are in flight, one transfer runs at a time", () => {
    const bench = new Bench({ limits: { wireFrameBytes: 16_384 } });
    bench.receiveRing(16, 15, Control.LPE);
    for (const bytes of [16_000, 60, 61, 62]) bench.nic.wire.offer(frameTo(MAC, bytes), 0);
    const arrival = 16_024 * 8;
    bench.board.idleUntil(arrival + 2_064);
    expect(bench.account.inFlight).toBe(4);
    bench.settle();
    // Each transfer takes 100 cycles and one more for 8 bytes; the last write-back comes 60 cycles after the last of them.
    expect(bench.board.now()).toBe(arrival + 100 + 2_000 + 3 * (100 + 7) + 60);
    expect([0, 7, 8, 9, 10].map((index) => bench.rx(index).status)).toEqual([RxStatus.DD, DONE, DONE, DONE, DONE]);
    expect(bench.tracedOf(HalTrace.frameReceived).map((record) => record.argument0)).toEqual([1, 2, 3, 4]);
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

test("a frame that the wire loses never reaches the account", () => {
  let asked = 0;
  const bench = new Bench({ choose: (site) => (site === ChoiceSite.frameLost && asked++ === 0 ? 1 : 0) });
  bench.receiveRing(8, 7);
  bench.arrive(frameTo(MAC, 60));
  bench.arrive(frameTo(MAC, 60));
  expect(bench.account).toMatchObject({ offered: 1, received: 1 });
  expect(bench.tracedOf(HalTrace.frameReceived)).toEqual([{ kind: HalTrace.frameReceived, argument0: 2, argument1: 1 }]);
});
