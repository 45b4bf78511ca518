/** Statistics registers (manual 13.7): what each counts on receive, that reading clears, that they stick. */

import { describe, expect, test } from "vitest";
import { E1000File } from "../../../hal/nic/e1000-file.ts";
import type { FileAddress } from "../../../hal/nic/e1000-file.ts";
import { E1000Register as Register, E1000Statistic as Statistic, ReceiveControlBit as Control } from "../../../hal/nic/e1000-registers.ts";
import { countReceived } from "../../../hal/nic/e1000-statistics.ts";
import { Memory } from "../../../hal/memory.ts";
import { BROADCAST, Bench, MAC, frameTo } from "./bench.ts";

type Name = keyof typeof Statistic;

const OTHER = "02:00:00:00:00:99";
const GROUP = "01:00:5e:00:00:01";

function setUp(control = 0, tail = 15): Bench {
  const bench = new Bench({ limits: { wireFrameBytes: 20_480, wireBytes: 65_536 } });
  bench.receiveRing(16, tail, Control.BAM | Control.MPE | control);
  return bench;
}

/** The counters that are not 0; reading clears them. */
function counted(bench: Bench): Partial<Record<Name, number>> {
  const values = (Object.keys(Statistic) as Name[]).map((name) => [name, bench.read(Statistic[name])] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== 0));
}

const good = (octets: number, more: Partial<Record<Name, number>>): Partial<Record<Name, number>> => ({ GPRC: 1, TPR: 1, GORCL: octets, TORL: octets, ...more });

describe("one frame, by its length with the FCS", () => {
  test.each([
    [60, "PRC64"],
    [14, "PRC64"],
    [61, "PRC127"],
    [123, "PRC127"],
    [124, "PRC255"],
    [251, "PRC255"],
    [252, "PRC511"],
    [507, "PRC511"],
    [508, "PRC1023"],
    [1_019, "PRC1023"],
    [1_020, "PRC1522"],
    [1_518, "PRC1522"],
  ] as const)("%d bytes: %s", (bytes, name) => {
    for (const control of [0, Control.SECRC]) {
      const bench = setUp(control);
      bench.arrive(frameTo(MAC, bytes));
      expect(counted(bench)).toEqual(good(Math.max(bytes, 60) + 4, { [name]: 1 }));
      expect(counted(bench)).toEqual({});
    }
  });

  test("a long one counts as the longest class (13.7.26)", () => {
    const bench = setUp(Control.LPE);
    bench.arrive(frameTo(MAC, 16_380));
    expect(counted(bench)).toEqual(good(16_384, { PRC1522: 1 }));
  });
});

describe("by its address", () => {
  test.each([
    ["to this machine", MAC, 0, {}],
    ["to another, promiscuous", OTHER, Control.UPE, {}],
    ["to a group", GROUP, 0, { MPRC: 1 }],
    ["to all", BROADCAST, 0, { BPRC: 1 }],
  ])("%s", (_name, to, control, more) => {
    const bench = setUp(control);
    bench.arrive(frameTo(to, 60));
    expect(counted(bench)).toEqual(good(64, { PRC64: 1, ...more }));
  });
});

describe("what is not received", () => {
  test("filtered: nothing", () => {
    const bench = setUp();
    bench.arrive(frameTo(OTHER, 60));
    expect(counted(bench)).toEqual({});
  });

  test("no descriptor free: MPC and RNBC", () => {
    const bench = setUp(0, 0);
    bench.arrive(frameTo(MAC, 60));
    bench.arrive(frameTo(MAC, 60));
    expect(counted(bench)).toEqual({ MPC: 2, RNBC: 2 });
  });

  test("too long: ROC and RLEC, if the filters want it", () => {
    const bench = setUp();
    bench.arrive(frameTo(MAC, 1_519));
    bench.arrive(frameTo(OTHER, 1_519));
    expect(counted(bench)).toEqual({ ROC: 1, RLEC: 1 });
  });

  test("receiver off: nothing", () => {
    const bench = setUp();
    bench.write(Register.RCTL, 0);
    bench.arrive(frameTo(MAC, 60));
    expect(counted(bench)).toEqual({});
  });
});

describe("reading", () => {
  test("of the low word of octets clears neither, of the high word both", () => {
    const bench = setUp();
    bench.arrive(frameTo(MAC, 60));
    for (const [low, high] of [[Statistic.GORCL, Statistic.GORCH], [Statistic.TORL, Statistic.TORH]]) {
      expect([bench.read(low), bench.read(low), bench.read(high), bench.read(low)]).toEqual([64, 64, 0, 0]);
    }
  });

  test("a write changes nothing", () => {
    const bench = setUp();
    bench.arrive(frameTo(MAC, 60));
    bench.write(Statistic.GPRC, 77);
    expect(bench.read(Statistic.GPRC)).toBe(1);
  });
});

describe("at the end of its range a counter", () => {
  const ram = new Memory(new ArrayBuffer(4096));
  const file = 1024 as FileAddress;

  test("of frames sticks", () => {
    E1000File.GPRC.set(ram, file, -2);
    countReceived(ram, file, 0, 64);
    expect(E1000File.GPRC.get(ram, file)).toBe(-1);
    countReceived(ram, file, 0, 64);
    expect(E1000File.GPRC.get(ram, file)).toBe(-1);
  });

  test("of octets carries into its high word, and sticks at the end of both", () => {
    E1000File.GORCL.set(ram, file, -64);
    E1000File.GORCH.set(ram, file, 0);
    countReceived(ram, file, 0, 64);
    expect([E1000File.GORCL.get(ram, file), E1000File.GORCH.get(ram, file)]).toEqual([0, 1]);
    E1000File.GORCL.set(ram, file, -64);
    E1000File.GORCH.set(ram, file, -1);
    for (let i = 0; i < 2; i++) countReceived(ram, file, 0, 64);
    expect([E1000File.GORCL.get(ram, file), E1000File.GORCH.get(ram, file)]).toEqual([-1, -1]);
  });
});

describe("statistics (13.7)", () => {
  test("a counter is cleared by reading; an octet counter by reading its high word", () => {
    const bench = new Bench();
    bench.receiveRing(16, 15, Control.BAM | Control.MPE);
    for (const [to, bytes] of [[MAC, 60], [MAC, 61], [MAC, 123], [MAC, 124], [MAC, 252], [MAC, 508], [BROADCAST, 1020], ["01:00:5e:00:00:01", 99]] as const) bench.arrive(frameTo(to, bytes));
    const names = ["GPRC", "TPR", "BPRC", "MPRC", "PRC64", "PRC127", "PRC255", "PRC511", "PRC1023", "PRC1522", "MPC", "ROC"] as const;
    expect(names.map((name) => bench.read(Statistic[name]))).toEqual([8, 8, 1, 1, 1, 3, 1, 1, 1, 1, 0, 0]);
    expect(names.map((name) => bench.read(Statistic[name]))).toEqual(names.map(() => 0));
    const octets = 60 + 61 + 123 + 124 + 252 + 508 + 1020 + 99 + 8 * 4;
    expect([bench.read(Statistic.GORCL), bench.read(Statistic.GORCL), bench.read(Statistic.GORCH), bench.read(Statistic.GORCL)]).toEqual([octets, octets, 0, 0]);
  });
});
