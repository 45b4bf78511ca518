/** Whatever a driver writes to a virtio network device, and whatever is on the wire: no panic, exact accounts, no write outside what is granted, rest in the end. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { DmaRight } from "../../../../hal/iommu.ts";
import { tinyHalLimits } from "../../../../hal/limits.ts";
import { VIRTIO_REGISTER_BYTES, VirtioFeature as Feature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { HalTrace } from "../../../../hal/trace.ts";
import { BROADCAST, MAC, NetBench, QUEUE_SIZE } from "./net-bench.ts";
import { flowFrame, frameTo } from "./net-frames.ts";

/** All queues and buffers of a device of two pairs lie in the first half; the second is what no device may touch. */
const GRANTED = 0x8_0000;
const GUARDED = 0x4000;
const GUARD = 0xa5;
const PAIRS = 2;
const QUEUES = 2 * PAIRS + 1;
const FEATURES = [Feature.MAC, Feature.STATUS, Feature.CTRL_VQ, Feature.CTRL_RX, Feature.CTRL_RX_EXTRA, Feature.CTRL_MAC_ADDR, Feature.CTRL_VLAN, Feature.MQ, Feature.RSS, Feature.MRG_RXBUF, Feature.INDIRECT_DESC, Feature.EVENT_IDX];

/** Promiscuous mode off, both pairs, RSS over TCP to either queue, an empty address table. */
const COMMANDS: readonly (readonly number[])[] = [[0, 0, 0], [4, 0, 2, 0], [4, 1, 0x3f, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 2, 0, 4, 9, 200, 17, 3], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]];

const word = fc.oneof(fc.constantFrom(0, 1, 2, 3, 7, 8, 15, 16, 64, 0x8000, 0xffff, 0x7fff_ffff, 0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff }));
const queue = fc.nat(QUEUES - 1);
const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name);

const action = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: kind("start"), features: fc.oneof(fc.constant(FEATURES), fc.subarray(FEATURES)) }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("write"), offset: fc.oneof(fc.constantFrom(...Object.values(Register)), fc.nat(VIRTIO_REGISTER_BYTES - 4)), value: word }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("read"), offset: fc.nat(VIRTIO_REGISTER_BYTES / 4 - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("ready"), queue, ready: fc.nat(1) }) },
  { weight: 5, arbitrary: fc.record({ kind: kind("notify"), queue }) },
  // Words of the rings and tables themselves.
  { weight: 1, arbitrary: fc.record({ kind: kind("scribble"), queue, at: fc.nat(0x2ff), value: word }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("chain"), queue, head: fc.nat(QUEUE_SIZE - 1), at: fc.oneof(fc.nat(GRANTED), fc.constantFrom(GRANTED - 8, GRANTED, GRANTED + 64)), bytes: fc.oneof(fc.nat(20), fc.nat(3000)), flags: fc.nat(7), next: fc.nat(QUEUE_SIZE) }) },
  { weight: 6, arbitrary: fc.record({ kind: kind("give"), pair: fc.nat(PAIRS - 1), count: fc.nat(6), bytes: fc.oneof(fc.nat(100), fc.constant(2048)) }) },
  { weight: 5, arbitrary: fc.record({ kind: kind("send"), pair: fc.nat(PAIRS - 1), head: fc.nat(QUEUE_SIZE - 1), bytes: fc.oneof(fc.nat(1500), fc.nat(2100)) }) },
  { weight: 5, arbitrary: fc.record({ kind: kind("command"), bytes: fc.oneof(fc.constantFrom(...COMMANDS), fc.array(fc.oneof(fc.nat(5), fc.nat(255)), { maxLength: 40 })) }) },
  { weight: 6, arbitrary: fc.record({ kind: kind("frame"), to: fc.constantFrom(MAC, BROADCAST, "02:00:00:00:00:99", "01:00:5e:00:00:01"), bytes: fc.oneof(fc.nat(1600), fc.nat(10_000)) }) },
  { weight: 3, arbitrary: fc.record({ kind: kind("flow"), port: fc.nat(50), cut: fc.nat(80) }) },
  { weight: 6, arbitrary: fc.record({ kind: kind("time"), cycles: fc.oneof(fc.nat(200), fc.nat(50_000)) }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("plug"), plugged: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("grant"), isGranted: fc.boolean() }) },
);

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function grant(bench: NetBench, isGranted: boolean): void {
  bench.board.iommu.revoke(0);
  if (isGranted) bench.board.iommu.grant(0, bench.memory, GRANTED, DmaRight.read | DmaRight.write);
}

function plug(bench: NetBench, plugged: boolean): void {
  bench.nic.wire.plug(plugged);
  bench.board.idleUntil(bench.board.now() + 1);
}

/** A stretch of a queue's memory, in words from its descriptor table on. */
function scribble(bench: NetBench, index: number, at: number, value: number): void {
  bench.ram.i32[((bench.queues[index]?.settings.descriptors ?? bench.memory) >> 2) + at] = value | 0;
}

function start(bench: NetBench, features: readonly number[]): void {
  if (!bench.negotiate(features)) return;
  for (let i = 0; i < QUEUES; i++) bench.setUp(i);
  bench.write(Register.Status, bench.status | Status.DRIVER_OK);
}

