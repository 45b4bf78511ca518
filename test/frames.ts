/**
 * Makes frames for tests, from what a test wants to say; everything else has a plain value, lengths and checksums are
 * right. Written apart from the code under test, on plain arrays.
 */

export interface FrameOptions {
  source?: string;
  destination?: string;
  sport?: number;
  dport?: number;
  sequence?: number;
  acknowledgement?: number;
  /** Letters of S F R P A U E C. */
  flags?: string;
  window?: number;
  data?: string | Uint8Array;
  /** VLAN tags from the outside in: [type, control]. */
  tags?: readonly (readonly [number, number])[];
  etherType?: number;
  /** IPv4 options, a multiple of 4 bytes. */
  ipOptions?: readonly number[];
  /** IPv4 flags and fragment offset. */
  fragment?: number;
  protocol?: number;
  /** IPv6 extension headers in front of TCP: [header number, bytes behind the next-header byte]. */
  extensions?: readonly (readonly [number, readonly number[]])[];
  /** TCP options, a multiple of 4 bytes. */
  tcpOptions?: readonly number[];
  /** Bytes behind the IP packet. */
  padding?: number;
  badIpChecksum?: boolean;
  badTcpChecksum?: boolean;
}

const FLAG: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 };

/** Latin-1: one byte a code unit. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A whole Ethernet frame, unpadded unless asked for, without FCS. IPv6 if the source is. */
export function frame(options: FrameOptions = {}): Uint8Array {
  const source = options.source ?? "10.0.0.1";
  const version6 = source.includes(":");
  const destination = options.destination ?? (version6 ? "fd00::80" : "10.0.0.80");
  const addresses = [...addressBytes(source), ...addressBytes(destination)];
  const segment = tcpSegment(options, addresses);
  const packet = version6 ? packet6(options, addresses, segment) : packet4(options, addresses, segment);
  const etherType = options.etherType ?? (version6 ? 0x86dd : 0x0800);
  const types = [...(options.tags ?? []).flatMap(([type, control]) => [...word(type), ...word(control)]), ...word(etherType)];
  return Uint8Array.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 9, 9, ...types, ...packet, ...new Array<number>(options.padding ?? 0).fill(0x55)]);
}

function tcpSegment(options: FrameOptions, addresses: readonly number[]): number[] {
  const tcpOptions = options.tcpOptions ?? [];
  const data = typeof options.data === "string" ? bytesOf(options.data) : (options.data ?? []);
  const flags = [...(options.flags ?? "A")].reduce((bits, letter) => bits | FLAG[letter], 0);
  const header = [
    ...word(options.sport ?? 40000),
    ...word(options.dport ?? 80),
    ...double(options.sequence ?? 0),
    ...double(options.acknowledgement ?? 777),
    (5 + tcpOptions.length / 4) << 4,
    flags,
    ...word(options.window ?? 502),
    0,
    0,
    0,
    0,
    ...tcpOptions,
  ];
  const segment = [...header, ...data];
  const checksum = internetChecksum([...addresses, 0, 6, ...word(segment.length), ...segment]) ^ (options.badTcpChecksum === true ? 0x0101 : 0);
  segment.splice(16, 2, ...word(checksum));
  return segment;
}

function packet4(options: FrameOptions, addresses: readonly number[], segment: readonly number[]): number[] {
  const ipOptions = options.ipOptions ?? [];
  const headerBytes = 20 + ipOptions.length;
  const header = [0x40 | (headerBytes / 4), 0, ...word(headerBytes + segment.length), 0x12, 0x34, ...word(options.fragment ?? 0x4000), 64, options.protocol ?? 6, 0, 0, ...addresses, ...ipOptions];
  header.splice(10, 2, ...word(internetChecksum(header) ^ (options.badIpChecksum === true ? 0x0101 : 0)));
  return [...header, ...segment];
}

function packet6(options: FrameOptions, addresses: readonly number[], segment: readonly number[]): number[] {
  const extensions = options.extensions ?? [];
  const last = options.protocol ?? 6;
  const chain = extensions.flatMap(([, rest], index) => [extensions[index + 1]?.[0] ?? last, ...rest]);
  return [0x60, 0, 0, 0, ...word(chain.length + segment.length), extensions[0]?.[0] ?? last, 64, ...addresses, ...chain, ...segment];
}

function addressBytes(text: string): number[] {
  if (!text.includes(":")) return text.split(".").map(Number);
  const [before, after] = text.split("::");
  const groups = (part: string | undefined): number[] => (part === undefined || part === "" ? [] : part.split(":").map((group) => parseInt(group, 16)));
  const head = groups(before);
  const tail = groups(after);
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail].flatMap(word);
}

function word(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

function double(value: number): number[] {
  return [...word(value >>> 16), ...word(value & 0xffff)];
}

function internetChecksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += bytes[index] * 256 + (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** One client's connection: counts its own sequence numbers. `at` gives a frame for any place of its stream. */
export class Client {
  readonly options: FrameOptions;
  readonly initial: number;
  #sent = 0;

  constructor(options: FrameOptions = {}, initial = 1000) {
    this.options = options;
    this.initial = initial;
  }

  syn(more: FrameOptions = {}): Uint8Array {
    return frame({ ...this.options, sequence: this.initial, flags: "S", ...more });
  }

  /** The next bytes of the stream. */
  send(data: string | Uint8Array, more: FrameOptions = {}): Uint8Array {
    const offset = this.#sent;
    this.#sent += data.length;
    return this.at(offset, data, more);
  }

  /** Bytes at this offset of the stream. */
  at(offset: number, data: string | Uint8Array = "", more: FrameOptions = {}): Uint8Array {
    return frame({ ...this.options, sequence: (this.initial + 1 + offset) >>> 0, flags: "PA", data, ...more });
  }

  fin(more: FrameOptions = {}): Uint8Array {
    return this.at(this.#sent, "", { flags: "FA", ...more });
  }

  reset(more: FrameOptions = {}): Uint8Array {
    return this.at(this.#sent, "", { flags: "R", ...more });
  }
}
