/**
 * Checksum status (manual 3.2.9, table 3-5, 13.4.47): which frames are judged and how, against frames whose checksums are
 * computed here, in another way: by 32-bit words from the back, carries at the end.
 */

import { describe, expect, test } from "vitest";
import { RxDescriptor, RxError, RxStatus } from "../../../hal/nic/descriptors.ts";
import { ControlBit, E1000Register as Register, ReceiveChecksumBit as Enable, ReceiveControlBit as Control } from "../../../hal/nic/e1000-registers.ts";
import { Bench, MAC, frameTo } from "./bench.ts";

const { IPCS, TCPCS, IXSM, VP } = RxStatus;
const BOTH = Enable.IPOFLD | Enable.TUOFLD;

/** One's complement sum of bytes as 16-bit words, folded. */
function sum(bytes: readonly number[]): number {
  let total = 0;
  for (let i = bytes.length - 1; i >= 0; i--) total += (i & 1) === 0 ? bytes[i] * 256 : bytes[i];
  while (total > 0xffff) total = Math.floor(total / 0x1_0000) + (total % 0x1_0000);
  return total;
}

const word = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
const checksum = (bytes: readonly number[]): number[] => word(~sum(bytes));
const fill = (bytes: number, seed = 3): number[] => Array.from({ length: bytes }, (_, i) => (seed + 11 * i) & 0xff);

interface Segment {
  readonly protocol: number;
  readonly bytes: number[];
  readonly checksumAt: number;
}

const tcp = (payload: number): Segment => ({ protocol: 6, bytes: [0x12, 0x34, 0, 80, ...fill(8), 0x50, 0x10, 1, 0, 0, 0, 0, 0, ...fill(payload, 77)], checksumAt: 16 });
const udp = (payload: number): Segment => ({ protocol: 17, bytes: [0x12, 0x34, 0, 53, ...word(8 + payload), 0, 0, ...fill(payload, 9)], checksumAt: 6 });

function sealed(segment: Segment, addresses: readonly number[]): number[] {
  const bytes = [...segment.bytes];
  const pseudo = [...addresses, 0, segment.protocol, ...word(bytes.length)];
  bytes.splice(segment.checksumAt, 2, ...checksum([...pseudo, ...bytes]));
  return bytes;
}

/** An IPv4 packet; `flags`: the fragment word. */
function ipv4(segment: Segment, options: readonly number[] = [], flags = 0x4000, addresses: readonly number[] = [192, 0, 2, 1, 198, 51, 100, 7]): number[] {
  const payload = sealed(segment, addresses);
  const header = [0x45 + options.length / 4, 0, ...word(20 + options.length + payload.length), 0xab, 0xcd, ...word(flags), 64, segment.protocol, 0, 0, ...addresses, ...options];
  header.splice(10, 2, ...checksum(header));
  return [...header, ...payload];
}

/** An IPv6 packet with extension headers given as [number, bytes]. */
function ipv6(segment: Segment, extensions: readonly (readonly [number, readonly number[]])[] = []): number[] {
  const addresses = fill(32, 0x20);
  const payload = sealed(segment, addresses);
  const numbers = [...extensions.map(([number]) => number), segment.protocol];
  const chain = extensions.flatMap(([, bytes], i) => [numbers[i + 1], ...bytes]);
  return [0x60, 0, 0, 0, ...word(chain.length + payload.length), numbers[0], 64, ...addresses, ...chain, ...payload];
}

const ethernet = (type: number, packet: readonly number[], tag: readonly number[] = []): Uint8Array => Uint8Array.from([...frameTo(MAC, 12), ...tag, ...word(type), ...packet]);
const snap = (type: number, packet: readonly number[]): Uint8Array => Uint8Array.from([...frameTo(MAC, 12), ...word(packet.length + 8), 0xaa, 0xaa, 3, 0, 0, 0, ...word(type), ...packet]);
const v4 = (packet: readonly number[]): Uint8Array => ethernet(0x0800, packet);
const v6 = (packet: readonly number[]): Uint8Array => ethernet(0x86dd, packet);

/** The bytes changed at an offset. */
function changed(frame: Uint8Array, at: number, value: number): Uint8Array {
  const copy = frame.slice();
  copy[at] = value;
  return copy;
}

function receive(frame: Uint8Array, enabled = BOTH, control = 0): Bench {
  const bench = new Bench();
  bench.receiveRing(8, 7, control | Control.SECRC);
  bench.write(Register.RXCSUM, enabled);
  bench.arrive(frame);
  return bench;
}

