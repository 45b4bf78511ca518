/** Frames of ARP, neighbour discovery and echo for tests, made and read on plain arrays, apart from the code under test. */

export const MACHINE_MAC = "02:00:00:00:00:01";
export const EVERYBODY = "ff:ff:ff:ff:ff:ff";

export function mac(text: string): number[] {
  return text.split(":").map((part) => parseInt(part, 16));
}

/** "10.0.0.1", or IPv6 with one "::" in it. */
export function ip(text: string): number[] {
  if (!text.includes(":")) return text.split(".").map(Number);
  const [before, after] = text.split("::");
  const groups = (part: string): number[] => (part === "" ? [] : part.split(":").map((group) => parseInt(group, 16)));
  const middle = new Array<number>(8 - groups(before).length - groups(after).length).fill(0);
  return [...groups(before), ...middle, ...groups(after)].flatMap(word);
}

export interface ArpOptions {
  readonly to?: string;
  readonly from?: string;
  readonly operation?: number;
  readonly senderMac?: string;
  readonly sender?: string;
  readonly targetMac?: string;
  readonly target?: string;
  /** Hardware, protocol, their lengths. */
  readonly form?: readonly [number, number, number, number];
}

/** A request of 10.20.0.9 for 10.20.0.2, padded, unless said otherwise. */
export function arp(options: ArpOptions = {}): Uint8Array {
  const sender = options.senderMac ?? "02:00:00:00:00:09";
  const [hardware, protocol, hardwareBytes, protocolBytes] = options.form ?? [1, 0x0800, 6, 4];
  const head = [...mac(options.to ?? EVERYBODY), ...mac(options.from ?? sender), 8, 6];
  const body = [...word(hardware), ...word(protocol), hardwareBytes, protocolBytes, ...word(options.operation ?? 1), ...mac(sender), ...ip(options.sender ?? "10.20.0.9"), ...mac(options.targetMac ?? "00:00:00:00:00:00"), ...ip(options.target ?? "10.20.0.2")];
  return Uint8Array.from([...head, ...body, ...new Array<number>(18).fill(0)]);
}

/** An answer to the machine: the sender's address has its MAC. */
export function arpAnswer(sender: string, senderMac: string, more: ArpOptions = {}): Uint8Array {
  return arp({ to: MACHINE_MAC, operation: 2, sender, senderMac, targetMac: MACHINE_MAC, ...more });
}

export interface DiscoveryOptions {
  readonly to?: string;
  readonly from?: string;
  readonly type?: number;
  readonly code?: number;
  readonly hopLimit?: number;
  readonly source?: string;
  readonly destination?: string;
  readonly target?: string;
  readonly flags?: number;
  /** Bytes of options; by default one with the sender's MAC address. */
  readonly options?: readonly number[];
  readonly badChecksum?: boolean;
  /** Extension headers, as test/frames.ts has them. */
  readonly extensions?: readonly (readonly [number, readonly number[]])[];
}

/** A solicitation of fd00::9 for fd00::2 to its group, unless said otherwise. */
export function discovery(options: DiscoveryOptions = {}): Uint8Array {
  const type = options.type ?? 135;
  const from = options.from ?? "02:00:00:00:00:09";
  const optionBytes = options.options ?? [type === 135 ? 1 : 2, 1, ...mac(from)];
  const body = [type, options.code ?? 0, 0, 0, ...double(options.flags ?? 0), ...ip(options.target ?? "fd00::2"), ...optionBytes];
  const source = ip(options.source ?? "fd00::9");
  const destination = ip(options.destination ?? "ff02::1:ff00:2");
  return frame6(options.to ?? "33:33:ff:00:00:02", from, source, destination, options.hopLimit ?? 255, body, options.badChecksum === true, options.extensions ?? []);
}

/** An advertisement to the machine: `target` has that MAC. */
export function advertisement(target: string, from: string, more: DiscoveryOptions = {}): Uint8Array {
  return discovery({ to: MACHINE_MAC, from, type: 136, source: target, destination: "fd00::2", target, flags: 0x60000000, ...more });
}

export interface EchoOptions {
  readonly to?: string;
  readonly from?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly type?: number;
  readonly code?: number;
  readonly data?: readonly number[];
  readonly badChecksum?: boolean;
  readonly fragment?: number;
  readonly ipOptions?: readonly number[];
  readonly extensions?: readonly (readonly [number, readonly number[]])[];
}

/** An echo request, number 5 of 0x1234, with that data. */
export function echo(options: EchoOptions = {}): Uint8Array {
  const source = options.source ?? "10.20.0.9";
  const version6 = source.includes(":");
  const body = [options.type ?? (version6 ? 128 : 8), options.code ?? 0, 0, 0, 0x12, 0x34, 0, 5, ...(options.data ?? [1, 2, 3])];
  const to = options.to ?? MACHINE_MAC;
  const from = options.from ?? "02:00:00:00:00:09";
  const destination = ip(options.destination ?? (version6 ? "fd00::2" : "10.20.0.2"));
  if (version6) return frame6(to, from, ip(source), destination, 64, body, options.badChecksum === true, options.extensions ?? []);
  body.splice(2, 2, ...word(checksum(body) ^ (options.badChecksum === true ? 1 : 0)));
  const ipOptions = options.ipOptions ?? [];
  const head = [0x45 + ipOptions.length / 4, 0, ...word(20 + ipOptions.length + body.length), 0, 7, ...word(options.fragment ?? 0), 9, 1, 0, 0, ...ip(source), ...destination, ...ipOptions];
  head.splice(10, 2, ...word(checksum(head)));
  return Uint8Array.from([...mac(to), ...mac(from), 8, 0, ...head, ...body]);
}

