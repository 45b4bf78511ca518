/** Causes, mask, line and throttling (manual 13.4.17 to 13.4.21). */

import { describe, expect, test } from "vitest";
import { E1000Register as Register, InterruptCause as Cause } from "../../../hal/nic/e1000-registers.ts";
import { Bench } from "./bench.ts";

const ALL = 0xffff_ffff;

describe("causes, mask and line (13.4.17 to 13.4.21)", () => {
  test("a cause raises the line only through the mask", () => {
    const bench = new Bench();
    bench.write(Register.ICS, Cause.LSC);
    expect(bench.lineHigh()).toBe(false);
    bench.write(Register.IMS, Cause.RXT0);
    expect(bench.lineHigh()).toBe(false);
    bench.write(Register.IMS, Cause.LSC);
    expect(bench.lineHigh()).toBe(true);
  });

  test("reading ICR gives all causes, clears them and lowers the line", () => {
    const bench = new Bench();
    bench.write(Register.IMS, Cause.RXT0);
    bench.write(Register.ICS, Cause.RXT0 | Cause.TXDW);
    expect(bench.read(Register.ICR)).toBe(Cause.RXT0 | Cause.TXDW);
    expect(bench.lineHigh()).toBe(false);
    expect(bench.read(Register.ICR)).toBe(0);
  });

  test("reading ICS clears nothing", () => {
    const bench = new Bench();
    bench.write(Register.ICS, ALL);
    expect([bench.read(Register.ICS), bench.read(Register.ICR)]).toEqual([ALL, ALL]);
  });

  test("writing ICR clears the causes written as 1", () => {
    const bench = new Bench();
    bench.write(Register.ICS, Cause.RXT0 | Cause.TXDW | Cause.RXO);
    bench.write(Register.ICR, Cause.TXDW);
    expect(bench.read(Register.ICR)).toBe(Cause.RXT0 | Cause.RXO);
  });

  test("IMS adds to the mask, IMC takes from it and reads 0", () => {
    const bench = new Bench();
    bench.write(Register.IMS, Cause.RXT0);
    bench.write(Register.IMS, Cause.TXDW);
    bench.write(Register.ICS, Cause.RXT0);
    bench.write(Register.IMC, Cause.RXT0);
    expect([bench.read(Register.IMS), bench.read(Register.IMC), bench.lineHigh()]).toEqual([Cause.TXDW, 0, false]);
  });

  test("ITR keeps edges apart in units of 256 ns; the cause waits", () => {
    const bench = new Bench();
    bench.board.idleUntil(1_000_000);
    bench.write(Register.ITR, 1_000);
    bench.write(Register.IMS, Cause.RXT0);
    bench.write(Register.ICS, Cause.RXT0);
    expect(bench.lineHigh()).toBe(true);
    bench.read(Register.ICR);
    bench.write(Register.ICS, Cause.RXT0);
    bench.board.idleUntil(1_255_999);
    expect([bench.lineHigh(), bench.read(Register.ICS)]).toEqual([false, Cause.RXT0]);
    bench.board.idleUntil(1_256_000);
    expect(bench.lineHigh()).toBe(true);
  });
});

test("causes that wait for ITR take one event, however often they come", () => {
  const bench = new Bench({ limits: { eventSlots: 4 } });
  bench.write(Register.ITR, 0xffff);
  bench.write(Register.IMS, ALL);
  for (let i = 0; i < 100; i++) {
    bench.write(Register.ICS, Cause.RXT0);
    bench.read(Register.ICR);
  }
  bench.settle();
  expect(bench.lineHigh()).toBe(false);
});

describe("throttling (13.4.18)", () => {
  /** At 1 ms, ITR as given, RXT0 let through; then an edge, taken at once. */
  const throttled = (interval: number): Bench => {
    const bench = new Bench();
    bench.board.idleUntil(1_000_000);
    bench.write(Register.ITR, interval);
    bench.write(Register.IMS, Cause.RXT0);
    bench.write(Register.ICS, Cause.RXT0);
    bench.read(Register.ICR);
    return bench;
  };
  /** The cycle of the line's next rising edge, at most 20 ms on. */
  const edge = (bench: Bench): number => {
    for (const end = bench.board.now() + 20_000_000; bench.board.now() < end && !bench.lineHigh(); ) bench.board.advance(1);
    return bench.board.now();
  };

  test("ITR at 0 keeps no distance", () => {
    const bench = throttled(0);
    bench.write(Register.ICS, Cause.RXT0);
    expect(bench.lineHigh()).toBe(true);
  });

  test("a masked cause is no edge and starts no interval", () => {
    const bench = throttled(1_000);
    bench.board.idleUntil(1_300_000);
    bench.write(Register.ICS, Cause.TXDW);
    bench.write(Register.ICS, Cause.RXT0);
    expect(bench.lineHigh()).toBe(true);
  });

  test("the interval is the one that ITR held at the edge", () => {
    const bench = throttled(1_000);
    bench.write(Register.ITR, 10);
    bench.write(Register.ICS, Cause.RXT0);
    expect(edge(bench)).toBe(1_256_000);
    bench.read(Register.ICR);
    bench.write(Register.ICS, Cause.RXT0);
    expect(edge(bench)).toBe(1_256_000 + 2_560);
  });

  test("ITR at 0 ends the waiting", () => {
    const bench = throttled(1_000);
    bench.write(Register.ICS, Cause.RXT0);
    expect(bench.lineHigh()).toBe(false);
    bench.write(Register.ITR, 0);
    expect(bench.lineHigh()).toBe(true);
  });

  test("a short interval after a long one that was given up is kept", () => {
    const bench = throttled(0xffff);
    bench.write(Register.ICS, Cause.RXT0);
    bench.write(Register.ITR, 0);
    bench.read(Register.ICR);
    bench.write(Register.ITR, 4);
    bench.write(Register.ICS, Cause.RXT0);
    expect(bench.lineHigh()).toBe(true);
    const before = bench.board.now();
    bench.read(Register.ICR);
    bench.write(Register.ICS, Cause.RXT0);
    expect(edge(bench)).toBe(before + 1_024);
  });

  test("a cause that is taken or masked while it waits raises nothing later", () => {
    for (const end of [(bench: Bench) => bench.read(Register.ICR), (bench: Bench) => bench.write(Register.IMC, ALL)]) {
      const bench = throttled(1_000);
      bench.write(Register.ICS, Cause.RXT0);
      end(bench);
      bench.settle();
      expect(bench.lineHigh()).toBe(false);
    }
  });

  test("whatever is written to ITR, few events are under way", () => {
    const bench = throttled(0xffff);
    for (let interval = 0xffff; interval > 0; interval -= 7) {
      bench.write(Register.ITR, 0);
      bench.write(Register.ITR, interval);
      bench.write(Register.ICS, Cause.RXT0);
      bench.read(Register.ICR);
      bench.write(Register.ICS, Cause.RXT0);
      bench.read(Register.ICR);
    }
    bench.settle();
    expect(bench.lineHigh()).toBe(false);
  });
});
