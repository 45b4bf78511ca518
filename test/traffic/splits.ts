/** The client streams of captures, cut in two at every byte and delivered in every manner that a network may. */

import { loadCapture } from "../captures/index.ts";
import { setupFor } from "../captures/playing.ts";
import { offered } from "./offered.ts";
import { readTraffic } from "./reader.ts";

/** A segment: where it lies in the stream, and its bytes. */
export interface Piece {
  readonly at: number;
  readonly data: string;
}

/** Bytes that a second arrival brings, which must not count. */
const RUBBISH = "\0";
const SEGMENT_BYTES = 1400;
/** How far overlapping pieces reach into each other. */
const OVERLAP_BYTES = 7;

/** What each client of the capture sent, as far as it is whole; latin-1. */
export function streamsOf(capture: string): string[] {
  const { flows } = readTraffic(offered(loadCapture(capture), setupFor(capture).mac));
  return flows.map((flow) => flow.stream()).filter((stream) => stream !== "");
}

/** The stretch of the stream from `from` to `to`, in segments. */
export function segments(stream: string, from: number, to: number): Piece[] {
  const pieces: Piece[] = [];
  for (let at = from; at < to; at += SEGMENT_BYTES) pieces.push({ at, data: stream.slice(at, Math.min(to, at + SEGMENT_BYTES)) });
  return pieces;
}

/** Each manner makes segments of a stream that is cut at `cut`. What comes a second time is rubbish: the first arrival counts. */
export const MANNERS: readonly (readonly [string, (stream: string, cut: number) => Piece[]])[] = [
  ["in order", (stream, cut) => [...segments(stream, 0, cut), ...segments(stream, cut, stream.length)]],
  ["reversed", (stream, cut) => [...segments(stream, 0, cut), ...segments(stream, cut, stream.length)].reverse()],
  ["overlapping, in order", (stream, cut) => [...segments(stream, 0, cut), ...segments(spoilt(stream, cut - OVERLAP_BYTES, cut), Math.max(0, cut - OVERLAP_BYTES), stream.length)]],
  ["overlapping, reversed", (stream, cut) => [...segments(stream, cut, stream.length).reverse(), ...segments(spoilt(stream, cut, cut + OVERLAP_BYTES), 0, Math.min(stream.length, cut + OVERLAP_BYTES)).reverse()]],
];

function spoilt(stream: string, from: number, to: number): string {
  const [start, end] = [Math.max(0, from), Math.min(stream.length, to)];
  return stream.slice(0, start) + RUBBISH.repeat(end - start) + stream.slice(end);
}
