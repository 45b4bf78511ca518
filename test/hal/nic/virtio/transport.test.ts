/** The register window of a virtio device on a memory-mapped bus (VIRTIO 1.2, 2.1, 2.2, 4.2.2): identity, features, Status. */

import { describe, expect, test } from "vitest";
import { VirtioFeature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { HIGH_FEATURES, LOW_FEATURES, TransportBench } from "./transport-bench.ts";

const CHOOSING = Status.ACKNOWLEDGE | Status.DRIVER;
const CHOSEN = CHOOSING | Status.FEATURES_OK;
const LIVE = CHOSEN | Status.DRIVER_OK;

describe("identity, and what reads what", () => {
  const rows: readonly (readonly [name: string, offset: number, value: number])[] = [
    ["MagicValue", Register.MagicValue, 0x7472_6976],
    ["Version", Register.Version, 2],
    ["DeviceID", Register.DeviceID, 1],
    ["VendorID", Register.VendorID, 0x554d_4551],
    ["InterruptStatus", Register.InterruptStatus, 0],
    ["Status", Register.Status, 0],
    ["SHMLenLow", Register.SHMLenLow, 0xffff_ffff],
    ["SHMLenHigh", Register.SHMLenHigh, 0xffff_ffff],
    ["SHMBaseLow", Register.SHMBaseLow, 0xffff_ffff],
    ["SHMBaseHigh", Register.SHMBaseHigh, 0xffff_ffff],
    ["QueueReset", Register.QueueReset, 0],
    ["ConfigGeneration", Register.ConfigGeneration, 0],
    ["the configuration's first word", Register.Config, 0x1122_3344],
    ["the configuration's second word", Register.Config + 4, 0x5566_7788],
    ["beyond the configuration", Register.Config + 8, 0],
    ["a legacy register, QueuePFN", 0x040, 0],
    ["a legacy register, GuestPageSize", 0x028, 0],
    ["an offset that names nothing", 0x0f0, 0],
  ];
  test.each(rows)("%s", (_, offset, value) => {
    expect(new TransportBench().read(offset)).toBe(value);
  });

  const writeOnly = [0x014, 0x020, 0x024, 0x030, 0x038, 0x050, 0x064, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4, 0x0ac];
  test.each(writeOnly)("a register that may only be written reads 0: %i", (offset) => {
    const bench = new TransportBench();
    bench.write(offset, 1);
    expect(bench.read(offset)).toBe(0);
  });

  test("read-only registers ignore writes", () => {
    const bench = new TransportBench();
    for (const offset of [0x000, 0x004, 0x008, 0x00c, 0x010, 0x034, 0x060, 0x0b0, 0x0b4, 0x0b8, 0x0bc, 0x0fc, 0x028, 0x0f0]) {
      const before = bench.read(offset);
      bench.write(offset, 0xffff_fff0);
      expect(bench.read(offset)).toBe(before);
    }
  });

  test("writes to the configuration go to the model, with their offset", () => {
    const bench = new TransportBench();
    bench.write(Register.Config + 4, 7);
    expect(bench.told).toEqual(["configuration 4 7"]);
  });
});

describe("DeviceFeatures shows the word that DeviceFeaturesSel chose", () => {
  const rows: readonly (readonly [word: number, value: number])[] = [
    [0, LOW_FEATURES],
    [1, HIGH_FEATURES],
    [2, 0],
    [3, 0],
    [0x8000_0000, 0],
    [0xffff_ffff, 0],
  ];
  test.each(rows)("word %i", (word, value) => {
    const bench = new TransportBench();
    bench.write(Register.DeviceFeaturesSel, word);
    expect(bench.read(Register.DeviceFeatures)).toBe(value >>> 0);
  });
});

describe("FEATURES_OK sticks for a part of the offer that holds VERSION_1", () => {
  const MAC = 1 << VirtioFeature.MAC;
  const rows: readonly (readonly [name: string, words: readonly number[], sticks: boolean])[] = [
    ["VERSION_1 alone", [0, 1], true],
    ["all that is offered", [LOW_FEATURES, HIGH_FEATURES], true],
    ["nothing", [], false],
    ["without VERSION_1", [MAC, 0], false],
    ["a bit of word 0 that is not offered", [MAC | 1, 1], false],
    ["bit 31, not offered", [0x8000_0000 | 0, 1], false],
    ["a bit of word 1 that is not offered", [MAC, 3], false],
    ["bit 64", [MAC, 1, 1], false],
    ["bit 127", [MAC, 1, 0, 0x8000_0000 | 0], false],
    ["bit 64 taken back", [MAC, 1, 1, 0, 0], false],
    ["word 4 does not exist: written, and forgotten", [MAC, 1, 0, 0, 1], true],
  ];
  test.each(rows)("%s", (_, words, sticks) => {
    const bench = new TransportBench();
    bench.write(Register.Status, CHOOSING);
    bench.writeFeatures(...words);
    bench.write(Register.Status, CHOSEN);
    expect(bench.status).toBe(sticks ? CHOSEN : CHOOSING);
  });

  test("a bit that is taken back in time does no harm", () => {
    const bench = new TransportBench();
    bench.write(Register.Status, CHOOSING);
    bench.writeFeatures(0, 1, 1);
    bench.writeFeatures(0, 1, 0);
    bench.write(Register.Status, CHOSEN);
    expect(bench.status).toBe(CHOSEN);
  });

  test("the model may refuse, and sees what was chosen", () => {
    const seen: number[][] = [];
    const bench = new TransportBench({
      acceptsFeatures: (low, high) => {
        seen.push([low, high]);
        return low !== MAC;
      },
    });
    bench.negotiate(MAC, 1);
    expect(bench.status).toBe(CHOOSING);
    bench.writeFeatures(0, 1);
    bench.write(Register.Status, CHOSEN);
    expect(bench.status).toBe(CHOSEN);
    expect(seen).toEqual([
      [MAC, 1],
      [0, 1],
    ]);
  });

  test("what was chosen is fixed until the reset", () => {
    const bench = new TransportBench();
    bench.negotiate(MAC, 1);
    bench.writeFeatures(LOW_FEATURES, 1);
    expect(bench.transport.hasFeature(VirtioFeature.MAC)).toBe(true);
    expect(bench.transport.hasFeature(VirtioFeature.EVENT_IDX)).toBe(false);
    expect(bench.transport.hasFeature(VirtioFeature.VERSION_1)).toBe(true);
    expect(bench.transport.hasFeature(VirtioFeature.ACCESS_PLATFORM)).toBe(false);
    bench.write(Register.Status, 0);
    expect(bench.transport.hasFeature(VirtioFeature.MAC)).toBe(false);
  });
});

describe("Status", () => {
  const rows: readonly (readonly [name: string, writes: readonly number[], status: number])[] = [
    ["the steps one by one", [1, 3, CHOSEN, LIVE], LIVE],
    ["all at once", [LIVE], LIVE],
    ["a bit cannot be cleared", [LIVE, 1], LIVE],
    ["DRIVER_OK without FEATURES_OK is shown", [1, 3, 3 | Status.DRIVER_OK], CHOOSING | Status.DRIVER_OK],
    ["DRIVER_OK after FEATURES_OK was left out of the write", [CHOSEN, 4], LIVE],
    ["FAILED is kept", [CHOSEN, CHOSEN | Status.FAILED], CHOSEN | Status.FAILED],
    ["DEVICE_NEEDS_RESET is the device's", [LIVE | Status.DEVICE_NEEDS_RESET], LIVE],
    ["bits that mean nothing", [0xffff_ff00 | 0x30 | 1], 1],
    ["0 resets", [LIVE, 0], 0],
  ];
  test.each(rows)("%s", (_, writes, status) => {
    const bench = new TransportBench();
    bench.writeFeatures(0, 1);
    for (const value of writes) bench.write(Register.Status, value);
    expect(bench.status).toBe(status);
  });

  test("DRIVER_OK sets nothing to work before features were agreed on", () => {
    const bench = new TransportBench();
    bench.queueSetup(0);
    bench.write(Register.Status, CHOOSING | Status.DRIVER_OK | Status.FEATURES_OK);
    expect([bench.status, bench.queue().isReady(), bench.told]).toEqual([CHOOSING | Status.DRIVER_OK, false, []]);
    bench.transport.usedBuffer();
    bench.write(Register.QueueNotify, 0);
    expect([bench.interruptStatus, bench.told]).toEqual([0, []]);
    bench.writeFeatures(0, 1);
    bench.write(Register.Status, CHOSEN);
    expect([bench.status, bench.queue().isReady(), bench.told]).toEqual([LIVE, true, ["driverOk"]]);
  });

  test("the model is told of DRIVER_OK once, and of each reset", () => {
    const bench = new TransportBench().start();
    bench.driverOkWrite();
    bench.write(Register.Status, 0);
    bench.write(Register.Status, 0);
    expect(bench.told).toEqual(["reset", "driverOk", "reset", "reset"]);
  });
});
