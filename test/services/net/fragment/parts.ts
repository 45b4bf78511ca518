/** Cuts frames of tests into parts of a packet, as a router or an IPv6 sender would; on plain arrays, apart from the code under test. */

const ETHERNET_BYTES = 14;

export interface PartOptions {
  /** 16 bits for IPv4, 32 for IPv6. */
  readonly id?: number;
  /** What the fragment header of each part but the first names, for IPv6; the first tells the truth. */
  readonly laterProtocol?: number;
}

/** One part: bytes `from` to `to` of the packet's data, and whether it says that more follow. */
export interface Part {
  readonly from: number;
  readonly to: number;
  readonly more?: boolean;
  /** Bytes in place of the true ones. */
  readonly data?: readonly number[];
}

/** Bytes of data that the packet in the frame has: all behind the IPv4 header, or behind the IPv6 header. */
export function dataBytesOf(frame: Uint8Array): number {
  return frame.length - dataFrom(frame);
}

function dataFrom(frame: Uint8Array): number {
  return frame[12] === 8 ? ETHERNET_BYTES + (frame[14] & 15) * 4 : ETHERNET_BYTES + 40;
}

/** The part of the packet in the frame (untagged, not padded), as a frame. */
export function part(frame: Uint8Array, { from, to, more = to < dataBytesOf(frame), data }: Part, options: PartOptions = {}): Uint8Array {
  const bytes = data ?? [...frame.subarray(dataFrom(frame) + from, dataFrom(frame) + to)];
  return frame[12] === 8 ? part4(frame, from, bytes, more, options.id ?? 7) : part6(frame, from, bytes, more, options);
}

function part4(frame: Uint8Array, from: number, data: readonly number[], more: boolean, id: number): Uint8Array {
  const header = [...frame.subarray(ETHERNET_BYTES, dataFrom(frame))];
  const place = (more ? 0x2000 : 0) | (from / 8);
  header.splice(2, 6, ...word(header.length + data.length), ...word(id), ...word(place));
  header.splice(10, 2, 0, 0);
  header.splice(10, 2, ...word(checksum(header)));
  return Uint8Array.from([...frame.subarray(0, ETHERNET_BYTES), ...header, ...data]);
}

function part6(frame: Uint8Array, from: number, data: readonly number[], more: boolean, options: PartOptions): Uint8Array {
  const header = [...frame.subarray(ETHERNET_BYTES, ETHERNET_BYTES + 40)];
  const protocol = from === 0 ? header[6] : (options.laterProtocol ?? header[6]);
  const id = options.id ?? 7;
  const own = [protocol, 0, ...word(from | (more ? 1 : 0)), ...word(id >>> 16), ...word(id & 0xffff)];
  header.splice(4, 2, ...word(own.length + data.length));
  header[6] = 44;
  return Uint8Array.from([...frame.subarray(0, ETHERNET_BYTES), ...header, ...own, ...data]);
}

/** The whole packet in parts that begin at these places of its data (multiples of 8; 0 need not be named). */
export function parts(frame: Uint8Array, places: readonly number[], options: PartOptions = {}): Uint8Array[] {
  const bounds = [0, ...places, dataBytesOf(frame)];
  return bounds.slice(0, -1).map((from, index) => part(frame, { from, to: bounds[index + 1] }, options));
}

function word(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += bytes[index] * 256 + bytes[index + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
