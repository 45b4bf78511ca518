/** Kinds of traffic that the recorded captures do not have: their frames, and the targets of the requests that we read in them. */

import type { FrameOptions } from "../frames.ts";
import { Client, bytesOf, frame } from "../frames.ts";
import { parts } from "../services/net/fragment/parts.ts";

export interface Kind {
  readonly name: string;
  readonly frames: readonly Uint8Array[];
  /** Targets in the order of their frames. */
  readonly targets: string;
  /** What the NIC drops, and what net leaves aside, where that is the point. */
  readonly dropped?: Readonly<Record<string, number>>;
  readonly ignored?: Readonly<Record<string, number>>;
}

const get = (target: string, fill = 0): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n${fill === 0 ? "" : `X: ${"f".repeat(fill)}\r\n`}\r\n`;
const [ONE, TWO, THREE] = [get("/1"), get("/2"), get("/3")];
const client = (options: FrameOptions = {}, initial = 1000): Client => new Client(options, initial);
const double = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
/** RFC 7323, 3.2. */
const timestamps = (value: number, echo = 0): readonly number[] => [1, 1, 8, 10, ...double(value), ...double(echo)];
const SACK_PERMITTED = [1, 1, 4, 2];
/** RFC 2018, 3: one block. */
const sack = (from: number, to: number): readonly number[] => [1, 1, 5, 10, ...double(from), ...double(to)];
/** RFC 2385: what an MD5 option looks like; nobody here knows the key. */
const MD5 = [19, 18, ...new Array<number>(16).fill(0xab), 1, 1];
/** RFC 7413, 4.1.1: a cookie of 8 bytes. */
const FAST_OPEN = [34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1];
const v6 = { source: "fd00::1" };

function openings(): Kind[] {
  const c = client();
  return [
    { name: "TCP Fast Open: a request in the SYN, the next behind it", frames: [c.syn({ data: ONE, tcpOptions: FAST_OPEN }), c.at(ONE.length, TWO)], targets: "/1 /2" },
    { name: "data in a SYN that is sent again without it, and with other data", frames: [c.syn({ data: ONE }), c.syn(), c.syn({ data: THREE }), c.at(0, ONE + TWO)], targets: "/1 /2" },
    { name: "ECN: SYN with ECE and CWR, marked packets", frames: [c.syn({ flags: "SEC" }), c.at(0, ONE, { flags: "PAC" }), c.at(ONE.length, TWO, { flags: "PAE" })], targets: "/1 /2" },
    { name: "half-open SYNs from many ports, among them one that goes on", frames: [...Array.from({ length: 50 }, (_, index) => client({ sport: 100 + index }).syn()), client({ sport: 120 }).at(0, ONE)], targets: "/1" },
    { name: "a connection of which only the middle was recorded", frames: [c.at(5000, "the end of something\r\n\r\n"), c.at(6000, ONE), c.at(6000 + ONE.length, TWO)], targets: "/1 /2", ignored: { noFlow: 1 } },
    { name: "the port used again at once, after FIN and after RST", frames: [c.syn(), c.at(0, ONE), c.at(ONE.length, "", { flags: "FA" }), client({}, 9_000_000).syn(), client({}, 9_000_000).at(0, TWO), client({}, 9_000_000).at(TWO.length, "", { flags: "R" }), client({}, 5).syn(), client({}, 5).at(0, THREE)], targets: "/1 /2 /3" },
    { name: "a SYN from the middle of the connection's own numbers", frames: [c.syn(), c.at(0, ONE.slice(0, 9)), client({}, 1005).syn(), client({}, 1005).at(0, TWO)], targets: "/2" },
    { name: "scans: SYN and FIN, SYN and RST, all flags, none", frames: [frame({ flags: "SF" }), frame({ flags: "SR" }), frame({ flags: "FSRPAUEC" }), frame({ flags: "" }), frame({ flags: "FPU" })], targets: "", ignored: { badFlags: 3, noFlow: 2 } },
  ];
}

function retransmissions(): Kind[] {
  const c = client();
  const whole = ONE + TWO;
  return [
    { name: "PAWS: a segment with an old time stamp counts as any (the first arrival of a byte wins)", frames: [c.syn({ tcpOptions: timestamps(1000) }), c.at(0, ONE, { tcpOptions: timestamps(1001) }), c.at(ONE.length, TWO, { tcpOptions: timestamps(7) }), c.at(ONE.length, THREE, { tcpOptions: timestamps(1002) })], targets: "/1 /2" },
    { name: "SACK: a hole, blocks beyond it, the hole filled", frames: [c.syn({ tcpOptions: SACK_PERMITTED }), c.at(20, whole.slice(20, 40)), c.at(50, whole.slice(50), { tcpOptions: sack(1, 2) }), c.at(0, whole.slice(0, 20)), c.at(40, whole.slice(40, 50))], targets: "/1 /2" },
    { name: "keep-alive probes: no byte, and one byte of rubbish, before the next one", frames: [c.syn(), c.at(0, ONE), c.at(ONE.length - 1, ""), c.at(ONE.length - 1, "\0"), c.at(ONE.length, TWO)], targets: "/1 /2" },
    { name: "zero windows and window probes", frames: [c.syn({ window: 0 }), c.at(0, ONE.slice(0, 5), { window: 0 }), c.at(5, ONE[5]!), c.at(5, ONE[5]!), c.at(6, ONE.slice(6))], targets: "/1" },
    { name: "a retransmission that says something else, whole and in part", frames: [c.syn(), c.at(0, ONE.slice(0, 12)), c.at(0, THREE.slice(0, 12)), c.at(6, `${"!".repeat(6)}${ONE.slice(12)}`), c.at(0, THREE)], targets: "/1" },
    { name: "bytes beyond a hole that come again with other content", frames: [c.syn(), c.at(10, ONE.slice(10)), c.at(5, "?".repeat(ONE.length - 5)), c.at(0, `${ONE.slice(0, 5)}${"#".repeat(40)}`)], targets: "" },
    { name: "a segment that ends in the next head, and is sent again longer", frames: [c.syn(), c.at(0, whole.slice(0, ONE.length + 7)), c.at(ONE.length, whole.slice(ONE.length))], targets: "/1 /2" },
    { name: "sequence numbers that wrap within a head", frames: [client({}, 0xffff_fff0).syn(), client({}, 0xffff_fff0).at(20, whole.slice(20)), client({}, 0xffff_fff0).at(0, whole.slice(0, 20))], targets: "/1 /2" },
    { name: "an urgent byte", frames: [c.syn(), c.at(0, "GET /u", { flags: "PAU" }), c.at(6, " HTTP/1.0\r\n\r\n")], targets: "/u" },
    { name: "MD5 signatures", frames: [c.syn({ tcpOptions: MD5 }), c.at(0, ONE, { tcpOptions: MD5 })], targets: "/1" },
  ];
}

function ends(): Kind[] {
  const c = client();
  return [
    { name: "FIN with the last bytes", frames: [c.syn(), c.at(0, ONE), c.at(ONE.length, TWO, { flags: "FPA" }), c.at(ONE.length + TWO.length + 1, "", { flags: "A" })], targets: "/1 /2", ignored: { endedFlow: 1 } },
    { name: "simultaneous close: FIN, FIN again, the last acknowledgement", frames: [c.syn(), c.at(0, ONE), c.at(ONE.length, "", { flags: "FA" }), c.at(ONE.length, "", { flags: "FA" }), c.at(ONE.length + 1, "", { flags: "A" })], targets: "/1", ignored: { endedFlow: 2 } },
    { name: "FIN before the bytes in front of it", frames: [c.syn(), c.at(ONE.length, TWO, { flags: "FPA" }), c.at(0, ONE), c.at(ONE.length + TWO.length, THREE)], targets: "/1 /2", ignored: { endedFlow: 1 } },
    { name: "data behind the FIN", frames: [c.syn(), c.at(ONE.length, "", { flags: "FA" }), c.at(0, ONE + TWO)], targets: "/1" },
    { name: "a reset in the middle of a head, and what follows it", frames: [c.syn(), c.at(0, ONE.slice(0, 10)), c.at(10, "", { flags: "RA" }), c.at(10, ONE.slice(10))], targets: "", ignored: { endedFlow: 1 } },
    { name: "a reset far from the flow", frames: [c.syn(), c.at(0, ONE.slice(0, 10)), c.at(100_000, "", { flags: "R" }), c.at(10, ONE.slice(10))], targets: "/1", ignored: { strayReset: 1 } },
    { name: "a reset that carries a text", frames: [c.syn(), c.at(0, ONE), c.at(ONE.length, TWO, { flags: "RA" }), c.at(ONE.length, TWO)], targets: "/1" },
  ];
}

function frames(): Kind[] {
  const c = client();
  const s = client(v6);
  const snap = Uint8Array.from([...c.at(0, ONE).subarray(0, 12), ...[0, 60], 0xaa, 0xaa, 3, 0, 0, 0, 8, 0, ...c.at(0, ONE).subarray(14)]);
  const big = get("/big", 1900);
  return [
    { name: "SNAP: IP behind LLC is not read", frames: [snap], targets: "", ignored: { llc: 1 } },
    { name: "QinQ, priority tags, four tags; five are too many", frames: [c.syn({ tags: [[0x88a8, 200], [0x8100, 30]] }), c.at(0, ONE, { tags: [[0x8100, 0xe000]] }), c.at(ONE.length, TWO, { tags: [[0x88a8, 1], [0x88a8, 2], [0x8100, 3], [0x8100, 4]] }), c.at(ONE.length + TWO.length, THREE, { tags: [[0x8100, 1], [0x8100, 1], [0x8100, 1], [0x8100, 1], [0x8100, 1]] })], targets: "/1 /2", ignored: { badEthernet: 1 } },
    { name: "larger than 1,500 bytes, as long as the buffers hold it", frames: [c.syn(), c.at(0, big), c.at(big.length, TWO)], targets: "/big /2" },
    { name: "GRO-sized and jumbo frames do not fit a buffer: what they bring is missing", frames: [c.syn(), c.at(0, get("/gro", 20_000)), c.at(0, get("/jumbo", 8_000)), client({ sport: 2 }).syn(), client({ sport: 2 }).at(0, TWO)], targets: "/2", dropped: { tooLong: 2 } },
    { name: "padding, options, don't-fragment off", frames: [c.syn({ padding: 6, fragment: 0 }), c.at(0, ONE, { ipOptions: [0x94, 4, 0, 0], padding: 9 }), c.at(ONE.length, TWO, { ipOptions: new Array<number>(40).fill(1) })], targets: "/1 /2" },
    { name: "bad checksums", frames: [c.syn(), c.at(0, THREE, { badTcpChecksum: true }), c.at(0, THREE, { badIpChecksum: true }), s.syn(), s.at(0, THREE, { badTcpChecksum: true }), c.at(0, ONE), s.at(0, TWO)], targets: "/1 /2", ignored: { badTcpChecksum: 2, badIpChecksum: 1 } },
    { name: "IPv6 extension headers of every kind before TCP", frames: [s.syn({ extensions: [[0, [0, 1, 4, 0, 0, 0, 0]]] }), s.at(0, ONE, { extensions: [[0, [0, 5, 2, 0, 0, 0, 0]], [60, [0, 1, 4, 0, 0, 0, 0]], [43, [0, 4, 0, 0, 0, 0, 0]], [60, [0, 1, 4, 0, 0, 0, 0]]] }), s.at(ONE.length, TWO, { extensions: [[44, [0, 0, 0, 1, 2, 3, 4]]] })], targets: "/1 /2" },
  ];
}

function fragments(): Kind[] {
  const [c, s] = [client(), client(v6)];
  const four = parts(c.at(0, ONE + TWO), [24, 48, 72], { id: 1 });
  const six = parts(s.at(0, THREE), [32, 40], { id: 2 });
  const overlap = parts(s.at(THREE.length, ONE), [32], { id: 3 });
  return [
    { name: "IPv4 in parts, out of order, among IPv6 in parts", frames: [c.syn(), s.syn(), four[3]!, six[1]!, four[0]!, six[0]!, four[2]!, four[2]!, six[2]!, four[1]!], targets: "/3 /1 /2" },
    { name: "parts that overlap: the packet is refused, and sent again it counts", frames: [s.syn(), s.at(0, THREE), overlap[0]!, ...parts(s.at(THREE.length, ONE), [24], { id: 3 }).slice(1), overlap[1]!, s.at(THREE.length, ONE)], targets: "/3 /1", ignored: { overlappingFragment: 1, fragment: 1 } },
    { name: "a head over three packets, each in parts", frames: [c.syn(), ...[ONE.slice(0, 20), ONE.slice(20, 40), ONE.slice(40)].flatMap((data, index) => parts(c.at(20 * index, data), [8, 16, 24], { id: 10 + index }).reverse())], targets: "/1" },
    { name: "parts of which one is missing, and the retransmission in one piece", frames: [c.syn(), four[0]!, four[1]!, four[3]!, c.at(0, ONE + TWO)], targets: "/1 /2" },
    { name: "UDP in parts is no concern of ours", frames: [...parts(frame({ protocol: 17, data: bytesOf("x".repeat(100)) }), [64]), c.syn(), c.at(0, ONE)], targets: "/1", ignored: { udp: 2 } },
  ];
}

export const KINDS: readonly Kind[] = [...openings(), ...retransmissions(), ...ends(), ...frames(), ...fragments()];
