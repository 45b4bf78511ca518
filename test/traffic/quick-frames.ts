/** Frames by the ten thousand: IPv4 and TCP without options, from 10.0.0.1 to port 80 of 10.0.0.80. */

const HEADERS = 54;
const TEMPLATE = Uint8Array.from([
  ...[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 9, 9, 8, 0],
  ...[0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 80],
  ...[0, 0, 0, 80, 0, 0, 0, 0, 0, 0, 3, 9, 0x50, 0, 1, 0xf6, 0, 0, 0, 0],
]);

/** `flags` as the header has them; the data is latin-1. */
export function quickFrame(sport: number, sequence: number, flags: number, data: string): Uint8Array {
  const frame = new Uint8Array(HEADERS + data.length);
  const view = new DataView(frame.buffer);
  frame.set(TEMPLATE);
  frame.set(Buffer.from(data, "latin1"), HEADERS);
  view.setUint16(16, 40 + data.length);
  view.setUint16(24, ~sum(view, 14, 34, 0));
  view.setUint16(34, sport);
  view.setUint32(38, sequence >>> 0);
  frame[47] = flags;
  // The pseudo header: addresses, protocol, length.
  view.setUint16(50, ~sum(view, 34, frame.length, sum(view, 26, 34, 6 + 20 + data.length)));
  return frame;
}

function sum(view: DataView, from: number, to: number, start: number): number {
  let total = start;
  for (let at = from; at + 1 < to; at += 2) total += view.getUint16(at);
  if ((to - from) % 2 === 1) total += view.getUint8(to - 1) << 8;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}