function frame6(to: string, from: string, source: readonly number[], destination: readonly number[], hopLimit: number, body: number[], bad: boolean, extensions: readonly (readonly [number, readonly number[]])[]): Uint8Array {
  body.splice(2, 2, ...word(checksum([...source, ...destination, ...double(body.length), 0, 0, 0, 58, ...body]) ^ (bad ? 1 : 0)));
  const chain = extensions.flatMap(([, rest], index) => [extensions[index + 1]?.[0] ?? 58, ...rest]);
  const head = [0x60, 0, 0, 0, ...word(chain.length + body.length), extensions[0]?.[0] ?? 58, hopLimit, ...source, ...destination];
  return Uint8Array.from([...mac(to), ...mac(from), 0x86, 0xdd, ...head, ...chain, ...body]);
}

/** What a frame of the machine says, in words; checksums are proven. */
export function tell(frame: Uint8Array): string {
  const to = macText(frame, 0);
  if (macText(frame, 6) !== MACHINE_MAC) return `a frame of ${macText(frame, 6)}`;
  const type = (frame[12] << 8) | frame[13];
  if (type === 0x0806) return tellArp(frame, to);
  return type === 0x0800 ? tell4(frame, to) : tell6(frame, to);
}

function tellArp(frame: Uint8Array, to: string): string {
  const fixed = frame.subarray(14, 20).join();
  if ((frame.length !== 42 && frame.length !== 60) || fixed !== "0,1,8,0,6,4" || macText(frame, 22) !== MACHINE_MAC) return "a malformed ARP packet";
  const [own, target] = [frame.subarray(28, 32).join("."), frame.subarray(38, 42).join(".")];
  if (frame[21] === 2) return `${own} is here, ${target} at ${macText(frame, 32)}, to ${to}`;
  if (macText(frame, 32) !== "00:00:00:00:00:00") return "an ARP request with a target's MAC address";
  return own === target ? `${own} is here, to ${to}` : `${own} asks where ${target} is, to ${to}`;
}

function tell4(frame: Uint8Array, to: string): string {
  const length = (frame[16] << 8) | frame[17];
  const packet = [...frame.subarray(14, 14 + length)];
  if (checksum(packet.slice(0, 20)) !== 0 || frame.length !== Math.max(14 + length, frame.length === 60 ? 60 : 0)) return "a malformed IPv4 packet";
  const ends = `${packet.slice(12, 16).join(".")} to ${packet.slice(16, 20).join(".")} at ${to}`;
  if (packet[9] === 6) return `${flags(packet[20 + 13])} from ${ends}`;
  if (checksum(packet.slice(20)) !== 0) return "a bad ICMP checksum";
  return `icmp ${packet[20]}.${packet[21]} [${packet.slice(24).join()}] from ${ends}`;
}

function tell6(frame: Uint8Array, to: string): string {
  const packet = [...frame.subarray(14)];
  const body = packet.slice(40);
  const [source, destination] = [text6(packet.slice(8, 24)), text6(packet.slice(24, 40))];
  if (((packet[4] << 8) | packet[5]) !== body.length) return "a malformed IPv6 packet";
  const ends = `${source} to ${destination} at ${to}`;
  if (packet[6] === 6) return `${flags(body[13])} from ${ends}`;
  if (checksum([...packet.slice(8, 40), 0, 0, ...word(body.length), 0, 0, 0, 58, ...body]) !== 0) return "a bad ICMPv6 checksum";
  if (body[0] < 135) return `icmp ${body[0]}.${body[1]} [${body.slice(4).join()}] from ${ends}`;
  if (packet[7] !== 255 || body.length !== 32 || body[25] !== 1 || macText(Uint8Array.from(body), 26) !== MACHINE_MAC) return "a malformed neighbour message";
  const target = text6(body.slice(8, 24));
  if (body[0] === 135 && body[24] === 1) return `${source} asks where ${target} is, to ${destination} at ${to}`;
  const how = body[4] === 0x60 ? "answers" : body[4] === 0x20 ? "tells" : `says with flags ${body[4]}`;
  return body[24] === 2 ? `${source} ${how} that ${target} is here, to ${destination} at ${to}` : "a malformed neighbour message";
}

function flags(bits: number): string {
  return [..."FSRPA"].filter((_, index) => (bits >> index) & 1).join("");
}

export function macText(bytes: Uint8Array, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** With "::" for zeros in the middle of fd00::9, as far as tests need it. */
function text6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] << 8) | bytes[2 * index + 1]).toString(16));
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
}

function word(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

function double(value: number): number[] {
  return [...word(value >>> 16), ...word(value & 0xffff)];
}

function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += bytes[index] * 256 + (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
