/** Finding a frame's flow and hashing it: the published vectors of the Toeplitz hash, and what shows no ports or no flow. */

import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { bothWaysHash, hashTypeOf, headerBytes, isTagged, readFlow, toeplitzHash } from "../../../../hal/nic/virtio/net-flow.ts";
import { VirtioNetHash as Hash } from "../../../../hal/nic/virtio/net-layouts.ts";
import { FlowFields } from "../../../../hal/nic/virtio/net-state.ts";
import type { Flow } from "./net-frames.ts";
import { flowFrame, frameTo, u16 } from "./net-frames.ts";

const ALL = Hash.IPv4 | Hash.TCPv4 | Hash.UDPv4 | Hash.IPv6 | Hash.TCPv6 | Hash.UDPv6;
const FIELDS = 64 as Address<"FlowFields">;
const KEY = 128;
const FRAME = 256;
/** The key of the published verification suite. */
export const PUBLISHED_KEY = Uint8Array.from(
  "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa".match(/../g)!.map((byte) => Number.parseInt(byte, 16)),
);

function memoryWith(frame: Uint8Array, cut = frame.length): Memory {
  const ram = new Memory(new ArrayBuffer(4096));
  ram.u8.set(PUBLISHED_KEY, KEY);
  ram.fill(FRAME, 2048, 0x81);
  ram.u8.set(frame, FRAME);
  readFlow(ram, FIELDS, FRAME, cut);
  return ram;
}

function hashed(frame: Uint8Array, enabled: number): { type: number; hash: number } {
  const ram = memoryWith(frame);
  const type = hashTypeOf(ram, FIELDS, enabled);
  return { type, hash: type === 0 ? 0 : toeplitzHash(ram, FIELDS, type, KEY) >>> 0 };
}

