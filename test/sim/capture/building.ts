/** Builds captures and frames by hand, so that tests of the reader do not lean on the writer. */

export interface Record {
  readonly seconds: number;
  /** In the capture's own unit. */
  readonly fraction: number;
  readonly bytes: Uint8Array;
  readonly wireBytes?: number;
}

export function captureFile(records: readonly Record[], format: { littleEndian?: boolean; nanoseconds?: boolean; network?: number } = {}): Uint8Array {
  const little = format.littleEndian ?? true;
  const size = records.reduce((sum, record) => sum + 16 + record.bytes.length, 24);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  view.setUint32(0, format.nanoseconds === true ? 0xa1b23c4d : 0xa1b2c3d4, little);
  view.setUint16(4, 2, little);
  view.setUint16(6, 4, little);
  view.setUint32(16, 262144, little);
  view.setUint32(20, format.network ?? 1, little);
  let at = 24;
  for (const record of records) {
    view.setUint32(at, record.seconds, little);
    view.setUint32(at + 4, record.fraction, little);
    view.setUint32(at + 8, record.bytes.length, little);
    view.setUint32(at + 12, record.wireBytes ?? record.bytes.length, little);
    file.set(record.bytes, at + 16);
    at += 16 + record.bytes.length;
  }
  return file;
}

export interface Segment {
  readonly destinationMac?: string;
  readonly sourceMac?: string;
  readonly vlanTypes?: readonly number[];
  readonly version?: 4 | 6;
  readonly destinationPort?: number;
  readonly flags?: number;
  readonly fragmentOffset?: number;
  /** IPv6 extension headers in front of TCP, by their numbers. */
  readonly extensions?: readonly number[];
}

/** A TCP segment without data; what the test does not name is ordinary. Checksums are left out. */
export function segment(options: Segment = {}): Uint8Array {
  const vlans = (options.vlanTypes ?? []).flatMap((type) => [type >> 8, type & 0xff, 0, 1]);
  const ip = options.version === 6 ? ipv6(options) : ipv4(options);
  const type = options.version === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  const port = options.destinationPort ?? 80;
  const tcp = [0xc0, 0, port >> 8, port & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, options.flags ?? 0x10, 0xff, 0xff, 0, 0, 0, 0];
  const header = [...macBytes(options.destinationMac ?? "02:00:00:00:00:fe"), ...macBytes(options.sourceMac ?? "02:00:00:00:00:aa")];
  // A tag's type stands where the Ethernet type would; the Ethernet type follows the tags.
  return Uint8Array.from([...header, ...vlans.slice(0, 2), ...vlanTail(vlans), ...type, ...ip, ...tcp]);
}

function vlanTail(vlans: readonly number[]): number[] {
  const tail: number[] = [];
  for (let at = 0; at < vlans.length; at += 4) tail.push(...vlans.slice(at + 2, at + 6));
  return tail;
}

function ipv4(options: Segment): number[] {
  const offset = options.fragmentOffset ?? 0;
  return [0x45, 0, 0, 40, 0, 1, offset >> 8, offset & 0xff, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
}

function ipv6(options: Segment): number[] {
  const chain = [...(options.extensions ?? []), 6];
  const extensions = chain.slice(0, -1).flatMap((_, i) => [chain[i + 1], 0, 0, options.fragmentOffset ?? 0, 0, 0, 0, 0]);
  return [0x60, 0, 0, 0, 0, 20 + extensions.length, chain[0], 64, ...new Array<number>(32).fill(1), ...extensions];
}

export function macBytes(text: string): number[] {
  return text.split(":").map((pair) => Number.parseInt(pair, 16));
}

export const SYN = 0x02;
export const SYN_ACK = 0x12;
export const ACK = 0x10;
