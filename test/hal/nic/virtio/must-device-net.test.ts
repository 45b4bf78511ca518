/** What VIRTIO 1.2 demands of a network device: features, configuration, frames (5.1.2 to 5.1.6.4). Every line that concerns devices. */

import { expect } from "vitest";
import { VirtioFeature as Feature, VirtioRegister as Register } from "../../../../hal/nic/virtio/mmio-registers.ts";
import type { MustRow } from "./must.ts";
import { mustTable } from "./must.ts";
import { BROADCAST, HEADER_BYTES, MAC, NetBench, USUAL } from "./net-bench.ts";
import { flowFrame, frameTo } from "./net-frames.ts";

const IDENTITY = "test/hal/nic/virtio/net-identity.test.ts";
const RECEIVE = "test/hal/nic/virtio/net-receive.test.ts";
const STEPS = "test/hal/nic/virtio/net-receive-steps.test.ts";
const TRANSMIT = "test/hal/nic/virtio/net-transmit.test.ts";
const FLOW = "test/hal/nic/virtio/net-flow.test.ts";

const NO_OFFLOAD = "checksum and segmentation offload are not offered";
const NO_HASH_REPORT = "HASH_REPORT is not offered";

/** Every header that is written before a frame, of frames of many lengths and kinds. */
function headers(features: readonly number[]): number[][] {
  const bench = new NetBench().start(features);
  bench.give(0, 8);
  const flow = { source: "10.0.0.1", destination: "10.0.0.2", sourcePort: 1, destinationPort: 2 };
  [frameTo(MAC, 14), frameTo(BROADCAST, 1514), flowFrame(flow), flowFrame({ ...flow, protocol: 17 })].forEach((frame) => bench.arrive(frame));
  return Array.from({ length: 4 }, (_, i) => bench.received(0, i).header);
}

/** Speed and duplex, as the configuration space shows them. */
const linkBytes = (bench: NetBench): number[] => bench.configuration(12, 5);

const configuration: readonly MustRow[] = [
  { section: "5.1.2", grade: "fact", rule: "receive and transmit queues alternate; the control queue comes last, after all pairs only if MQ or RSS is negotiated", seen: [IDENTITY, "the control queue is number %i"] },
  { section: "5.1.2", grade: "fact", rule: "the control queue exists only if CTRL_VQ is negotiated", seen: [IDENTITY, "without CTRL_VQ there is no control queue"] },
  { section: "5.1.3.1", grade: "fact", rule: "CTRL_RX, CTRL_VLAN, MQ, CTRL_MAC_ADDR and RSS require CTRL_VQ", seen: [IDENTITY, "chosen: %s"] },
  { section: "5.1.4.1", grade: "MUST", rule: "max_virtqueue_pairs is 1 to 0x8000 if MQ is offered", seen: [IDENTITY, "four pairs, MTU"] },
  { section: "5.1.4.1", grade: "MUST", rule: "mtu is 68 to 65535 if MTU is offered", seen: [IDENTITY, "nor one with an MTU of %i"] },
  { section: "5.1.4.1", grade: "SHOULD", rule: "mtu is at least 1280", reason: "it is what the machine's owner says" },
  {
    section: "5.1.4.1",
    grade: "MUST NOT",
    rule: "mtu does not change",
    test: () => {
      const bench = new NetBench({ mtu: 1500 }).start([...USUAL, Feature.MTU]);
      bench.write(Register.Config + 8, 0);
      bench.nic.wire.plug(false);
      bench.settle();
      bench.write(Register.Status, 0);
      expect(bench.configuration(10, 2)).toEqual([0xdc, 5]);
    },
  },
  { section: "5.1.4.1", grade: "MUST NOT", rule: "with MTU negotiated no frame is passed that exceeds mtu and its header", seen: [STEPS, "longer than a negotiated MTU, tags not counted"] },
  {
    section: "5.1.4.1",
    grade: "MUST",
    rule: "with MTU negotiated frames of up to mtu and a header are sent, in one piece",
    test: () => {
      const bench = new NetBench({ mtu: 1500 }).start([...USUAL, Feature.MTU]);
      bench.send(0, 0, frameTo(BROADCAST, 1514));
      expect(bench.sent).toEqual([frameTo(BROADCAST, 1514)]);
    },
  },
  { section: "5.1.4.1", grade: "MUST", rule: "rss_max_key_size is at least 40 if RSS is offered", seen: [IDENTITY, "four pairs, MTU"] },
  { section: "5.1.4.1", grade: "MUST", rule: "rss_max_indirection_table_length is at least 128 if RSS is offered", seen: [IDENTITY, "four pairs, MTU"] },
  { section: "5.1.4.1", grade: "MAY", rule: "with STANDBY the device acts for a primary one", reason: "STANDBY is not offered" },
  { section: "5.1.4.1", grade: "MUST", rule: "with SPEED_DUPLEX negotiated speed is that of the device in Mbit/s", test: () => expect(linkBytes(new NetBench()).slice(0, 4)).toEqual([0xe8, 3, 0, 0]) },
  // The field's description (5.1.4) says 1 for full duplex; the line that demands it has the two the other way round.
  { section: "5.1.4.1", grade: "MUST", rule: "with SPEED_DUPLEX negotiated duplex is full", test: () => expect(linkBytes(new NetBench()).slice(4)).toEqual([1]) },
  {
    section: "5.1.4.1",
    grade: "SHOULD NOT",
    rule: "speed and duplex change while the link is up",
    test: () => {
      const bench = new NetBench().start([...USUAL, Feature.SPEED_DUPLEX]);
      const before = linkBytes(bench);
      bench.write(Register.Config + 12, 0);
      bench.write(Register.Config + 16, 0);
      bench.nic.wire.plug(false);
      bench.settle();
      expect(linkBytes(bench)).toEqual(before);
    },
  },
  { section: "5.1.4.1", grade: "SHOULD NOT", rule: "HASH_REPORT is offered without CTRL_VQ", reason: NO_HASH_REPORT },
  { section: "5.1.4.1", grade: "SHOULD NOT", rule: "CTRL_RX_EXTRA is offered without CTRL_VQ", seen: [IDENTITY, "offered with %s"] },
];

