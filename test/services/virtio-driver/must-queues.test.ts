/**
 * What VIRTIO 1.2 demands of a driver at its queues (2.6 to 2.8, 3.3). Every line that concerns drivers, in our words; the
 * rings are looked at whenever the driver lets anybody look.
 */

import { expect } from "vitest";
import { VirtioRegister as Register } from "../../../hal/nic/virtio/mmio-registers.ts";
import type { MustRow } from "../../hal/nic/virtio/must.ts";
import { mustTable } from "../../hal/nic/virtio/must.ts";
import type { Access } from "./register-log.ts";
import { writesTo } from "./register-log.ts";
import type { Scene } from "./scenes.ts";
import { KINDS, playScenes } from "./scenes.ts";

/** All of a driver's life, with one queue pair and with more, with every feature and without EVENT_IDX and INDIRECT_DESC. */
const SCENES: readonly Scene[] = KINDS.map(playScenes);
const ALL: readonly Access[] = SCENES.flatMap((scene) => scene.log);

function expectsNone(breaches: readonly { readonly section: string }[], section: string): void {
  expect(breaches.filter((one) => one.section === section)).toEqual([]);
}

function breachesOf(section: string): void {
  expect(SCENES.reduce((sum, scene) => sum + scene.chains, 0)).toBeGreaterThan(1000);
  for (const scene of SCENES) expectsNone(scene.breaches, section);
}

const ONE_PROCESSOR = "there is one processor, whose writes the device sees in their order";
const NO_RING_RESET = "RING_RESET is not accepted";
const NO_IN_ORDER = "IN_ORDER is not accepted";

const queues: readonly MustRow[] = [
  { section: "2.6.1", grade: "MUST", rule: "all that concerns the reset of a single queue", reason: NO_RING_RESET },
  {
    section: "2.7.1",
    grade: "MUST",
    rule: "the parts of a queue are aligned to 16, 2 and 4",
    test: () => {
      const grains: readonly (readonly [register: number, grain: number])[] = [
        [Register.QueueDescLow, 16],
        [Register.QueueDriverLow, 2],
        [Register.QueueDeviceLow, 4],
      ];
      for (const [register, grain] of grains) {
        expect(writesTo(ALL, register).length).toBeGreaterThan(0);
        for (const one of writesTo(ALL, register)) expect(one.value % grain).toBe(0);
      }
    },
  },
  { section: "2.7.4.2", grade: "MUST", rule: "writable descriptors follow readable ones", test: () => breachesOf("2.7.4.2") },
  { section: "2.7.5.2", grade: "MUST NOT", rule: "no chain is longer than 2^32 bytes, or loops", test: () => breachesOf("2.7.5.2") },
  { section: "2.7.5.2", grade: "MUST", rule: "descriptors follow the ring's order with IN_ORDER", reason: NO_IN_ORDER },
  {
    section: "2.7.5.3.1",
    grade: "MUST NOT",
    rule: "an indirect table is used only if negotiated, not within another, not with NEXT, and no chain is longer than the queue",
    test: () => {
      breachesOf("2.7.5.3.1");
      const withTables = SCENES.filter((scene) => scene.indirectChains > 0).length;
      expect([withTables > 0, withTables < SCENES.length]).toEqual([true, true]);
    },
  },
  { section: "2.7.6.1", grade: "MUST NOT", rule: "the available index never goes back", test: () => breachesOf("2.7.6.1") },
  { section: "2.7.13", grade: "fact", rule: "no more chains are made available than there are descriptors", test: () => breachesOf("2.7.13") },
  { section: "2.7.7.1", grade: "MUST", rule: "the available flags are 0 or 1, and 0 with EVENT_IDX", test: () => breachesOf("2.7.7.1") },
  { section: "2.7.7.1", grade: "MUST", rule: "notifications without a reason are put up with", seen: ["test/services/driver/wake-up-cases.ts", "an interrupt for nothing"] },
  { section: "2.7.8.3", grade: "MUST NOT", rule: "nothing is assumed of bytes beyond the used length", seen: ["test/services/driver/receive-cases.ts", "the bytes that net gets are the bytes from the wire"] },
  {
    section: "2.7.10.1",
    grade: "MUST",
    rule: "the used ring's flags are 0 when the queue is set up",
    test: () => {
      for (const scene of SCENES) expect([scene.setUps > 0, scene.usedFlagsAtSetUp]).toEqual([true, 0]);
    },
  },
  { section: "2.7.10.1", grade: "MUST", rule: "the device is notified when flags, or avail_event, ask for it", test: () => breachesOf("2.7.10.1") },
  {
    section: "2.7.10.1",
    grade: "SHOULD NOT",
    rule: "the device is not notified otherwise: most chains cost no notification",
    test: () => {
      for (const scene of SCENES) expect(writesTo(scene.log, Register.QueueNotify).length).toBeLessThan(scene.chains / 2);
    },
  },
  { section: "2.7.13.3.1", grade: "MUST", rule: "a barrier before the available index is moved", reason: ONE_PROCESSOR },
  { section: "2.7.13.4.1", grade: "MUST", rule: "a barrier before flags or avail_event are read", reason: ONE_PROCESSOR },
  { section: "2.8", grade: "MUST", rule: "all that concerns packed queues", reason: "RING_PACKED is not accepted" },
];

const operation: readonly MustRow[] = [
  { section: "3.3.1", grade: "MUST NOT", rule: "chains that are exposed in a live queue are not altered", test: () => breachesOf("3.3.1") },
  {
    section: "3.3.1",
    grade: "MUST",
    rule: "buffers are taken back only when the device is reset",
    test: () => {
      for (const scene of SCENES) expect([scene.statusAtShutdown, scene.broken]).toEqual([0, []]);
    },
  },
];

mustTable("queues: drivers", [...queues, ...operation]);
