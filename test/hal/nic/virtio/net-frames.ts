/** Frames for tests of steering and filters: Ethernet, tags, IP and ports, built from their parts. */

export function macBytes(mac: string): number[] {
  return mac.split(":").map((byte) => Number.parseInt(byte, 16));
}

/** A frame of so many bytes to `to`, with a content that tells it from others by `seed`. */
export function frameTo(to: string, bytes: number, seed = 0): Uint8Array {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => (seed * 31 + i * 7) & 0xff);
  frame.set(macBytes(to).slice(0, bytes));
  // No EtherType and no tag that means something.
  if (bytes >= 14) frame.set([0x88, 0xb5], 12);
  return frame;
}

export interface Flow {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** 6 unless stated. */
  readonly protocol?: number;
  /** [TPID, TCI] of each tag, the outermost first. */
  readonly tags?: readonly (readonly [number, number])[];
  /** IPv4: bytes of options. */
  readonly options?: number;
  /** IPv4: flags and fragment offset. */
  readonly fragment?: number;
  /** IPv6: extension headers, each as its number and its bytes without the first. */
  readonly extensions?: readonly { readonly kind: number; readonly rest: readonly number[] }[];
}

export function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

export function ipv4Bytes(address: string): number[] {
  return address.split(".").map(Number);
}

export function ipv6Bytes(address: string): number[] {
  const [left, right] = address.split("::");
  const words = (text: string | undefined): number[] => (text === undefined || text === "" ? [] : text.split(":").map((word) => Number.parseInt(word, 16)));
  const front = words(left);
  const back = words(right);
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back].flatMap(u16);
}

function ports(flow: Flow): number[] {
  return flow.sourcePort === undefined ? [] : [...u16(flow.sourcePort), ...u16(flow.destinationPort ?? 0)];
}

function ipv4Packet(flow: Flow): number[] {
  const options = flow.options ?? 0;
  const payload = [...ports(flow), ...Array<number>(16).fill(0)];
  const total = 20 + options + payload.length;
  const start = [0x45 + options / 4, 0, ...u16(total), 0, 0, ...u16(flow.fragment ?? 0), 64, flow.protocol ?? 6, 0, 0];
  return [...start, ...ipv4Bytes(flow.source), ...ipv4Bytes(flow.destination), ...Array<number>(options).fill(1), ...payload];
}

function ipv6Packet(flow: Flow): number[] {
  const kinds = [...(flow.extensions ?? []).map((one) => one.kind), flow.protocol ?? 6];
  const extensions = (flow.extensions ?? []).flatMap((one, i) => [kinds[i + 1], ...one.rest]);
  const payload = [...extensions, ...ports(flow), ...Array<number>(16).fill(0)];
  return [0x60, 0, 0, 0, ...u16(payload.length), kinds[0], 64, ...ipv6Bytes(flow.source), ...ipv6Bytes(flow.destination), ...payload];
}

/** A frame of a flow; addresses with a colon are IPv6. */
export function flowFrame(flow: Flow, to = "02:00:00:00:00:01"): Uint8Array {
  const isIpv6 = flow.source.includes(":");
  const tags = (flow.tags ?? []).flatMap(([tpid, tci]) => [...u16(tpid), ...u16(tci)]);
  const start = [...macBytes(to), 2, 0, 0, 0, 0, 9, ...tags, ...u16(isIpv6 ? 0x86dd : 0x0800)];
  return Uint8Array.from([...start, ...(isIpv6 ? ipv6Packet(flow) : ipv4Packet(flow))]);
}
