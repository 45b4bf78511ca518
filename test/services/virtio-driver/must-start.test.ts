/**
 * What VIRTIO 1.2 demands of a driver that begins with a device: status, features, configuration (2.1 to 2.5, 3.1, 6.1,
 * 5.1.4.2). Every line that concerns drivers, in our words; every access to the registers is watched.
 */

import { expect } from "vitest";
import { VirtioFeature as Feature, VirtioRegister as Register, VirtioStatus as Status } from "../../../hal/nic/virtio/mmio-registers.ts";
import type { MustRow } from "../../hal/nic/virtio/must.ts";
import { mustTable } from "../../hal/nic/virtio/must.ts";
import type { Access, Answer } from "./register-log.ts";
import { instead, lives, logged, readsOf, writesTo } from "./register-log.ts";
import type { Scene } from "./scenes.ts";
import { KINDS, meets, playScenes, startOnly } from "./scenes.ts";

/** All of a driver's life, with one queue pair and with more, with every feature and without EVENT_IDX and INDIRECT_DESC. */
const SCENES: readonly Scene[] = KINDS.map(playScenes);
const ALL: readonly Access[] = SCENES.flatMap((scene) => scene.log);
const LIVES: readonly (readonly Access[])[] = SCENES.flatMap((scene) => lives(scene.log));

/** Lives in which the driver came to work. */
const WORKING = LIVES.filter((life) => writesTo(life, Register.Status).some((one) => (one.value & Status.DRIVER_OK) !== 0));

/** The steps of 3.1.1 that a life took, by what Status became. */
const steps = (life: readonly Access[]): number[] => writesTo(life, Register.Status).map((one) => one.value);
const position = (life: readonly Access[], test: (one: Access) => boolean): number => life.findIndex(test);
const isStatus = (bits: number) => (one: Access) => one.write && one.offset === Register.Status && (one.value & bits) === bits;

const status: readonly MustRow[] = [
  {
    section: "2.1.1",
    grade: "MUST",
    rule: "the status is updated step by step",
    test: () => {
      for (const life of WORKING) expect(steps(life).slice(0, 5)).toEqual([0, 1, 3, 11, 15]);
    },
  },
  {
    section: "2.1.1",
    grade: "MUST NOT",
    rule: "no bit of the status is cleared, but by a reset",
    test: () => {
      const { log } = meets(instead(Register.QueueNumMax, 0));
      for (const one of [...writesTo(ALL, Register.Status), ...writesTo(log, Register.Status)]) {
        if (one.value !== 0) expect(one.value & one.status & ~Status.DEVICE_NEEDS_RESET, `${one.status} became ${one.value}`).toBe(one.status & ~Status.DEVICE_NEEDS_RESET);
      }
    },
  },
  {
    section: "2.1.1",
    grade: "MUST",
    rule: "after FAILED the device is reset before it is begun with again",
    test: () => {
      const { log } = meets(instead(Register.QueueNumMax, 0));
      const written = steps(log);
      const failed = written.findIndex((value) => (value & Status.FAILED) !== 0);
      expect(failed).toBeGreaterThan(0);
      expect(written[failed + 1] ?? 0).toBe(0);
    },
  },
  {
    section: "2.1.1",
    grade: "SHOULD NOT",
    rule: "nothing is expected of a device that needs a reset: it is reset",
    test: () => {
      for (const scene of SCENES) expect([scene.recoveries > 0, scene.broken]).toEqual([true, []]);
    },
  },
];

const features: readonly MustRow[] = [
  {
    section: "2.2.1",
    grade: "MUST NOT",
    rule: "no feature is accepted that was not offered",
    test: () => {
      for (const mask of [0, 1 << Feature.MAC, 1 << Feature.CTRL_VQ, (1 << Feature.CTRL_VQ) | (1 << Feature.STATUS), -1]) {
        const offers: number[] = [];
        let word = 0;
        const { log } = logged(() => startOnly(KINDS[1]), (offset, value) => {
          if (offset !== Register.DeviceFeatures) return value;
          const offer = word === 0 ? value & mask : value;
          offers.push(offer);
          word = 1 - word;
          return offer;
        });
        const chosen = writesTo(log, Register.DriverFeatures).map((one) => one.value);
        expect([chosen[0] & ~offers[0], chosen[1] & ~offers[1]]).toEqual([0, 0]);
      }
    },
  },
  {
    section: "2.2.1",
    grade: "MUST NOT",
    rule: "no feature is accepted that requires one that is not",
    test: () => {
      const noControl: Answer = (offset, value) => (offset === Register.DeviceFeatures ? value & ~(1 << Feature.CTRL_VQ) : value);
      const { log } = logged(() => startOnly(KINDS[1]), noControl);
      const [low, high] = writesTo(log, Register.DriverFeatures).map((one) => one.value);
      for (const feature of [Feature.CTRL_RX, Feature.CTRL_VLAN, Feature.CTRL_RX_EXTRA, Feature.MQ, Feature.CTRL_MAC_ADDR]) expect((low >>> feature) & 1).toBe(0);
      expect((high >>> (Feature.RSS - 32)) & 1).toBe(0);
    },
  },
  {
    section: "2.2.1",
    grade: "MUST",
    rule: "features that are not known are ignored, whatever is offered, and the driver works all the same",
    test: () => {
      const known: readonly number[] = Object.values(Feature);
      const generous: Answer = (offset, value) => (offset === Register.DeviceFeatures ? -1 : value);
      const { log } = meets(generous);
      const words = writesTo(log, Register.DriverFeatures).map((one) => one.value);
      words.forEach((word, i) => {
        for (let bit = 0; bit < 32; bit++) if (((word >>> bit) & 1) === 1) expect(known).toContain(i * 32 + bit);
      });
      const more: Answer = (offset, value) => (offset === Register.DeviceFeatures ? value | 0x0300_0000 : value);
      expect(meets(more).running).toBe(true);
    },
  },
  {
    section: "2.2.1",
    grade: "MUST",
    rule: "where it cannot do without a feature, FAILED is set and nothing more is done",
    test: () => {
      const old: Answer = (offset, value) => (offset === Register.DeviceFeatures ? value & ~1 : value);
      const { log, running } = meets(old);
      expect(running).toBe(false);
      expect(steps(log).some((value) => (value & Status.FAILED) !== 0)).toBe(true);
      expect(steps(log).some((value) => (value & Status.DRIVER_OK) !== 0)).toBe(false);
      expect(writesTo(log, Register.QueueReady, Register.QueueNotify)).toEqual([]);
    },
  },
  {
    section: "6.1",
    grade: "MUST",
    rule: "VERSION_1 is accepted if it is offered",
    test: () => {
      for (const life of WORKING) expect(writesTo(life, Register.DriverFeatures)[1].value & 1).toBe(1);
    },
  },
  {
    section: "2.4.2",
    grade: "SHOULD",
    rule: "a reset is taken as done when the status reads 0",
    test: () => {
      for (const life of LIVES) {
        const next = life.slice(1).find((one) => one.offset === Register.Status);
        if (next !== undefined) expect([next.write, next.value]).toEqual([false, 0]);
      }
    },
  },
];

