import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { Ignored, IGNORED_REASONS } from "../../../services/net/api.ts";
import { FlowKey, readSegment, Segment } from "../../../services/net/segment.ts";
import type { FrameOptions } from "../../frames.ts";
import { frame, textOf } from "../../frames.ts";

const AT = 64;
const arena = new Memory(new ArrayBuffer(256));
const segment = 0 as Address<"Segment">;

/** Reasons that some test of this file has met. */
const seen = new Set<string>();

/** The frame in a memory that ends with it (rounded up to a word): whatever lies behind reads as undefined. */
function place(bytes: Uint8Array, frameBytes = bytes.length): Memory {
  const memory = new Memory(new ArrayBuffer((AT + frameBytes + 3) & ~3));
  memory.u8.set(bytes.subarray(0, frameBytes), AT);
  return memory;
}

function reason(bytes: Uint8Array, frameBytes = bytes.length): string {
  arena.fill(0, arena.bytes, 0xaa);
  const { reason: name } = IGNORED_REASONS[readSegment(place(bytes, frameBytes), AT, frameBytes, arena, segment)];
  seen.add(name);
  return name;
}

function read(options: FrameOptions): Record<string, unknown> {
  const bytes = frame(options);
  const memory = place(bytes);
  arena.fill(0, arena.bytes, 0xaa);
  expect(readSegment(memory, AT, bytes.length, arena, segment)).toBe(Ignored.none);
  const dataAt = Segment.dataAt.get(arena, segment);
  const dataBytes = Segment.dataBytes.get(arena, segment);
  const key = Segment.key.at(segment);
  return {
    key: [...arena.u8.subarray(key, key + FlowKey.size)],
    sequence: Segment.sequence.get(arena, segment) >>> 0,
    flags: Segment.flags.get(arena, segment),
    window: Segment.window.get(arena, segment),
    acknowledgement: Segment.acknowledgement.get(arena, segment),
    data: textOf(memory.u8.subarray(dataAt, dataAt + dataBytes)),
    frameAt: Segment.frameAt.get(arena, segment),
  };
}

const PLAIN: FrameOptions = { source: "10.1.2.3", destination: "10.0.0.80", sport: 0x1234, dport: 80, sequence: 5000, window: 99, acknowledgement: 7, flags: "PA", data: "GET / " };
const PLAIN_KEY = [10, 1, 2, 3, ...new Array<number>(12).fill(0), 10, 0, 0, 80, ...new Array<number>(12).fill(0), 0x34, 0x12, 80, 0, 4, 0, 0, 0];
const V6: FrameOptions = { source: "fd00::7", destination: "fd00::80", data: "GET / " };

describe("a segment is found", () => {
  test("in a plain frame, with all that it says", () => {
    expect(read(PLAIN)).toEqual({ key: PLAIN_KEY, sequence: 5000, flags: 0x18, window: 99, acknowledgement: 7, data: "GET / ", frameAt: AT });
  });

  test.each<[string, FrameOptions]>([
    ["padding of the frame", { padding: 20 }],
    ["an 802.1Q tag", { tags: [[0x8100, 10]] }],
    ["a priority tag", { tags: [[0x8100, 0xe000]] }],
    ["QinQ", { tags: [[0x88a8, 200], [0x8100, 30]] }],
    ["QinQ as it was spelt before", { tags: [[0x9100, 200], [0x8100, 30]] }],
    ["four tags", { tags: [[0x88a8, 1], [0x88a8, 2], [0x8100, 3], [0x8100, 4]] }],
    ["IPv4 options", { ipOptions: [7, 7, 4, 0, 0, 0, 0, 0] }],
    ["as many IPv4 options as there can be", { ipOptions: new Array<number>(40).fill(1) }],
    ["TCP options", { tcpOptions: [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2] }],
    ["don't fragment off", { fragment: 0 }],
  ])("behind or before %s", (_what, more) => {
    expect(read({ ...PLAIN, ...more })).toMatchObject({ key: PLAIN_KEY, sequence: 5000, data: "GET / " });
  });

  test.each<[string, FrameOptions["extensions"]]>([
    ["no extension header", []],
    ["hop-by-hop options", [[0, [0, 1, 4, 0, 0, 0, 0]]]],
    ["destination options of 24 bytes", [[60, [2, 1, 20, ...new Array<number>(20).fill(0)]]]],
    ["a routing header that leads nowhere else", [[43, [0, 4, 0, 0, 0, 0, 0]]]],
    ["an atomic fragment", [[44, [0, 0, 0, 1, 2, 3, 4]]]],
    ["eight of them", new Array<readonly [number, readonly number[]]>(8).fill([60, [0, 1, 4, 0, 0, 0, 0]])],
  ])("in IPv6 behind %s", (_what, extensions) => {
    expect(read({ ...V6, extensions: extensions ?? [] })).toMatchObject({
      key: [0xfd, ...new Array<number>(14).fill(0), 7, 0xfd, ...new Array<number>(14).fill(0), 0x80, 0x40, 0x9c, 80, 0, 6, 0, 0, 0],
      data: "GET / ",
    });
  });

  test("a SYN's data begins one number after its own, modulo 2^32", () => {
    expect(read({ ...PLAIN, flags: "S", sequence: 0xffff_ffff })).toMatchObject({ sequence: 0 });
    expect(read({ ...PLAIN, flags: "SEC", sequence: 9 })).toMatchObject({ sequence: 10 });
  });
});

