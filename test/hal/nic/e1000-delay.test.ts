/** Delayed receive interrupts and small frames (manual 3.2.7, 13.4.30, 13.4.31): when RXT0 comes. */

import { describe, expect, test } from "vitest";
import { RxStatus } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, InterruptCause as Cause, RDTR_FPD, ReceiveControlBit as Control } from "../../../hal/nic/e1000-registers.ts";
import { Bench, MAC, frameTo } from "./bench.ts";

const UNIT_CYCLES = 1_024;

/** A ring of 64, so that RXDMT0 is far; RDTR and RADV as given, at 1 ms. */
function delayed(relative: number, absolute: number): Bench {
  const bench = new Bench();
  bench.board.idleUntil(1_000_000);
  bench.receiveRing(64, 63);
  bench.write(Register.RDTR, relative);
  bench.write(Register.RADV, absolute);
  bench.write(Register.IMS, Cause.RXT0);
  return bench;
}

/** A frame arrives now and is written back. The cycle at which it was. */
function receive(bench: Bench, bytes = 60): number {
  const received = bench.account.received;
  bench.nic.wire.offer(frameTo(MAC, bytes), 0);
  while (bench.account.received === received) bench.board.idleUntil(bench.board.nextDeviceEventCycle());
  return bench.board.now();
}

/** The cycle at which RXT0 comes from now on. */
function announced(bench: Bench): number {
  while ((bench.read(Register.ICS) & Cause.RXT0) === 0) {
    const next = bench.board.nextDeviceEventCycle();
    if (next < 0) return -1;
    bench.board.idleUntil(next);
  }
  return bench.board.now();
}

describe("the packet timer (RDTR)", () => {
  test("at 0 there is no delay, whatever RADV says", () => {
    const bench = delayed(0, 100);
    expect(receive(bench)).toBe(announced(bench));
  });

  test("RXT0 and the line come when it ends; the descriptor is written back before", () => {
    const bench = delayed(10, 0);
    const at = receive(bench);
    expect([bench.rx(0).status & RxStatus.DD, bench.lineHigh()]).toEqual([1, false]);
    expect(announced(bench)).toBe(at + 10 * UNIT_CYCLES);
    expect(bench.lineHigh()).toBe(true);
  });

  test("each frame starts it again", () => {
    const bench = delayed(10, 0);
    receive(bench);
    bench.board.advance(9 * UNIT_CYCLES);
    receive(bench);
    bench.board.advance(5 * UNIT_CYCLES);
    const last = receive(bench);
    expect(announced(bench)).toBe(last + 10 * UNIT_CYCLES);
  });

  test("once announced it rests until the next frame", () => {
    const bench = delayed(10, 0);
    receive(bench);
    announced(bench);
    bench.read(Register.ICR);
    bench.settle();
    expect(bench.read(Register.ICR)).toBe(0);
    const at = receive(bench);
    expect(announced(bench)).toBe(at + 10 * UNIT_CYCLES);
  });

  test("its longest value", () => {
    const bench = delayed(0xffff, 0);
    const at = receive(bench);
    expect(announced(bench)).toBe(at + 0xffff * UNIT_CYCLES);
  });

  test("the value that stood in RDTR when it started counts until it has ended", () => {
    const bench = delayed(100, 0);
    receive(bench);
    bench.write(Register.RDTR, 1);
    const last = receive(bench);
    expect(announced(bench)).toBe(last + 100 * UNIT_CYCLES);
    bench.read(Register.ICR);
    const next = receive(bench);
    expect(announced(bench)).toBe(next + UNIT_CYCLES);
  });
});

