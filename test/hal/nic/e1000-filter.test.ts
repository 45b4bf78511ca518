/** The address filters: one table of cases (manual 3.2.1, 13.4.22, 13.5.1 to 13.5.3). */

import { describe, expect, test } from "vitest";
import { E1000Register as Register, ReceiveControlBit as Control } from "../../../hal/nic/e1000-registers.ts";
import { BROADCAST, Bench, MAC, frameTo } from "./bench.ts";

const OTHER = "02:00:00:00:00:99";
const GROUP = "01:00:5e:7f:23:92";

describe("filters (3.2.1)", () => {
  const accepts = (to: string, control: number, prepare: (bench: Bench) => void = () => undefined): boolean => {
    const bench = new Bench();
    bench.receiveRing(8, 7, control);
    prepare(bench);
    bench.arrive(frameTo(to, 64));
    expect(bench.account.received + bench.account.filtered).toBe(1);
    return bench.account.received === 1;
  };
  const table = (bit: number) => (bench: Bench) => bench.write(Register.MTA + 4 * (bit >>> 5), 1 << (bit & 31));

  test.each([
    ["its own address", MAC, 0, true],
    ["another's", OTHER, 0, false],
    ["another's, promiscuous", OTHER, Control.UPE, true],
    ["another's, promiscuous for multicasts only", OTHER, Control.MPE, false],
    ["broadcast, not accepted", BROADCAST, 0, false],
    ["broadcast", BROADCAST, Control.BAM, true],
    ["broadcast, promiscuous for unicasts only", BROADCAST, Control.UPE, false],
    ["multicast", GROUP, Control.BAM, false],
    ["multicast, promiscuous", GROUP, Control.MPE, true],
    ["multicast, promiscuous for unicasts only", GROUP, Control.UPE, false],
  ])("%s", (_name, to, control, expected) => {
    expect(accepts(to, control)).toBe(expected);
  });

  test.each([
    [0, 0x922],
    [1, 0x244],
    [2, 0x488],
    [3, 0x223],
  ])("multicast table, RCTL.MO %i takes bit 0x%s", (offset, bit) => {
    expect(accepts(GROUP, offset << 12, table(bit))).toBe(true);
    expect(accepts(GROUP, offset << 12, table(bit ^ 1))).toBe(false);
    expect(accepts(GROUP, offset << 12, table(bit ^ 0x20))).toBe(false);
  });

  test("the table is not for unicasts", () => {
    expect(accepts("02:00:5e:7f:23:92", 0, table(0x922))).toBe(false);
  });

  test("further receive addresses count when they are marked valid", () => {
    const set = (high: number) => (bench: Bench) => {
      bench.write(Register.RAL0 + 8 * 15, 0x0000_0002);
      bench.write(Register.RAH0 + 8 * 15, high);
    };
    expect(accepts(OTHER, 0, set(0x9900))).toBe(false);
    expect(accepts(OTHER, 0, set(0x8000_9900 | 0))).toBe(true);
  });

  test.each([
    ["00: the destination", 0, MAC, "02:00:00:00:00:77", true],
    ["00: not the source", 0, "02:00:00:00:00:77", MAC, false],
    ["01: the source", 1, "02:00:00:00:00:77", MAC, true],
    ["01: not the destination", 1, MAC, "02:00:00:00:00:77", false],
    ["10 is reserved: nothing", 2, MAC, MAC, false],
    ["11 is reserved: nothing", 3, MAC, MAC, false],
  ])("RAH.AS %s (13.5.3)", (_name, select, to, from, expected) => {
    const bench = new Bench();
    bench.receiveRing(8, 7);
    bench.write(Register.RAH0, bench.read(Register.RAH0) | (select << 16));
    const frame = frameTo(to, 60);
    // Where a third and a fourth address would be.
    for (const at of [6, 12, 18]) frame.set(frameTo(from, 6), at);
    bench.arrive(frame);
    expect(bench.account.received === 1).toBe(expected);
  });

  test("each of the sixteen receive addresses, and none behind them", () => {
    for (let pair = 0; pair < 16; pair++) {
      expect(
        accepts(OTHER, 0, (bench) => {
          bench.write(Register.RAL0 + 8 * pair, 0x0000_0002);
          bench.write(Register.RAH0 + 8 * pair, 0x8000_9900);
        }),
      ).toBe(true);
    }
  });

  test("a multicast address may be a receive address", () => {
    expect(
      accepts(GROUP, 0, (bench) => {
        bench.write(Register.RAL0 + 8, 0x7f5e_0001);
        bench.write(Register.RAH0 + 8, 0x8000_9223);
      }),
    ).toBe(true);
  });

  test("broadcasts too are let in by promiscuous mode for multicasts, and by the table", () => {
    expect([accepts(BROADCAST, Control.MPE), accepts(BROADCAST, 0, table(0xfff)), accepts(BROADCAST, 0, table(0xffe))]).toEqual([true, true, false]);
  });

  test("its own address does not count when it is marked invalid", () => {
    expect(accepts(MAC, 0, (bench) => bench.write(Register.RAH0, 0x0100))).toBe(false);
  });
});