/** Status without DD and EOP, and errors. */
function verdict(frame: Uint8Array, enabled = BOTH): readonly [number, number] {
  const { status, errors } = receive(frame, enabled).rx(0);
  return [status & ~(RxStatus.DD | RxStatus.EOP), errors];
}

const hopByHop = [0, [0, 1, 2, 3, 4, 5, 6]] as const;
const longOptions = [60, [1, ...fill(14)]] as const;
const flip = (frame: Uint8Array, at: number): Uint8Array => changed(frame, at, frame[at] ^ 0x10);

describe("right frames (table 3-5)", () => {
  test.each([
    ["IPv4, TCP", v4(ipv4(tcp(100))), IPCS | TCPCS],
    ["IPv4, TCP, an odd length", v4(ipv4(tcp(101))), IPCS | TCPCS],
    ["IPv4, TCP without data: the frame is padded", v4(ipv4(tcp(0))), IPCS | TCPCS],
    ["IPv4, UDP", v4(ipv4(udp(33))), IPCS | TCPCS],
    ["IPv4 with options, TCP", v4(ipv4(tcp(50), fill(40))), IPCS | TCPCS],
    ["IPv4, TCP, addresses whose sum is almost all ones", v4(ipv4(tcp(40), [], 0x4000, [0, 0, 0, 0, 0xff, 0xff, 0, 0])), IPCS | TCPCS],
    ["IPv4, another protocol", v4(ipv4({ ...tcp(20), protocol: 47 })), IPCS],
    ["IPv4, first fragment", v4(ipv4(tcp(60), [], 0x2000)), IPCS],
    ["IPv4, last fragment", v4(ipv4(udp(60), [], 0x0008)), IPCS],
    ["IPv4 in SNAP", snap(0x0800, ipv4(tcp(40))), IPCS | TCPCS],
    ["IPv4, tagged", ethernet(0x0800, ipv4(tcp(40)), [0x81, 0, 0, 5]), IPCS | TCPCS],
    ["IPv6, TCP", v6(ipv6(tcp(100))), TCPCS],
    ["IPv6, UDP", v6(ipv6(udp(7))), TCPCS],
    ["IPv6, hop-by-hop and destination options, TCP", v6(ipv6(tcp(9), [hopByHop, longOptions])), TCPCS],
    ["IPv6, routing header used up, UDP", v6(ipv6(udp(9), [[43, [0, 0, 0, 0, 0, 0, 0]]])), TCPCS],
    ["IPv6, routing header with a segment left", v6(ipv6(udp(9), [[43, [0, 0, 1, 0, 0, 0, 0]]])), IXSM],
    ["IPv6, fragment header", v6(ipv6(tcp(9), [[44, [0, 0, 0, 0, 0, 0, 0]]])), IXSM],
    ["IPv6, another protocol", v6(ipv6({ ...tcp(20), protocol: 58 })), IXSM],
    ["ARP", ethernet(0x0806, fill(46)), IXSM],
    ["LLC, not SNAP", Uint8Array.from([...frameTo(MAC, 12), 0, 46, 0x42, 0x42, 3, ...fill(43)]), IXSM],
    ["SNAP of another organisation, by its first byte", changed(snap(0x0800, ipv4(tcp(40))), 17, 1), IXSM],
    ["SNAP of another organisation, by its last byte", changed(snap(0x0800, ipv4(tcp(40))), 19, 1), IXSM],
  ])("%s", (_name, frame, status) => {
    expect(verdict(frame)).toEqual([status, 0]);
  });
});

describe("wrong ones", () => {
  const v4tcp = v4(ipv4(tcp(100)));
  test.each([
    ["an IPv4 header", flip(v4tcp, 14 + 8), IPCS | TCPCS, RxError.IPE],
    ["IPv4's options", flip(v4(ipv4(tcp(50), fill(12))), 14 + 25), IPCS | TCPCS, RxError.IPE],
    ["a byte of TCP's data", flip(v4tcp, v4tcp.length - 1), IPCS | TCPCS, RxError.TCPE],
    ["both", flip(flip(v4tcp, 22), 60), IPCS | TCPCS, RxError.IPE | RxError.TCPE],
    ["a byte of UDP's header", flip(v4(ipv4(udp(33))), 14 + 20 + 1), IPCS | TCPCS, RxError.TCPE],
    ["an address of IPv6, which is TCP's affair", flip(v6(ipv6(tcp(100))), 14 + 20), TCPCS, RxError.TCPE],
    ["the IPv4 header of a fragment", flip(v4(ipv4(tcp(60), [], 0x2000)), 14 + 8), IPCS, RxError.IPE],
  ])("%s", (_name, frame, status, errors) => {
    expect(verdict(frame)).toEqual([status, errors]);
  });

  test("every single byte of an IPv4 frame that is not the Ethernet header's", () => {
    const good = v4(ipv4(udp(31)));
    for (let at = 14; at < good.length; at++) {
      const [status, errors] = verdict(flip(good, at));
      // What says that this is IPv4, how long it is, of which protocol or a fragment, may make it none of ours.
      if ((status & TCPCS) !== 0 && (status & IPCS) !== 0) expect([at, errors === 0]).toEqual([at, false]);
      else expect([14, 15, 16, 17, 20, 21, 23].includes(at) || (errors & RxError.IPE) !== 0).toBe(true);
    }
  });
});