describe("a frame is left aside:", () => {
  test.each<[string, FrameOptions, number?]>([
    ["badEthernet", {}, 13],
    ["badEthernet", { tags: [[0x8100, 1]] }, 17],
    ["badEthernet", { tags: [[0x8100, 1], [0x8100, 1], [0x8100, 1], [0x8100, 1], [0x8100, 1]] }],
    ["llc", { etherType: 0x05ff }],
    ["llc", { etherType: 38 }],
    ["otherEtherType", { etherType: 0x0600 }],
    ["otherEtherType", { etherType: 0x88cc }],
    ["arp", { etherType: 0x0806 }],
    ["badIpHeader", {}, 33],
    ["badIpHeader", {}, 45],
    ["badIpHeader", V6, 53],
    ["badIpHeader", V6, 70],
    ["badIpHeader", { etherType: 0x86dd }],
    ["badIpHeader", { ...V6, etherType: 0x0800 }],
    ["badIpChecksum", { badIpChecksum: true }],
    ["fragment", { fragment: 0x2000 }],
    ["fragment", { fragment: 0x0001 }],
    ["fragment", { ...V6, extensions: [[44, [0, 0, 1, 1, 2, 3, 4]]] }],
    ["fragment", { ...V6, extensions: [[44, [0, 0, 8, 1, 2, 3, 4]]] }],
    ["badExtensionHeader", { ...V6, extensions: [[0, [255, 0, 0, 0, 0, 0, 0]]] }],
    ["badExtensionHeader", { ...V6, extensions: [[60, [4, 1, 4, 0, 0, 0, 0]]] }],
    ["badExtensionHeader", { ...V6, extensions: [[43, [0, 4, 1, 0, 0, 0, 0]]] }],
    ["badExtensionHeader", { ...V6, extensions: new Array<readonly [number, readonly number[]]>(9).fill([60, [0, 1, 4, 0, 0, 0, 0]]) }],
    ["icmp", { protocol: 1 }],
    ["icmp", { ...V6, protocol: 58 }],
    ["udp", { protocol: 17 }],
    ["udp", { ...V6, protocol: 17 }],
    ["otherProtocol", { protocol: 47 }],
    ["otherProtocol", { ...V6, protocol: 59 }],
    ["badTcpChecksum", { badTcpChecksum: true }],
    ["badTcpChecksum", { ...V6, badTcpChecksum: true }],
    ["badFlags", { flags: "SF" }],
    ["badFlags", { flags: "SA" }],
    ["badFlags", { flags: "SR" }],
    ["badFlags", { flags: "FSRPAUEC" }],
    ["none", { flags: "" }],
    ["none", { flags: "FPU" }],
  ])("%s: %j %s", (expected, options, frameBytes) => {
    const bytes = frame(options);
    expect(reason(bytes, frameBytes)).toBe(expected);
  });

  test("badTcpHeader: a data offset below five words, beyond the segment, or no room for a header", () => {
    // The judgement of lengths comes before that of the checksum.
    for (const words of [0, 4, 6, 15]) {
      const bytes = frame({});
      bytes[14 + 20 + 12] = words << 4;
      expect(reason(bytes)).toBe("badTcpHeader");
    }
    const short = frame({ ...V6 });
    short[14 + 5] = 19;
    expect(reason(short)).toBe("badTcpHeader");
  });

  test("badIpHeader: an IPv4 header length below five words or beyond the packet, a total length below the header", () => {
    for (const [offset, value] of [[0, 0x44], [0, 0x55], [0, 0x4f], [3, 19]] as const) {
      const bytes = frame({});
      bytes[14 + offset] = value;
      expect(reason(bytes)).toBe("badIpHeader");
    }
  });

  test("every reason but those of flows has been met above", () => {
    const ofFlows = ["badFragment", "overlappingFragment", "receiveError", "otherPort", "noFlow", "endedFlow", "strayReset", "flowTableFull", "closed", "lostBuffer"];
    expect([...seen].sort()).toEqual(IGNORED_REASONS.map((entry) => entry.reason).filter((name) => !ofFlows.includes(name)).sort());
  });
});

test("whatever is in a frame, nothing outside it is believed: data lies within it, and the answer is a reason", () => {
  const seeds = [frame(PLAIN), frame({ ...V6, extensions: [[0, [0, 1, 4, 0, 0, 0, 0]], [60, [1, 1, 12, ...new Array<number>(12).fill(0)]]] }), frame({ ...PLAIN, tags: [[0x88a8, 5], [0x8100, 6]], ipOptions: [1, 1, 1, 1] })];
  const met = new Set<number>();
  fc.assert(
    fc.property(
      fc.nat(seeds.length - 1),
      fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 3 }),
      fc.option(fc.nat(110), { nil: undefined }),
      (seed, changes, cut) => {
        const bytes = seeds[seed].slice();
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const frameBytes = Math.min(cut ?? bytes.length, bytes.length);
        const answer = readSegment(place(bytes, frameBytes), AT, frameBytes, arena, segment);
        met.add(answer);
        expect(Object.values(Ignored)).toContain(answer);
        if (answer !== Ignored.none) return;
        const dataAt = Segment.dataAt.get(arena, segment);
        expect(dataAt).toBeGreaterThanOrEqual(AT);
        expect(dataAt + Segment.dataBytes.get(arena, segment)).toBeLessThanOrEqual(AT + frameBytes);
      },
    ),
    { seed: 1, numRuns: 4000 },
  );
  expect(met.size).toBeGreaterThanOrEqual(8);
});
