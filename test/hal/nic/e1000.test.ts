/** The register window: reset values, what sticks, EEPROM, causes and mask, reset, link. Table by register group. */

import { describe, expect, test } from "vitest";
import { E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause, ReceiveControlBit } from "../../../hal/nic/e1000-registers.ts";
import { eepromWords, macBytes } from "../../../hal/nic/eeprom.ts";
import { BROADCAST, Bench, MAC, frameTo } from "./bench.ts";

const ALL = 0xffff_ffff;

describe("values after power-on (13.4)", () => {
  test.each([
    ["CTRL", Register.CTRL, 0x0014_0240],
    ["STATUS", Register.STATUS, 0x8008_0783],
    ["EERD", Register.EERD, 0],
    ["VET", Register.VET, 0x8100],
    ["ICR", Register.ICR, 0],
    ["IMS", Register.IMS, 0],
    ["RCTL", Register.RCTL, 0],
    ["TCTL", Register.TCTL, 0],
    ["PBA", Register.PBA, 0x0010_0030],
    ["RDLEN", Register.RDLEN, 0],
    ["RDH", Register.RDH, 0],
    ["RDT", Register.RDT, 0],
    ["TDH", Register.TDH, 0],
    ["RAL0", Register.RAL0, 0x0000_0002],
    ["RAH0", Register.RAH0, 0x8000_0100],
    ["MTA0", Register.MTA, 0],
    ["MTA127", Register.MTA + 4 * 127, 0],
    ["GPRC", Statistic.GPRC, 0],
  ])("%s", (_name, offset, value) => {
    expect(new Bench().read(offset)).toBe(value);
  });
});

describe("which written bits stick (13.4)", () => {
  test.each([
    ["RDBAL keeps 16-byte alignment", Register.RDBAL, 0xffff_fff0],
    ["RDBAH", Register.RDBAH, ALL],
    ["RDLEN is a multiple of 128 bytes", Register.RDLEN, 0x000f_ff80],
    ["RDH", Register.RDH, 0xffff],
    ["RDT", Register.RDT, 0xffff],
    ["TDBAL keeps 16-byte alignment", Register.TDBAL, 0xffff_fff0],
    ["TDLEN is a multiple of 128 bytes", Register.TDLEN, 0x000f_ff80],
    ["TDH", Register.TDH, 0xffff],
    ["TDT", Register.TDT, 0xffff],
    ["ITR", Register.ITR, 0xffff],
    ["STATUS is read only", Register.STATUS, 0x8008_0783],
    ["statistics are read only", Statistic.GPRC, 0],
    ["RAL1", Register.RAL0 + 8, ALL],
    ["RAH15", Register.RAH0 + 8 * 15, ALL],
    ["MTA127", Register.MTA + 4 * 127, ALL],
    ["VFTA127", Register.VFTA + 4 * 127, ALL],
    ["an offset without a register", 0x3000, 0],
    ["the last offset of the window", 0x1_fffc, 0],
    ["an offset between registers", Register.RDBAL + 2, 0],
  ])("%s", (_name, offset, value) => {
    const bench = new Bench();
    bench.write(offset, ALL);
    expect(bench.read(offset)).toBe(value);
  });
});

describe("EEPROM by EERD (13.4.4, 5)", () => {
  const readWord = (bench: Bench, word: number): number => {
    bench.write(Register.EERD, (word << 8) | 1);
    return bench.read(Register.EERD);
  };

  test("words 0 to 2 are the MAC address, done at once", () => {
    const bench = new Bench();
    expect([0, 1, 2].map((word) => readWord(bench, word))).toEqual([0x0002_0010, 0x0000_0110, 0x0100_0210]);
  });

  test("without START nothing is read", () => {
    const bench = new Bench();
    bench.write(Register.EERD, 0x200);
    expect(bench.read(Register.EERD)).toBe(0x200);
  });
  test("a word beyond the EEPROM reads 0, done", () => expect(readWord(new Bench(), 0xff)).toBe(0xff10));

  test.each([MAC, "52:54:00:12:34:56", "ff:fe:fd:fc:fb:fa"])("all words sum up to 0xbaba (%s)", (mac) => {
    const words = eepromWords(macBytes(mac));
    expect(words.length).toBe(64);
    expect(words.reduce((sum, word) => (sum + word) & 0xffff, 0)).toBe(0xbaba);
  });

  test("what is no MAC address is refused", () => {
    expect(() => macBytes("02:00:00:00:00")).toThrow("no MAC address");
    expect(() => macBytes("02:00:00:00:00:0g")).toThrow("no MAC address");
  });
});

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

describe("link", () => {
  test("STATUS.LU follows CTRL.SLU, each change raises LSC", () => {
    const bench = new Bench();
    const up = bench.read(Register.CTRL);
    bench.write(Register.CTRL, up & ~(1 << 6));
    expect([bench.read(Register.STATUS) & 2, bench.read(Register.ICR)]).toEqual([0, Cause.LSC]);
    bench.write(Register.CTRL, up);
    expect([bench.read(Register.STATUS) & 2, bench.read(Register.ICR)]).toEqual([2, Cause.LSC]);
    bench.write(Register.CTRL, up);
    expect(bench.read(Register.ICR)).toBe(0);
  });
});

describe("statistics (13.7)", () => {
  test("a counter is cleared by reading; an octet counter by reading its high word", () => {
    const bench = new Bench();
    bench.receiveRing(16, 15, ReceiveControlBit.BAM | ReceiveControlBit.MPE);
    for (const [to, bytes] of [[MAC, 60], [MAC, 61], [MAC, 123], [MAC, 124], [MAC, 252], [MAC, 508], [BROADCAST, 1020], ["01:00:5e:00:00:01", 99]] as const) bench.arrive(frameTo(to, bytes));
    const names = ["GPRC", "TPR", "BPRC", "MPRC", "PRC64", "PRC127", "PRC255", "PRC511", "PRC1023", "PRC1522", "MPC", "ROC"] as const;
    expect(names.map((name) => bench.read(Statistic[name]))).toEqual([8, 8, 1, 1, 1, 3, 1, 1, 1, 1, 0, 0]);
    expect(names.map((name) => bench.read(Statistic[name]))).toEqual(names.map(() => 0));
    const octets = 60 + 61 + 123 + 124 + 252 + 508 + 1020 + 99 + 8 * 4;
    expect([bench.read(Statistic.GORCL), bench.read(Statistic.GORCL), bench.read(Statistic.GORCH), bench.read(Statistic.GORCL)]).toEqual([octets, octets, 0, 0]);
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

