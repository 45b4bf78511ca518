/**
 * What leaves for a list of transmit descriptors, told a second time and in another way: all bytes of a packet are put
 * together first, then it is looked at as a whole. No ring, no time, no memory that cannot be reached.
 */

import { TxCommand as Command, TxContextCommand, TxOption } from "../../../hal/nic/descriptors.ts";
import type { Context } from "./transmitting.ts";
import { long, put, sum, word } from "./transmitting.ts";

export type Given =
  | { readonly kind: "legacy"; readonly bytes: Uint8Array; readonly command: number; readonly start: number; readonly offset: number; readonly special: number }
  | { readonly kind: "data"; readonly bytes: Uint8Array; readonly command: number; readonly options: number; readonly special: number }
  | { readonly kind: "context"; readonly context: Context };

export interface Setting {
  readonly pads: boolean;
  readonly tags: boolean;
  readonly type: number;
  readonly frameBytesMax: number;
}

type Piece = Exclude<Given, { kind: "context" }>;

export interface Expected {
  readonly frames: Uint8Array[];
  /** Segmentations that went as announced, and those that did not. */
  readonly whole: number;
  readonly failed: number;
  readonly dropped: number;
}

export function whatLeaves(given: readonly Given[], setting: Setting): Expected {
  const expected = { frames: [] as Uint8Array[], whole: 0, failed: 0, dropped: 0 };
  let sums: Context = {};
  let cuts: Context = {};
  let pieces: Piece[] = [];
  let spoilt: Spoilt | null = null;
  for (const item of given) {
    if (item.kind === "context") {
      const forCuts = ((item.context.command ?? 0) & Command.TSE) !== 0;
      if (forCuts && isCut(pieces)) spoilt ??= { context: cuts, bytes: joined(pieces).length };
      if (forCuts) cuts = item.context;
      else sums = item.context;
      continue;
    }
    pieces.push(item);
    if ((item.command & Command.EOP) === 0) continue;
    const frames = isCut(pieces) ? segments(pieces, spoilt?.context ?? cuts, spoilt, setting, expected) : one(pieces, sums, setting, expected);
    const settingPiece = isCut(pieces) ? pieces[0] : pieces[pieces.length - 1];
    expected.frames.push(...frames.map((frame) => finished(frame, settingPiece, setting)));
    pieces = [];
    spoilt = null;
  }
  return expected;
}

/** A segmentation whose context was replaced under way: the one that it began with, and the bytes that came until then. */
interface Spoilt {
  readonly context: Context;
  readonly bytes: number;
}

const isCut = (pieces: readonly Piece[]): boolean => pieces.length > 0 && pieces[0].kind === "data" && (pieces[0].command & Command.TSE) !== 0;
const joined = (pieces: readonly Piece[]): Uint8Array => Uint8Array.from(pieces.flatMap((piece) => [...piece.bytes]));

function one(pieces: readonly Piece[], context: Context, setting: Setting, expected: { dropped: number }): Uint8Array[] {
  const frame = joined(pieces);
  const [first, last] = [pieces[0], pieces[pieces.length - 1]];
  if (frame.length === 0 || frame.length > setting.frameBytesMax) {
    expected.dropped += 1;
    return [];
  }
  if (first.kind === "data") checksums(frame, context, first.options);
  else if (last.kind === "legacy" && (last.command & Command.IC) !== 0) checksum(frame, [first.start, last.offset, 0]);
  return [frame];
}

function segments(pieces: readonly Piece[], context: Context, spoilt: Spoilt | null, setting: Setting, expected: { whole: number; failed: number; dropped: number }): Uint8Array[] {
  const { header = 0, segment = 0, payload = 0 } = context;
  const bytes = joined(pieces).slice(0, spoilt?.bytes);
  const sound = header <= 240 && segment > 0 && header + segment <= setting.frameBytesMax && bytes.length >= header;
  const body = sound ? bytes.slice(header, header + payload) : bytes.slice(0, 0);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += segment) {
    const complete = at + segment <= body.length || body.length === payload;
    if (complete || spoilt === null) frames.push(segmentAt(bytes.slice(0, header), body.slice(at, at + segment), at, context, pieces[0]));
  }
  if (sound && spoilt === null && payload === 0 && header > 0) frames.push(segmentAt(bytes.slice(0, header), body, 0, context, pieces[0]));
  const whole = sound && spoilt === null && frames.length > 0 && bytes.length === header + payload;
  expected.whole += whole ? 1 : 0;
  expected.failed += whole ? 0 : 1;
  expected.dropped += frames.length === 0 || spoilt !== null ? 1 : 0;
  return frames;
}

function segmentAt(header: Uint8Array, body: Uint8Array, at: number, context: Context, first: Piece): Uint8Array {
  const frame = Uint8Array.of(...header, ...body);
  const options = first.kind === "data" ? first.options : 0;
  const command = context.command ?? 0;
  const [ip, transport] = [context.ip?.[0] ?? 0, context.transport?.[0] ?? 0];
  const [isIp, isTcp] = [(command & TxContextCommand.IP) !== 0, (command & TxContextCommand.TCP) !== 0];
  if (isIp || isTcp) {
    change(frame, ip + (isIp ? 2 : 4), () => frame.length - ip);
    if (isIp) change(frame, ip + 4, (old) => old + at / (context.segment ?? 1));
    if (!isTcp) change(frame, transport + 4, () => frame.length - transport);
    else if (transport + 13 < frame.length) {
      const sequence = (long(frame, transport + 4) + at) % 2 ** 32;
      put(frame, transport + 4, Math.floor(sequence / 65_536));
      put(frame, transport + 6, sequence % 65_536);
      if ((context.payload ?? 0) - at > (context.segment ?? 0)) frame[transport + 13] &= 0xf6;
    }
    if ((options & TxOption.TXSM) !== 0) change(frame, context.transport?.[1] ?? 0, (old) => folded(old + Math.max(0, frame.length - transport)));
  }
  checksums(frame, context, options);
  return frame;
}

function change(frame: Uint8Array, at: number, to: (old: number) => number): void {
  if (at + 2 > frame.length) return;
  put(frame, at, to(word(frame, at)));
}

const folded = (total: number): number => (total > 0xffff ? total - 0xffff : total);

function checksums(frame: Uint8Array, context: Context, options: number): void {
  if ((options & TxOption.TXSM) !== 0) checksum(frame, context.transport ?? [0, 0, 0]);
  if ((options & TxOption.IXSM) !== 0) checksum(frame, context.ip ?? [0, 0, 0]);
}

function checksum(frame: Uint8Array, [start, offset, end]: readonly [number, number, number]): void {
  if (start >= frame.length || offset + 2 > frame.length) return;
  const value = 0xffff - sum(frame.slice(start, end === 0 ? frame.length : end + 1));
  put(frame, offset, value === 0 ? 0xffff : value);
}

function finished(frame: Uint8Array, piece: Piece, setting: Setting): Uint8Array {
  const tagged = setting.tags && (piece.command & Command.VLE) !== 0 && frame.length >= 12;
  const whole = tagged ? Uint8Array.of(...frame.slice(0, 12), setting.type >> 8, setting.type & 0xff, piece.special >> 8, piece.special & 0xff, ...frame.slice(12)) : frame;
  const fills = setting.pads && (tagged || (piece.command & Command.IFCS) !== 0) && whole.length < 60;
  return fills ? Uint8Array.of(...whole, ...new Array<number>(60 - whole.length).fill(0)) : whole;
}