const configuration: readonly MustRow[] = [
  {
    section: "2.5.1",
    grade: "MUST NOT",
    rule: "several fields are not taken to be read at once: the generation is compared, and they are read again",
    test: () => {
      let reads = 0;
      const { log } = logged(() => startOnly(KINDS[0]), (offset, value) => (offset === Register.ConfigGeneration ? Math.min(reads++, 3) : value));
      const generations = readsOf(log, Register.ConfigGeneration).length;
      expect(generations).toBeGreaterThan(4);
      expect(readsOf(log, Register.Config).length).toBeGreaterThanOrEqual(2);
    },
  },
  {
    section: "2.5.1",
    grade: "MUST",
    rule: "a field is only used if its feature is there",
    test: () => {
      // Without STATUS the link is up, without MAC there is no address, whatever the space shows.
      const bare: Answer = (offset, value) => (offset === Register.DeviceFeatures ? value & ~((1 << Feature.STATUS) | (1 << Feature.MAC)) : offset >= Register.Config ? 0 : value);
      expect(meets(bare).running).toBe(true);
    },
  },
  { section: "2.5.1", grade: "MUST NOT", rule: "the size of the configuration space is not limited", reason: "it reads the fields that it knows and never asks for a size" },
  {
    section: "5.1.4.2",
    grade: "MUST NOT",
    rule: "no field of the configuration is written",
    test: () => expect(ALL.filter((one) => one.write && one.offset >= Register.Config)).toEqual([]),
  },
];

const initialisation: readonly MustRow[] = [
  {
    section: "3.1.1",
    grade: "MUST",
    rule: "reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK, read again, queues, DRIVER_OK, in this order",
    test: () => {
      for (const life of WORKING) {
        const places = [
          position(life, isStatus(Status.ACKNOWLEDGE)),
          position(life, isStatus(Status.DRIVER)),
          position(life, (one) => !one.write && one.offset === Register.DeviceFeatures),
          position(life, (one) => one.write && one.offset === Register.DriverFeatures),
          position(life, isStatus(Status.FEATURES_OK)),
          position(life, (one) => !one.write && one.offset === Register.Status && (one.value & Status.FEATURES_OK) !== 0),
          position(life, (one) => one.write && one.offset === Register.QueueReady),
          position(life, isStatus(Status.DRIVER_OK)),
        ];
        expect(places).toEqual([...places].sort((a, b) => a - b));
        expect(places[0]).toBeGreaterThan(0);
      }
    },
  },
  {
    section: "3.1.1",
    grade: "MUST NOT",
    rule: "no feature is accepted after FEATURES_OK",
    test: () => expect(writesTo(ALL, Register.DriverFeatures).filter((one) => (one.status & Status.FEATURES_OK) !== 0)).toEqual([]),
  },
  {
    section: "3.1.1",
    grade: "MUST NOT",
    rule: "initialisation does not go on where FEATURES_OK did not stick",
    test: () => {
      const { log, running } = meets((offset, value) => (offset === Register.Status ? value & ~Status.FEATURES_OK : value));
      expect([running, writesTo(log, Register.QueueReady).length]).toEqual([false, 0]);
    },
  },
  {
    section: "3.1.1",
    grade: "MUST NOT",
    rule: "no notification is sent before DRIVER_OK",
    test: () => expect(writesTo(ALL, Register.QueueNotify).filter((one) => (one.status & Status.DRIVER_OK) === 0)).toEqual([]),
  },
];

mustTable("beginning with a device: drivers", [...status, ...features, ...configuration, ...initialisation]);
