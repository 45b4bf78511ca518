/**
 * What a capture sends more than once, found without any reader of TCP but this one: the bytes of each stream are laid down
 * where their sequence numbers say, and each byte that comes again is compared with the one that lies there.
 */

import { readCapture } from "../../sim/capture/pcap.ts";

/** A segment of which some bytes had been sent before. */
export interface Resent {
  /** Number of the frame, from 1. */
  readonly frame: number;
  /** Bytes that had been sent before, and how many of them were others then. */
  readonly bytes: number;
  readonly otherBytes: number;
  /** Whether an earlier segment was cut in the same way: began and ended with the same bytes, with a FIN or without. */
  readonly cutAlike: boolean;
}

export interface Streams {
  readonly resent: readonly Resent[];
  /** Segments that begin behind a byte that was never sent. */
  readonly gaps: readonly number[];
  /** All bytes of all streams, each counted once. */
  readonly bytes: number;
}

interface Stream {
  readonly initial: number;
  data: Uint8Array;
  /** Bytes that were sent without a gap. */
  length: number;
  readonly cuts: Set<string>;
}

interface SentSegment {
  readonly flow: string;
  readonly sequence: number;
  /** Bits of the header. */
  readonly flags: number;
  readonly data: Uint8Array;
}

const ETHERNET_BYTES = 14;
const FIN = 1;
const SYN = 2;

/** TCP over IPv4 without options or IPv6 without extension headers, which is all that the machine sends. */
function segmentIn(frame: Uint8Array): SentSegment | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const version6 = view.getUint16(12) === 0x86dd;
  if (!version6 && view.getUint16(12) !== 0x0800) return null;
  const tcp = ETHERNET_BYTES + (version6 ? 40 : 20);
  if (view.getUint8(ETHERNET_BYTES + (version6 ? 6 : 9)) !== 6) return null;
  const end = ETHERNET_BYTES + (version6 ? 40 + view.getUint16(ETHERNET_BYTES + 4) : view.getUint16(ETHERNET_BYTES + 2));
  const [addresses, bytes] = version6 ? [22, 32] : [26, 8];
  const flow = Buffer.concat([frame.subarray(addresses, addresses + bytes), frame.subarray(tcp, tcp + 4)]).toString("hex");
  return { flow, sequence: view.getUint32(tcp + 4), flags: view.getUint8(tcp + 13), data: frame.subarray(tcp + (view.getUint8(tcp + 12) >> 4) * 4, end) };
}

/** Reads a capture file of the machine's frames. A stream begins with its SYN. */
export function streamsIn(file: Uint8Array): Streams {
  const { capture } = readCapture(file);
  if (capture === null) throw new Error("these bytes are no capture");
  const streams = new Map<string, Stream>();
  const found = { resent: [] as Resent[], gaps: [] as number[], bytes: 0 };
  for (let frame = 1; frame <= capture.count; frame++) {
    const segment = segmentIn(capture.frame(frame));
    if (segment === null) continue;
    const { flow, sequence, flags, data } = segment;
    if ((flags & SYN) !== 0 && streams.get(flow)?.initial !== sequence) streams.set(flow, { initial: sequence, data: new Uint8Array(4096), length: 0, cuts: new Set() });
    const stream = streams.get(flow);
    if (stream === undefined || data.length === 0) continue;
    const at = (sequence - stream.initial - 1) | 0;
    if (at > stream.length) found.gaps.push(frame);
    else found.bytes += lay(stream, at, segment, frame, found.resent);
  }
  return found;
}

/** Lays the bytes down and compares those that lie there. How many are new. */
function lay(stream: Stream, at: number, { data, flags }: SentSegment, frame: number, resent: Resent[]): number {
  const end = at + data.length;
  const cut = `${at} ${end} ${flags & FIN}`;
  const bytes = Math.min(end, stream.length) - at;
  if (bytes > 0) {
    let otherBytes = 0;
    for (let i = 0; i < bytes; i++) if (stream.data[at + i] !== data[i]) otherBytes += 1;
    resent.push({ frame, bytes, otherBytes, cutAlike: stream.cuts.has(cut) });
  }
  stream.cuts.add(cut);
  if (end <= stream.length) return 0;
  while (end > stream.data.length) stream.data = Buffer.concat([stream.data, new Uint8Array(stream.data.length)]);
  stream.data.set(data.subarray(Math.max(0, bytes)), Math.max(at, stream.length));
  const more = end - stream.length;
  stream.length = end;
  return more;
}
