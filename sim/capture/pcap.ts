/**
 * Reads a capture file: classic pcap, either byte order, micro- or nanoseconds, Ethernet.
 *
 * The whole file is judged before any frame runs. What `readCapture` hands out is sound: every record lies in the file,
 * and no accessor below can fail for a frame number from 1 to `count`. What is wrong is named by frame and byte.
 *
 * The format: a 24-byte header (magic, version, time zone, accuracy, snap length, link type), then per frame a 16-byte
 * record header (seconds, fraction, bytes captured, bytes on the wire) and the captured bytes.
 */

import type { Problem } from "../problem.ts";
import { problem, PROBLEMS_MAX } from "../problem.ts";

export const FILE_HEADER_BYTES = 24;
export const RECORD_HEADER_BYTES = 16;
export const MAGIC_MICROSECONDS = 0xa1b2c3d4;
export const MAGIC_NANOSECONDS = 0xa1b23c4d;
export const LINK_TYPE_ETHERNET = 1;

const MAGIC_PCAPNG = 0x0a0d0d0a;
/** Largest capture length that libpcap itself writes; more is taken for damage. */
const CAPTURED_BYTES_MAX = 262_144;
/** A machine's time is counted in nanoseconds below 2^53; a capture may run for 30 days of it. */
const SPAN_SECONDS_MAX = 30 * 24 * 3600;

/** A sound capture. Frames are numbered from 1, as every tool shows them. It holds no objects per frame. */
export class Capture {
  /** The file's bytes. */
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
  readonly #view: DataView;
  /** Offset of each record header. */
  readonly #offsets: Uint32Array;

  constructor(bytes: Uint8Array, offsets: Uint32Array, format: CaptureFormat) {
    this.bytes = bytes;
    this.count = offsets.length;
    this.littleEndian = format.littleEndian;
    this.nanoseconds = format.nanoseconds;
    this.#view = viewOf(bytes);
    this.#offsets = offsets;
    Object.freeze(this);
  }

  /** The captured bytes of a frame: a view, not a copy. */
  frame(number: number): Uint8Array {
    const at = this.frameAt(number);
    return this.bytes.subarray(at, at + this.capturedBytes(number));
  }

  /** Where a frame's captured bytes begin in `bytes`. */
  frameAt(number: number): number {
    return this.#offsets[number - 1] + RECORD_HEADER_BYTES;
  }

  capturedBytes(number: number): number {
    return this.#word(number, 8);
  }

  /** What the frame measured on the wire. */
  wireBytes(number: number): number {
    return this.#word(number, 12);
  }

  /** Whether the capture cut the frame short. */
  snapped(number: number): boolean {
    return this.capturedBytes(number) < this.wireBytes(number);
  }

  /** Seconds since 1970. */
  seconds(number: number): number {
    return this.#word(number, 0);
  }

  /** Nanoseconds within the second. */
  nanos(number: number): number {
    return this.#word(number, 4) * (this.nanoseconds ? 1 : 1000);
  }

  /** Microseconds since 1970, nanoseconds floored. */
  timeMicros(number: number): number {
    return this.seconds(number) * 1_000_000 + Math.floor(this.nanos(number) / 1000);
  }

  /** Nanoseconds after the first frame; 0 for a frame that is stamped earlier than the first. */
  nanosAfterFirst(number: number): number {
    return Math.max(0, (this.seconds(number) - this.seconds(1)) * 1_000_000_000 + this.nanos(number) - this.nanos(1));
  }

