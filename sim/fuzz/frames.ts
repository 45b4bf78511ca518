/** Makes frames from what one wants to say; everything else has a plain value, lengths and checksums are right. */

export interface FrameWish {
  /** Address of the client: "10.9.8.7", or any text with a colon for an IPv6 one. */
  readonly source?: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly sequence?: number;
  /** TcpFlag bits. */
  readonly flags?: number;
  /** Latin-1. */
  readonly data?: string;
  /** VLAN tags, the type of each. */
  readonly tags?: readonly number[];
  readonly etherType?: number;
  readonly protocol?: number;
  /** IPv4 flags and fragment offset, and the part of the TCP segment that lies in this frame. */
  readonly fragment?: number;
  readonly identification?: number;
  readonly part?: readonly [from: number, to: number];
  /** IPv6 extension headers in front of TCP, as bytes behind their next-header byte. */
  readonly extensions?: readonly { readonly header: number; readonly rest: readonly number[] }[];
}

export const Flag = Object.freeze({ fin: 1, syn: 2, rst: 4, push: 8, ack: 16 });

/** The machine's own address (DEFAULT_MAC), and a client's. */
const ETHERNET: readonly number[] = Object.freeze([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 9, 9]);
const IPV4_SERVER: readonly number[] = Object.freeze([10, 0, 0, 80]);
const IPV6_NETWORK: readonly number[] = Object.freeze([0xfd, ...new Array<number>(14).fill(0)]);
const TCP = 6;
const DONT_FRAGMENT = 0x4000;
const IP_AT = 14;

export function frameOf(wish: FrameWish): Uint8Array {
  const version6 = wish.source?.includes(":") ?? false;
  const addresses = version6 ? [...IPV6_NETWORK, 1, ...IPV6_NETWORK, 80] : [...addressBytes(wish.source ?? "10.0.0.1"), ...IPV4_SERVER];
  const [from, to] = wish.part ?? [0, Number.MAX_SAFE_INTEGER];
  const segment = tcpSegment(wish, addresses).slice(from, to);
  const packet = version6 ? packet6(wish, addresses, segment) : packet4(wish, addresses, segment);
  const types = [...(wish.tags ?? []).flatMap((type) => [...word(type), 0, 7]), ...word(wish.etherType ?? (version6 ? 0x86dd : 0x0800))];
  return Uint8Array.from([...ETHERNET, ...types, ...packet]);
}

/** Makes both checksums of an untagged TCP segment in IPv4 right again, as far as its lengths make sense. */
export function mendChecksums(frame: Uint8Array): void {
  if (frame.length < IP_AT + 40 || frame[12] !== 8 || frame[13] !== 0) return;
  const tcpAt = IP_AT + (frame[IP_AT] & 15) * 4;
  const end = IP_AT + ((frame[16] << 8) | frame[17]);
  if (tcpAt < IP_AT + 20 || end > frame.length || end < tcpAt + 20) return;
  frame.set([0, 0], IP_AT + 10);
  frame.set(word(checksum(frame.subarray(IP_AT, tcpAt))), IP_AT + 10);
  frame.set([0, 0], tcpAt + 16);
  frame.set(word(checksum(pseudo([...frame.subarray(IP_AT + 12, IP_AT + 20)], [...frame.subarray(tcpAt, end)]))), tcpAt + 16);
}

function tcpSegment(wish: FrameWish, addresses: readonly number[]): number[] {
  const ports = [...word(wish.sport ?? 40_000), ...word(wish.dport ?? 80)];
  const data = Array.from(wish.data ?? "", (letter) => letter.charCodeAt(0) & 255);
  const header = [...ports, ...double(wish.sequence ?? 0), ...double(777), 5 << 4, wish.flags ?? Flag.ack, ...word(502), 0, 0, 0, 0];
  const segment = [...header, ...data];
  segment.splice(16, 2, ...word(checksum(pseudo(addresses, segment))));
  return segment;
}

function packet4(wish: FrameWish, addresses: readonly number[], segment: readonly number[]): number[] {
  const header = [0x45, 0, ...word(20 + segment.length), ...word(wish.identification ?? 0x1234), ...word(wish.fragment ?? DONT_FRAGMENT), 64, wish.protocol ?? TCP, 0, 0, ...addresses];
  header.splice(10, 2, ...word(checksum(header)));
  return [...header, ...segment];
}

function packet6(wish: FrameWish, addresses: readonly number[], segment: readonly number[]): number[] {
  const extensions = wish.extensions ?? [];
  const last = wish.protocol ?? TCP;
  const chain = extensions.flatMap(({ rest }, index) => [extensions[index + 1]?.header ?? last, ...rest]);
  return [0x60, 0, 0, 0, ...word(chain.length + segment.length), extensions[0]?.header ?? last, 64, ...addresses, ...chain, ...segment];
}

function pseudo(addresses: readonly number[], segment: readonly number[]): number[] {
  return [...addresses, 0, TCP, ...word(segment.length), ...segment];
}

function addressBytes(text: string): number[] {
  return text.split(".").map(Number);
}

function word(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

function double(value: number): number[] {
  return [...word(value >>> 16), ...word(value & 0xffff)];
}

/** RFC 1071. */
function checksum(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at] * 256 + (at + 1 < bytes.length ? bytes[at + 1] : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
