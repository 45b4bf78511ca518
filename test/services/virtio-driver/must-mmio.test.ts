/** What VIRTIO 1.2 demands of a driver on a memory-mapped bus (4.2). Every line that concerns drivers, in our words; every access to the registers is watched. */

import { expect } from "vitest";
import { VirtioRegister as Register, VirtioStatus as Status } from "../../../hal/nic/virtio/mmio-registers.ts";
import type { MustRow } from "../../hal/nic/virtio/must.ts";
import { mustTable } from "../../hal/nic/virtio/must.ts";
import type { Access } from "./register-log.ts";
import { instead, lives, readsOf, writesTo } from "./register-log.ts";
import type { Scene } from "./scenes.ts";
import { KINDS, meets, playScenes } from "./scenes.ts";

/** All of a driver's life, with one queue pair and with more, with every feature and without EVENT_IDX and INDIRECT_DESC. */
const SCENES: readonly Scene[] = KINDS.map(playScenes);
const ALL: readonly Access[] = SCENES.flatMap((scene) => scene.log);
const LIVES: readonly (readonly Access[])[] = SCENES.flatMap((scene) => lives(scene.log));

/** Lives in which the driver came to work. */
const WORKING = LIVES.filter((life) => writesTo(life, Register.Status).some((one) => (one.value & Status.DRIVER_OK) !== 0));

const NO_RING_RESET = "RING_RESET is not accepted";

const window: readonly MustRow[] = [
  {
    section: "4.2.2.2",
    grade: "MUST NOT",
    rule: "nothing is accessed that the register table does not have",
    test: () => {
      const offsets: readonly number[] = Object.values(Register);
      for (const one of ALL) if (one.offset < Register.Config) expect(offsets).toContain(one.offset);
      for (const one of ALL) expect(one.offset).toBeLessThan(Register.Config + 24);
    },
  },
  {
    section: "4.2.2.2",
    grade: "MUST NOT",
    rule: "registers to be read are not written",
    test: () =>
      expect(writesTo(ALL, Register.MagicValue, Register.Version, Register.DeviceID, Register.VendorID, Register.DeviceFeatures, Register.QueueNumMax, Register.InterruptStatus, Register.ConfigGeneration)).toEqual([]),
  },
  {
    section: "4.2.2.2",
    grade: "MUST NOT",
    rule: "registers to be written are not read",
    test: () =>
      expect(
        readsOf(ALL, Register.DeviceFeaturesSel, Register.DriverFeatures, Register.DriverFeaturesSel, Register.QueueSel, Register.QueueNum, Register.QueueNotify, Register.InterruptACK, Register.QueueDescLow, Register.QueueDescHigh, Register.QueueDriverLow, Register.QueueDriverHigh, Register.QueueDeviceLow, Register.QueueDeviceHigh, Register.SHMSel),
      ).toEqual([]),
  },
  {
    section: "4.2.2.2",
    grade: "MUST",
    rule: "registers are accessed by 32 bits, aligned",
    test: () => expect(ALL.every((one) => one.offset % 4 === 0)).toBe(true),
  },
  { section: "4.2.2.2", grade: "MUST", rule: "fields of 8 and 16 bits of the configuration are accessed by their width", reason: "the machine's bus has 32-bit accesses only" },
  {
    section: "4.2.2.2",
    grade: "MUST",
    rule: "a device with another MagicValue, Version, or no network device, is left alone",
    test: () => {
      for (const [offset, value] of [
        [Register.MagicValue, 0x7472_6977],
        [Register.Version, 1],
        [Register.DeviceID, 2],
      ]) {
        const { log, running } = meets(instead(offset, value));
        expect([running, log.filter((one) => one.write)]).toEqual([false, []]);
      }
    },
  },
  {
    section: "4.2.2.2",
    grade: "MUST",
    rule: "DeviceFeaturesSel is written before DeviceFeatures is read, DriverFeaturesSel before DriverFeatures is written",
    test: () => {
      for (const life of WORKING) {
        const pair = (select: number, one: number): string[] => life.filter(({ offset }) => offset === select || offset === one).map(({ offset }) => (offset === select ? "select" : "use"));
        expect(pair(Register.DeviceFeaturesSel, Register.DeviceFeatures)).toEqual(["select", "use", "select", "use"]);
        expect(pair(Register.DriverFeaturesSel, Register.DriverFeatures)).toEqual(["select", "use", "select", "use"]);
      }
    },
  },
  {
    section: "4.2.2.2",
    grade: "MUST",
    rule: "QueueNum is at most QueueNumMax",
    test: () => {
      for (const most of [1, 2, 4, 8, 1024]) {
        const { log } = meets(instead(Register.QueueNumMax, most));
        for (const one of writesTo(log, Register.QueueNum)) expect(one.value).toBeLessThanOrEqual(most);
      }
    },
  },
  {
    section: "4.2.2.2",
    grade: "MUST NOT",
    rule: "size and addresses of a queue are not touched while it is ready",
    test: () =>
      expect(
        ALL.filter((one) => one.ready !== 0 && ([Register.QueueNum, Register.QueueDescLow, Register.QueueDescHigh, Register.QueueDriverLow, Register.QueueDriverHigh, Register.QueueDeviceLow, Register.QueueDeviceHigh] as number[]).includes(one.offset)),
      ).toEqual([]),
  },
  { section: "4.2.2.2", grade: "MUST", rule: "QueueReady is read back when a queue is stopped", reason: "it stops no single queue, but resets the device" },
  { section: "4.2.2.2", grade: "MUST", rule: "bits of InterruptStatus without a meaning are ignored", seen: ["test/services/driver/virtio-kind.ts", "a cause that there is not"] },
  {
    section: "4.2.2.2",
    grade: "MUST",
    rule: "what was handled is acknowledged, and no other bit",
    test: () => {
      expect(writesTo(ALL, Register.InterruptACK).length).toBeGreaterThan(10);
      for (const one of writesTo(ALL, Register.InterruptACK)) expect([1, 2, 3]).toContain(one.value);
      for (const scene of SCENES) expect(scene.causesLeft).toBe(0);
    },
  },
  { section: "4.2.2.2", grade: "MUST", rule: "QueueReset is read until it is 0", reason: NO_RING_RESET },
  {
    section: "4.2.3.1.1",
    grade: "MUST",
    rule: "MagicValue and Version are read first, then DeviceID; with 0 there nothing else is accessed",
    test: () => {
      for (const scene of SCENES) expect(scene.log.slice(0, 3).map((one) => [one.write, one.offset])).toEqual([[false, 0], [false, 4], [false, 8]]);
      const { log, running } = meets(instead(Register.DeviceID, 0));
      expect([running, log.length]).toEqual([false, 3]);
    },
  },
  {
    section: "4.2.3.1.1",
    grade: "MUST NOT",
    rule: "shared memory registers are not used",
    test: () => expect(ALL.filter((one) => one.offset >= Register.SHMSel && one.offset <= Register.SHMBaseHigh)).toEqual([]),
  },
  {
    section: "4.2.3.4.1",
    grade: "MUST",
    rule: "after an interrupt InterruptStatus is read, and acknowledged when it was handled",
    test: () => {
      for (const scene of SCENES) {
        expect(readsOf(scene.log, Register.InterruptStatus).length).toBeGreaterThanOrEqual(writesTo(scene.log, Register.InterruptACK).length);
        expect(scene.causesLeft).toBe(0);
      }
    },
  },
];

mustTable("a memory-mapped bus: drivers", window);
