/** What is told of transmit descriptors that are done: write-back, TXDW at once, delayed and in bursts, TXD_LOW (manual 3.3.3.1, 3.4.2, 13.4.41 to 13.4.44). */

import { describe, expect, test } from "vitest";
import { TxCommand as Command } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, InterruptCause as Cause } from "../../../hal/nic/e1000-registers.ts";
import { Bench, MAC, frameTo } from "./bench.ts";
import { LAST, contextDescriptor, done, give } from "./transmitting.ts";

/** A ring of 16 with frames of 60 bytes in it, each with its command; nothing is given yet. */
function filled(commands: readonly number[], registers: Readonly<Record<number, number>> = {}): Bench {
  const bench = new Bench();
  bench.transmitRing(16);
  for (const [i, command] of commands.entries()) bench.txDescriptor(i, 64 * i, frameTo(MAC, 60, i), command);
  for (const [offset, value] of Object.entries(registers)) bench.write(Number(offset), value);
  return bench;
}

/** Lets time pass until every frame has left and the transmitter stands still; timers go on. */
function transmit(bench: Bench, tail: number): void {
  bench.write(Register.TDT, tail);
  while (!bench.nic.atRest()) bench.board.idleUntil(bench.board.nextDeviceEventCycle());
}

const reported = (bench: Bench, count: number): boolean[] => Array.from({ length: count }, (_, i) => done(bench, i));
const PLAIN = LAST & ~Command.RS;
const DELAYED = LAST | Command.IDE;
const UNIT = 1024;

describe("delayed interrupts: IDE, TIDV, TADV (3.3.3.1, 13.4.41, 13.4.44)", () => {
  const wait = (bench: Bench, cycles: number): number => {
    bench.board.advance(cycles);
    return bench.read(Register.ICS) & Cause.TXDW;
  };

  test("RS and IDE: the descriptor is written back at once, TXDW comes TIDV x 1.024 us after that", () => {
    const bench = filled([DELAYED], { [Register.TIDV]: 10 });
    transmit(bench, 1);
    expect([done(bench, 0), bench.read(Register.ICR)]).toEqual([true, Cause.TXQE]);
    expect([wait(bench, 10 * UNIT - 1), wait(bench, 1)]).toEqual([0, Cause.TXDW]);
  });

  test.each([
    ["RS without IDE", LAST, 10],
    ["TIDV at 0, which is no delay", DELAYED, 0],
  ])("%s: TXDW at once", (_name, command, delay) => {
    const bench = filled([command], { [Register.TIDV]: delay });
    transmit(bench, 1);
    expect(bench.read(Register.ICR)).toBe(Cause.TXDW | Cause.TXQE);
  });

  test("IDE without RS delays nothing, since nothing is reported", () => {
    const bench = filled([PLAIN | Command.IDE], { [Register.TIDV]: 10 });
    transmit(bench, 1);
    expect([wait(bench, 100 * UNIT), done(bench, 0)]).toEqual([0, false]);
  });

  test("each descriptor with IDE starts the timer again; TADV ends the waiting from the first one on", () => {
    for (const [absolute, expected] of [[0, [0, 0, 0, 0, Cause.TXDW]], [20, [0, 0, Cause.TXDW, Cause.TXDW, Cause.TXDW]]] as const) {
      const bench = filled([DELAYED, DELAYED, DELAYED], { [Register.TIDV]: 10, [Register.TADV]: absolute });
      const seen: number[] = [];
      for (let tail = 1; tail <= 3; tail++) {
        transmit(bench, tail);
        seen.push(wait(bench, 9 * UNIT - 1000));
      }
      seen.push(wait(bench, 1000), wait(bench, 2000));
      expect(seen).toEqual(expected);
    }
  });

  test("a descriptor without IDE ends a delay that is under way: one interrupt for both", () => {
    const bench = filled([DELAYED, LAST], { [Register.TIDV]: 10 });
    transmit(bench, 1);
    expect(wait(bench, 100)).toBe(0);
    transmit(bench, 2);
    expect(bench.read(Register.ICR) & Cause.TXDW).toBe(Cause.TXDW);
    expect(wait(bench, 100 * UNIT)).toBe(0);
  });

  test("a context descriptor is delayed as others are", () => {
    const bench = filled([], { [Register.TIDV]: 10 });
    contextDescriptor(bench, 0, { command: Command.RS | Command.IDE });
    transmit(bench, 1);
    expect([wait(bench, 10 * UNIT - 1), wait(bench, 1)]).toEqual([0, Cause.TXDW]);
  });

  test("a reset forgets the delay", () => {
    const bench = filled([DELAYED], { [Register.TIDV]: 10 });
    transmit(bench, 1);
    bench.nic.reset();
    expect(wait(bench, 100 * UNIT)).toBe(0);
  });
});

