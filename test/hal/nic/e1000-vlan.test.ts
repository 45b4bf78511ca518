/** 802.1Q on receive (manual, chapter 9): the filter, the strip, and the table of what becomes of a frame (9-3). */

import { describe, expect, test } from "vitest";
import { RxDescriptor, RxStatus } from "../../../hal/nic/descriptors.ts";
import { ControlBit, E1000Register as Register, E1000Statistic as Statistic, ReceiveControlBit as Control } from "../../../hal/nic/e1000-registers.ts";
import { BROADCAST, Bench, MAC, RX_BUFFERS, frameTo } from "./bench.ts";

const DONE = RxStatus.DD | RxStatus.EOP | RxStatus.IXSM;
const CONTROL = 0x0014_0240;

/** A frame with a tag, 4 bytes of the `bytes`. */
function tagged(bytes: number, tag: number, to = MAC, type = 0x8100): Uint8Array {
  const frame = frameTo(to, bytes, tag);
  frame.set([type >> 8, type & 0xff, tag >> 8, tag & 0xff], 12);
  return frame;
}

const untag = (frame: Uint8Array): number[] => [...frame.slice(0, 12), ...frame.slice(16)];

interface Options {
  readonly control?: number;
  readonly strip?: boolean;
  readonly wanted?: readonly number[];
  readonly bufferBytes?: number;
}

function bench({ control = 0, strip = false, wanted = [], bufferBytes = 2048 }: Options): Bench {
  const bench = new Bench({ limits: { wireFrameBytes: 16_384 } });
  bench.receiveRing(16, 15, control, bufferBytes);
  bench.ram.fill(bench.memory + RX_BUFFERS, 16 * bufferBytes, 0xee);
  if (strip) bench.write(Register.CTRL, CONTROL | ControlBit.VME);
  for (const vlan of wanted) bench.write(Register.VFTA + 4 * (vlan >> 5), bench.read(Register.VFTA + 4 * (vlan >> 5)) | (1 << (vlan & 31)));
  return bench;
}

const special = (of: Bench, index: number): number => RxDescriptor.special.get(of.ram, of.rxAt(index));

describe("what becomes of a frame (table 9-3)", () => {
  const frame = tagged(80, 0x6065);
  test.each([
    ["untagged, VME and VFE", frameTo(MAC, 80), true, true, [], "as it is"],
    ["tagged", frame, false, false, [], "as it is"],
    ["tagged, VFE, in VFTA", frame, false, true, [0x65], "as it is"],
    ["tagged, VFE, not in VFTA", frame, false, true, [0x64], "filtered"],
    ["tagged, VME", frame, true, false, [], "stripped"],
    ["tagged, VME and VFE, in VFTA", frame, true, true, [0x65], "stripped"],
    ["tagged, VME and VFE, not in VFTA", frame, true, true, [0x64], "filtered"],
    ["tagged for somebody else, VME and VFE, in VFTA", tagged(80, 0x6065, "02:00:00:00:00:99"), true, true, [0x65], "filtered"],
  ] as const)("%s: %s", (_name, sent, strip, filter, wanted, becomes) => {
    const nic = bench({ control: filter ? Control.VFE : 0, strip, wanted });
    nic.arrive(sent);
    expect(nic.account).toMatchObject(becomes === "filtered" ? { filtered: 1, received: 0 } : { filtered: 0, received: 1 });
    if (becomes === "filtered") return;
    const stored = becomes === "stripped" ? untag(sent) : [...sent];
    expect(nic.rx(0)).toEqual({ frameBytes: stored.length + 4, status: becomes === "stripped" ? DONE | RxStatus.VP : DONE, errors: 0 });
    expect(special(nic, 0)).toBe(becomes === "stripped" ? 0x6065 : 0);
    expect(nic.received(0, stored.length + 4)).toEqual([...stored, 0xee, 0xee, 0xee, 0xee]);
  });
});

describe("the filter (9.3.1)", () => {
  test.each([0, 1, 31, 32, 0x65, 2047, 4095])("VLAN %d is one bit of VFTA; priority and CFI are none", (vlan) => {
    const only = bench({ control: Control.VFE, wanted: [vlan] });
    for (const tag of [vlan, vlan | 0xf000, vlan | 0x1000, vlan ^ 1, vlan ^ 32, vlan ^ 2048]) only.arrive(tagged(64, tag));
    expect(only.account).toMatchObject({ received: 3, filtered: 3 });
    const all = bench({ control: Control.VFE });
    for (let word = 0; word < 128; word++) all.write(Register.VFTA + 4 * word, word === vlan >> 5 ? ~(1 << (vlan & 31)) : -1);
    for (const tag of [vlan, vlan ^ 1, vlan ^ 32]) all.arrive(tagged(64, tag));
    expect(all.account).toMatchObject({ received: 2, filtered: 1 });
  });

  test.each([
    ["CFIEN off: CFI is not looked at", 0, [true, true]],
    ["CFIEN, CFI 0 wanted", Control.CFIEN, [true, false]],
    ["CFIEN, CFI 1 wanted", Control.CFIEN | Control.CFI, [false, true]],
  ])("%s", (_name, control, accepted) => {
    const taken = [0x0065, 0x1065].map((tag) => {
      const nic = bench({ control: Control.VFE | control, wanted: [0x65] });
      nic.arrive(tagged(64, tag));
      return nic.account.received === 1;
    });
    expect(taken).toEqual(accepted);
  });

  test("without VFE neither VFTA nor CFI is looked at", () => {
    const nic = bench({ control: Control.CFIEN });
    nic.arrive(tagged(64, 0x1065));
    expect(nic.account.received).toBe(1);
  });

  test("promiscuous modes do not open it: it is a filter of its own", () => {
    const nic = bench({ control: Control.VFE | Control.UPE | Control.MPE | Control.BAM, wanted: [1] });
    for (const to of [MAC, BROADCAST, "01:00:5e:00:00:01", "02:00:00:00:00:99"]) nic.arrive(tagged(64, 2, to));
    expect(nic.account).toMatchObject({ received: 0, filtered: 4 });
  });
});

