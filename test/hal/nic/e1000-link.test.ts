/** The link (manual 8.6): cable, PHY and CTRL.SLU, as STATUS, LSC and the PHY's registers tell of it, and what frames meet. */

import { describe, expect, test } from "vitest";
import { MdicBit, PhyRegister } from "../../../hal/nic/e1000-phy-registers.ts";
import { ControlBit, E1000Register as Register, InterruptCause as Cause, StatusBit } from "../../../hal/nic/e1000-registers.ts";
import { Bench, MAC, frameTo } from "./bench.ts";

const NEGOTIATION_CYCLES = 500_000_000;
const CONTROL = 0x0014_0240;

const linkUp = (bench: Bench): boolean => (bench.read(Register.STATUS) & StatusBit.LU) !== 0;

function phy(bench: Bench, register: number): number {
  bench.write(Register.MDIC, MdicBit.READ | (1 << 21) | (register << 16));
  return bench.read(Register.MDIC) & 0xffff;
}

function writePhy(bench: Bench, register: number, value: number): void {
  bench.write(Register.MDIC, MdicBit.WRITE | (1 << 21) | (register << 16) | value);
}

/** Pulls the cable out or plugs it in, and lets the device be told. */
function plug(bench: Bench, plugged: boolean): void {
  bench.nic.wire.plug(plugged);
  bench.board.advance(0);
}

/** Status, link partner, 1000BASE-T status, specific status. */
const phyState = (bench: Bench): number[] => [PhyRegister.status, PhyRegister.partnerAbility, PhyRegister.gigabitStatus, PhyRegister.specificStatus].map((register) => phy(bench, register));

describe("CTRL.SLU (8.6.2.1)", () => {
  test("the MAC sees the PHY's link while it is set; each change raises LSC", () => {
    const bench = new Bench();
    bench.write(Register.CTRL, CONTROL & ~ControlBit.SLU);
    expect([linkUp(bench), bench.read(Register.ICR), phyState(bench)[0]]).toEqual([false, Cause.LSC, 0x794d]);
    bench.write(Register.CTRL, CONTROL);
    expect([linkUp(bench), bench.read(Register.ICR)]).toEqual([true, Cause.LSC]);
    bench.write(Register.CTRL, CONTROL);
    expect(bench.read(Register.ICR)).toBe(0);
  });

  test("does not make a link where there is none", () => {
    const bench = new Bench();
    plug(bench, false);
    bench.read(Register.ICR);
    bench.write(Register.CTRL, CONTROL & ~ControlBit.SLU);
    bench.write(Register.CTRL, CONTROL);
    expect([linkUp(bench), bench.read(Register.ICR)]).toEqual([false, 0]);
  });
});

describe("the cable", () => {
  test("pulled out: the link is gone at once, LSC, and the PHY says so", () => {
    const bench = new Bench();
    bench.write(Register.IMS, Cause.LSC);
    plug(bench, false);
    expect([linkUp(bench), bench.lineHigh(), bench.read(Register.ICR)]).toEqual([false, true, Cause.LSC]);
    expect(phyState(bench)).toEqual([0x7949, 0x01e0, 0x0c00, 0xa000]);
    bench.settle();
    expect(linkUp(bench)).toBe(false);
  });

  test("plugged in: the link is negotiated, then LSC", () => {
    const bench = new Bench();
    plug(bench, false);
    bench.read(Register.ICR);
    bench.board.idleUntil(1_000);
    plug(bench, true);
    bench.board.idleUntil(1_000 + NEGOTIATION_CYCLES - 1);
    expect([linkUp(bench), bench.read(Register.ICR), phyState(bench)[0]]).toEqual([false, 0, 0x7949]);
    bench.board.idleUntil(1_000 + NEGOTIATION_CYCLES);
    expect([linkUp(bench), bench.read(Register.ICR)]).toEqual([true, Cause.LSC]);
    expect(phyState(bench)).toEqual([0x796d, 0x41e0, 0x3c00, 0xac00]);
  });

  test("pulled out while it is negotiated: no link", () => {
    const bench = new Bench();
    plug(bench, false);
    plug(bench, true);
    bench.board.advance(NEGOTIATION_CYCLES / 2);
    plug(bench, false);
    bench.settle();
    expect(linkUp(bench)).toBe(false);
  });

  test("a loose one: the last time that it is plugged in counts, and few events are under way", () => {
    const bench = new Bench();
    for (let i = 0; i < 1_000; i++) {
      plug(bench, false);
      bench.board.advance(500);
      plug(bench, true);
      bench.board.advance(500);
    }
    bench.board.idleUntil(999_500 + NEGOTIATION_CYCLES - 1);
    expect(linkUp(bench)).toBe(false);
    bench.board.advance(1);
    expect(linkUp(bench)).toBe(true);
  });

  test("without negotiation the link is there as soon as the cable is", () => {
    const bench = new Bench();
    writePhy(bench, PhyRegister.control, 0x0140);
    plug(bench, false);
    bench.read(Register.ICR);
    plug(bench, true);
    expect([linkUp(bench), bench.read(Register.ICR), phyState(bench)[0]]).toEqual([true, Cause.LSC, 0x794d]);
  });

  test("frames that arrive without a link are lost and no register counts them", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    plug(bench, false);
    bench.arrive(frameTo(MAC, 60));
    plug(bench, true);
    bench.nic.wire.offer(frameTo(MAC, 60), 0);
    bench.board.advance(NEGOTIATION_CYCLES - 1);
    expect(bench.account).toMatchObject({ offered: 2, linkDown: 2, received: 0 });
    bench.settle();
    bench.arrive(frameTo(MAC, 60));
    expect(bench.account).toMatchObject({ offered: 3, linkDown: 2, received: 1 });
    expect([bench.read(0x40d0), bench.read(0x4010)]).toEqual([1, 0]);
  });

  test("what is to be sent meanwhile leaves when there is a link again", () => {
    const bench = new Bench();
    plug(bench, false);
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 100));
    bench.write(Register.TDT, 1);
    plug(bench, true);
    bench.board.advance(NEGOTIATION_CYCLES - 1);
    expect([bench.sent.length, bench.account.transmitDropped]).toEqual([0, 0]);
    bench.settle();
    expect(bench.sent).toEqual([frameTo(MAC, 100)]);
  });

  test("a frame that was taken before is finished", () => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.nic.wire.offer(frameTo(MAC, 60), 0);
    bench.board.idleUntil(672);
    plug(bench, false);
    bench.settle();
    expect(bench.account).toMatchObject({ received: 1, linkDown: 0 });
  });
});