describe("write-back in bursts: TXDCTL.WTHRESH (3.4.2, 13.4.43)", () => {
  const DESCRIPTORS = 1 << 24;
  const threshold = (count: number, unit = DESCRIPTORS): Readonly<Record<number, number>> => ({ [Register.TXDCTL]: (count << 16) | unit });

  test.each([
    ["0: each with RS when it is done", threshold(0), [LAST, PLAIN, LAST], [true, false, true], Cause.TXDW],
    ["1: the same", threshold(1), [LAST, PLAIN, LAST], [true, false, true], Cause.TXDW],
    ["3, with two done: none yet", threshold(3), [LAST, LAST], [false, false], 0],
    ["3, with three done: all", threshold(3), [LAST, LAST, LAST], [true, true, true], Cause.TXDW],
    ["counted from the first with RS on, those without too", threshold(3), [PLAIN, LAST, PLAIN, PLAIN, PLAIN], [false, true, true, true, false], Cause.TXDW],
    ["two bursts", threshold(2), [LAST, LAST, LAST, LAST, LAST], [true, true, true, true, false], Cause.TXDW],
    ["1 cache line: four descriptors", threshold(1, 0), [LAST, LAST, LAST], [false, false, false], 0],
    ["1 cache line, with four done", threshold(1, 0), [LAST, LAST, LAST, LAST], [true, true, true, true], Cause.TXDW],
  ])("%s", (_name, registers, commands, expected, cause) => {
    const bench = filled(commands, registers);
    // A delay in the background: a burst that is not full is not written at once.
    bench.write(Register.TIDV, 1000);
    transmit(bench, commands.length);
    expect(reported(bench, commands.length)).toEqual(expected);
    expect(bench.read(Register.ICR) & Cause.TXDW).toBe(cause);
    expect([bench.read(Register.TDH), bench.sent.length]).toEqual([commands.length, commands.length]);
  });

  test("TIDV's timer, started by the first that waits, writes back what there is, and raises TXDW", () => {
    const bench = filled([LAST, LAST], { ...threshold(8), [Register.TIDV]: 10 });
    transmit(bench, 2);
    expect(reported(bench, 2)).toEqual([false, false]);
    bench.settle();
    expect(reported(bench, 2)).toEqual([true, true]);
    expect(bench.read(Register.ICR) & Cause.TXDW).toBe(Cause.TXDW);
    expect(bench.board.now()).toBeLessThan(12 * UNIT);
  });

  test("a burst of IDE alone is written, its interrupt comes later", () => {
    const bench = filled([DELAYED, DELAYED], { ...threshold(2), [Register.TIDV]: 10 });
    transmit(bench, 2);
    expect([reported(bench, 2), bench.read(Register.ICR) & Cause.TXDW]).toEqual([[true, true], 0]);
    bench.settle();
    expect(bench.read(Register.ICR)).toBe(Cause.TXDW);
  });

  test("that one burst was urgent says nothing of the next", () => {
    const bench = filled([LAST, DELAYED, DELAYED, DELAYED], { ...threshold(2), [Register.TIDV]: 10 });
    transmit(bench, 2);
    expect(bench.read(Register.ICR) & Cause.TXDW).toBe(Cause.TXDW);
    transmit(bench, 4);
    expect([reported(bench, 4), bench.read(Register.ICR) & Cause.TXDW]).toEqual([[true, true, true, true], 0]);
  });

  test("a ring shorter than the threshold is written when all of it waits", () => {
    const bench = filled(Array.from({ length: 16 }, () => LAST), { ...threshold(63), [Register.TIDV]: 1000, [Register.TDLEN]: 128 });
    transmit(bench, 7);
    expect(reported(bench, 7)).toEqual(new Array(7).fill(false));
    transmit(bench, 1);
    expect(reported(bench, 8)).toEqual(new Array(8).fill(true));
  });

  test("a burst goes round the end of the ring", () => {
    const bench = filled(Array.from({ length: 16 }, () => LAST), threshold(4));
    bench.write(Register.TDH, 14);
    transmit(bench, 2);
    expect(reported(bench, 16)).toEqual([true, true, ...new Array(12).fill(false), true, true]);
  });

  test("descriptors that may not be written are counted", () => {
    const bench = new Bench({ grantedBytes: 0x1000 });
    bench.transmitRing(16);
    bench.write(Register.TXDCTL, (2 << 16) | DESCRIPTORS);
    bench.board.iommu.revoke(0);
    bench.board.iommu.grant(0, bench.memory, 0x6_0000, 1);
    for (const i of [0, 1]) bench.txDescriptor(i, 64 * i, frameTo(MAC, 60));
    give(bench, 2);
    expect([bench.sent.length, bench.account.dmaFaults, bench.read(Register.ICR)]).toEqual([2, 2, Cause.TXQE]);
  });
});

describe("TXD_LOW: TXDCTL.LWTHRESH, in units of eight (13.4.43)", () => {
  test.each([
    ["passed", 1, 12, true],
    ["just reached", 1, 9, true],
    ["never above", 1, 8, false],
    ["not set", 0, 12, false],
    ["beyond the ring's fill", 2, 12, false],
  ])("threshold %s: raised as the number of descriptors left falls to it", (_name, low, count, raised) => {
    const bench = filled(Array.from({ length: count }, () => PLAIN), { [Register.TXDCTL]: low << 25 });
    bench.write(Register.TDT, count);
    let leftThen = -1;
    while (!bench.nic.atRest()) {
      bench.board.idleUntil(bench.board.nextDeviceEventCycle());
      if (leftThen < 0 && (bench.read(Register.ICS) & Cause.TXD_LOW) !== 0) leftThen = count - bench.read(Register.TDH);
    }
    expect(leftThen).toBe(raised ? 8 * low : -1);
  });

  test("counted over the end of the ring", () => {
    const bench = filled(Array.from({ length: 16 }, () => PLAIN), { [Register.TXDCTL]: 1 << 25 });
    bench.write(Register.TDH, 12);
    transmit(bench, 6);
    expect(bench.read(Register.ICR)).toBe(Cause.TXD_LOW | Cause.TXQE);
  });
});
