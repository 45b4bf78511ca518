/**
 * A virtio network device and a driver that keeps to the rules, by chance: whatever the features, chains and moments, every
 * frame is received whole or counted, in order in its queue, every frame that is given leaves whole and in order, and
 * no wake-up is lost though the driver notifies only when asked.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { HalTrace } from "../../../../hal/trace.ts";
import { VirtioFeature as Feature, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { GoodDriver, bytesOf } from "./good-driver.ts";
import { BROADCAST, HEADER_BYTES, NetBench, USUAL } from "./net-bench.ts";
import { flowFrame, frameTo } from "./net-frames.ts";

const WRITE = 2;
/** Lengths of a chain's parts, together enough for a frame of 60 bytes and its header. */
const lengths = fc.tuple(fc.integer({ min: 72, max: 500 }), fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 3 })).map(([first, more]) => [...more, first]);

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("give" as const), pair: fc.nat(2), lengths, indirect: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("frame" as const), flow: fc.nat(20), more: fc.nat(900) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("send" as const), pair: fc.nat(2), lengths, indirect: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("time" as const), cycles: fc.oneof(fc.nat(300), fc.nat(20_000)) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("take" as const) }) },
);

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

class Rig {
  readonly bench: NetBench;
  readonly drivers: readonly GoodDriver[];
  readonly pairs: number;
  /** What was offered to the wire, by ordinal less one; what came of it, by pair; what was given to send and what left, by pair. */
  readonly offered: Uint8Array[] = [];
  readonly received: number[][][];
  readonly given: number[][][];
  readonly #merges: boolean;
  readonly #indirect: boolean;

  constructor(pairs: number, features: readonly number[]) {
    const multi = pairs > 1 ? [Feature.MQ] : [];
    this.bench = new NetBench({ queuePairs: pairs }).start([...USUAL, ...multi, ...features]);
    if (pairs > 1) expect(this.bench.command(4, 0, [pairs, 0])).toBe(0);
    this.pairs = pairs;
    this.#merges = features.includes(Feature.MRG_RXBUF);
    this.#indirect = features.includes(Feature.INDIRECT_DESC);
    this.drivers = Array.from({ length: 2 * pairs }, (_, i) => new GoodDriver(this.bench, i, features.includes(Feature.EVENT_IDX)));
    this.received = Array.from({ length: pairs }, () => []);
    this.given = Array.from({ length: pairs }, () => []);
  }

  perform(step: Action): void {
    if (step.kind === "time") this.bench.board.idleUntil(this.bench.board.now() + step.cycles);
    else if (step.kind === "take") this.take();
    else if (step.kind === "frame") this.frame(step.flow, step.more);
    else if (step.kind === "give") {
      const driver = this.drivers[2 * (step.pair % this.pairs)];
      driver.offer(step.lengths, WRITE, step.indirect && this.#indirect);
      driver.notify();
    } else this.send(step.pair % this.pairs, step.lengths, step.indirect && this.#indirect);
  }

  frame(flow: number, more: number): void {
    const start = flowFrame({ source: `10.0.0.${flow}`, destination: "10.0.1.1", sourcePort: flow, destinationPort: 80 });
    const frame = new Uint8Array([...start, ...frameTo(BROADCAST, more, flow)]);
    if (this.bench.nic.wire.offer(frame, 0) >= 0) this.offered.push(frame);
  }

  send(pair: number, parts: readonly number[], indirect: boolean): void {
    const driver = this.drivers[2 * pair + 1];
    const total = parts.reduce((sum, bytes) => sum + bytes, 0);
    // The last byte but one of the frame's address says whose it is.
    const frame = frameTo(`02:00:00:00:0${pair}:01`, total - HEADER_BYTES, this.given[pair].length);
    const places = driver.offer(parts, 0, indirect);
    if (places === undefined) return;
    const all = [...Array<number>(HEADER_BYTES).fill(0), ...frame];
    for (const place of places) this.bench.ram.u8.set(all.splice(0, place.bytes), place.address);
    this.given[pair].push([...frame]);
    driver.notify();
  }

  /** Takes back whatever the device has used, and puts frames together again. */
  take(): void {
    for (let pair = 0; pair < this.pairs; pair++) {
      const used = this.drivers[2 * pair].take();
      while (used.length > 0) {
        const first = used.shift()!;
        const bytes = bytesOf(this.bench, first.parts, first.bytes);
        const buffers = bytes[10] | (bytes[11] << 8);
        for (let i = 1; i < buffers; i++) {
          const next = used.shift()!;
          bytes.push(...bytesOf(this.bench, next.parts, next.bytes));
        }
        expect(this.#merges ? buffers : 1).toBe(buffers);
        this.received[pair].push(bytes.slice(HEADER_BYTES));
      }
      for (const one of this.drivers[2 * pair + 1].take()) expect(one.bytes).toBe(0);
    }
  }

  /** By pair: the ordinals of the frames that the device says it received, in order. */
  announced(): number[][] {
    const byPair: number[][] = Array.from({ length: this.pairs }, () => []);
    let pair = 0;
    for (const { kind, argument0, argument1 } of this.bench.traced) {
      if (kind === HalTrace.frameSteered) pair = argument1;
      if (kind !== HalTrace.frameReceived) continue;
      byPair[pair].push(argument0);
      expect(argument1).toBe(byPair[pair].length);
      pair = 0;
    }
    return byPair;
  }
}

const FEATURES = [Feature.MRG_RXBUF, Feature.INDIRECT_DESC, Feature.EVENT_IDX];

test("by chance", () => {
  const reached = { received: 0, noDescriptor: 0, tooLong: 0, transmitted: 0, merged: 0 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.subarray(FEATURES), fc.array(action, { minLength: 20, maxLength: 120 }), (pairs, features, actions) => {
      const rig = new Rig(pairs, features);
      for (const step of actions) rig.perform(step);
      rig.bench.settle();
      rig.take();
      const { bench } = rig;
      expect(rig.received).toEqual(rig.announced().map((ordinals) => ordinals.map((ordinal) => [...rig.offered[ordinal - 1]])));
      const left = rig.given.map((_, pair) => bench.sent.filter((frame) => frame[4] === pair).map((frame) => [...frame]));
      expect(left).toEqual(rig.given);
      const { offered, received, noDescriptor, tooLong, transmitDropped } = bench.account;
      expect([offered, received + noDescriptor + tooLong, transmitDropped, bench.status & Status.DEVICE_NEEDS_RESET]).toEqual([rig.offered.length, offered, 0, 0]);
      for (const key of ["received", "noDescriptor", "tooLong", "transmitted"] as const) reached[key] += bench.account[key];
      reached.merged += rig.received.flat().length < bench.queues.filter((_, i) => i % 2 === 0 && i < 2 * pairs).reduce((sum, queue) => sum + queue.usedIndex, 0) ? 1 : 0;
      refill(rig);
    }),
    { numRuns: 100, seed: 11 },
  );
  expect(Object.values(reached).every((count) => count > 10)).toBe(true);
});

/** When all queues are filled again, by a driver that notifies only when asked, each takes the next frames. */
function refill(rig: Rig): void {
  for (let pair = 0; pair < rig.pairs; pair++) {
    const driver = rig.drivers[2 * pair];
    while (driver.offer([2000], WRITE, false) !== undefined);
    driver.notify();
  }
  const before = rig.bench.account.received;
  // Sixteen descriptors are four chains at least, each with room for one of these.
  for (let flow = 0; flow < 4; flow++) rig.frame(flow, 0);
  rig.bench.settle();
  expect(rig.bench.account.received - before).toBe(4);
}
