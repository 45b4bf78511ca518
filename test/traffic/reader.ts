/**
 * An independent reading of traffic by the contract, for tests: which requests a list of frames brings, each with the frame
 * that completes it. Streams are written out as a whole and read again from the start (reference-stream.ts): slow, and plain.
 */

import { createHash } from "node:crypto";
import type { ReferenceStream } from "../services/net/http/reference-stream.ts";
import { referenceStream } from "../services/net/http/reference-stream.ts";
import type { Segment } from "./packets.ts";
import { PacketReader } from "./packets.ts";

export interface TimedFrame {
  /** Number in the capture. */
  readonly number: number;
  readonly seconds: number;
  readonly bytes: Uint8Array;
}

export interface ReadRequest {
  readonly frame: number;
  readonly sport: number;
  readonly dport: number;
  readonly ipVersion: number;
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly host: string | null;
  readonly headBytes: number;
  readonly headSha1: string;
  readonly nthInFlow: number;
  /** As the reference parser says: "routed" is what net lets through. */
  readonly outcome: string;
}

const WINDOW = 65_536;
const SILENCE_SECONDS = 60;
const REQUEST_LINE = /^[A-Z_-]+ [^ \r\n]+ HTTP\/1\.[01]\r\n/;

/** One flow: the client's bytes by their place in the stream. */
class Flow {
  readonly initial: number;
  readonly bytes: number[] = [];
  readonly sport: number;
  readonly dport: number;
  lastHeard: number;
  /** Bytes without a gap from the start. */
  next = 0;
  fin = Infinity;
  deaf = false;
  requests = 0;

  constructor({ sport, dport }: Segment, initial: number, seconds: number) {
    this.initial = initial;
    this.sport = sport;
    this.dport = dport;
    this.lastHeard = seconds;
  }

  /** The client's stream as far as it is whole; latin-1. */
  stream(): string {
    return Buffer.from(this.bytes.slice(0, this.next)).toString("latin1");
  }

  /** Place in the stream of a sequence number. */
  place(sequence: number): number {
    return this.next + ((sequence - (this.initial + 1 + this.next)) | 0);
  }
}

export interface Reading {
  readonly requests: readonly ReadRequest[];
  /** Every flow that there was, in the order of their beginnings. */
  readonly flows: readonly Flow[];
  readonly midstream: number;
}

export function readTraffic(frames: Iterable<TimedFrame>, ports: readonly number[] = [80, 8080]): Reading {
  const reader = new TrafficReader(ports);
  for (const frame of frames) reader.take(frame);
  return reader;
}

class TrafficReader implements Reading {
  readonly requests: ReadRequest[] = [];
  readonly flows: Flow[] = [];
  midstream = 0;
  readonly #ports: readonly number[];
  readonly #packets = new PacketReader();
  readonly #table = new Map<string, Flow>();

  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  take(frame: TimedFrame): void {
    const segment = this.#packets.read(frame.bytes, frame.seconds);
    if (segment === null || !this.#ports.includes(segment.dport)) return;
    const key = `${segment.source} ${segment.sport} ${segment.destination} ${segment.dport}`;
    const known = this.#table.get(key);
    const flow = this.#flowFor(segment, known !== undefined && frame.seconds - known.lastHeard < SILENCE_SECONDS ? known : undefined, frame.seconds);
    if (flow === undefined) return;
    this.#table.set(key, flow);
    flow.lastHeard = frame.seconds;
    if (flow.deaf || (segment.flags.syn && flow === known)) return;
    this.#follow(flow, segment, frame.number);
  }

  #flowFor(segment: Segment, known: Flow | undefined, seconds: number): Flow | undefined {
    const { flags, sequence, data } = segment;
    if (flags.syn && known?.initial !== sequence) return this.#begin(segment, sequence, seconds);
    if (known !== undefined) return known;
    if (flags.rst || !REQUEST_LINE.test(Buffer.from(data).toString("latin1"))) return undefined;
    this.midstream++;
    return this.#begin(segment, (sequence - 1) >>> 0, seconds);
  }

  #begin(segment: Segment, initial: number, seconds: number): Flow {
    const flow = new Flow(segment, initial, seconds);
    this.flows.push(flow);
    return flow;
  }

  #follow(flow: Flow, { flags, sequence, data, version }: Segment, frame: number): void {
    const from = flow.place(flags.syn ? sequence + 1 : sequence);
    if (flags.rst) {
      if (Math.abs(from - flow.next) < WINDOW) flow.deaf = true;
      return;
    }
    const end = from + data.length;
    if (flags.fin && flow.fin === Infinity && end >= flow.next && end - flow.next <= WINDOW) flow.fin = end;
    const most = Math.min(flow.next + WINDOW, flow.fin);
    for (let at = Math.max(from, flow.next); at < Math.min(end, most); at++) flow.bytes[at] ??= data[at - from];
    const before = flow.next;
    while (flow.next < flow.fin && flow.bytes[flow.next] !== undefined) flow.next++;
    if (flow.next > before) this.#read(flow, version, frame);
    if (flow.next >= flow.fin) flow.deaf = true;
  }

  #read(flow: Flow, ipVersion: number, frame: number): void {
    const stream = flow.stream();
    const { requests, end }: ReferenceStream = referenceStream(stream);
    for (const { offset, head } of requests.slice(flow.requests)) {
      const { method, target, host, bytes: headBytes } = head;
      const headSha1 = createHash("sha1").update(Buffer.from(stream.slice(offset, offset + headBytes), "latin1")).digest("hex");
      this.requests.push({ frame, sport: flow.sport, dport: flow.dport, ipVersion, method, target, version: `HTTP/1.${head.minor}`, host, headBytes, headSha1, nthInFlow: flow.requests++, outcome: head.outcome });
    }
    if (!["whole", "more", "inBody"].includes(end)) flow.deaf = true;
  }
}