describe("what cannot be judged", () => {
  test.each([
    ["a UDP checksum of 0 over IPv4 is none", changed(changed(v4(ipv4(udp(20))), 40, 0), 41, 0), [IPCS, 0]],
    ["a UDP checksum of 0 over IPv6 is wrong", changed(changed(v6(ipv6(udp(20))), 60, 0), 61, 0), [TCPCS, RxError.TCPE]],
    ["an IPv4 header of 16 bytes", changed(v4(ipv4(tcp(20))), 14, 0x44), [IXSM, 0]],
    ["IPv4 of version 5", changed(v4(ipv4(tcp(20))), 14, 0x55), [IXSM, 0]],
    ["an IPv4 packet longer than its frame: the header only", v4(ipv4(tcp(100))).slice(0, 100), [IPCS, 0]],
    ["an IPv6 packet longer than its frame", v6(ipv6(tcp(100))).slice(0, 100), [IXSM, 0]],
    ["an IPv6 header longer than its packet", v6(ipv6(tcp(20), [[60, [200, 0, 0, 0, 0, 0, 0]]])), [IXSM, 0]],
    ["a TCP header that is cut", v4(ipv4({ ...tcp(0), bytes: tcp(0).bytes.slice(0, 19), checksumAt: 16 })), [IPCS, 0]],
  ])("%s", (_name, frame, expected) => {
    expect(verdict(frame)).toEqual(expected);
  });

  test("an IPv4 header of 60 bytes in a frame that ends before", () => {
    expect(verdict(changed(v4(ipv4(tcp(19))), 14, 0x4f))).toEqual([IXSM, 0]);
  });
});

describe("RXCSUM (13.4.47)", () => {
  const bad = flip(flip(v4(ipv4(tcp(100))), 22), 60);
  test.each([
    ["at 0: nothing is judged", 0, [IXSM, 0]],
    ["IPOFLD", Enable.IPOFLD, [IPCS, RxError.IPE]],
    ["TUOFLD", Enable.TUOFLD, [TCPCS, RxError.TCPE]],
    ["both", BOTH, [IPCS | TCPCS, RxError.IPE | RxError.TCPE]],
    ["PCSS alone", 14, [IXSM, 0]],
  ])("%s", (_name, enabled, expected) => {
    expect(verdict(bad, enabled)).toEqual(expected);
  });

  test.each([0, 1, 13, 14, 33, 34, 59, 60, 153, 154, 255])("the packet checksum is the sum from byte %d on", (start) => {
    const frame = v4(ipv4(tcp(100)));
    const bench = receive(frame, BOTH | start);
    expect(frame.length).toBe(154);
    expect(RxDescriptor.checksum.get(bench.ram, bench.rxAt(0))).toBe(sum([...frame].slice(start)));
  });

  test("after stripping, in the first descriptor; the verdict in the last, behind padding descriptors", () => {
    const plain = ipv4(tcp(400));
    const frame = ethernet(0x0800, plain, [0x81, 0, 0x20, 5]);
    const bench = new Bench();
    bench.receiveRing(8, 7, Control.SECRC | (3 << 16), 256);
    bench.rxDescriptor(0, 0);
    bench.write(Register.RXCSUM, BOTH | 14);
    bench.write(Register.CTRL, bench.read(Register.CTRL) | ControlBit.VME);
    bench.arrive(flip(frame, frame.length - 1));
    const checksums = [0, 1, 2].map((index) => RxDescriptor.checksum.get(bench.ram, bench.rxAt(index)));
    expect(checksums).toEqual([0, sum([...plain.slice(0, -1), plain[plain.length - 1] ^ 0x10]), 0]);
    expect([0, 1, 2].map((index) => bench.rx(index).errors)).toEqual([0, 0, RxError.TCPE]);
    expect(bench.rx(2).status).toBe(RxStatus.DD | RxStatus.EOP | VP | IPCS | TCPCS);
  });
});