describe("the PHY's register 0", () => {
  test("restart: the link goes, without LSC, and comes back after the negotiation, with it", () => {
    const bench = new Bench();
    writePhy(bench, PhyRegister.control, 0x1340);
    expect([linkUp(bench), bench.read(Register.ICR), phyState(bench)[0]]).toEqual([false, 0, 0x7949]);
    bench.board.idleUntil(NEGOTIATION_CYCLES - 1);
    expect(linkUp(bench)).toBe(false);
    bench.board.idleUntil(NEGOTIATION_CYCLES);
    expect([linkUp(bench), bench.read(Register.ICR), phyState(bench)[0]]).toEqual([true, Cause.LSC, 0x796d]);
  });

  test("restart again and again: the last one counts", () => {
    const bench = new Bench();
    for (let i = 0; i < 100; i++) {
      writePhy(bench, PhyRegister.control, 0x1340);
      bench.board.advance(1_000_000);
    }
    bench.board.idleUntil(99_000_000 + NEGOTIATION_CYCLES - 1);
    expect(linkUp(bench)).toBe(false);
    bench.board.advance(1);
    expect(linkUp(bench)).toBe(true);
  });

  test("who stops a negotiation has the link at once", () => {
    const bench = new Bench();
    writePhy(bench, PhyRegister.control, 0x1340);
    writePhy(bench, PhyRegister.control, 0x0140);
    expect(linkUp(bench)).toBe(true);
    bench.settle();
    expect(phyState(bench)[0]).toBe(0x794d);
  });

  test("restart without negotiation being enabled does nothing", () => {
    const bench = new Bench();
    writePhy(bench, PhyRegister.control, 0x0340);
    expect(linkUp(bench)).toBe(true);
  });

  test("power down: no link until it is powered up, and then after negotiation", () => {
    const bench = new Bench();
    writePhy(bench, PhyRegister.control, 0x1940);
    bench.settle();
    expect(linkUp(bench)).toBe(false);
    writePhy(bench, PhyRegister.control, 0x1140);
    const up = bench.board.now() + NEGOTIATION_CYCLES;
    bench.settle();
    expect([linkUp(bench), bench.board.now()]).toEqual([true, up]);
  });
});

describe("reset", () => {
  test("CTRL.PHY_RST holds the PHY: its registers at their reset values, no link; let go, it negotiates", () => {
    const bench = new Bench();
    writePhy(bench, PhyRegister.advertisement, 0x01e1);
    bench.write(Register.CTRL, CONTROL | ControlBit.PHY_RST);
    expect([linkUp(bench), bench.read(Register.ICR), phy(bench, PhyRegister.advertisement)]).toEqual([false, Cause.LSC, 0x0de1]);
    expect(bench.read(Register.CTRL)).toBe((CONTROL | ControlBit.PHY_RST) >>> 0);
    bench.settle();
    expect(linkUp(bench)).toBe(false);
    bench.write(Register.CTRL, CONTROL);
    bench.settle();
    expect([linkUp(bench), bench.read(Register.ICR)]).toEqual([true, Cause.LSC]);
  });

  test("a device reset leaves the link alone (14.2)", () => {
    const bench = new Bench();
    bench.write(Register.CTRL, ControlBit.RST);
    expect([linkUp(bench), bench.read(Register.ICR)]).toEqual([true, 0]);
  });

  test("device resets do not disturb a negotiation, however many", () => {
    const bench = new Bench();
    plug(bench, false);
    plug(bench, true);
    for (let i = 1; i < 5; i++) {
      bench.board.idleUntil(i * 100_000_000);
      bench.write(Register.CTRL, ControlBit.RST);
    }
    bench.board.idleUntil(NEGOTIATION_CYCLES);
    expect([linkUp(bench), bench.read(Register.ICR)]).toEqual([true, Cause.LSC]);
  });

  test("a cable that was moved just before a device reset is not forgotten", () => {
    const bench = new Bench();
    bench.nic.wire.plug(false);
    bench.write(Register.CTRL, ControlBit.RST);
    expect(linkUp(bench)).toBe(false);
    bench.nic.wire.plug(true);
    bench.write(Register.CTRL, ControlBit.RST);
    bench.settle();
    expect(linkUp(bench)).toBe(true);
  });

  test("power-on without a cable has no link, with one it has", () => {
    const bench = new Bench();
    plug(bench, false);
    bench.nic.reset();
    expect([linkUp(bench), phyState(bench)[0]]).toEqual([false, 0x7949]);
    plug(bench, true);
    bench.nic.reset();
    expect([linkUp(bench), phyState(bench)[0]]).toEqual([true, 0x794d]);
  });
});