function perform(bench: NetBench, step: Action): void {
  switch (step.kind) {
    case "start":
      start(bench, step.features);
      return;
    case "write":
      bench.write(step.offset, step.value);
      return;
    case "read":
      bench.read(step.offset * 4);
      return;
    case "ready":
      bench.write(Register.QueueSel, step.queue);
      bench.write(Register.QueueReady, step.ready);
      return;
    case "notify":
      bench.notify(step.queue);
      return;
    case "scribble":
      scribble(bench, step.queue, step.at, step.value);
      return;
    case "frame":
      bench.nic.wire.offer(frameTo(step.to, step.bytes), 0);
      return;
    case "flow":
      bench.nic.wire.offer(flowFrame({ source: "10.0.0.1", destination: "10.0.0.2", sourcePort: step.port, destinationPort: 80 }).slice(0, step.cut), 0);
      return;
    case "time":
      bench.board.idleUntil(bench.board.now() + step.cycles);
      return;
    case "plug":
      plug(bench, step.plugged);
      return;
    case "grant":
      grant(bench, step.isGranted);
      return;
    default:
      if (bench.queues.length === QUEUES) useQueue(bench, step);
  }
}

function useQueue(bench: NetBench, step: Action): void {
  if (step.kind === "chain") {
    bench.queues[step.queue].describe(step.head, { address: bench.memory + step.at, bytes: step.bytes, flags: step.flags, next: step.next });
    bench.queues[step.queue].offer(step.head);
  } else if (step.kind === "give") bench.give(step.pair, step.count, step.bytes);
  else if (step.kind === "send") bench.put(step.pair, step.head, frameTo(BROADCAST, step.bytes));
  else if (step.kind === "command") {
    const control = bench.queues[QUEUES - 1];
    const at = bench.buffer(QUEUES - 1);
    bench.ram.u8.set(step.bytes, at);
    control.chain(0, [{ address: at, bytes: step.bytes.length }, { address: at + 4096, bytes: 1, flags: 2 }]);
    control.offer(0);
    bench.notify(QUEUES - 1);
  }
}

function guardIsWhole(bench: NetBench): boolean {
  return bench.ram.u8.subarray(bench.memory + GRANTED, bench.memory + GRANTED + GUARDED).every((byte) => byte === GUARD);
}

function expectsOrder(bench: NetBench): void {
  const { inFlight, transmitted } = bench.account;
  expect([bench.unaccounted(), inFlight >= 0, transmitted]).toEqual([0, true, bench.sent.length]);
  const nothing = bench.read(Register.InterruptStatus) === 0;
  expect(bench.lineHigh()).toBe(!nothing);
}

/** What the runs have come across, so that a test that reaches nothing is seen. */
interface Reached {
  received: number;
  filtered: number;
  noDescriptor: number;
  tooLong: number;
  linkDown: number;
  transmitted: number;
  transmitDropped: number;
  needsReset: number;
  commands: number;
  secondQueue: number;
}

function note(reached: Reached, bench: NetBench): void {
  const account = bench.account;
  for (const name of ["received", "filtered", "noDescriptor", "tooLong", "linkDown", "transmitted", "transmitDropped"] as const) reached[name] += account[name];
  if ((bench.status & Status.DEVICE_NEEDS_RESET) !== 0) reached.needsReset += 1;
  if (bench.queues.length === QUEUES) reached.commands += bench.queues[QUEUES - 1].usedIndex === 0 ? 0 : 1;
  reached.secondQueue += bench.tracedOf(HalTrace.frameSteered).length;
}

test.each([
  ["standard", {}],
  // Six events at most, whatever is done: the tiny machine's wire and sixteen event slots are enough.
  ["tiny", { ...tinyHalLimits, eventSlots: 6 }],
])("with %s limits", (_, limits) => {
  const reached: Reached = { received: 0, filtered: 0, noDescriptor: 0, tooLong: 0, linkDown: 0, transmitted: 0, transmitDropped: 0, needsReset: 0, commands: 0, secondQueue: 0 };
  fc.assert(
    fc.property(fc.array(action, { minLength: 30, maxLength: 80 }), (actions) => {
      const bench = new NetBench({ queuePairs: PAIRS, limits });
      grant(bench, true);
      bench.ram.fill(bench.memory + GRANTED, GUARDED, GUARD);
      start(bench, FEATURES);
      for (const step of actions) {
        perform(bench, step);
        expectsOrder(bench);
      }
      bench.settle();
      expectsOrder(bench);
      note(reached, bench);
      expect([guardIsWhole(bench), bench.account.inFlight, bench.nic.atRest()]).toEqual([true, 0, true]);
      grant(bench, true);
      bench.nic.wire.plug(true);
      bench.settle();
      // A good driver finds a good device.
      bench.start();
      bench.give(0, 1);
      bench.arrive(frameTo(MAC, 60));
      bench.send(0, 0, frameTo(BROADCAST, 70, 3));
      expect([bench.received(0, 0).frame, bench.sent.at(-1)]).toEqual([[...frameTo(MAC, 60)], frameTo(BROADCAST, 70, 3)]);
    }),
    { numRuns: 200, seed: 5 },
  );
  expect(Object.values(reached).every((count) => count > 0)).toBe(true);
});
