/** What VIRTIO 1.2 demands of a device: status, features, reset, configuration (2.1 to 2.5, 6.2). Every line that concerns devices. */

import { expect } from "vitest";
import { VirtioFeature as Feature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import type { MustRow } from "./must.ts";
import { mustTable } from "./must.ts";
import type { NetBenchOptions } from "./net-bench.ts";
import { MAC, NetBench, USUAL } from "./net-bench.ts";
import { frameTo } from "./net-frames.ts";
import { TransportBench } from "./transport-bench.ts";

/** Every way in which the network device can be made. */
const OFFERS: readonly NetBenchOptions[] = [{}, { queuePairs: 2 }, { queuePairs: 8 }, { multiqueue: true }, { mtu: 1500 }, { accessPlatform: true }, { queuePairs: 4, mtu: 2030, accessPlatform: true }];
/** Features that require another (5.1.3.1, 5.1.4.2). */
const REQUIRES: readonly (readonly [feature: number, other: number])[] = [
  [Feature.CTRL_RX, Feature.CTRL_VQ],
  [Feature.CTRL_VLAN, Feature.CTRL_VQ],
  [Feature.CTRL_RX_EXTRA, Feature.CTRL_VQ],
  [Feature.MQ, Feature.CTRL_VQ],
  [Feature.CTRL_MAC_ADDR, Feature.CTRL_VQ],
  [Feature.RSS, Feature.CTRL_VQ],
];

function offered(bench: NetBench): readonly number[] {
  return Array.from({ length: 128 }, (_, bit) => bit).filter((bit) => {
    bench.write(Register.DeviceFeaturesSel, bit >> 5);
    return ((bench.read(Register.DeviceFeatures) >>> (bit & 31)) & 1) === 1;
  });
}

/** Is any byte from the memory's begin on not as it was? */
function isChanged(bench: NetBench, before: Uint8Array): boolean {
  return bench.ram.u8.subarray(bench.memory).some((byte, i) => byte !== before[i]);
}

/** Frames arrive, are sent, and a cable is pulled, in a device whose memory nobody may touch: what changed, and the line. */
function disturb(bench: NetBench): { changed: boolean; line: boolean; causes: number } {
  const before = bench.ram.u8.slice(bench.memory);
  for (let queue = 0; queue < 3; queue++) bench.notify(queue);
  bench.arrive(frameTo(MAC, 60));
  bench.nic.wire.plug(false);
  bench.settle();
  return { changed: isChanged(bench, before), line: bench.lineHigh(), causes: bench.read(Register.InterruptStatus) };
}

const AT_REST = { changed: false, line: false, causes: 0 };

const status: readonly MustRow[] = [
  {
    section: "2.1",
    grade: "fact",
    rule: "the status is 0 at power-on and after a reset",
    test: () => {
      const bench = new NetBench();
      expect(bench.status).toBe(0);
      bench.start();
      bench.write(Register.Status, 0);
      expect(bench.status).toBe(0);
    },
  },
  {
    section: "2.1.2",
    grade: "MUST NOT",
    rule: "no buffer is consumed, and no used buffer notification sent, before DRIVER_OK",
    test: () => {
      const bench = new NetBench();
      bench.negotiate();
      for (let queue = 0; queue < 3; queue++) bench.setUp(queue);
      bench.give(0, 4);
      bench.put(0, 0, frameTo(MAC, 60));
      bench.write(Register.Config, 0);
      const before = bench.ram.u8.slice(bench.memory);
      for (let queue = 0; queue < 3; queue++) bench.notify(queue);
      bench.arrive(frameTo(MAC, 60));
      expect(isChanged(bench, before)).toBe(false);
      expect([bench.sent.length, bench.lineHigh(), bench.read(Register.InterruptStatus)]).toEqual([0, false, 0]);
    },
  },
  {
    section: "2.1.2",
    grade: "SHOULD",
    rule: "DEVICE_NEEDS_RESET is set in a state that only a reset mends",
    test: () => {
      for (const queue of [0, 1, 2]) {
        const bench = new NetBench().start();
        bench.queues[queue].setAvailableIndex(999);
        bench.notify(queue);
        bench.arrive(frameTo(MAC, 60));
        expect(bench.status & Status.DEVICE_NEEDS_RESET).toBe(Status.DEVICE_NEEDS_RESET);
      }
    },
  },
  {
    section: "2.1.2",
    grade: "MUST",
    rule: "having set DEVICE_NEEDS_RESET with DRIVER_OK set, it sends a configuration change notification",
    test: () => {
      const bench = new NetBench().start();
      bench.queues[1].setAvailableIndex(999);
      bench.notify(1);
      bench.settle();
      expect(bench.status & Status.DEVICE_NEEDS_RESET).toBe(Status.DEVICE_NEEDS_RESET);
      expect([bench.read(Register.InterruptStatus), bench.lineHigh()]).toEqual([2, true]);
    },
  },
];

const features: readonly MustRow[] = [
  {
    section: "2.2.2",
    grade: "MUST NOT",
    rule: "no feature is offered whose required feature is not offered",
    test: () => {
      for (const options of OFFERS) {
        const bits = offered(new NetBench(options));
        for (const [feature, other] of REQUIRES) if (bits.includes(feature)) expect(bits).toContain(other);
      }
    },
  },
  {
    section: "2.2.2",
    grade: "SHOULD",
    rule: "any valid subset of the offer is accepted",
    test: () => {
      const optional = [Feature.MAC, Feature.MRG_RXBUF, Feature.STATUS, Feature.CTRL_VQ, Feature.MQ, Feature.EVENT_IDX, Feature.INDIRECT_DESC, Feature.RSS, Feature.MTU];
      const bench = new NetBench({ queuePairs: 2, mtu: 1500 });
      for (let choice = 0; choice < 2 ** optional.length; choice++) {
        const chosen = optional.filter((_, i) => ((choice >> i) & 1) === 1);
        const isValid = REQUIRES.every(([feature, other]) => !chosen.includes(feature as never) || chosen.includes(other as never));
        expect(bench.negotiate(chosen), String(chosen)).toBe(isValid);
      }
    },
  },
  {
    section: "2.2.2",
    grade: "MUST",
    rule: "FEATURES_OK fails to be set for any other choice",
    test: () => {
      const bench = new NetBench({ queuePairs: 2 });
      const bits = offered(bench);
      for (let bit = 0; bit < 128; bit++) if (!bits.includes(bit)) expect(bench.negotiate([bit]), String(bit)).toBe(false);
      for (const [feature] of REQUIRES) expect(bench.negotiate([feature])).toBe(false);
    },
  },
  {
    section: "2.2.2",
    grade: "MUST NOT",
    rule: "no feature is offered that would not be supported",
    test: () => {
      const known: readonly number[] = Object.values(Feature);
      for (const options of OFFERS) for (const bit of offered(new NetBench(options))) expect(known).toContain(bit);
    },
  },
  {
    section: "2.2.2",
    grade: "SHOULD NOT",
    rule: "a choice that was accepted once is not refused after a reset",
    test: () => {
      const bench = new NetBench({ queuePairs: 2 });
      for (let round = 0; round < 3; round++) expect(bench.negotiate([...USUAL, Feature.MQ, Feature.RSS])).toBe(true);
    },
  },
  {
    section: "6.2",
    grade: "MUST",
    rule: "VERSION_1 is offered",
    test: () => {
      for (const options of OFFERS) expect(offered(new NetBench(options))).toContain(Feature.VERSION_1);
    },
  },
  {
    section: "6.2",
    grade: "MAY",
    rule: "a driver that does not accept VERSION_1, or ACCESS_PLATFORM where it is offered, is refused",
    test: () => {
      const bench = new TransportBench();
      bench.negotiate(0, 0);
      expect(bench.status & Status.FEATURES_OK).toBe(0);
      expect(new NetBench({ accessPlatform: true }).negotiate()).toBe(false);
      expect(new NetBench({ accessPlatform: true }).negotiate([...USUAL, Feature.ACCESS_PLATFORM])).toBe(true);
    },
  },
  { section: "6.2", grade: "MUST", rule: "buffers are used in order if IN_ORDER was negotiated", reason: "IN_ORDER is not offered" },
];

const reset: readonly MustRow[] = [
  {
    section: "2.4.1",
    grade: "MUST",
    rule: "the status is 0 after a reset, whatever it was",
    test: () => {
      for (const written of [1, 3, 11, 15, 128, 143]) {
        const bench = new NetBench();
        bench.negotiate();
        bench.write(Register.Status, written);
        bench.write(Register.Status, 0);
        expect(bench.status).toBe(0);
      }
      const bench = new NetBench().start();
      bench.queues[1].setAvailableIndex(999);
      bench.notify(1);
      bench.settle();
      bench.write(Register.Status, 0);
      expect(bench.status).toBe(0);
    },
  },
  {
    section: "2.4.1",
    grade: "MUST NOT",
    rule: "after the reset no notification is sent and no queue touched, at whatever step of its work the device was",
    test: () => {
      for (let steps = 0; steps < 12; steps++) {
        const bench = new NetBench().start();
        bench.give(0, 4);
        bench.put(0, 0, frameTo(MAC, 60));
        bench.offer(frameTo(MAC, 60));
        bench.notify(1);
        for (let i = 0; i < steps && bench.board.nextDeviceEventCycle() >= 0; i++) bench.steps(1);
        bench.write(Register.Status, 0);
        expect(disturb(bench), `after ${steps} steps`).toEqual(AT_REST);
      }
    },
  },
];

const configuration: readonly MustRow[] = [
  {
    section: "2.5.2",
    grade: "MUST",
    rule: "every field of the configuration space can be read before FEATURES_OK, if its feature is offered",
    test: () => {
      const bench = new NetBench({ queuePairs: 2, mtu: 1500 });
      const before = bench.configuration(0, 24);
      expect(before.slice(0, 6)).toEqual([2, 0, 0, 0, 0, 1]);
      expect(before.slice(6, 12)).toEqual([1, 0, 2, 0, 0xdc, 5]);
      expect(before[17]).toBe(40);
      bench.start([...USUAL, Feature.MQ, Feature.RSS, Feature.MTU]);
      expect(bench.configuration(0, 24)).toEqual(before);
    },
  },
];

mustTable("status, features, reset, configuration: devices", [...status, ...features, ...reset, ...configuration]);
