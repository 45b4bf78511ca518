import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Outcome } from "../../../services/lb/api.ts";
import { bytesOf, Client } from "../../frames.ts";
import { NetBench } from "./bench.ts";
import { readSent } from "./reading.ts";

const get = (target: string, more = ""): string => `GET ${target} HTTP/1.1\r\nHost: h.test\r\n${more}\r\n`;
const post = (target: string, body: string): string => `POST ${target} HTTP/1.1\r\nHost: h.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const chunked = (target: string, parts: readonly string[]): string =>
  `POST ${target} HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n\r\n${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n\r\n`;

/** What a request is to the tests: its bytes, and how many of them are its head. */
interface Wanted {
  readonly text: string;
  readonly headBytes: number;
}

function wanted(text: string): Wanted {
  return { text, headBytes: text.indexOf("\r\n\r\n") + 4 };
}

const aBody = fc.integer({ min: 1, max: 900 }).map((bytes) => "GET /no HTTP/1.1\r\n\r\n".repeat(50).slice(0, bytes));
const aRequest = fc.oneof(
  fc.integer({ min: 0, max: 1200 }).map((filler) => wanted(get("/get", filler < 8 ? "" : `X-Fill: ${"f".repeat(filler)}\r\n`))),
  aBody.map((body) => wanted(post("/post", body))),
  fc.array(aBody, { minLength: 1, maxLength: 3 }).map((parts) => wanted(chunked("/chunked", parts))),
);

/** A segment of the stream: from, to. */
type Cut = readonly [number, number];

/** The stream cut at random places, some pieces twice, some overlapping, in an order that is random but not far off. */
function cuts(bytes: number): fc.Arbitrary<Cut[]> {
  const points = fc.uniqueArray(fc.integer({ min: 1, max: Math.max(1, bytes - 1) }), { maxLength: 40 });
  const extra = fc.array(fc.tuple(fc.nat(bytes), fc.integer({ min: 1, max: 700 })), { maxLength: 10 });
  return fc.tuple(points, extra).chain(([inner, more]) => {
    const ends = [0, ...inner.filter((point) => point < bytes).sort((a, b) => a - b), bytes];
    const pieces: Cut[] = [];
    for (let index = 0; index + 1 < ends.length; index++) {
      for (let from = ends[index]; from < ends[index + 1]; from += 1300) pieces.push([from, Math.min(from + 1300, ends[index + 1])]);
    }
    for (const [from, length] of more) if (from < bytes) pieces.push([from, Math.min(from + length, bytes)]);
    return fc.shuffledSubarray(pieces, { minLength: pieces.length });
  });
}

/** Frames for the cuts; bytes that have come before are sent as rubbish, which must change nothing. */
function frames(client: Client, stream: string, order: readonly Cut[]): { frames: Uint8Array[]; completes: (end: number) => number } {
  const bytes = bytesOf(stream);
  const come = new Uint8Array(bytes.length);
  const contiguous: number[] = [];
  const made = order.map(([from, to]) => {
    const data = bytes.slice(from, to);
    for (let place = from; place < to; place++) if (come[place] === 1) data[place - from] = 0x21;
    come.fill(1, from, to);
    const gap = come.indexOf(0);
    contiguous.push(gap < 0 ? bytes.length : gap);
    return client.at(from, data);
  });
  return { frames: made, completes: (end) => contiguous.findIndex((length) => length >= end) };
}

describe("a stream in any pieces", () => {
  test("cut, shuffled, doubled and overlapped, gives the same requests at the frames that complete them, all sent on, nothing kept", () => {
    fc.assert(
      fc.property(
        fc
          .array(aRequest, { minLength: 1, maxLength: 12 })
          .chain((requests) => fc.tuple(fc.constant(requests), cuts(requests.reduce((sum, request) => sum + request.text.length, 0)), fc.integer({ min: 0, max: 0xffff_ffff }), fc.boolean())),
        ([requests, order, initial, hold]) => {
          const bench = new NetBench();
          const idle = bench.used("requests");
          bench.policy.hold = hold;
          const client = new Client({}, initial);
          const made = frames(client, requests.map((request) => request.text).join(""), order);
          bench.offer(client.syn(), ...made.frames).release();
          let offset = 0;
          const expected = requests.map((request, nth) => {
            const head = request.text.slice(0, request.headBytes);
            const line = { head, offset, nth, outcome: "routed", ordinal: 2 + made.completes(offset + request.headBytes) };
            offset += request.text.length;
            return line;
          });
          expect(bench.seen.map(({ head, offset: at, nth, outcome, ordinal }) => ({ head, offset: at, nth, outcome, ordinal }))).toEqual(expected);
          expect(bench.counts("total", "routed", "transmitted", "cutShort", "bodyGivenUp", "unfinished", "framesHeld")).toEqual({ total: requests.length, routed: requests.length, transmitted: requests.length, cutShort: 0, bodyGivenUp: 0, unfinished: 0, framesHeld: 0 });
          expect([bench.used("streams"), bench.used("requests"), bench.buffersInUse()]).toEqual([0, idle, 0]);
          expect(sentStream(bench, initial)).toBe(requests.map((request) => request.text).join(""));
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });

  test("long, with a little disorder all the way, uses little memory at a time", () => {
    const bench = new NetBench();
    const client = new Client({}, 0xffff_0000);
    const requests = Array.from({ length: 2500 }, (_, nth) => (nth % 7 === 3 ? post(`/${nth}`, "b".repeat((nth * 37) % 900)) : get(`/${nth}`, `X-Fill: ${"f".repeat((nth * 53) % 300)}\r\n`)));
    const stream = requests.join("");
    const pieces: Uint8Array[] = [];
    for (let at = 0, nth = 0; at < stream.length; nth++) {
      const bytes = 1 + ((nth * 7919) % 1400);
      pieces.push(client.at(at, stream.slice(at, at + bytes)));
      at += bytes;
    }
    // A hash of its number moves each piece by up to 15 places.
    const order = pieces.map((piece, nth) => ({ piece, key: nth + ((nth * 2654435761) >>> 28) })).sort((one, other) => one.key - other.key);
    bench.offer(client.syn(), ...order.map(({ piece }) => piece));
    expect(bench.seen.map((request) => request.target)).toEqual(requests.map((_, nth) => `/${nth}`));
    expect(bench.counts("routed", "transmitted", "crowdedSegments", "cutSegments")).toEqual({ routed: 2500, transmitted: 2500, crowdedSegments: 0, cutSegments: 0 });
    expect(sentStream(bench, 0xffff_0000)).toBe(stream);
    expect([bench.used("streams"), bench.buffersInUse()]).toEqual([0, 0]);
    expect(bench.peak("streams")).toBeLessThan(100_000);
  });

  test("in the smallest pieces, in order and backwards", () => {
    const stream = get("/1") + post("/2", "abc") + get("/3");
    for (const backwards of [false, true]) {
      const bench = new NetBench();
      const client = new Client();
      const pieces = [...stream].map((byte, at) => client.at(at, byte));
      bench.offer(client.syn(), ...(backwards ? pieces.reverse() : pieces));
      expect(bench.targets()).toBe("/1 /2 /3");
      expect(bench.seen.map((request) => request.ordinal)).toEqual(backwards ? [1, 1, 1].map(() => stream.length + 1) : [stream.indexOf("POST") + 1, stream.indexOf("abc") + 1, stream.length + 1]);
      expect([bench.used("streams"), bench.buffersInUse()]).toEqual([0, 0]);
    }
  });
});

/** What was sent on, put together by sequence numbers; no byte may be sent twice. */
function sentStream(bench: NetBench, initial: number): string {
  const bytes: string[] = [];
  for (const sent of bench.transmitted.map(readSent)) {
    const at = (sent.sequence - initial - 1) >>> 0;
    for (let index = 0; index < sent.data.length; index++) {
      if (bytes[at + index] !== undefined) throw new Error(`byte ${at + index} was sent twice`);
      bytes[at + index] = sent.data[index];
    }
  }
  return bytes.join("");
}

describe("data beyond the first missing byte", () => {
  const stream = get("/first", `X-Fill: ${"f".repeat(200)}\r\n`) + get("/last");

  test("is kept up to 65,535 bytes on, and cut there", () => {
    const filler = post("/fill", "b".repeat(65_536 - 10 - 68));
    const all = filler + get("/beyond");
    const bench = new NetBench();
    const client = new Client();
    const pieces = (from: number): Uint8Array[] => {
      const made: Uint8Array[] = [];
      for (let at = from; at < all.length; at += 1400) made.push(client.at(at, all.slice(at, at + 1400)));
      return made;
    };
    // All but the first byte: place 65,535 is the last that is kept.
    bench.offer(client.syn(), ...pieces(1));
    expect(bench.counts("cutSegments", "total")).toEqual({ cutSegments: 1, total: 0 });
    bench.offer(client.at(0, all[0]));
    expect(bench.targets()).toBe("/fill");
    // Of place 65,536 nothing is known, of place 65,535 all.
    bench.offer(client.at(65_537, all.slice(65_537)));
    expect(bench.targets()).toBe("/fill");
    bench.offer(client.at(65_536, all[65_536]));
    expect(bench.targets()).toBe("/fill /beyond");
    expect(bench.used("streams")).toBe(0);
  });

  test("old data, keep-alive probes and empty segments change nothing", () => {
    const bench = new NetBench();
    const client = new Client();
    const half = 100;
    bench.offer(client.syn(), client.at(0, stream.slice(0, half)), client.at(0, stream.slice(0, half)), client.at(half - 1, ""), client.at(half - 1, "?"), client.at(half, ""), client.at(10, "?".repeat(half - 10)));
    expect(bench.counts("dataSegments", "oldSegments", "outOfOrderSegments", "total")).toEqual({ dataSegments: 4, oldSegments: 3, outOfOrderSegments: 0, total: 0 });
    bench.offer(client.at(half - 20, "?".repeat(20) + stream.slice(half)));
    expect(bench.targets()).toBe("/first /last");
  });

  test("an urgent byte stays in the stream", () => {
    const bench = new NetBench();
    const client = new Client();
    bench.offer(client.syn(), client.send(stream.slice(0, 20)), client.send(stream[20], { flags: "PAU" }), client.send(stream.slice(21)));
    expect(bench.seen.map((request) => request.head).join("")).toBe(stream);
  });
});

describe("a head of 65,536 bytes", () => {
  const upTo = (bytes: number, end = "\r\n\r\n"): string => {
    const start = "GET /large HTTP/1.1\r\nHost: h\r\nX: ";
    return start + "x".repeat(bytes - start.length - end.length) + end;
  };
  const send = (client: Client, text: string): Uint8Array[] => {
    const made: Uint8Array[] = [];
    for (let at = 0; at < text.length; at += 1400) made.push(client.at(at, text.slice(at, at + 1400)));
    return made;
  };

  test("is routed when its blank line ends there", () => {
    const bench = new NetBench();
    const client = new Client();
    bench.offer(client.syn(), ...send(client, upTo(65_536) + get("/next")));
    expect(bench.seen.map(({ target, outcome, head }) => [target, outcome, head.length])).toEqual([["/large", "routed", 65_536], ["/next", "routed", get("/next").length]]);
    expect(bench.transmitted.map((sent) => readSent(sent).data).join("")).toBe(upTo(65_536) + get("/next"));
  });

  test("is refused without a blank line, with the frame that brought the last byte, and ends its flow", () => {
    const bench = new NetBench();
    const client = new Client();
    const pieces = send(client, upTo(70_000));
    bench.offer(client.syn(), ...pieces.reverse());
    expect(bench.seen.map(({ target, outcome, head, ordinal }) => [target, outcome, head.length, ordinal])).toEqual([["/large", "HeadTooLarge", 65_536, pieces.length + 1]]);
    expect(bench.counts("headTooLarge", "unfinished", "transmitted")).toEqual({ headTooLarge: 1, unfinished: 0, transmitted: 0 });
    expect(bench.used("streams")).toBe(0);
  });
});

test("thousands of heads become whole at once when a hole is filled: as many as there are slots wait, the rest is refused, parsing goes on", () => {
  const bench = new NetBench();
  const client = new Client();
  const head = "G / HTTP/1.0\r\n\r\n";
  const stream = head.repeat(4000);
  const pieces: Uint8Array[] = [];
  for (let at = 1; at < stream.length; at += 1450) pieces.push(client.at(at, stream.slice(at, at + 1450)));
  bench.offer(client.syn(), ...pieces, client.at(0, stream[0]));
  expect(bench.counts("total", "routed", "overloaded")).toEqual({ total: 4000, routed: 512, overloaded: 3488 });
  expect(bench.seen.map((request) => request.offset).sort((a, b) => a - b)).toEqual(Array.from({ length: 4000 }, (_, nth) => nth * head.length));
  bench.offer(client.at(stream.length, get("/after")));
  expect(bench.seen.at(-1)).toMatchObject({ target: "/after", nth: 4000, outcome: "routed" });
  expect(bench.machine.report().processes.map((process) => process.fault)).toEqual([null, null, null]);
  expect([bench.used("streams"), bench.buffersInUse()]).toEqual([0, 0]);
});

test("bytes that came after a refusal by the balancer are read on", () => {
  const bench = new NetBench();
  bench.policy.outcome = Outcome.noRouteMatch;
  const client = new Client();
  bench.offer(client.syn(), client.send(post("/a", "x".repeat(700)) + get("/b").slice(0, 9)), client.send(get("/b").slice(9)));
  expect(bench.seen.map(({ target, outcome }) => `${target} ${outcome}`)).toEqual(["/a NoRouteMatch", "/b NoRouteMatch"]);
  expect(bench.transmitted).toEqual([]);
});
