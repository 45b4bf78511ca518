/** The register window (manual 13.4 to 13.8), a table by register group: values after power-on, and which written bits stick. */

import { describe, expect, test } from "vitest";
import { E1000_REGISTER_BYTES, E1000Register as Register, E1000Statistic as Statistic } from "../../../hal/nic/e1000-registers.ts";
import { Bench } from "./bench.ts";

const ALL = 0xffff_ffff;
const LOW_16 = 0xffff;

type Row = readonly [name: string, offset: number, reset: number, stuck: number];

/** Offset, value after power-on, value after all bits were written as 1. */
const GROUPS: Readonly<Record<string, readonly Row[]>> = {
  "general (13.4.1 to 13.4.16)": [
    ["STATUS is read only", Register.STATUS, 0x8008_0783, 0x8008_0783],
    ["EECD: EEPROM there and granted, output high; DO, GNT and PRES are the device's", Register.EECD, 0x188, 0x1ff],
    ["CTRL_EXT", Register.CTRL_EXT, 0, ALL],
    ["FCAL", Register.FCAL, 0, ALL],
    ["FCAH", Register.FCAH, 0, LOW_16],
    ["FCT", Register.FCT, 0, LOW_16],
    ["VET", Register.VET, 0x8100, LOW_16],
    ["FCTTV", Register.FCTTV, 0, LOW_16],
    ["LEDCTL", Register.LEDCTL, 0x602, ALL],
    ["PBA: 48 KiB to receive, 16 to transmit", Register.PBA, 0x0010_0030, ALL],
  ],
  "interrupts (13.4.17 to 13.4.21)": [
    ["ICR has nothing to clear", Register.ICR, 0, 0],
    ["ITR", Register.ITR, 0, LOW_16],
    ["ICS raises all causes, and reads them", Register.ICS, 0, ALL],
    ["IMS", Register.IMS, 0, ALL],
    ["IMC is write only", Register.IMC, 0, 0],
  ],
  "receive (13.4.22 to 13.4.32, 13.4.47)": [
    ["RCTL", Register.RCTL, 0, ALL],
    ["FCRTL", Register.FCRTL, 0, ALL],
    ["FCRTH", Register.FCRTH, 0, ALL],
    ["RDBAL keeps an alignment of 16 bytes", Register.RDBAL, 0, 0xffff_fff0],
    ["RDBAH", Register.RDBAH, 0, ALL],
    ["RDLEN is a multiple of 128 bytes", Register.RDLEN, 0, 0x000f_ff80],
    ["RDH", Register.RDH, 0, LOW_16],
    ["RDT", Register.RDT, 0, LOW_16],
    ["RDTR: FPD clears itself", Register.RDTR, 0, LOW_16],
    ["RADV", Register.RADV, 0, LOW_16],
    ["RSRPD", Register.RSRPD, 0, 0xfff],
    ["RXDCTL", Register.RXDCTL, 0, ALL],
    ["RXCSUM judges nothing at first", Register.RXCSUM, 0, ALL],
  ],
  "transmit (13.4.33 to 13.4.45)": [
    ["TCTL", Register.TCTL, 0, ALL],
    ["TIPG", Register.TIPG, 0, ALL],
    ["AIT", Register.AIT, 0, LOW_16],
    ["TDBAL keeps an alignment of 16 bytes", Register.TDBAL, 0, 0xffff_fff0],
    ["TDBAH", Register.TDBAH, 0, ALL],
    ["TDLEN is a multiple of 128 bytes", Register.TDLEN, 0, 0x000f_ff80],
    ["TDH", Register.TDH, 0, LOW_16],
    ["TDT", Register.TDT, 0, LOW_16],
    ["TIDV", Register.TIDV, 0, LOW_16],
    ["TADV", Register.TADV, 0, LOW_16],
    ["TXDCTL", Register.TXDCTL, 0, ALL],
  ],
  "filters (13.5)": [
    ["MTA, first", Register.MTA, 0, ALL],
    ["MTA, last", Register.MTA + 4 * 127, 0, ALL],
    ["RAL0, from the EEPROM", Register.RAL0, 0x0000_0002, ALL],
    ["RAH0, from the EEPROM, valid", Register.RAH0, 0x8000_0100, ALL],
    ["RAL15", Register.RAL0 + 8 * 15, 0, ALL],
    ["RAH15", Register.RAH0 + 8 * 15, 0, ALL],
    ["VFTA, first", Register.VFTA, 0, ALL],
    ["VFTA, last", Register.VFTA + 4 * 127, 0, ALL],
  ],
  "wake-up and management (13.6): storage": [
    ["WUC", Register.WUC, 0, ALL],
    ["WUFC", Register.WUFC, 0, ALL],
    ["WUS", Register.WUS, 0, ALL],
    ["MANC, as the EEPROM asks for", Register.MANC, 0x0022_2300, ALL],
    ["IPAV", Register.IPAV, 0, ALL],
    ["IP4AT, first", Register.IP4AT, 0, ALL],
    ["IP4AT, last", Register.IP4AT + 24, 0, ALL],
    ["IP6AT, last", Register.IP6AT + 12, 0, ALL],
    ["WUPM, last", Register.WUPM + 124, 0, ALL],
    ["FFLT, last", Register.FFLT + 24, 0, 0x7ff],
    ["SWSM", Register.SWSM, 0, ALL],
  ],
  "statistics (13.7) are read only": Object.entries(Statistic).map(([name, offset]) => [name, offset, 0, 0] as const),
  "diagnostics (13.8): storage": [
    ["RDFH", Register.RDFH, 0, 0x1fff],
    ["RDFT", Register.RDFT, 0, 0x1fff],
    ["RDFHS", Register.RDFHS, 0, 0x1fff],
    ["RDFTS", Register.RDFTS, 0, 0x1fff],
    ["RDFPC", Register.RDFPC, 0, 0x1fff],
    ["TDFH", Register.TDFH, 0, 0x7ff],
    ["TDFT", Register.TDFT, 0, 0x7ff],
    ["TDFHS", Register.TDFHS, 0, 0x1fff],
    ["TDFTS", Register.TDFTS, 0, 0x1fff],
    ["TDFPC", Register.TDFPC, 0, 0x1fff],
  ],
  "where there is no register": [
    ["between CTRL and STATUS", 0x0004, 0, 0],
    ["beside CTRL_EXT", 0x001c, 0, 0],
    ["between the groups", 0x3000, 0, 0],
    ["a statistic that this device has not", 0x4004, 0, 0],
    ["beyond the receive addresses", Register.RAL0 + 128, 0, 0],
    ["behind the last register", Register.FFLT + 28, 0, 0],
    ["the packet buffer's window", 0x1_0000, 0, 0],
    ["the last offset of the window", E1000_REGISTER_BYTES - 4, 0, 0],
  ],
};