describe("the absolute timer (RADV)", () => {
  test("runs from the first frame on and is not started again", () => {
    const bench = delayed(10, 15);
    const first = receive(bench);
    bench.board.advance(8 * UNIT_CYCLES);
    receive(bench);
    expect(announced(bench)).toBe(first + 15 * UNIT_CYCLES);
  });

  test("whichever ends first announces all, and ends the other", () => {
    const bench = delayed(10, 15);
    const first = receive(bench);
    expect(announced(bench)).toBe(first + 10 * UNIT_CYCLES);
    bench.read(Register.ICR);
    bench.settle();
    expect(bench.read(Register.ICR)).toBe(0);
  });

  test("RDTR one more than RADV leaves the absolute timer alone", () => {
    const bench = delayed(16, 15);
    const first = receive(bench);
    receive(bench);
    expect(announced(bench)).toBe(first + 15 * UNIT_CYCLES);
  });
});

describe("what does not wait", () => {
  test("RDTR.FPD announces now what waits, and nothing if nothing does", () => {
    const bench = delayed(1_000, 0);
    bench.write(Register.RDTR, RDTR_FPD | 1_000);
    expect(bench.read(Register.ICR)).toBe(0);
    receive(bench);
    bench.write(Register.RDTR, RDTR_FPD | 1_000);
    expect([bench.read(Register.RDTR), bench.read(Register.ICR)]).toEqual([1_000, Cause.RXT0]);
    bench.settle();
    expect(bench.read(Register.ICR)).toBe(0);
  });

  test("RXDMT0 comes at once", () => {
    const bench = delayed(1_000, 0);
    bench.write(Register.RDT, 34);
    receive(bench);
    expect(bench.read(Register.ICR)).toBe(0);
    receive(bench);
    expect(bench.read(Register.ICR)).toBe(Cause.RXDMT0);
  });

  test("RDTR at 0 again: the next frame is announced with those before it", () => {
    const bench = delayed(1_000, 0);
    receive(bench);
    bench.write(Register.RDTR, 0);
    expect(receive(bench)).toBe(announced(bench));
    bench.read(Register.ICR);
    bench.settle();
    expect(bench.read(Register.ICR)).toBe(0);
  });
});

describe("small frames (3.2.7.2)", () => {
  test.each([
    ["as long as RSRPD says, FCS included", 0, 60, true],
    ["a byte longer", 0, 61, false],
    ["the FCS does not count when it is stripped", Control.SECRC, 64, true],
    ["a byte longer, FCS stripped", Control.SECRC, 65, false],
  ])("%s", (_name, control, bytes, small) => {
    const bench = delayed(1_000, 0);
    bench.write(Register.RSRPD, 64);
    bench.write(Register.RCTL, Control.EN | control);
    receive(bench, 100);
    receive(bench, bytes);
    expect(bench.read(Register.ICR)).toBe(small ? Cause.SRPD | Cause.RXT0 : 0);
    if (!small) return;
    bench.settle();
    expect(bench.read(Register.ICR)).toBe(0);
  });

  test("RSRPD at 0 detects none", () => {
    const bench = delayed(0, 0);
    receive(bench);
    expect(bench.read(Register.ICR)).toBe(Cause.RXT0);
  });
});

test("whatever is written while frames arrive, few events are under way, and the last frame is announced", () => {
  const bench = delayed(0xffff, 0xffff);
  for (let i = 0; i < 2_000; i++) {
    bench.write(Register.RDTR, i % 7 === 0 ? RDTR_FPD : ((i * 7919) & 0xffff) | 1);
    bench.write(Register.RADV, (i * 104_729) & 0xffff);
    receive(bench);
    bench.write(Register.RDT, (bench.read(Register.RDH) + 63) & 63);
  }
  bench.read(Register.ICR);
  bench.write(Register.RDTR, 5);
  receive(bench);
  expect(announced(bench)).toBeGreaterThan(0);
});

test("a reset forgets what waits", () => {
  const bench = delayed(10, 0);
  receive(bench);
  bench.write(Register.CTRL, 1 << 26);
  bench.settle();
  expect(bench.read(Register.ICR)).toBe(0);
});
