/** The cases again with a device of the plainest rings: suppression by flags only, chains in the queue's own table. */

import { afterAll, beforeAll, vi } from "vitest";
import { VirtioFeature } from "../../../hal/nic/virtio/mmio-registers.ts";
import { watchDevices, without } from "../virtio-driver/watched.ts";
import { runCases } from "./case-group.ts";
import type { DriverKind, DriverNumbers } from "./kind.ts";
import { pace } from "./pace-cases.ts";
import { buffersAreShort, receiving } from "./receive-cases.ts";
import { sending } from "./transmit-cases.ts";
import { virtioKind } from "./virtio-kind.ts";
import { wakeUps } from "./wake-up-cases.ts";

const bend = without(VirtioFeature.EVENT_IDX, VirtioFeature.INDIRECT_DESC);

beforeAll(() => watchDevices(bend, Object.assign([], { push: () => 0 })));
afterAll(() => void vi.restoreAllMocks());

const kind = virtioKind(1, "plain virtio");
// A chain of two descriptors for each frame: twice as many are needed.
const twice = (numbers: DriverNumbers): DriverNumbers => ({ ...numbers, rxDescriptors: 2 * numbers.rxDescriptors, txDescriptors: 2 * numbers.txDescriptors });
const plain: DriverKind = { ...kind, ringsBytes: (numbers) => kind.ringsBytes(twice(numbers)), line: (numbers) => kind.line(twice(numbers)) };

runCases(plain, [receiving, buffersAreShort, sending, pace, wakeUps]);
