/** What an 82540EM that is out of order writes and does, answer by answer; virtio's part stands in test/sim/faults/nic. */

import { describe, expect, test } from "vitest";
import { ChoiceSite } from "../../../hal/chance.ts";
import { RxStatus, TxDescriptor } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, InterruptCause as Cause } from "../../../hal/nic/e1000-registers.ts";
import { INTERRUPT_UNIT_CYCLES, TRANSFER_UNIT_CYCLES, Torn } from "../../../hal/nic/out-of-order.ts";
import { BROADCAST, Bench, frameTo } from "./bench.ts";

const DONE = RxStatus.DD | RxStatus.EOP | RxStatus.IXSM;
const FRAME = frameTo(BROADCAST, 60);

/** A bench whose chance answers at one site only: each time the next of these, then 0. */
function benchWith(site: number, ...answers: readonly number[]): Bench {
  let asked = 0;
  return new Bench({ choose: (at) => (at === site ? (answers[asked++] ?? 0) : 0) });
}

function receiving(site: number, ...answers: readonly number[]): Bench {
  const bench = benchWith(site, ...answers);
  bench.receiveRing(8, 7);
  return bench;
}

describe("what is written back", () => {
  test.each([
    [Torn.length, 0, DONE],
    [Torn.done, 64, 0],
    [Torn.length | Torn.done, 0, 0],
  ])("lacks the parts that are torn off (%i); the head moves all the same", (parts, frameBytes, status) => {
    const bench = receiving(ChoiceSite.writeBackTorn, parts);
    bench.arrive(FRAME);
    bench.arrive(FRAME);
    expect([bench.rx(0), bench.rx(1)]).toEqual([{ frameBytes, status, errors: 0 }, { frameBytes: 64, status: DONE, errors: 0 }]);
    expect([bench.read(Register.RDH), bench.account.received, bench.unaccounted()]).toEqual([2, 2, 0]);
  });

  test("goes to a descriptor further on, around the ring", () => {
    const bench = receiving(ChoiceSite.indexWrong, 0, 9);
    bench.arrive(FRAME);
    bench.arrive(FRAME);
    expect([0, 1, 2].map((index) => bench.rx(index).frameBytes)).toEqual([64, 0, 64]);
    expect(bench.read(Register.RDH)).toBe(2);
  });

  test("says a length that is wrong, of 16 bits", () => {
    const bench = receiving(ChoiceSite.lengthWrong, 3, 0x1_0000 - 65);
    for (let i = 0; i < 3; i++) bench.arrive(FRAME);
    expect([0, 1, 2].map((index) => bench.rx(index).frameBytes)).toEqual([67, 0xffff, 64]);
  });

  test("of a frame that was sent is missing too", () => {
    const bench = benchWith(ChoiceSite.writeBackTorn, Torn.done);
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, FRAME);
    bench.txDescriptor(1, 64, FRAME);
    bench.write(Register.TDT, 2);
    bench.settle();
    expect([bench.sent.length, TxDescriptor.status.get(bench.ram, bench.txAt(0)), TxDescriptor.status.get(bench.ram, bench.txAt(1))]).toEqual([2, 0, 1]);
  });
});

describe("what does not happen, or late", () => {
  test("a frame that finds no descriptor is missed, as if there were none", () => {
    const bench = receiving(ChoiceSite.receiveStarved, 1);
    bench.arrive(FRAME);
    expect([bench.account.noDescriptor, bench.read(Register.ICR) & Cause.RXO]).toEqual([1, Cause.RXO]);
    bench.arrive(FRAME);
    expect(bench.rx(0).status).toBe(DONE);
  });

  test("a transfer takes as many units longer, either way", () => {
    const timeOf = (bench: Bench, begin: () => void): number => {
      const before = bench.board.now();
      begin();
      bench.settle();
      return bench.board.now() - before;
    };
    const receive = (...answers: number[]): number => {
      const bench = receiving(ChoiceSite.transferLate, ...answers);
      return timeOf(bench, () => bench.nic.wire.offer(FRAME, 0));
    };
    const send = (...answers: number[]): number => {
      const bench = benchWith(ChoiceSite.transferLate, ...answers);
      bench.transmitRing(8);
      bench.txDescriptor(0, 0, FRAME);
      return timeOf(bench, () => bench.write(Register.TDT, 1));
    };
    expect([receive(1000) - receive(), send(70_000) - send()]).toEqual([1000 * TRANSFER_UNIT_CYCLES, 70_000 * TRANSFER_UNIT_CYCLES]);
  });

  test("a tail that the device does not hear of is as it was", () => {
    const bench = benchWith(ChoiceSite.doorbellLost, 1, 0, 1);
    bench.receiveRing(8, 7);
    expect(bench.read(Register.RDT)).toBe(0);
    bench.write(Register.RDT, 7);
    expect(bench.read(Register.RDT)).toBe(7);
    bench.write(Register.TDT, 3);
    expect(bench.read(Register.TDT)).toBe(0);
  });
});

describe("the interrupt line", () => {
  const CYCLES = 100 * INTERRUPT_UNIT_CYCLES;

  test("does not rise for a cause whose interrupt is lost, and does for the next", () => {
    const bench = benchWith(ChoiceSite.interruptLate, 1);
    bench.write(Register.IMS, Cause.RXT0);
    bench.write(Register.ICS, Cause.RXT0);
    expect([bench.lineHigh(), bench.read(Register.ICR) & Cause.RXT0, bench.board.eventsUnderWay()]).toEqual([false, Cause.RXT0, 0]);
    bench.write(Register.ICS, Cause.RXT0);
    expect(bench.lineHigh()).toBe(true);
  });

  test("rises late, and not at all if the cause is gone by then", () => {
    for (const taken of [false, true]) {
      const bench = benchWith(ChoiceSite.interruptLate, 101);
      bench.write(Register.IMS, Cause.RXT0);
      bench.write(Register.ICS, Cause.RXT0);
      bench.board.advance(CYCLES - 1);
      expect(bench.lineHigh()).toBe(false);
      if (taken) bench.read(Register.ICR);
      bench.board.advance(1);
      expect(bench.lineHigh()).toBe(!taken);
    }
  });

  test("has one event under way, however often it is late", () => {
    const bench = benchWith(ChoiceSite.interruptLate, ...new Array<number>(200).fill(101));
    bench.write(Register.IMS, Cause.RXT0);
    for (let i = 0; i < 200; i++) {
      bench.write(Register.ICS, Cause.RXT0);
      bench.read(Register.ICR);
    }
    expect(bench.board.eventsUnderWay()).toBe(1);
  });

  test("is high for a time without a cause; a cause that comes meanwhile holds it", () => {
    const bench = new Bench();
    bench.write(Register.IMS, Cause.RXT0);
    for (const caused of [false, true]) {
      bench.nic.pulseLine(CYCLES);
      expect(bench.lineHigh()).toBe(true);
      if (caused) bench.write(Register.ICS, Cause.RXT0);
      bench.board.advance(CYCLES);
      expect(bench.lineHigh()).toBe(caused);
    }
    bench.read(Register.ICR);
    expect(bench.lineHigh()).toBe(false);
  });

  test("is low after a reset, whatever was late", () => {
    const bench = benchWith(ChoiceSite.interruptLate, 101);
    bench.write(Register.IMS, Cause.RXT0);
    bench.write(Register.ICS, Cause.RXT0);
    bench.nic.reset();
    bench.board.advance(2 * CYCLES);
    expect([bench.lineHigh(), bench.board.eventsUnderWay()]).toEqual([false, 0]);
  });
});
