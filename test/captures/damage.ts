/** Damage for captures: what a hostile or broken network could make of them, from a seed. */

import type { Capture } from "../../sim/capture/pcap.ts";
import { readCapture } from "../../sim/capture/pcap.ts";

const IP_AT = 14;
/** Bytes that mean something to a head, and a few that must not. */
const TELLING = [0, 9, 10, 13, 32, 44, 58, 127, 255];

/** Whole numbers below n, one after the other, from a seed. */
export function draws(seed: number): (n: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % n;
  };
}

/** The capture with bytes changed here and there, most frames with their checksums mended. */
export function mutated(capture: Capture, draw: (n: number) => number): Capture {
  const bytes = Uint8Array.from(capture.bytes);
  const oneIn = 1 + draw(25);
  for (let number = 1; number <= capture.count; number++) {
    const frame = bytes.subarray(capture.frameAt(number), capture.frameAt(number) + capture.capturedBytes(number));
    if (draw(oneIn) !== 0 || frame.length < 20) continue;
    for (let changes = 1 + draw(3); changes > 0; changes--) {
      const at = draw(2) === 0 ? draw(frame.length) : Math.min(frame.length - 1, IP_AT + draw(60));
      frame[at] = draw(2) === 0 ? draw(256) : TELLING[draw(TELLING.length)]!;
    }
    if (draw(4) !== 0) mendChecksums(frame);
  }
  return readCapture(bytes).capture!;
}

/** Makes both checksums of a TCP segment in IPv4 right again, as far as its lengths make sense. */
function mendChecksums(frame: Uint8Array): void {
  if (frame.length < 54 || frame[12] !== 8 || frame[13] !== 0) return;
  const tcpAt = IP_AT + (frame[IP_AT]! & 0xf) * 4;
  const end = IP_AT + word(frame, IP_AT + 2);
  if (tcpAt < IP_AT + 20 || end > frame.length || end < tcpAt + 20) return;
  mend(frame, IP_AT + 10, IP_AT, tcpAt, 0);
  mend(frame, tcpAt + 16, tcpAt, end, 6 + end - tcpAt + sum(frame, IP_AT + 12, IP_AT + 20));
}

function mend(frame: Uint8Array, checksumAt: number, from: number, to: number, pseudo: number): void {
  frame.set([0, 0], checksumAt);
  let total = pseudo + sum(frame, from, to);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  frame.set([(~total >> 8) & 0xff, ~total & 0xff], checksumAt);
}

function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) total += at + 1 < to ? word(bytes, at) : bytes[at]! << 8;
  return total;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
