/** What VIRTIO 1.2 demands of a network device: its control queue and its queues (5.1.6.5). Every line that concerns devices. */

import { expect } from "vitest";
import { VirtioFeature as Feature, VirtioRegister as Register } from "../../../../hal/nic/virtio/mmio-registers.ts";
import type { MustRow } from "./must.ts";
import { mustTable } from "./must.ts";
import { MAC, NetBench, QUEUE_SIZE, USUAL } from "./net-bench.ts";
import { flowFrame, frameTo, macBytes } from "./net-frames.ts";

const CONTROL = "test/hal/nic/virtio/net-control.test.ts";
const STEERING = "test/hal/nic/virtio/net-steering.test.ts";
const NO_COALESCING = "NOTF_COAL is not offered";
const OTHER = "02:00:00:00:00:55";

/** Has a command carried out event by event; what `look` says before the command's used element is shown and after. */
function around<T>(bench: NetBench, bytes: readonly number[], look: () => T): { before: T; after: T } {
  const queue = bench.queues[bench.controlIndex];
  const at = bench.buffer(bench.controlIndex);
  bench.ram.u8.set(bytes, at);
  queue.chain(0, [{ address: at, bytes: bytes.length }, { address: at + 4096, bytes: 1, flags: 2 }]);
  const used = queue.usedIndex;
  queue.offer(0);
  bench.notify(bench.controlIndex);
  let before = look();
  while (queue.usedIndex === used) {
    before = look();
    bench.steps(1);
  }
  return { before, after: look() };
}

const filtering: readonly MustRow[] = [
  { section: "5.1.6.5", grade: "fact", rule: "the answer is one byte, OK or ERR", seen: [CONTROL, "data that does not fit is refused"] },
  { section: "5.1.6.5.1.1", grade: "MUST", rule: "with CTRL_RX the promiscuous mode is switched", seen: [CONTROL, "promiscuous off"] },
  { section: "5.1.6.5.1.1", grade: "SHOULD", rule: "the promiscuous mode goes before every other", seen: [CONTROL, "promiscuous goes before all else"] },
  { section: "5.1.6.5.1.1", grade: "MUST", rule: "with CTRL_RX all multicast is switched", seen: [CONTROL, "all multicast"] },
  { section: "5.1.6.5.1.1", grade: "MUST", rule: "with CTRL_RX_EXTRA all unicast is switched", seen: [CONTROL, "all unicast"] },
  { section: "5.1.6.5.1.1", grade: "MUST", rule: "with CTRL_RX_EXTRA multicast is suppressed, even if all of it was let in, but not broadcast", seen: [CONTROL, "no multicast, though all"] },
  { section: "5.1.6.5.1.1", grade: "MUST", rule: "with CTRL_RX_EXTRA unicast is suppressed, even if all of it was let in", seen: [CONTROL, "no unicast, though all"] },
  { section: "5.1.6.5.1.1", grade: "MUST", rule: "with CTRL_RX_EXTRA broadcast is suppressed, even if all multicast was let in", seen: [CONTROL, "no broadcast, though all multicast"] },
  {
    section: "5.1.6.5.2.1",
    grade: "MUST",
    rule: "the address table is empty after a reset",
    test: () => {
      const bench = new NetBench().start();
      bench.command(1, 0, [1, 0, 0, 0, ...macBytes(OTHER), 0, 0, 0, 0]);
      bench.start();
      bench.command(0, 0, [0]);
      bench.arrive(frameTo(OTHER, 60));
      expect(bench.account.filtered).toBe(1);
    },
  },
  {
    section: "5.1.6.5.2.1",
    grade: "MUST",
    rule: "the address table holds when its command is used",
    test: () => {
      const bench = new NetBench().start();
      bench.command(0, 0, [0]);
      const { after } = around(bench, [1, 0, 1, 0, 0, 0, ...macBytes(OTHER), 0, 0, 0, 0], () => bench.account.filtered);
      bench.arrive(frameTo(OTHER, 60));
      expect([after, bench.account.filtered]).toEqual([0, 0]);
    },
  },
  {
    section: "5.1.6.5.2.1",
    grade: "MUST",
    rule: "mac in the configuration space is the new one when ADDR_SET is used",
    test: () => {
      const bench = new NetBench().start();
      const { before, after } = around(bench, [1, 1, ...macBytes(OTHER)], () => bench.configuration(0, 6));
      expect([before, after]).toEqual([macBytes(MAC), macBytes(OTHER)]);
    },
  },
  { section: "5.1.6.5.2.1", grade: "SHOULD", rule: "frames to addresses that are neither the own nor in the table are dropped", seen: [CONTROL, "full"] },
  { section: "5.1.6.5.3", grade: "fact", rule: "the VLAN table is empty at first; it is for tagged frames only", seen: [CONTROL, "with it none passes but those added"] },
  { section: "5.1.6.5.3.1", grade: "MUST", rule: "without CTRL_VLAN all tagged frames pass", seen: [CONTROL, "without the feature all tags pass"] },
  { section: "5.1.6.5.3.1", grade: "MUST", rule: "with CTRL_VLAN those whose tag is in the table pass", seen: [CONTROL, "with it none passes but those added"] },
  { section: "5.1.6.5.4.2", grade: "MUST", rule: "an announcement's acknowledgement clears its bit", reason: "GUEST_ANNOUNCE is not offered" },
];

