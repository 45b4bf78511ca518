/** The transmit ring: head, tail and length, TCTL.EN (manual 3.4, 13.4.33, 13.4.38 to 13.4.40). */

import { describe, expect, test } from "vitest";
import { TxCommand as Command } from "../../../hal/nic/descriptors.ts";
import { ControlBit, E1000Register as Register, E1000Statistic as Statistic, InterruptCause as Cause, TransmitControlBit } from "../../../hal/nic/e1000-registers.ts";
import { Bench, MAC, frameTo } from "./bench.ts";
import { done, give } from "./transmitting.ts";

describe("the ring", () => {
  test("a tail written while TCTL.EN is off waits for it", () => {
    const bench = new Bench();
    bench.transmitRing(8, 0);
    bench.txDescriptor(0, 0, frameTo(MAC, 60));
    give(bench, 1);
    expect([bench.sent.length, bench.read(Register.TDH)]).toEqual([0, 0]);
    bench.write(Register.TCTL, TransmitControlBit.EN);
    bench.settle();
    expect([bench.sent.length, bench.read(Register.TDH)]).toEqual([1, 1]);
  });

  test("several frames by one write, in order, and it wraps", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    let slot = 0;
    for (let round = 0; round < 5; round++) {
      const frames = Array.from({ length: 7 }, (_, i) => frameTo(MAC, 60 + 10 * i + round, i));
      for (const [i, frame] of frames.entries()) bench.txDescriptor((slot + i) % 8, 2048 * i, frame);
      slot = (slot + 7) % 8;
      give(bench, slot);
      expect(bench.sent.splice(0)).toEqual(frames);
      expect(bench.read(Register.TDH)).toBe(slot);
    }
    expect([bench.read(Statistic.GPTC), bench.read(Statistic.TPT)]).toEqual([35, 35]);
  });

  test("TXQE comes once, when the last frame is done", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 60));
    bench.txDescriptor(1, 2048, frameTo(MAC, 60));
    bench.write(Register.TDT, 2);
    while (bench.sent.length < 2) bench.board.idleUntil(bench.board.nextDeviceEventCycle());
    expect(bench.read(Register.ICR)).toBe(Cause.TXDW);
    bench.settle();
    expect(bench.read(Register.ICR)).toBe(Cause.TXDW | Cause.TXQE);
  });

  test.each([
    ["a tail beyond the ring", Register.TDT, 8],
    ["a tail far beyond it", Register.TDT, 0xffff],
    ["a head beyond the ring", Register.TDH, 8],
    ["a ring without length", Register.TDLEN, 0],
  ])("%s: nothing to send", (_name, register, value) => {
    const bench = new Bench();
    bench.transmitRing(8);
    bench.txDescriptor(0, 0, frameTo(MAC, 60));
    bench.write(register, value);
    if (register !== Register.TDT) give(bench, 1);
    expect([bench.sent.length, bench.account.transmitted]).toEqual([0, 0]);
    if (register === Register.TDT) {
      give(bench, 1);
      expect(bench.sent.length).toBe(1);
    }
  });

  test("TCTL.EN taken away between two descriptors of a frame: it is sent to its end, then all is still (13.4.33)", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    const frame = frameTo(MAC, 100);
    bench.txDescriptor(0, 0, frame.slice(0, 50), Command.IFCS);
    bench.txDescriptor(1, 2048, frame.slice(50));
    bench.txDescriptor(2, 4096, frameTo(MAC, 60));
    give(bench, 1);
    bench.write(Register.TCTL, 0);
    give(bench, 3);
    expect([bench.sent, bench.read(Register.TDH)]).toEqual([[frame], 2]);
    expect(bench.read(Register.ICR) & Cause.TXQE).toBe(Cause.TXQE);
    bench.settle();
    expect(bench.read(Register.ICR)).toBe(0);
  });

  test.each([8, 16, 2048, 4096, 65_528])("a ring of %i descriptors: the last one, then round to the first", (count) => {
    const bench = new Bench({ memoryBytes: 2 * 1024 * 1024 });
    const ring = 0x10_0000;
    bench.write(Register.TDBAL, bench.memory + ring);
    bench.write(Register.TDLEN, count * 16);
    bench.write(Register.TDH, count - 1);
    bench.write(Register.TDT, count - 1);
    bench.write(Register.TCTL, TransmitControlBit.EN);
    for (const [i, index] of [count - 1, 0].entries()) {
      bench.txDescriptor(0, 2048 * i, frameTo(MAC, 60 + i));
      bench.ram.copy(bench.memory + ring + 16 * index, bench.txAt(0), 16);
    }
    give(bench, 1);
    expect(bench.read(Register.TDLEN)).toBe(count * 16);
    expect(bench.sent.map((frame) => frame.length)).toEqual([60, 61]);
  });

  test("TCTL.EN taken away in the middle: the frame under way leaves, the next one stays", () => {
    const bench = new Bench();
    bench.transmitRing(8);
    for (const i of [0, 1]) bench.txDescriptor(i, 2048 * i, frameTo(MAC, 60, i));
    bench.write(Register.TDT, 2);
    while (bench.sent.length < 1) bench.board.idleUntil(bench.board.nextDeviceEventCycle());
    bench.write(Register.TCTL, 0);
    bench.settle();
    expect([bench.sent.length, bench.read(Register.TDH)]).toEqual([1, 1]);
  });
});

describe("without a link (8.6)", () => {
  const twoGiven = (): Bench => {
    const bench = new Bench();
    bench.transmitRing(8);
    for (const i of [0, 1]) bench.txDescriptor(i, 2048 * i, frameTo(MAC, 1514, i));
    return bench;
  };

  test.each<[string, (bench: Bench) => void, (bench: Bench) => void]>([
    ["CTRL.SLU is clear", (bench) => bench.write(Register.CTRL, 0), (bench) => bench.write(Register.CTRL, ControlBit.SLU)],
    ["the cable is out", (bench) => bench.nic.wire.plug(false), (bench) => bench.nic.wire.plug(true)],
  ])("%s: frames wait in the ring until there is one again", (_name, down, up) => {
    const bench = twoGiven();
    down(bench);
    bench.settle();
    give(bench, 2);
    expect([bench.sent.length, bench.read(Register.TDH), bench.nic.atRest()]).toEqual([0, 0, true]);
    up(bench);
    bench.settle();
    expect([bench.sent.length, bench.read(Register.TDH), bench.account.transmitDropped]).toEqual([2, 2, 0]);
  });

  test("a frame that is to leave just then is lost and counted, its descriptor is done; the next one waits", () => {
    const bench = twoGiven();
    bench.write(Register.TDT, 2);
    while (bench.sent.length < 1) bench.board.idleUntil(bench.board.nextDeviceEventCycle());
    // The second one is fetched and read, and waits for the wire.
    bench.board.advance(2000);
    bench.write(Register.CTRL, 0);
    bench.settle();
    expect([bench.sent.length, bench.read(Register.TDH), bench.read(Statistic.TPT)]).toEqual([1, 2, 1]);
    expect(bench.account).toMatchObject({ transmitted: 1, transmitDropped: 1 });
    expect(done(bench, 1)).toBe(true);
  });
});
