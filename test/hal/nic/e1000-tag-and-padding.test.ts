/** VLAN tags that the transmitter inserts (manual 9.2.1, 3.3.3.1), and short frames that it fills up (13.4.33). */

import { describe, expect, test } from "vitest";
import { TxCommand as Command, TxDescriptor, TxOption as Option } from "../../../hal/nic/descriptors.ts";
import { ControlBit, E1000Register as Register, E1000Statistic as Statistic, TransmitControlBit } from "../../../hal/nic/e1000-registers.ts";
import { Bench, MAC, frameTo } from "./bench.ts";
import { IP, IP_END, LAST, TCP_SUM, context4, contextDescriptor, dataDescriptor, give, ipSumRight, packet, sum, transportSumRight, word } from "./transmitting.ts";

function ready(control: number = TransmitControlBit.EN): Bench {
  const bench = new Bench();
  bench.transmitRing(16, control);
  return bench;
}

describe("VLAN tags (9.2.1, 3.3.3.1)", () => {
  function tagged(command: number, control: number, extended: boolean, frame = frameTo(MAC, 64), type = 0x8100): Bench {
    const bench = ready();
    bench.write(Register.CTRL, ControlBit.SLU | control);
    bench.write(Register.VET, type);
    if (extended) dataDescriptor(bench, 0, 0, frame, command, 0, 0xa123);
    else {
      bench.txDescriptor(0, 0, frame, command);
      TxDescriptor.special.set(bench.ram, bench.txAt(0), 0xa123);
    }
    give(bench, 1);
    return bench;
  }

  test.each([false, true])("VLE with CTRL.VME: VET and the special field behind the addresses (data descriptor: %s)", (extended) => {
    const frame = frameTo(MAC, 64);
    for (const type of [0x8100, 0x88a8]) {
      const bench = tagged(LAST | Command.VLE, ControlBit.VME, extended, frame, type);
      expect(bench.sent).toEqual([Uint8Array.of(...frame.slice(0, 12), type >> 8, type & 0xff, 0xa1, 0x23, ...frame.slice(12))]);
      expect([bench.read(Statistic.TOTL), bench.read(Statistic.PTC127)]).toEqual([72, 1]);
    }
  });

  test.each([
    ["VLE without VME", LAST | Command.VLE, 0],
    ["VME without VLE", LAST, ControlBit.VME],
  ])("%s: no tag", (_name, command, control) => {
    for (const extended of [false, true]) expect(tagged(command, control, extended).sent).toEqual([frameTo(MAC, 64)]);
  });

  test("a tagged frame gets its FCS in any case", () => {
    expect(tagged((LAST | Command.VLE) & ~Command.IFCS, ControlBit.VME, false).read(Statistic.TOTL)).toBe(72);
  });

  test("a frame without room for both addresses gets no tag", () => {
    expect(tagged(LAST | Command.VLE, ControlBit.VME, false, frameTo(MAC, 11)).sent).toEqual([frameTo(MAC, 11)]);
    expect(tagged(LAST | Command.VLE, ControlBit.VME, false, frameTo(MAC, 12)).sent[0].length).toBe(16);
  });

  test("tag and checksums: offsets are those of the frame without tag", () => {
    const bench = ready();
    bench.write(Register.CTRL, ControlBit.SLU | ControlBit.VME);
    contextDescriptor(bench, 0, context4(TCP_SUM));
    dataDescriptor(bench, 1, 0, packet(70), LAST | Command.VLE, Option.IXSM | Option.TXSM, 5);
    give(bench, 2);
    const sent = bench.sent[0];
    expect([...sent.slice(12, 16)]).toEqual([0x81, 0, 0, 5]);
    const untagged = Uint8Array.of(...sent.slice(0, 12), ...sent.slice(16));
    expect([transportSumRight(untagged), ipSumRight(untagged)]).toEqual([true, true]);
  });

  test("VLE and the tag count in the last descriptor of a frame", () => {
    const bench = ready();
    bench.write(Register.CTRL, ControlBit.SLU | ControlBit.VME);
    const frame = frameTo(MAC, 100);
    dataDescriptor(bench, 0, 0, frame.slice(0, 50), Command.VLE, 0, 1);
    dataDescriptor(bench, 1, 2048, frame.slice(50), LAST | Command.VLE, 0, 2);
    dataDescriptor(bench, 2, 4096, frame.slice(0, 50), Command.VLE, 0, 1);
    dataDescriptor(bench, 3, 6144, frame.slice(50), LAST, 0, 2);
    give(bench, 4);
    expect(bench.sent.map((sent) => sent.length)).toEqual([104, 100]);
    expect(word(bench.sent[0], 14)).toBe(2);
  });
});

describe("short frames: TCTL.PSP (13.4.33)", () => {
  const PSP = TransmitControlBit.EN | TransmitControlBit.PSP;

  test.each([
    ["without PSP", 14, TransmitControlBit.EN, LAST, 14],
    ["one byte", 1, PSP, LAST, 60],
    ["the header alone", 14, PSP, LAST, 60],
    ["one byte less than needed", 59, PSP, LAST, 60],
    ["as long as needed", 60, PSP, LAST, 60],
    ["longer", 61, PSP, LAST, 61],
    ["with an FCS of the driver's own", 30, PSP, LAST & ~Command.IFCS, 30],
  ])("%s: %i bytes", (_name, bytes, control, command, sentBytes) => {
    const bench = ready(control);
    bench.txDescriptor(0, 0, frameTo(MAC, 200, 9));
    bench.txDescriptor(1, 2048, frameTo(MAC, bytes), command);
    give(bench, 2);
    expect(bench.sent[1]).toEqual(Uint8Array.of(...frameTo(MAC, bytes), ...new Array<number>(sentBytes - bytes).fill(0)));
    const wireBytes = sentBytes + ((command & Command.IFCS) !== 0 ? 4 : 0);
    expect([bench.read(Statistic.TOTL), bench.read(Statistic.PTC64)]).toEqual([204 + wireBytes, wireBytes === 64 ? 1 : 0]);
  });

  test("a tag counts, and the filling is no part of a checksum", () => {
    const bench = ready(PSP);
    bench.write(Register.CTRL, ControlBit.SLU | ControlBit.VME);
    bench.txDescriptor(0, 0, frameTo(MAC, 57), LAST | Command.VLE);
    const short = frameTo(MAC, 40, 4);
    contextDescriptor(bench, 1, { transport: [IP, IP_END, 0] });
    dataDescriptor(bench, 2, 2048, short, LAST, Option.TXSM);
    give(bench, 3);
    expect(bench.sent.map((sent) => sent.length)).toEqual([61, 60]);
    expect(word(bench.sent[1], IP_END)).toBe((0xffff - sum(short.subarray(IP))) & 0xffff);
  });
});
