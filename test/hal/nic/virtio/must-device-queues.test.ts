/** What VIRTIO 1.2 demands of a device: queues and descriptors (2.6, 2.7.4, 2.7.5). Every line that concerns devices. */

import { expect } from "vitest";
import { VirtioFeature as Feature } from "../../../../hal/nic/virtio/mmio-registers.ts";
import { VirtqDescriptorFlag } from "../../../../hal/nic/virtio/split-ring.ts";
import type { MustRow } from "./must.ts";
import { mustTable } from "./must.ts";
import { HEADER_BYTES, MAC, NetBench } from "./net-bench.ts";
import { frameTo } from "./net-frames.ts";
import { TransportBench } from "./transport-bench.ts";

const { WRITE, INDIRECT } = VirtqDescriptorFlag;
const INDIRECT_DESC = 1 << Feature.INDIRECT_DESC;
const NO_RING_RESET = "RING_RESET is not offered";

const queues: readonly MustRow[] = [
  { section: "2.6.1.1.1", grade: "MUST NOT", rule: "a queue that was reset alone executes nothing and notifies nothing", reason: NO_RING_RESET },
  { section: "2.6.1.1.1", grade: "MUST", rule: "a queue that was reset alone has its state at default", reason: NO_RING_RESET },
  { section: "2.6.1.2.1", grade: "MUST", rule: "a queue enabled again observes changed settings", reason: NO_RING_RESET },
  {
    section: "2.7.4.1",
    grade: "MUST NOT",
    rule: "nothing is assumed of how a buffer is cut into descriptors",
    test: () => {
      const frame = frameTo(MAC, 20);
      const whole = [...new Array<number>(HEADER_BYTES).fill(0), ...frame];
      const bench = new NetBench();
      for (let first = 1; first < whole.length; first++) {
        for (const second of [1, 5, whole.length]) {
          const cuts = [first, Math.min(first + second, whole.length)];
          bench.sent.length = 0;
          bench.start();
          bench.ram.u8.set(whole, bench.buffer(1));
          const pieces = [0, ...cuts].map((from, i) => ({ address: bench.buffer(1, from), bytes: (cuts[i] ?? whole.length) - from })).filter(({ bytes }) => bytes > 0);
          bench.queues[1].chain(0, pieces);
          bench.queues[1].offer(0);
          bench.notify(1);
          bench.giveChain(0, 0, pieces.map((piece) => ({ ...piece, address: piece.address - bench.buffer(1) + bench.buffer(0) })));
          bench.arrive(frame);
          expect(bench.sent).toEqual([frame]);
          expect(bench.bytes(bench.buffer(0, HEADER_BYTES), 20)).toEqual([...frame]);
        }
      }
    },
  },
  {
    section: "2.7.5.1",
    grade: "MUST NOT",
    rule: "a readable buffer is never written",
    test: () => {
      const bench = new NetBench().start();
      const parts = [
        { address: bench.buffer(0), bytes: 64 },
        { address: bench.buffer(0, 64), bytes: 2048, flags: WRITE },
      ];
      bench.queues[0].chain(0, parts);
      bench.queues[0].offer(0);
      bench.ram.fill(bench.buffer(0), 64, 0xee);
      bench.arrive(frameTo(MAC, 60));
      expect(bench.bytes(bench.buffer(0), 64).every((byte) => byte === 0xee)).toBe(true);
    },
  },
  {
    section: "2.7.5.1",
    grade: "SHOULD NOT",
    rule: "a writable buffer is not read",
    test: () => {
      const bench = new TransportBench().start();
      bench.driver().chain(0, [{ address: bench.buffer(), bytes: 8 }, { address: bench.buffer(64), bytes: 8, flags: WRITE }]);
      bench.driver().offer(0);
      bench.queue().take();
      expect(bench.queue().readableBytes()).toBe(8);
      expect(bench.queue().gather(0, 9, bench.own)).toBe(false);
    },
  },
  {
    section: "2.7.5.3.2",
    grade: "MUST",
    rule: "the flag WRITE is ignored in a descriptor that refers to an indirect table",
    test: () => {
      for (const flag of [0, WRITE]) {
        const bench = new TransportBench().start(INDIRECT_DESC);
        bench.driver().chain(0, [{ address: bench.buffer(), bytes: 8 }, { address: bench.buffer(64), bytes: 16, flags: WRITE }], bench.buffer(0x1000));
        bench.driver().describe(0, { address: bench.buffer(0x1000), bytes: 32, flags: INDIRECT | flag });
        bench.driver().offer(0);
        expect([bench.queue().take(), bench.queue().readableBytes(), bench.queue().writableBytes()]).toEqual([0, 8, 16]);
      }
    },
  },
  {
    section: "2.7.5.3.2",
    grade: "MUST",
    rule: "zero or more plain descriptors may go before the one that refers to a table",
    test: () => {
      for (let plain = 0; plain <= 5; plain++) {
        const bench = new TransportBench().start(INDIRECT_DESC);
        bench.driver().chain(0, [{ address: bench.buffer(), bytes: 8 }, { address: bench.buffer(64), bytes: 16, flags: WRITE }], bench.buffer(0x1000));
        const before = new Array(plain).fill({ address: bench.buffer(), bytes: 1 });
        bench.driver().chain(0, [...before, { address: bench.buffer(0x1000), bytes: 32, flags: INDIRECT }]);
        bench.driver().offer(0);
        expect([bench.queue().take(), bench.queue().readableBytes(), bench.queue().writableBytes()]).toEqual([0, plain + 8, 16]);
      }
    },
  },
];

mustTable("queues and descriptors: devices", queues);
