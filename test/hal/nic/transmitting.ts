/** Context and data descriptors for a bench's transmit ring, packets to send with them, and an own idea of their checksums. */

import type { Address } from "../../../hal/field.ts";
import { DESCRIPTOR_BYTES, TX_COMMAND_SHIFT, TX_TYPE_SHIFT, TxCommand as Command, TxContext, TxContextCommand, TxData, TxOption, TxStatus, TxType } from "../../../hal/nic/descriptors.ts";
import { E1000Register as Register, E1000Statistic } from "../../../hal/nic/e1000-registers.ts";
import { Bench, TX_BUFFERS } from "./bench.ts";

export const LAST = Command.EOP | Command.IFCS | Command.RS;

/** Offsets in the packets below: Ethernet, IPv4 or IPv6 without options, TCP without options or UDP. */
export const IP = 14;
export const IP_SUM = IP + 10;
export const IP_END = IP + 19;
export const TRANSPORT = IP + 20;
export const TRANSPORT6 = IP + 40;
export const TCP_SUM = 16;
export const UDP_SUM = 6;

export interface Context {
  readonly ip?: readonly [start: number, offset: number, end: number];
  readonly transport?: readonly [start: number, offset: number, end: number];
  readonly payload?: number;
  readonly header?: number;
  readonly segment?: number;
  /** TUCMD, DEXT always. */
  readonly command?: number;
}

/** The context of an IPv4 packet whose transport header lies at once behind 20 bytes of IP. */
export const context4 = (sumAt: number): Context => ({ ip: [IP, IP_SUM, IP_END], transport: [TRANSPORT, TRANSPORT + sumAt, 0] });

/** What a driver sets up to have so many bytes behind an IPv4 TCP header cut. */
export const segmentation = (payload: number, segment: number, more: Context = {}): Context => ({
  ...context4(TCP_SUM),
  payload,
  segment,
  header: TRANSPORT + 20,
  command: Command.TSE | TxContextCommand.IP | TxContextCommand.TCP,
  ...more,
});

export function contextDescriptor(bench: Bench, index: number, context: Context): void {
  const at = bench.txAt(index) as Address as Address<"TxContext">;
  const [ipStart, ipOffset, ipEnd] = context.ip ?? [0, 0, 0];
  const [start, offset, end] = context.transport ?? [0, 0, 0];
  bench.ram.fill(at, DESCRIPTOR_BYTES, 0);
  Object.assign(TxContext.view(bench.ram, at), {
    ipChecksumStart: ipStart,
    ipChecksumOffset: ipOffset,
    ipChecksumEnd: ipEnd,
    checksumStart: start,
    checksumOffset: offset,
    checksumEnd: end,
    lengthAndCommand: (context.payload ?? 0) | (TxType.context << TX_TYPE_SHIFT) | (((context.command ?? 0) | Command.DEXT) << TX_COMMAND_SHIFT),
    headerBytes: context.header ?? 0,
    segmentBytes: context.segment ?? 0,
  });
}

/** A data descriptor whose bytes are put at `bufferOffset` of the transmit buffers. DEXT is always set. */
export function dataDescriptor(bench: Bench, index: number, bufferOffset: number, bytes: Uint8Array, command: number, options = 0, special = 0): void {
  const buffer = bench.memory + TX_BUFFERS + bufferOffset;
  bench.ram.u8.set(bytes, buffer);
  const at = bench.txAt(index) as Address as Address<"TxData">;
  bench.ram.fill(at, DESCRIPTOR_BYTES, 0);
  TxData.bufferAddress.set(bench.ram, at, buffer);
  TxData.lengthAndCommand.set(bench.ram, at, bytes.length | (TxType.data << TX_TYPE_SHIFT) | ((command | Command.DEXT) << TX_COMMAND_SHIFT));
  TxData.options.set(bench.ram, at, options);
  TxData.special.set(bench.ram, at, special);
}

/** The tail moves, and the device does what there is. */
export function give(bench: Bench, tail: number): void {
  bench.write(Register.TDT, tail);
  bench.settle();
}

export function done(bench: Bench, index: number): boolean {
  return (TxData.status.get(bench.ram, bench.txAt(index) as Address as Address<"TxData">) & TxStatus.DD) !== 0;
}