describe("the published vectors", () => {
  const vectors: readonly (readonly [destination: string, destinationPort: number, source: string, sourcePort: number, addresses: number, ports: number])[] = [
    ["161.142.100.80", 1766, "66.9.149.187", 2794, 0x323e8fc2, 0x51ccc178],
    ["65.69.140.83", 4739, "199.92.111.2", 14230, 0xd718262a, 0xc626b0ea],
    ["12.22.207.184", 38024, "24.19.198.95", 12898, 0xd2d0a5de, 0x5c2b394a],
    ["209.142.163.6", 2217, "38.27.205.30", 48228, 0x82989176, 0xafc7327f],
    ["202.188.127.2", 1303, "153.39.163.191", 44251, 0x5d1809c5, 0x10e828a2],
    ["3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x2cc18cd5, 0x40207d3d],
    ["ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0x0f0c461c, 0xdde51bbf],
    ["fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, 0x4b61e985, 0x02d1feef],
  ];
  test.each(vectors)("%s port %i from %s port %i", (destination, destinationPort, source, sourcePort, addresses, ports) => {
    const frame = flowFrame({ source, destination, sourcePort, destinationPort });
    const isIpv6 = source.includes(":");
    expect(hashed(frame, Hash.IPv4 | Hash.IPv6)).toEqual({ type: isIpv6 ? Hash.IPv6 : Hash.IPv4, hash: addresses });
    expect(hashed(frame, ALL)).toEqual({ type: isIpv6 ? Hash.TCPv6 : Hash.TCPv4, hash: ports });
    const datagram = flowFrame({ source, destination, sourcePort, destinationPort, protocol: 17 });
    expect(hashed(datagram, ALL)).toEqual({ type: isIpv6 ? Hash.UDPv6 : Hash.UDPv4, hash: ports });
  });
});

const V4: Flow = { source: "10.0.0.1", destination: "10.0.0.2", sourcePort: 1000, destinationPort: 80 };
const V6: Flow = { source: "2001:db8::1", destination: "2001:db8::2", sourcePort: 1000, destinationPort: 80 };
const atomic = { kind: 44, rest: [0, ...u16(0), 0, 0, 0, 1] };
const authentication = { kind: 51, rest: [4, ...Array<number>(22).fill(0)] };
const hopByHop = { kind: 0, rest: [0, 1, 4, 0, 0, 0, 0] };

describe("the hash type that a frame gets of those enabled (5.1.6.4.3.2 to 5.1.6.4.3.4)", () => {
  const rows: readonly (readonly [name: string, flow: Flow, enabled: number, type: number])[] = [
    ["TCPv4", V4, ALL, Hash.TCPv4],
    ["TCPv4, only addresses enabled", V4, Hash.IPv4, Hash.IPv4],
    ["TCPv4, only UDP enabled", V4, Hash.UDPv4, 0],
    ["TCPv4, only IPv6 types enabled", V4, Hash.IPv6 | Hash.TCPv6 | Hash.UDPv6, 0],
    ["UDPv4", { ...V4, protocol: 17 }, ALL, Hash.UDPv4],
    ["UDPv4, TCP and addresses enabled", { ...V4, protocol: 17 }, Hash.TCPv4 | Hash.IPv4, Hash.IPv4],
    ["ICMP", { ...V4, protocol: 1 }, ALL, Hash.IPv4],
    ["ICMP, no addresses enabled", { ...V4, protocol: 1 }, ALL & ~Hash.IPv4, 0],
    ["TCPv4 behind 40 bytes of options", { ...V4, options: 40 }, ALL, Hash.TCPv4],
    ["TCPv4 that may not be fragmented", { ...V4, fragment: 0x4000 }, ALL, Hash.TCPv4],
    ["the first fragment", { ...V4, fragment: 0x2000 }, ALL, Hash.IPv4],
    ["the last fragment", { ...V4, fragment: 0x0001 }, ALL, Hash.IPv4],
    ["TCPv6", V6, ALL, Hash.TCPv6],
    ["UDPv6", { ...V6, protocol: 17 }, ALL, Hash.UDPv6],
    ["TCPv6, only addresses enabled", V6, Hash.IPv6, Hash.IPv6],
    ["ICMPv6", { ...V6, protocol: 58 }, ALL, Hash.IPv6],
    ["TCPv6 behind a hop-by-hop header", { ...V6, extensions: [hopByHop] }, ALL, Hash.TCPv6],
    ["TCPv6 behind a long routing header", { ...V6, extensions: [{ kind: 43, rest: [2, ...Array<number>(22).fill(0)] }] }, ALL, Hash.TCPv6],
    ["TCPv6 behind an authentication header", { ...V6, extensions: [authentication] }, ALL, Hash.TCPv6],
    ["TCPv6 behind an atomic fragment header", { ...V6, extensions: [atomic] }, ALL, Hash.TCPv6],
    ["the first IPv6 fragment", { ...V6, extensions: [{ kind: 44, rest: [0, ...u16(1), 0, 0, 0, 1] }] }, ALL, Hash.IPv6],
    ["a later IPv6 fragment", { ...V6, extensions: [{ kind: 44, rest: [0, ...u16(8), 0, 0, 0, 1] }] }, ALL, Hash.IPv6],
    ["eight extension headers", { ...V6, extensions: Array(8).fill(hopByHop) }, ALL, Hash.TCPv6],
    ["nine extension headers", { ...V6, extensions: Array(9).fill(hopByHop) }, ALL, Hash.IPv6],
    ["an extension header that is longer than the frame", { ...V6, extensions: [{ kind: 60, rest: [200, 0, 0, 0, 0, 0, 0] }] }, ALL, Hash.IPv6],
    ["no next header", { ...V6, protocol: 59 }, ALL, Hash.IPv6],
    ["TCPv4 in a VLAN", { ...V4, tags: [[0x8100, 5]] }, ALL, Hash.TCPv4],
    ["TCPv6 in QinQ", { ...V6, tags: [[0x88a8, 5], [0x8100, 6]] }, ALL, Hash.TCPv6],
    ["four tags", { ...V4, tags: [[0x9100, 1], [0x88a8, 2], [0x8100, 3], [0x8100, 4]] }, ALL, Hash.TCPv4],
    ["five tags", { ...V4, tags: [[0x8100, 0], [0x8100, 1], [0x8100, 2], [0x8100, 3], [0x8100, 4]] }, ALL, 0],
  ];
  test.each(rows)("%s", (_, flow, enabled, type) => {
    expect(hashed(flowFrame(flow), enabled).type).toBe(type);
  });

  test("where tags and options stand makes no difference to the hash", () => {
    const plain = hashed(flowFrame(V4), ALL).hash;
    expect(hashed(flowFrame({ ...V4, tags: [[0x8100, 9]], options: 8 }), ALL).hash).toBe(plain);
    const plain6 = hashed(flowFrame(V6), ALL).hash;
    for (const extensions of [[hopByHop, atomic], [authentication], [atomic, authentication, hopByHop]]) {
      expect(hashed(flowFrame({ ...V6, extensions }), ALL).hash).toBe(plain6);
    }
  });

  test("no IP has no hash, nor has IP of another version or an impossible header length", () => {
    expect(hashed(frameTo("02:00:00:00:00:01", 60), ALL).type).toBe(0);
    for (const first of [0x55, 0x44, 0x00]) {
      const frame = flowFrame(V4);
      frame[14] = first;
      expect(hashed(frame, ALL).type).toBe(0);
    }
    const frame = flowFrame(V6);
    frame[14] = 0x40;
    expect(hashed(frame, ALL).type).toBe(0);
  });
});

describe("a frame that is cut short", () => {
  const cuts: readonly (readonly [name: string, flow: Flow, ip: number, ports: number])[] = [
    ["IPv4", V4, 14 + 20, 14 + 20 + 4],
    ["IPv4 with options", { ...V4, options: 12 }, 14 + 20, 14 + 32 + 4],
    ["IPv6", V6, 14 + 40, 14 + 40 + 4],
    ["IPv6 with an extension", { ...V6, extensions: [hopByHop] }, 14 + 40, 14 + 48 + 4],
    ["IPv4 in a VLAN", { ...V4, tags: [[0x8100, 1]] }, 18 + 20, 18 + 20 + 4],
  ];
  test.each(cuts)("%s: no flow before the addresses are whole, no ports before these are", (_, flow, ip, ports) => {
    const frame = flowFrame(flow);
    for (let bytes = 0; bytes <= frame.length; bytes++) {
      const ram = memoryWith(frame, bytes);
      expect([FlowFields.addressBytes.get(ram, FIELDS) !== 0, FlowFields.portsAt.get(ram, FIELDS) !== 0]).toEqual([bytes >= ip, bytes >= ports]);
    }
  });

  test("nothing but its own bytes decides about its tag and its header", () => {
    const ram = memoryWith(flowFrame({ ...V4, tags: [[0x8100, 1]] }));
    for (let bytes = 0; bytes < 18; bytes++) expect(isTagged(ram, FRAME, bytes)).toBe(false);
    expect(isTagged(ram, FRAME, 18)).toBe(true);
    for (let bytes = 0; bytes < 14; bytes++) expect(headerBytes(ram, FRAME, bytes)).toBe(14);
    expect(headerBytes(ram, FRAME, 60)).toBe(18);
  });
});

test("both directions of a flow have one hash for automatic steering, other flows have others", () => {
  const hash = (flow: Flow): number => bothWaysHash(memoryWith(flowFrame(flow)), FIELDS);
  for (const flow of [V4, V6, { ...V4, protocol: 1 }]) {
    const back = { ...flow, source: flow.destination, destination: flow.source, sourcePort: 80, destinationPort: 1000 };
    expect(hash(back)).toBe(hash(flow));
    expect(hash({ ...flow, source: flow.source.replace("1", "3") })).not.toBe(hash(flow));
  }
  const seen = new Set(Array.from({ length: 256 }, (_, i) => hash({ ...V4, sourcePort: 40_000 + i }) & 127));
  expect(seen.size).toBeGreaterThan(90);
});
