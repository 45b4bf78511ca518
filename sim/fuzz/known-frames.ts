/**
 * Inputs of frames that are known to reach a reason for refusal, one for each: what the fuzzer begins with, and plays
 * again and again with small changes.
 */

import { Flag, frameOf } from "./frames.ts";
import type { FrameWish } from "./frames.ts";
import type { FuzzAction, FuzzInput } from "./input.ts";

/** Segments of so many bytes fit a frame with any headers. */
const SEGMENT_BYTES = 1400;
const SOME_CYCLES = 100_000;
const HOST = "Host: a\r\n";
const IPV6 = "fd00::1";
const MORE = 0x2000;

/** Numbers of processes on the machines of the load balancer. */
const DRIVER = 0;
const BALANCER = 1;

const frame = (wish: FrameWish): FuzzAction => Object.freeze({ op: "frame", bytes: frameOf(wish) });
const wait = (cycles: number): FuzzAction => Object.freeze({ op: "wait", cycles });

/** The frame of a request with one byte set to another value: checksums are as they were. */
function spoiled(at: number, value: number): FuzzAction {
  const bytes = frameOf({ data: "GET / HTTP/1.1\r\n\r\n" });
  bytes[at] = value;
  return Object.freeze({ op: "frame", bytes });
}

/** A client says this: a SYN, then segments. */
export function stream(sport: number, text: string, wish: FrameWish = {}): FuzzAction[] {
  const actions = [frame({ ...wish, sport, sequence: 99, flags: Flag.syn })];
  for (let at = 0; at < text.length; at += SEGMENT_BYTES) actions.push(frame({ ...wish, sport, sequence: 100 + at, flags: Flag.ack | Flag.push, data: text.slice(at, at + SEGMENT_BYTES) }));
  return actions;
}

const get = (target: string, headers = HOST): string => `GET ${target} HTTP/1.1\r\n${headers}\r\n`;
const times = (count: number, make: (i: number) => readonly FuzzAction[]): FuzzAction[] => Array.from({ length: count }, (_, i) => make(i)).flat();

function input(stage: string, ...actions: (FuzzAction | readonly FuzzAction[])[]): FuzzInput {
  return Object.freeze({ stage, actions: Object.freeze(actions.flat()) });
}

/** A part of a segment of 40 bytes: 20 of TCP header and as many of data. */
const part = (from: number, to: number, fragment: number, sport = 40_000): FuzzAction => frame({ sport, flags: Flag.syn, data: "x".repeat(20), part: [from, to], fragment });

/** More requests than a machine that is short of something can take at once. */
export const BURST: readonly FuzzAction[] = Object.freeze(times(60, (i) => [frame({ sport: 5000 + i, data: get("/") })]));

const NIC_INPUTS: readonly (readonly [string, FuzzInput])[] = (["e1000", "virtio-net"] as const).flatMap((nic) => {
  const stage = nic === "e1000" ? "e1000" : "virtio";
  return [
    [`${nic} filtered`, input(stage, spoiled(0, 4))],
    [`${nic} noDescriptor`, input(nic === "e1000" ? "tiny" : "short-virtio", BURST)],
    [`${nic} tooLong`, input(stage, frame({ data: "x".repeat(3000) }))],
    [`${nic} linkDown`, input(stage, { op: "plug", value: 0 }, wait(SOME_CYCLES), frame({}), wait(SOME_CYCLES), { op: "plug", value: 1 })],
  ] as const;
});