  /** The capture as if it ended after frame `count`. */
  cutAfter(count: number): Capture {
    if (count >= this.count) return this;
    return new Capture(this.bytes, this.#offsets.subarray(0, count), this);
  }

  /** Only these of its frames, in order; times still count from its first one, which must be among them. */
  only(numbers: readonly number[]): Capture {
    return new Capture(this.bytes, Uint32Array.from(numbers, (number) => this.#offsets[number - 1]), this);
  }

  #word(number: number, offset: number): number {
    return this.#view.getUint32(this.#offsets[number - 1] + offset, this.littleEndian);
  }
}

export interface CaptureFormat {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
}

/** Either a capture and no problems, or problems and no capture. */
export type CaptureReading =
  | { readonly capture: Capture; readonly problems: readonly Problem[] }
  | { readonly capture: null; readonly problems: readonly Problem[] };

export function readCapture(bytes: Uint8Array): CaptureReading {
  const header = readFileHeader(bytes);
  if ("problem" in header) return { capture: null, problems: [header.problem] };
  const problems: Problem[] = [];
  const offsets = readRecords(bytes, header.format, problems);
  if (problems.length > 0) return { capture: null, problems };
  return { capture: new Capture(bytes, offsets, header.format), problems };
}

function readFileHeader(bytes: Uint8Array): { format: CaptureFormat } | { problem: Problem } {
  const refuse = (at: number, found: string, expected: string) => ({ problem: problem(`byte ${at}`, found, expected) });
  if (bytes.length < 4) return refuse(bytes.length, `the file ends after ${bytes.length} bytes`, "a pcap file header of 24 bytes");
  const view = viewOf(bytes);
  const magic = view.getUint32(0);
  if (magic === MAGIC_PCAPNG) {
    return refuse(0, "this is a pcapng file", "classic pcap (convert it with: editcap -F pcap IN OUT)");
  }
  const format = formatOf(view);
  if (format === null) return refuse(0, `the file begins with ${hex(magic)}`, "the magic of classic pcap (a1b2c3d4 or a1b23c4d, either byte order)");
  if (bytes.length < FILE_HEADER_BYTES) {
    return refuse(bytes.length, `the file ends inside its header, after ${bytes.length} bytes`, "24 bytes of header");
  }
  const major = view.getUint16(4, format.littleEndian);
  const minor = view.getUint16(6, format.littleEndian);
  if (major !== 2 || minor !== 4) return refuse(4, `the format's version is ${major}.${minor}`, "2.4");
  const network = view.getUint32(20, format.littleEndian);
  if ((network & 0xffff) !== LINK_TYPE_ETHERNET) return refuse(20, `the link type is ${network & 0xffff}`, "1 (Ethernet)");
  if (network !== LINK_TYPE_ETHERNET) {
    return refuse(20, `the link type field is ${hex(network)}: frames with their check sequence, or unknown flags`, "00000001 (Ethernet without check sequences)");
  }
  return { format };
}

function formatOf(view: DataView): CaptureFormat | null {
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === MAGIC_MICROSECONDS) return { littleEndian, nanoseconds: false };
    if (magic === MAGIC_NANOSECONDS) return { littleEndian, nanoseconds: true };
  }
  return null;
}

function readRecords(bytes: Uint8Array, format: CaptureFormat, problems: Problem[]): Uint32Array {
  const view = viewOf(bytes);
  let offsets = new Uint32Array(1024);
  let count = 0;
  let at = FILE_HEADER_BYTES;
  while (at < bytes.length && problems.length < PROBLEMS_MAX) {
    const captured = judgeRecord(bytes, view, format, at, count + 1, problems);
    if (captured < 0) break;
    if (count === offsets.length) {
      const grown = new Uint32Array(offsets.length * 2);
      grown.set(offsets);
      offsets = grown;
    }
    offsets[count] = at;
    count++;
    at += RECORD_HEADER_BYTES + captured;
  }
  return offsets.slice(0, count);
}

/** The record's captured bytes, or -1 if the next record cannot be found behind this one. */
function judgeRecord(bytes: Uint8Array, view: DataView, format: CaptureFormat, at: number, frame: number, problems: Problem[]): number {
  const report = (offset: number, found: string, expected: string): void => {
    problems.push(problem(`frame ${frame}, byte ${at + offset}`, found, expected));
  };
  if (at + RECORD_HEADER_BYTES > bytes.length) {
    report(0, `the file ends inside the record header, after ${bytes.length - at} of its bytes`, "16 bytes of record header");
    return -1;
  }
  const captured = view.getUint32(at + 8, format.littleEndian);
  const onWire = view.getUint32(at + 12, format.littleEndian);
  if (captured > CAPTURED_BYTES_MAX) {
    report(8, `the captured length is ${captured} bytes`, `at most ${CAPTURED_BYTES_MAX}`);
    return -1;
  }
  if (at + RECORD_HEADER_BYTES + captured > bytes.length) {
    const present = bytes.length - at - RECORD_HEADER_BYTES;
    report(RECORD_HEADER_BYTES, `the file ends inside the frame, after ${present} of its bytes`, `${captured} bytes`);
    return -1;
  }
  if (captured > onWire) report(8, `the captured length is ${captured} bytes of a frame of ${onWire}`, "at most the frame's length on the wire");
  judgeTime(view, format, at, report);
  return captured;
}

function judgeTime(view: DataView, format: CaptureFormat, at: number, report: (offset: number, found: string, expected: string) => void): void {
  const fraction = view.getUint32(at + 4, format.littleEndian);
  const unit = format.nanoseconds ? 1_000_000_000 : 1_000_000;
  if (fraction >= unit) {
    report(4, `the fraction of the time stamp is ${fraction} ${format.nanoseconds ? "ns" : "us"}`, `less than ${unit}`);
  }
  const span = view.getUint32(at, format.littleEndian) - view.getUint32(FILE_HEADER_BYTES, format.littleEndian);
  if (span > SPAN_SECONDS_MAX) report(0, `the time stamp is ${span} s after the first frame's`, `at most ${SPAN_SECONDS_MAX} s (30 days)`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, "0");
}