describe.each(Object.entries(GROUPS))("%s", (_group, rows) => {
  test.each(rows)("%s", (_name, offset, reset, stuck) => {
    const bench = new Bench();
    expect(bench.read(offset)).toBe(reset);
    bench.write(offset, ALL);
    expect(bench.read(offset)).toBe(stuck);
  });
});

test("CTRL after power-on (13.4.1): link asked for, 1000 Mbit/s", () => expect(new Bench().read(Register.CTRL)).toBe(0x0014_0240));

test.each([1, 2, 3])("an offset that is no multiple of 4 has no register: %d bytes on from any", (odd) => {
  const bench = new Bench();
  const fresh = bench.ram.u8.slice();
  for (let offset = odd; offset < E1000_REGISTER_BYTES; offset += 4) {
    bench.write(offset, ALL);
    if (bench.read(offset) !== 0) throw new Error(`something reads at ${offset}`);
  }
  expect(Buffer.compare(bench.ram.u8, fresh)).toBe(0);
});

test("no register aliases another: each keeps its own bits", () => {
  const bench = new Bench();
  const offsets: number[] = [Register.RDBAL, Register.RDBAH, Register.TDBAL, Register.TDBAH, Register.FCAL, Register.WUFC];
  for (const [i, base] of [Register.RAL0, Register.MTA, Register.VFTA, Register.WUPM].entries()) {
    const words = i === 0 || i === 3 ? 32 : 128;
    for (let word = 0; word < words; word++) offsets.push(base + 4 * word);
  }
  offsets.forEach((offset, i) => bench.write(offset, 0x1000_0000 + 16 * i));
  expect(offsets.map((offset) => bench.read(offset))).toEqual(offsets.map((_, i) => 0x1000_0000 + 16 * i));
});
