/**
 * An independent reader of frames, for tests: from a frame to the TCP segment in it, packets that come in parts put
 * together. Plain arrays and maps, no bounds but those that the contract names; written apart from the code under test.
 */

export interface Segment {
  /** Addresses as hex digits. */
  readonly source: string;
  readonly destination: string;
  readonly version: 4 | 6;
  readonly sport: number;
  readonly dport: number;
  readonly sequence: number;
  readonly flags: Readonly<Record<"fin" | "syn" | "rst" | "ack", boolean>>;
  readonly data: Uint8Array;
}

interface Packet {
  readonly version: 4 | 6;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  readonly payload: Uint8Array;
}

interface Waiting {
  readonly since: number;
  readonly parts: { readonly from: number; readonly bytes: Uint8Array; readonly more: boolean }[];
  refused: boolean;
}

const PART_SECONDS = 60;
const EXTENSIONS: readonly number[] = [0, 43, 60];
const FRAGMENT = 44;
const TCP = 6;

/** Reads frames one after the other; packets in parts are remembered. */
export class PacketReader {
  readonly #waiting = new Map<string, Waiting>();

  /** The segment that this frame brings or completes at this time in seconds; null if it brings none. */
  read(frame: Uint8Array, seconds: number): Segment | null {
    const inside = behindTags(frame);
    if (inside === null) return null;
    const packet = inside.type === 0x0800 ? this.#version4(inside.rest, seconds) : inside.type === 0x86dd ? this.#version6(inside.rest, seconds) : null;
    return packet === null || packet.protocol !== TCP ? null : readSegment(packet);
  }

  #version4(bytes: Uint8Array, seconds: number): Packet | null {
    if (bytes.length < 20 || bytes[0] >> 4 !== 4) return null;
    const header = (bytes[0] & 15) * 4;
    const total = word(bytes, 2);
    if (header < 20 || total < header || total > bytes.length || sum(bytes.subarray(0, header)) !== 0xffff) return null;
    const packet: Packet = { version: 4, source: bytes.subarray(12, 16), destination: bytes.subarray(16, 20), protocol: bytes[9], payload: bytes.subarray(header, total) };
    const place = word(bytes, 6);
    if ((place & 0x3fff) === 0 || packet.protocol !== TCP) return packet;
    return this.#join(packet, `4 ${word(bytes, 4)}`, (place & 0x1fff) * 8, (place & 0x2000) !== 0, header, seconds);
  }

  #version6(bytes: Uint8Array, seconds: number): Packet | null {
    if (bytes.length < 40 || bytes[0] >> 4 !== 6 || 40 + word(bytes, 4) > bytes.length) return null;
    const addresses = { version: 6 as const, source: bytes.subarray(8, 24), destination: bytes.subarray(24, 40) };
    const found = behindExtensions(bytes.subarray(40, 40 + word(bytes, 4)), bytes[6]);
    if (found === null || found.protocol !== FRAGMENT) return found === null ? null : { ...addresses, ...found };
    const own = found.payload;
    const place = word(own, 2);
    const part: Packet = { ...addresses, protocol: own[0], payload: own.subarray(8) };
    if (part.protocol !== TCP && !EXTENSIONS.includes(part.protocol)) return null;
    if (place >> 3 === 0) {
      const chain = behindExtensions(part.payload, part.protocol);
      if (chain === null || chain.protocol !== TCP || chain.payload.length < 20) return null;
    }
    const whole = this.#join(part, `6 ${hex(own.subarray(4, 8))}`, place & 0xfff8, (place & 1) !== 0, word(bytes, 4) - part.payload.length - 8, seconds);
    const inner = whole === null ? null : behindExtensions(whole.payload, whole.protocol);
    return inner === null ? null : { ...addresses, ...inner };
  }

  /** The whole packet, if this part completes it. */
  #join(part: Packet, id: string, from: number, more: boolean, headerBytes: number, seconds: number): Packet | null {
    const { length } = part.payload;
    if (length === 0 || (more && length % 8 !== 0) || headerBytes + from + length > 65_535) return null;
    const key = `${id} ${hex(part.source)} ${hex(part.destination)}`;
    const known = this.#waiting.get(key);
    const waiting: Waiting = known !== undefined && seconds - known.since < PART_SECONDS ? known : { since: seconds, parts: [], refused: false };
    this.#waiting.set(key, waiting);
    if (waiting.refused) return null;
    const all = [...waiting.parts, { from, bytes: part.payload, more }];
    if (all.some((one, index) => all.slice(index + 1).some((other) => conflict(one, other)))) {
      waiting.refused = true;
      return null;
    }
    waiting.parts.push({ from, bytes: Uint8Array.from(part.payload), more });
    const last = waiting.parts.find((one) => !one.more);
    if (last === undefined) return null;
    const payload = new Uint8Array(last.from + last.bytes.length);
    const covered = new Uint8Array(payload.length);
    for (const one of waiting.parts) {
      payload.set(one.bytes, one.from);
      covered.fill(1, one.from, one.from + one.bytes.length);
    }
    if (covered.includes(0)) return null;
    this.#waiting.delete(key);
    return { ...part, payload };
  }
}