const queues: readonly MustRow[] = [
  { section: "5.1.6.5.5", grade: "fact", rule: "only the first pair is used until a command says otherwise", seen: [STEERING, "after initialisation only the first takes frames"] },
  { section: "5.1.6.5.5", grade: "fact", rule: "the last command decides between automatic steering and RSS", seen: [STEERING, "the last command decides when both modes were"] },
  { section: "5.1.6.5.6", grade: "MUST", rule: "VQ_PAIRS_SET turns automatic steering by flow on", seen: [STEERING, "a flow's frames stay together, whatever their tags"] },
  { section: "5.1.6.5.6", grade: "SHOULD", rule: "frames of a flow that was sent on a pair come back on it", seen: [STEERING, "a flow comes back on the pair where its frames leave"] },
  { section: "5.1.6.5.6", grade: "MAY", rule: "a flow that was never sent goes to any of the pairs in use", seen: [STEERING, "%i pairs: all of them take frames, and no others"] },
  { section: "5.1.6.5.6.2", grade: "MUST", rule: "after a reset frames go to the first queue only", seen: [STEERING, "a reset goes back to one"] },
  { section: "5.1.6.5.6.2", grade: "MUST NOT", rule: "a queue beyond the pairs takes a frame once the command is used", seen: [STEERING, "no frame goes to the others once the command is used"] },
  { section: "5.1.6.5.6.2", grade: "SHOULD", rule: "frames for a queue that is being reset go to another", reason: "RING_RESET is not offered" },
  { section: "5.1.6.5.6.4", grade: "MUST", rule: "with HASH_REPORT the hash's parameters are set by a command", reason: "HASH_REPORT is not offered" },
  { section: "5.1.6.5.7.2", grade: "MUST", rule: "RSS: the hash, masked, chooses the entry of the table that names the queue", seen: [STEERING, "the published vectors choose their entries of a table of 128"] },
  { section: "5.1.6.5.7.2", grade: "MUST", rule: "RSS: a frame without a hash goes to the unclassified queue", seen: [STEERING, "the unclassified queue takes %s"] },
  { section: "5.1.6.5.7.2", grade: "MUST", rule: "RSS: a frame for a queue that is being reset is dropped", reason: "RING_RESET is not offered" },
  {
    section: "5.1.6.5.7.1",
    grade: "fact",
    rule: "max_tx_vq is how many transmit queues the driver uses",
    test: () => {
      const bench = new NetBench({ queuePairs: 3 }).start([...USUAL, Feature.RSS]);
      const config = (transmitQueues: number): number[] => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, transmitQueues, 0, 0];
      expect(bench.command(4, 1, config(2))).toBe(0);
      for (let pair = 0; pair < 3; pair++) bench.send(pair, 0, frameTo(MAC, 60 + pair));
      expect(bench.sent.map((frame) => frame.length)).toEqual([60, 61]);
    },
  },
  {
    section: "5.1.6.5.7.1",
    grade: "fact",
    rule: "frames for a queue that is not ready are dropped, others are not held up",
    test: () => {
      const bench = new NetBench({ queuePairs: 2 }).start([...USUAL, Feature.RSS]);
      for (let pair = 0; pair < 2; pair++) bench.give(pair, QUEUE_SIZE);
      expect(bench.command(4, 1, [2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0])).toBe(0);
      bench.write(Register.QueueSel, 0);
      bench.write(Register.QueueReady, 0);
      bench.arrive(flowFrame({ source: "10.0.0.1", destination: "10.0.0.2", sourcePort: 1, destinationPort: 2 }));
      bench.arrive(frameTo(MAC, 60));
      expect([bench.account.noDescriptor, bench.queues[2].usedIndex]).toEqual([1, 1]);
    },
  },
  { section: "5.1.6.5.8", grade: "fact", rule: "offloads are switched by a command", reason: "CTRL_GUEST_OFFLOADS is not offered" },
  { section: "5.1.6.5.9.4", grade: "SHOULD", rule: "coalescing that cannot be set is answered ERR", seen: [CONTROL, "a class that is none"] },
  { section: "5.1.6.5.9.4", grade: "SHOULD NOT", rule: "notifications that the driver suppresses are sent when coalescing lets them", reason: NO_COALESCING },
  { section: "5.1.6.5.9.4", grade: "MUST", rule: "coalescing is off after a reset", reason: NO_COALESCING },
];

mustTable("control queue: filters", filtering);
mustTable("control queue: queues", queues);