/** One's complement sum of 16-bit words, bytes of an odd end as the upper half: what checksums are complements of. */
export function sum(bytes: Uint8Array, start = 0): number {
  let total = start;
  for (const [i, byte] of bytes.entries()) {
    total += i % 2 === 0 ? byte * 256 : byte;
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

const word = (bytes: Uint8Array, at: number): number => bytes[at] * 256 + bytes[at + 1];
export const long = (bytes: Uint8Array, at: number): number => word(bytes, at) * 65_536 + word(bytes, at + 2);
export { word };

export function put(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >> 8) & 0xff;
  bytes[at + 1] = value & 0xff;
}

/** The pseudo header's sum without the length, as a driver leaves it in the checksum field for a segmentation. */
function partialPseudo(frame: Uint8Array, version: 4 | 6, protocol: number): number {
  return version === 4 ? sum(frame.subarray(IP + 12, IP + 20), protocol) : sum(frame.subarray(IP + 8, IP + 40), protocol);
}

export interface Packet {
  readonly version?: 4 | 6;
  readonly protocol?: "tcp" | "udp";
  readonly flags?: number;
  readonly sequence?: number;
  readonly identification?: number;
  /** For a segmentation: no lengths anywhere. */
  readonly unsized?: boolean;
}

/** An Ethernet frame with IP and TCP or UDP, checksums as a driver leaves them that wants them inserted. */
export function packet(payload: number, shape: Packet = {}): Uint8Array {
  const { version = 4, protocol = "tcp", flags = 0x18, sequence = 0x1000, identification = 0xfffe, unsized = false } = shape;
  const tcp = protocol === "tcp";
  const number = tcp ? 6 : 17;
  const at = version === 4 ? TRANSPORT : TRANSPORT6;
  const segmentBytes = (tcp ? 20 : 8) + payload;
  const frame = Uint8Array.from({ length: at + segmentBytes }, (_, i) => (i * 31 + 7) & 0xff);
  frame.set([0x02, 0, 0, 0, 0, 0x77, 0x02, 0, 0, 0, 0, 1], 0);
  put(frame, 12, version === 4 ? 0x0800 : 0x86dd);
  frame.fill(0, IP, at + (tcp ? 20 : 8));
  frame[IP] = version === 4 ? 0x45 : 0x60;
  if (version === 4) {
    put(frame, IP + 2, unsized ? 0 : 20 + segmentBytes);
    put(frame, IP + 4, identification);
    frame.set([64, number], IP + 8);
    frame.set([10, 0, 0, 3, 10, 0, 0, 9], IP + 12);
  } else {
    put(frame, IP + 4, unsized ? 0 : segmentBytes);
    frame.set([number, 64], IP + 6);
    frame.set([0xfd, ...Array.from({ length: 14 }, (_, i) => i), 3, 0xfd, ...Array.from({ length: 14 }, (_, i) => i), 9], IP + 8);
  }
  put(frame, at, 1003);
  put(frame, at + 2, 80);
  if (tcp) {
    new DataView(frame.buffer).setUint32(at + 4, sequence);
    frame.set([0x50, flags, 2, 0], at + 12);
  } else put(frame, at + 4, unsized ? 0 : segmentBytes);
  const pseudo = partialPseudo(frame, version, number);
  put(frame, at + (tcp ? TCP_SUM : UDP_SUM), unsized ? pseudo : sum(Uint8Array.of(segmentBytes >> 8, segmentBytes & 0xff), pseudo));
  return frame;
}

/** Is the IPv4 header's checksum right? */
export const ipSumRight = (frame: Uint8Array): boolean => sum(frame.subarray(IP, IP + 20)) === 0xffff;

/** Is TCP's or UDP's checksum right, over the whole pseudo header? */
export function transportSumRight(frame: Uint8Array, version: 4 | 6 = 4): boolean {
  const at = version === 4 ? TRANSPORT : TRANSPORT6;
  const protocol = version === 4 ? frame[IP + 9] : frame[IP + 6];
  const segment = frame.subarray(at);
  return sum(segment, sum(Uint8Array.of(segment.length >> 8, segment.length & 0xff), partialPseudo(frame, version, protocol))) === 0xffff;
}

/** All checksums that a data descriptor can ask for. */
export const ALL = TxOption.IXSM | TxOption.TXSM;

/** A context, and its bytes in pieces; `last` is the last descriptor's command. */
export function segment(context: Context, pieces: readonly Uint8Array[], last = LAST, options = ALL, limits: { transmitFrameBytes?: number } = {}): Bench {
  const bench = new Bench({ limits });
  bench.transmitRing(32);
  contextDescriptor(bench, 0, context);
  for (const [i, piece] of pieces.entries()) dataDescriptor(bench, 1 + i, 8192 * i, piece, (i === pieces.length - 1 ? last : 0) | Command.TSE | Command.IFCS, options);
  give(bench, 1 + pieces.length);
  return bench;
}

/** Contexts that were sent whole, and that were not. */
export const contexts = (bench: Bench): [sent: number, failed: number] => [bench.read(E1000Statistic.TSCTC), bench.read(E1000Statistic.TSCTFC)];

export function cut(bytes: Uint8Array, ...at: number[]): Uint8Array[] {
  return [0, ...at].map((from, i) => bytes.slice(from, at[i] ?? bytes.length));
}