const transmission: readonly MustRow[] = [
  { section: "5.1.6.2.2", grade: "MUST", rule: "flags that the device does not know are ignored", seen: [TRANSMIT, "leaves whatever its header says"] },
  { section: "5.1.6.2.2", grade: "MUST NOT", rule: "csum_start and csum_offset are used when NEEDS_CSUM is not set", seen: [TRANSMIT, "leaves whatever its header says"] },
  { section: "5.1.6.2.2", grade: "MUST NOT", rule: "hdr_len is relied on", seen: [TRANSMIT, "leaves whatever its header says"] },
  {
    section: "5.1.6.2.2",
    grade: "MUST NOT",
    rule: "the frame's checksum is relied on when NEEDS_CSUM is not set",
    test: () => {
      const bench = new NetBench().start();
      const frame = flowFrame({ source: "10.0.0.1", destination: "10.0.0.2", sourcePort: 1, destinationPort: 2 });
      bench.send(0, 0, frame);
      expect(bench.sent).toEqual([frame]);
    },
  },
];

const reception: readonly MustRow[] = [
  { section: "5.1.6.3.2", grade: "MUST", rule: "num_buffers is the number of chains that hold the frame", seen: [RECEIVE, "buffers of 64 bytes: a frame of %i bytes takes %j"] },
  { section: "5.1.6.3.2", grade: "MUST", rule: "one chain only is used without MRG_RXBUF", seen: [RECEIVE, "a frame that is longer than the chain is dropped"] },
  { section: "5.1.6.4.1", grade: "MUST", rule: "num_buffers is 1 without MRG_RXBUF", test: () => expect(headers(USUAL).map((header) => header.slice(10))).toEqual(Array(4).fill([1, 0])) },
  { section: "5.1.6.4.1", grade: "MUST", rule: "with MRG_RXBUF num_buffers counts the chains of header and frame", seen: [RECEIVE, "buffers of 64 bytes: a frame of %i bytes takes %j"] },
  { section: "5.1.6.4.1", grade: "MUST", rule: "all chains but the last are filled to their end", seen: [RECEIVE, "buffers of different lengths, each filled to its end but the last"] },
  {
    section: "5.1.6.4.1",
    grade: "MUST",
    rule: "all chains of a frame are shown together",
    test: () => {
      const bench = new NetBench().start([...USUAL, Feature.MRG_RXBUF]);
      bench.give(0, 8, 64);
      bench.offer(frameTo(MAC, 400));
      const seen = new Set<number>();
      for (let i = 0; i < 3; i++) {
        bench.steps(1);
        seen.add(bench.queues[0].usedIndex);
      }
      expect([...seen]).toEqual([0, 7]);
    },
  },
  {
    section: "5.1.6.4.1",
    grade: "MUST",
    rule: "flags are 0 without GUEST_CSUM",
    test: () => expect([headers(USUAL), headers([...USUAL, Feature.MRG_RXBUF])].flat().map((header) => header[0])).toEqual(Array(8).fill(0)),
  },
  { section: "5.1.6.4.1", grade: "MUST NOT", rule: "gso_type is TCPV4 without GUEST_TSO4", seen: ["test/hal/nic/virtio/must-device-net.test.ts", "gso_type is NONE without GUEST_TSO"] },
  { section: "5.1.6.4.1", grade: "MUST NOT", rule: "gso_type is UDP without GUEST_UFO", seen: ["test/hal/nic/virtio/must-device-net.test.ts", "gso_type is NONE without GUEST_TSO"] },
  { section: "5.1.6.4.1", grade: "MUST NOT", rule: "gso_type is TCPV6 without GUEST_TSO6", seen: ["test/hal/nic/virtio/must-device-net.test.ts", "gso_type is NONE without GUEST_TSO"] },
  { section: "5.1.6.4.1", grade: "SHOULD NOT", rule: "TCP frames that need segmentation carry ECN without GUEST_ECN", reason: NO_OFFLOAD },
  { section: "5.1.6.4.1", grade: "MUST", rule: "with NEEDS_CSUM set the checksum is validated, replaced by the pseudo header's, and its place given", reason: NO_OFFLOAD },
  { section: "5.1.6.4.1", grade: "MUST", rule: "gso_type is NONE without GUEST_TSO4, TSO6 and UFO", test: () => expect(headers(USUAL).map((header) => header.slice(1, 10))).toEqual(Array(4).fill(Array(9).fill(0))) },
  { section: "5.1.6.4.1", grade: "MUST", rule: "with another gso_type NEEDS_CSUM is set and gso_size given", reason: NO_OFFLOAD },
  { section: "5.1.6.4.1", grade: "MUST", rule: "with RSC_EXT the segments and acknowledgements that were joined are counted", reason: "RSC_EXT is not offered" },
  { section: "5.1.6.4.1", grade: "MUST NOT", rule: "RSC_INFO is set without RSC_EXT", test: () => expect(headers(USUAL).map((header) => header[0] & 4)).toEqual([0, 0, 0, 0]) },
  { section: "5.1.6.4.1", grade: "SHOULD", rule: "with segmentation offload hdr_len covers the headers", reason: NO_OFFLOAD },
  { section: "5.1.6.4.1", grade: "MUST", rule: "with DATA_VALID set the checksum is validated", reason: NO_OFFLOAD },
  { section: "5.1.6.4.3", grade: "MUST", rule: "a device that offers HASH_REPORT has a command for the hash's parameters", reason: NO_HASH_REPORT },
  { section: "5.1.6.4.3.2", grade: "fact", rule: "IPv4: addresses and ports of TCP or UDP, else addresses, as the types enabled say", seen: [FLOW, "the hash type that a frame gets of those enabled"] },
  { section: "5.1.6.4.3.3", grade: "fact", rule: "IPv6 without extension headers: the same", seen: [FLOW, "the hash type that a frame gets of those enabled"] },
  { section: "5.1.6.4.3.4", grade: "fact", rule: "IPv6 with extension headers and no type for these: they are passed over", seen: [FLOW, "where tags and options stand makes no difference to the hash"] },
  { section: "5.1.6.4.4", grade: "fact", rule: "hash_value and hash_report are filled", reason: NO_HASH_REPORT },
  {
    section: "5.1.6",
    grade: "fact",
    rule: "the header has 12 bytes whatever is negotiated, without HASH_REPORT",
    test: () => {
      for (const features of [USUAL, [...USUAL, Feature.MRG_RXBUF]]) {
        const bench = new NetBench().start(features);
        bench.give(0, 1);
        bench.arrive(frameTo(MAC, 60));
        expect(bench.queues[0].used()).toEqual([[0, HEADER_BYTES + 60]]);
      }
    },
  },
];

mustTable("features and configuration", configuration);
mustTable("transmission", transmission);
mustTable("reception", reception);