type Part = Waiting["parts"][number];

/** Whether two parts cannot both be true of one packet, or overlap without one repeating what the other says. */
function conflict(one: Part, other: Part): boolean {
  const [oneEnd, otherEnd] = [one.from + one.bytes.length, other.from + other.bytes.length];
  if (!one.more && (otherEnd > oneEnd || (other.more && otherEnd === oneEnd))) return true;
  if (!other.more && (oneEnd > otherEnd || (one.more && oneEnd === otherEnd))) return true;
  const [from, to] = [Math.max(one.from, other.from), Math.min(oneEnd, otherEnd)];
  if (from >= to) return false;
  const within = (one.from === from && oneEnd === to) || (other.from === from && otherEnd === to);
  return !within || hex(one.bytes.subarray(from - one.from, to - one.from)) !== hex(other.bytes.subarray(from - other.from, to - other.from));
}

function behindTags(frame: Uint8Array): { readonly type: number; readonly rest: Uint8Array } | null {
  if (frame.length < 14) return null;
  let at = 12;
  for (let tags = 0; [0x8100, 0x88a8, 0x9100].includes(word(frame, at)); tags++) {
    if (tags === 4 || frame.length < at + 6) return null;
    at += 4;
  }
  return { type: word(frame, at), rest: frame.subarray(at + 2) };
}

/** What stands behind the headers that lead on; a fragment header of a packet in one piece leads on too. Null if they are unsound. */
function behindExtensions(bytes: Uint8Array, first: number): { readonly protocol: number; readonly payload: Uint8Array } | null {
  let [protocol, rest] = [first, bytes];
  for (let count = 0; EXTENSIONS.includes(protocol) || protocol === FRAGMENT; count++) {
    if (count === 8 || rest.length < 8) return null;
    if (protocol === FRAGMENT && (word(rest, 2) & 0xfff9) !== 0) break;
    if (protocol === 43 && rest[3] !== 0) return null;
    const length = protocol === FRAGMENT ? 8 : 8 + rest[1] * 8;
    if (rest.length < length) return null;
    [protocol, rest] = [rest[0], rest.subarray(length)];
  }
  return { protocol, payload: rest };
}

function readSegment({ version, source, destination, payload }: Packet): Segment | null {
  const header = payload.length < 20 ? 0 : (payload[12] >> 4) * 4;
  if (header < 20 || header > payload.length) return null;
  if (sum(Uint8Array.from([...source, ...destination, 0, TCP, payload.length >> 8, payload.length & 255, ...payload])) !== 0xffff) return null;
  const bits = payload[13];
  const flags = { fin: (bits & 1) !== 0, syn: (bits & 2) !== 0, rst: (bits & 4) !== 0, ack: (bits & 16) !== 0 };
  if (flags.syn && (flags.fin || flags.rst || flags.ack)) return null;
  return { source: hex(source), destination: hex(destination), version, sport: word(payload, 0), dport: word(payload, 2), sequence: word(payload, 4) * 65536 + word(payload, 6), flags, data: payload.slice(header) };
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

/** The one's complement sum of 16-bit words. */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += bytes[at] * 256 + (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total % 65536) + Math.floor(total / 65536);
  return total;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
