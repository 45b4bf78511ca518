/** The PHY behind MDIC (manual 13.4.7, IEEE 802.3 clause 22): a table of its registers, and what MDIC answers. */

import { describe, expect, test } from "vitest";
import { MdicBit, PhyRegister } from "../../../hal/nic/e1000-phy-registers.ts";
import { E1000Register as Register, InterruptCause as Cause } from "../../../hal/nic/e1000-registers.ts";
import { Bench } from "./bench.ts";

const ERROR = MdicBit.ERROR;

function mdic(bench: Bench, command: number, register: number, data = 0, phy = 1): number {
  bench.write(Register.MDIC, command | (phy << 21) | (register << 16) | data);
  return bench.read(Register.MDIC);
}

const readPhy = (bench: Bench, register: number): number => mdic(bench, MdicBit.READ, register);
const valueOf = (answer: number): number => answer & 0xffff;
const failed = (answer: number): boolean => (answer & ERROR) !== 0;

const registers: readonly (readonly [name: string, register: number, reset: number, writable: boolean])[] = [
  ["control: 1000 Mbit/s, full duplex, negotiating", PhyRegister.control, 0x1140, true],
  ["status: link", PhyRegister.status, 0x794d, false],
  ["identifier, high", PhyRegister.identifierHigh, 0x0141, false],
  ["identifier, low", PhyRegister.identifierLow, 0x0c20, false],
  ["advertisement", PhyRegister.advertisement, 0x0de1, true],
  ["link partner ability", PhyRegister.partnerAbility, 0x01e0, false],
  ["negotiation expansion", PhyRegister.negotiationExpansion, 0, false],
  ["1000BASE-T control", PhyRegister.gigabitControl, 0x0e00, true],
  ["1000BASE-T status: both receivers in order", PhyRegister.gigabitStatus, 0x3c00, false],
  ["specific control", PhyRegister.specificControl, 0x0360, true],
  ["specific status: 1000 Mbit/s, full duplex, resolved, link", PhyRegister.specificStatus, 0xac00, false],
  ["extended specific control", PhyRegister.extendedControl, 0x0d60, true],
  ["receive errors", PhyRegister.receiveErrors, 0, false],
];

describe("registers", () => {
  test.each(registers)("%s", (_name, register, reset, writable) => {
    const bench = new Bench();
    expect(readPhy(bench, register)).toBe((MdicBit.READ | MdicBit.READY | (1 << 21) | (register << 16) | reset) >>> 0);
    const answer = mdic(bench, MdicBit.WRITE, register, 0x1340);
    expect([failed(answer), valueOf(answer)]).toEqual([!writable, 0x1340]);
    if (register !== PhyRegister.control) expect(valueOf(readPhy(bench, register))).toBe(writable ? 0x1340 : reset);
  });

  test("all others are not there: MDIC's error, reading and writing", () => {
    const bench = new Bench();
    const known = registers.map(([, register]) => register);
    for (let register = 0; register < 32; register++) {
      if (known.includes(register)) continue;
      expect([failed(readPhy(bench, register)), failed(mdic(bench, MdicBit.WRITE, register, 0x55))]).toEqual([true, true]);
    }
  });

  test("register 0: reset and restart clear themselves, reserved bits stay 0", () => {
    const bench = new Bench();
    mdic(bench, MdicBit.WRITE, PhyRegister.control, 0xffff);
    expect(valueOf(readPhy(bench, PhyRegister.control))).toBe(0x7dc0);
  });

  test("register 0: a reset keeps the other registers", () => {
    const bench = new Bench();
    mdic(bench, MdicBit.WRITE, PhyRegister.advertisement, 0x01e1);
    mdic(bench, MdicBit.WRITE, PhyRegister.control, 0x9140);
    expect([PhyRegister.control, PhyRegister.advertisement, PhyRegister.status].map((register) => valueOf(readPhy(bench, register)))).toEqual([0x1140, 0x01e1, 0x794d]);
  });
});

describe("MDIC", () => {
  test("is 0 at first, and READY with every answer", () => {
    const bench = new Bench();
    expect(bench.read(Register.MDIC)).toBe(0);
    expect(readPhy(bench, 2) & MdicBit.READY).not.toBe(0);
  });

  test("another PHY is not there: the register keeps what it held, with the error", () => {
    const bench = new Bench();
    const before = readPhy(bench, 2);
    expect(mdic(bench, MdicBit.READ, 3, 0, 0)).toBe((before | ERROR) >>> 0);
    expect(mdic(bench, MdicBit.WRITE, 4, 0x1234, 2)).toBe((before | ERROR) >>> 0);
    expect(valueOf(readPhy(bench, 4))).toBe(0x0de1);
  });

  test("after an error the next command stands for itself", () => {
    const bench = new Bench();
    expect(failed(readPhy(bench, 31))).toBe(true);
    expect(failed(readPhy(bench, 2))).toBe(false);
  });

  test("neither read nor write does nothing, and is done", () => {
    const bench = new Bench();
    expect(mdic(bench, 0, 4, 0x77)).toBe((MdicBit.READY | (1 << 21) | (4 << 16) | 0x77) >>> 0);
    expect(valueOf(readPhy(bench, 4))).toBe(0x0de1);
  });

  test.each([
    ["a read", MdicBit.READ, 2, 1],
    ["a write", MdicBit.WRITE, 4, 1],
    ["an error", MdicBit.READ, 31, 1],
  ])("with its interrupt bit raises MDAC when done: %s", (_name, command, register, phy) => {
    const bench = new Bench();
    bench.write(Register.IMS, Cause.MDAC);
    mdic(bench, command, register, 0, phy);
    expect(bench.lineHigh()).toBe(false);
    mdic(bench, command | MdicBit.INTERRUPT, register, 0, phy);
    expect([bench.lineHigh(), bench.read(Register.ICR)]).toEqual([true, Cause.MDAC]);
  });

  test("a device reset clears MDIC and leaves the PHY as it is (14.2)", () => {
    const bench = new Bench();
    mdic(bench, MdicBit.WRITE, PhyRegister.advertisement, 0x01e1);
    bench.write(Register.CTRL, 1 << 26);
    expect([bench.read(Register.MDIC), valueOf(readPhy(bench, PhyRegister.advertisement))]).toEqual([0, 0x01e1]);
  });
});
