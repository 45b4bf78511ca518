/**
 * The traffic of the bundled experiments on the tiny machine, made by code: 37 frames of six clients within 43 ticks, so
 * small that a campaign plays it thousands of times. It holds what the machine must cope with on a good day: connections
 * that are kept, pipelined requests, heads in two segments, segments out of order and sent twice, bodies of both codings,
 * IPv4 and IPv6, ends by FIN, by RST and by silence, and one head that no balancer may see.
 */

import { readCapture } from "../capture/pcap.ts";
import type { Capture } from "../capture/pcap.ts";
import { CaptureWriter } from "../capture/pcap-writer.ts";
import { Flag, frameOf } from "../fuzz/frames.ts";

/** What one client sends at a tick: data at an offset of its stream, or flags of its own. */
interface Said {
  readonly tick: number;
  readonly at?: number;
  readonly data?: string;
  readonly flags?: number;
}

interface Speaker {
  readonly source: string;
  readonly sport: number;
  readonly said: readonly Said[];
}

const NANOS_PER_TICK = 1_000_000;
const FIRST_SEQUENCE = 1_000_000;

const get = (path: string, cookie = ""): string => `GET ${path} HTTP/1.1\r\nHost: app.example\r\n${cookie === "" ? "" : `Cookie: VERIDIAN_SESSION=${cookie}\r\n`}\r\n`;
const CHUNKED = "POST /api/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
const COUNTED = "POST /api/d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nworld";
const SPLIT = get("/split/in/two");
const LATE = get("/late", "late");

/** Requests one after another on a connection that is kept, each `step` ticks after the one before. */
function kept(from: number, step: number, texts: readonly string[]): Said[] {
  let at = 0;
  return texts.map((data, index) => {
    const said = { tick: from + index * step, at, data };
    at += data.length;
    return said;
  });
}

const SPEAKERS: readonly Speaker[] = Object.freeze([
  { source: "10.0.0.1", sport: 40_001, said: [{ tick: 0, flags: Flag.syn }, ...kept(1, 4, [get("/a1", "one"), get("/a2", "one"), get("/api/a3"), get("/a4", "one"), get("/a5"), get("/a6", "one")]), { tick: 40, at: 400, flags: Flag.rst }] },
  { source: "10.0.0.2", sport: 40_002, said: [{ tick: 1, flags: Flag.syn }, { tick: 2, at: 0, data: get("/b1") + get("/api/b2") }, ...kept(9, 5, [get("/b3"), COUNTED, get("/b4", "two"), get("/b5")]).map((said) => ({ ...said, at: (said.at ?? 0) + get("/b1").length + get("/api/b2").length }))] },
  { source: "10.0.0.3", sport: 40_003, said: [{ tick: 3, flags: Flag.syn }, { tick: 4, at: 0, data: SPLIT.slice(0, 20) }, { tick: 6, at: 20, data: SPLIT.slice(20) }, { tick: 10, at: SPLIT.length + 15, data: LATE.slice(15) }, { tick: 12, at: SPLIT.length, data: LATE.slice(0, 15) }, { tick: 13, at: SPLIT.length, data: LATE.slice(0, 15) }, { tick: 20, at: SPLIT.length + LATE.length, flags: Flag.fin | Flag.ack }] },
  { source: "fd00::1", sport: 40_004, said: [{ tick: 5, flags: Flag.syn }, ...kept(6, 6, [get("/v1", "six"), CHUNKED, get("/api/v2"), get("/v3", "six"), get("/v4")])] },
  { source: "10.0.0.1", sport: 40_005, said: [{ tick: 18, flags: Flag.syn }, { tick: 19, at: 0, data: "GET /bad HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" }] },
  { source: "10.0.0.6", sport: 40_006, said: [{ tick: 24, flags: Flag.syn }, ...kept(25, 3, [get("/f1"), get("/api/f2"), get("/f3"), get("/f4"), get("/f5"), get("/f6"), get("/f7")])] },
]);

/** Frames of a speaker, each with the tick at which it is sent. */
function framesOf({ source, sport, said }: Speaker): { readonly tick: number; readonly bytes: Uint8Array }[] {
  return said.map(({ tick, at, data, flags }) => {
    const sequence = FIRST_SEQUENCE + (at === undefined ? 0 : 1 + at);
    return { tick, bytes: frameOf({ source, sport, sequence, flags: flags ?? Flag.ack | Flag.push, data: data ?? "" }) };
  });
}

/** The same bytes each time. */
export function smallTraffic(): Capture {
  const frames = SPEAKERS.flatMap(framesOf);
  const ordered = frames.map((frame, index) => ({ ...frame, index })).sort((a, b) => a.tick - b.tick || a.index - b.index);
  const writer = new CaptureWriter();
  for (const { tick, bytes } of ordered) writer.add(0, tick * NANOS_PER_TICK, bytes);
  const { capture } = readCapture(writer.file());
  if (capture === null) throw new TypeError("the small traffic is a sound capture");
  return capture;
}