const FRAME_INPUTS: readonly (readonly [string, FuzzInput])[] = [
  ["net badEthernet", input("virtio-2", frame({ tags: [0x88a8, 0x8100, 0x8100, 0x9100, 0x8100] }))],
  ["net llc", input("e1000", frame({ etherType: 0x0100 }))],
  ["net arp", input("virtio", frame({ etherType: 0x0806 }))],
  ["net otherEtherType", input("virtio-4", frame({ etherType: 0x88cc }))],
  ["net badIpHeader", input("e1000", spoiled(14, 0x55))],
  ["net badIpChecksum", input("virtio", spoiled(24, 0xaa))],
  ["net fragment", input("tiny", part(0, 16, MORE | 1000))],
  ["net badExtensionHeader", input("virtio-2", frame({ source: IPV6, extensions: [{ header: 43, rest: [0, 2, 1, 0, 0, 0, 0] }] }))],
  ["net icmp", input("e1000", frame({ protocol: 1 }))],
  ["net udp", input("virtio", frame({ protocol: 17 }))],
  ["net otherProtocol", input("tiny", frame({ source: IPV6, protocol: 47 }))],
  ["net badTcpHeader", input("e1000", spoiled(46, 0x10))],
  ["net badTcpChecksum", input("virtio-4", spoiled(60, 0x21))],
  ["net otherPort", input("e1000", frame({ dport: 22, flags: Flag.syn }))],
  ["net badFlags", input("virtio", frame({ flags: Flag.syn | Flag.fin }))],
  ["net noFlow", input("tiny", frame({ flags: Flag.ack }))],
  ["net endedFlow", input("e1000", frame({ sequence: 9, flags: Flag.syn }), frame({ sequence: 10, flags: Flag.rst }), frame({ sequence: 10, flags: Flag.ack }))],
  ["net strayReset", input("virtio", frame({ sequence: 9, flags: Flag.syn }), frame({ sequence: 0x4000_0000, flags: Flag.rst }))],
  ["net flowTableFull", input("crowded", stream(1, "GET /"), wait(SOME_CYCLES), stream(2, "GET /"), wait(SOME_CYCLES), stream(3, "GET /"))],
  ["net closed", input("e1000", times(100, (i) => [frame({ sport: 5000 + i, flags: Flag.syn, data: "x".repeat((i * 7) % 400) })]), { op: "shutdown" })],
  ["net lostBuffer", input("e1000", { op: "crash", process: DRIVER, after: 40 }, BURST)],
  ["net badFragment", input("virtio-4", part(0, 21, MORE))],
  ["net overlappingFragment", input("e1000", part(0, 24, MORE), part(16, 40, 2))],
];

const REQUEST_INPUTS: readonly (readonly [string, FuzzInput])[] = [
  ["net badRequestLine", input("e1000", stream(1, "HELLO\r\n\r\n"))],
  ["net badBody", input("virtio", stream(1, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"))],
  ["request NoRouteMatch", input("refusing", stream(1, get("/nowhere")))],
  ["request RateLimitExceeded", input("refusing", times(12, (i) => [...stream(100 + i, get("/app")), wait(1000)]))],
  ["request BackendGroupNotFound", input("refusing", stream(1, get("/lost")))],
  ["request NoHealthyBackend", input("refusing", stream(1, get("/empty")))],
  ["request Overloaded", input("tiny", stream(1, get("/").repeat(12)))],
  ["request ServiceRestarted", input("e1000", { op: "crash", process: BALANCER, after: 3 }, times(20, (i) => stream(100 + i, get("/"))))],
  ["request Malformed", input("e1000", stream(1, get("/", "")))],
  ["request UriTooLong", input("virtio-2", stream(1, get(`/${"x".repeat(8200)}`)))],
  ["request HeadTooLarge", input("virtio-4", stream(1, get("/", HOST + "a:b\r\n".repeat(513))))],
  ["request UnsupportedCoding", input("virtio", stream(1, `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`))],
  ["request LimiterFull", input("crowded", times(4, (i) => [...stream(100, get("/"), { source: `10.0.1.${i + 1}` }), wait(SOME_CYCLES)]))],
];

/** By reason: the input that reaches it. */
export const KNOWN_FRAME_INPUTS: readonly (readonly [string, FuzzInput])[] = Object.freeze([...NIC_INPUTS, ...FRAME_INPUTS, ...REQUEST_INPUTS].map((known) => Object.freeze(known)));