describe("VET (13.4.16)", () => {
  test("says which type is a tag's", () => {
    const nic = bench({ strip: true });
    nic.write(Register.VET, 0x88a8);
    nic.arrive(tagged(64, 5));
    nic.arrive(tagged(64, 5, MAC, 0x88a8));
    expect([nic.rx(0).frameBytes, nic.rx(1).frameBytes]).toEqual([68, 64]);
    expect(nic.rx(1).status & RxStatus.VP).toBe(RxStatus.VP);
  });

  test("of two tags the outer one is stripped", () => {
    const nic = bench({ strip: true });
    const frame = tagged(80, 5);
    frame.set([0x81, 0x00, 0x00, 0x07], 16);
    nic.arrive(frame);
    expect(nic.received(0, 76)).toEqual(untag(frame));
  });
});

describe("the strip (9.3.2)", () => {
  test("a frame of the least length is not padded again", () => {
    const nic = bench({ strip: true });
    nic.arrive(tagged(60, 5));
    expect(nic.rx(0).frameBytes).toBe(60);
    expect(nic.received(0, 57)[56]).toBe(0xee);
  });

  test("SECRC strips the FCS too", () => {
    const nic = bench({ strip: true, control: Control.SECRC });
    nic.arrive(tagged(100, 5));
    expect(nic.rx(0).frameBytes).toBe(96);
  });

  test.each([
    ["what is left fills one buffer with the FCS", 256, 1],
    ["the FCS's last byte needs another", 257, 2],
    ["what is left fills one buffer", 260, 2],
    ["and a byte more", 261, 2],
    ["two buffers", 512, 2],
  ])("over several buffers: %s", (_name, bytes, descriptors) => {
    const nic = bench({ strip: true, control: 3 << 16, bufferBytes: 256 });
    const frame = tagged(bytes, 0x0123);
    nic.arrive(frame);
    expect(nic.read(Register.RDH)).toBe(descriptors);
    const stored: number[] = [];
    for (let i = 0; i < descriptors; i++) {
      stored.push(...nic.received(i, nic.rx(i).frameBytes, 256));
      expect([special(nic, i), nic.rx(i).status]).toEqual([0x0123, i + 1 === descriptors ? DONE | RxStatus.VP : RxStatus.DD | RxStatus.VP]);
    }
    expect(stored).toEqual([...untag(frame), 0xee, 0xee, 0xee, 0xee]);
  });

  test("counters do not see the tag, the length limit does", () => {
    const nic = bench({ strip: true });
    nic.arrive(tagged(1_518, 5));
    nic.arrive(tagged(1_519, 5));
    expect([nic.account.received, nic.account.tooLong, nic.read(Statistic.TORL), nic.read(Statistic.ROC)]).toEqual([1, 1, 1_518, 1]);
    nic.arrive(tagged(64, 5, "01:00:5e:00:00:01"));
    nic.arrive(tagged(64, 5, BROADCAST));
    expect([nic.read(Statistic.MPRC), nic.read(Statistic.BPRC)]).toEqual([0, 0]);
  });

  test.each(["01:00:5e:00:00:01", BROADCAST])("%s counts as what it is", (to) => {
    const nic = bench({ strip: true, control: Control.MPE });
    nic.arrive(tagged(64, 5, to));
    expect([nic.read(Statistic.MPRC), nic.read(Statistic.BPRC), nic.read(Statistic.PRC64)]).toEqual([to === BROADCAST ? 0 : 1, to === BROADCAST ? 1 : 0, 1]);
  });

  test("a reserved bit of RCTL strips nothing", () => {
    const nic = bench({ control: 1 << 31 });
    nic.arrive(frameTo(MAC, 80));
    expect([nic.rx(0).frameBytes, nic.rx(0).status, special(nic, 0)]).toEqual([84, DONE, 0]);
    expect(nic.received(0, 80)).toEqual([...frameTo(MAC, 80)]);
  });

  test("the setting counts that stood when the frame arrived", () => {
    const nic = bench({ strip: true });
    nic.nic.wire.offer(tagged(80, 5), 0);
    nic.board.idleUntil(104 * 8);
    nic.write(Register.CTRL, CONTROL);
    nic.settle();
    expect([nic.rx(0).frameBytes, special(nic, 0)]).toEqual([80, 5]);
  });

  test("one frame after the other, tagged and not, through the staging again and again", () => {
    const nic = new Bench({ limits: { wireFrames: 3, wireBytes: 512, wireFrameBytes: 256 } });
    nic.receiveRing(8, 7);
    nic.write(Register.CTRL, CONTROL | ControlBit.VME);
    for (let i = 0; i < 200; i++) {
      const frame = i % 3 === 0 ? frameTo(MAC, 60 + (i % 90), i) : tagged(60 + (i % 90), i);
      nic.rxDescriptor(i % 8, nic.memory + RX_BUFFERS + (i % 8) * 2048);
      nic.arrive(frame);
      const stored = i % 3 === 0 ? [...frame] : untag(frame);
      expect(nic.received(i % 8, stored.length)).toEqual(stored);
      nic.write(Register.RDT, (i + 8) % 8);
    }
  });
});
