/** Clients that speak to the machine: streams of heads and bodies, well and badly formed, in segments of all sizes and orders. */

import type { Draws } from "./draws.ts";
import { Flag, frameOf } from "./frames.ts";
import type { FrameWish } from "./frames.ts";
import type { FuzzAction } from "./input.ts";
import { pause } from "./mutate.ts";

const CLIENTS_MAX = 6;
const PIECES_MAX = 4;
const SOURCES: readonly string[] = Object.freeze(["10.0.0.1", "10.0.0.2", "10.9.8.7", "fd00::1"]);
const PORTS: readonly number[] = Object.freeze([80, 80, 80, 8080, 443]);
const LINES: readonly string[] = Object.freeze([
  "GET / HTTP/1.1", "GET /api/x HTTP/1.0", "POST /a HTTP/1.1", "OPTIONS * HTTP/1.1", "GET http://a/b HTTP/1.1", "CONNECT a:1 HTTP/1.1", "GET / HTTP/2.0", "GET  / HTTP/1.1", "get / HTTP/1.1", "G\u0000T / HTTP/1.1", "", "HELLO",
]);
const FIELDS: readonly string[] = Object.freeze([
  "Host: a", "Host:", "Host: a, b", "Content-Length: 5", "Content-Length: 99999999999999999999", "Content-Length: 5, 5", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "X : y", " folded", "Connection: close", "Cookie: VERIDIAN_SESSION=1", "X: \u0000", "Expect: 100-continue", "Upgrade: h2c",
]);
const BODIES: readonly string[] = Object.freeze(["", "", "hello", "5\r\nhello\r\n0\r\n\r\n", "5;a=b\r\nhello\r\n0\r\nT: x\r\n\r\n", "ffffffffffffffff\r\n", "zz\r\n", "0\r\n\r\n"]);
const ENDS: readonly string[] = Object.freeze(["\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r"]);
const TAGS: readonly (readonly number[])[] = Object.freeze([[], [], [], [0x8100], [0x88a8, 0x8100], [0x9100, 0x8100, 0x8100, 0x8100]]);
const MORE = 0x2000;

/** Frames of one to six clients, mixed. */
export function conversation(draws: Draws): FuzzAction[] {
  const mixed: FuzzAction[] = [];
  for (let clients = 1 + draws.small(CLIENTS_MAX - 1); clients > 0; clients--) {
    let at = 0;
    for (const action of clientFrames(draws)) {
      // Behind what the same client said before, most of the time.
      at = draws.oneIn(12) ? draws.below(mixed.length + 1) : Math.min(mixed.length, at + draws.below(3));
      mixed.splice(at, 0, action);
      at += 1;
    }
  }
  return mixed;
}

function clientFrames(draws: Draws): FuzzAction[] {
  const wish: FrameWish = { source: draws.of(SOURCES), sport: 1024 + draws.below(64), dport: draws.of(PORTS), tags: draws.of(TAGS) };
  const first = draws.oneIn(4) ? -draws.below(2000) : draws.word();
  const stream = text(draws);
  const actions: FuzzAction[] = draws.oneIn(12) ? [] : [frame(wish, { sequence: first, flags: Flag.syn })];
  const cut = draws.of([1, 7, 60, 300, 1400]);
  for (let at = 0; at < stream.length && actions.length < 200; ) {
    const length = 1 + draws.below(cut);
    // Some repeat what was said, some leave a hole.
    const from = draws.oneIn(10) ? Math.max(0, at - draws.below(20)) : at;
    actions.push(...segment(draws, wish, first + 1 + from, stream.slice(from, at + length)));
    at += length;
    if (draws.oneIn(20)) at += draws.below(5);
    if (draws.oneIn(30)) actions.push(pause(draws));
  }
  if (draws.oneIn(3)) actions.push(frame(wish, { sequence: first + 1 + stream.length, flags: draws.of([Flag.fin | Flag.ack, Flag.rst, Flag.rst | Flag.ack]) }));
  return actions;
}

/** A segment in a frame, or its packet in parts. */
function segment(draws: Draws, wish: FrameWish, sequence: number, data: string): FuzzAction[] {
  const said = { sequence, flags: Flag.ack | (draws.oneIn(40) ? draws.below(256) : 0), data };
  if (wish.source === SOURCES[3] || !draws.oneIn(15)) return [frame(wish, said)];
  const identification = draws.below(4);
  const bytes = 20 + data.length;
  const step = 8 * (1 + draws.below(1 + (bytes >> 3)));
  const parts: FuzzAction[] = [];
  for (let at = 0; at < bytes; at += step) parts.push(frame(wish, { ...said, identification, part: [at, at + step], fragment: (at >> 3) | (at + step < bytes ? MORE : 0) }));
  return draws.oneIn(3) ? parts.reverse() : parts;
}

function frame(wish: FrameWish, said: FrameWish): FuzzAction {
  return { op: "frame", bytes: frameOf({ ...wish, ...said }) };
}

/** What a client says: requests one behind the other. */
function text(draws: Draws): string {
  let said = "";
  for (let requests = 1 + draws.small(3); requests > 0; requests--) {
    said += (draws.oneIn(3) ? draws.of(LINES) : LINES[draws.below(4)]) + draws.of(ENDS) + (draws.oneIn(6) ? "" : `${FIELDS[0]}\r\n`);
    for (let fields = draws.small(PIECES_MAX); fields > 0; fields--) said += draws.of(FIELDS) + draws.of(ENDS);
    if (draws.oneIn(40)) said += "a: b\r\n".repeat(draws.below(600));
    if (draws.oneIn(60)) said += `x: ${"y".repeat(draws.below(70_000))}\r\n`;
    said += draws.of(ENDS) + draws.of(BODIES);
  }
  return said;
}
