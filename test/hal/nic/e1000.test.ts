/** The device as a whole: what a reset leaves, and that it does the same whenever it is driven alike. */

import { describe, expect, test } from "vitest";
import { E1000Register as Register, E1000Statistic as Statistic } from "../../../hal/nic/e1000-registers.ts";
import { BROADCAST, Bench, MAC, frameTo } from "./bench.ts";

const ALL = 0xffff_ffff;

describe("reset (CTRL.RST, 14.2)", () => {
  test("every register is back at its power-on value, the line is low, the receive address is loaded again", () => {
    const bench = new Bench();
    const offsets = [Register.CTRL, Register.RCTL, Register.TCTL, Register.IMS, Register.RDBAL, Register.RDLEN, Register.RDT, Register.RAL0, Register.MTA, Register.ITR];
    const before = offsets.map((at) => bench.read(at));
    bench.receiveRing(8, 7);
    for (const at of [Register.IMS, Register.RAL0, Register.MTA, Register.ITR, Register.TDBAL]) bench.write(at, ALL);
    bench.arrive(frameTo(BROADCAST, 60));
    bench.write(Register.CTRL, 1 << 26);
    expect(offsets.map((at) => bench.read(at))).toEqual(before);
    expect([bench.lineHigh(), bench.read(Register.ICR), bench.read(Statistic.GPRC), bench.read(Register.RDH)]).toEqual([false, 0, 0, 0]);
  });

  test("a frame in flight is lost with the link, and nothing is written any more", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.nic.wire.offer(frameTo(BROADCAST, 60), 0);
    bench.board.idleUntil(700);
    expect(bench.account.inFlight).toBe(1);
    bench.write(Register.CTRL, 1 << 26);
    bench.settle();
    expect(bench.account).toMatchObject({ offered: 1, received: 0, linkDown: 1, inFlight: 0, resets: 2 });
    expect(bench.rx(0).status).toBe(0);
  });

  test("frames that are still on the wire arrive after it", () => {
    const bench = new Bench();
    bench.nic.wire.offer(frameTo(BROADCAST, 60), 5_000);
    bench.write(Register.CTRL, 1 << 26);
    bench.receiveRing(8, 7);
    bench.settle();
    expect(bench.account).toMatchObject({ offered: 1, received: 1 });
  });

  test("resetting for ever leaves no events behind", () => {
    const bench = new Bench();
    for (let i = 0; i < 1_000; i++) {
      bench.transmitRing(8);
      bench.txDescriptor(0, 0, frameTo(BROADCAST, 60));
      bench.write(Register.TDT, 1);
      bench.write(Register.CTRL, 1 << 26);
    }
    bench.settle();
    expect(bench.account.transmitted).toBe(0);
  });
});

test("two boards that are driven alike are equal, byte for byte", () => {
  const drive = (): Uint8Array => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.transmitRing(8);
    for (let i = 0; i < 5; i++) bench.arrive(frameTo(MAC, 60 + 100 * i, i));
    bench.txDescriptor(0, 0, frameTo(BROADCAST, 300));
    bench.write(Register.TDT, 1);
    bench.settle();
    return bench.ram.u8.slice();
  };
  expect(Buffer.compare(drive(), drive())).toBe(0);
});

