/**
 * Addresses as text: dotted IPv4, IPv6 in the canonical form of RFC 5952, MAC addresses as six pairs of hex digits.
 * MAC addresses are also handled as numbers (48 bits, first byte highest), which compare and count easily.
 */

/** The four bytes at `at`, dotted. */
export function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/**
 * The sixteen bytes at `at` as RFC 5952 says: lower case, no leading zeros, the longest run of two or more zero groups
 * (the first among equals) as "::", IPv4-mapped addresses with a dotted tail (section 5).
 */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  if (isIpv4Mapped(bytes, at)) return `::ffff:${ipv4Text(bytes, at + 12)}`;
  const groups: number[] = [];
  for (let i = 0; i < 8; i++) groups.push((bytes[at + 2 * i] << 8) | bytes[at + 2 * i + 1]);
  const run = longestZeroRun(groups);
  if (run.length < 2) return hexGroups(groups);
  return `${hexGroups(groups.slice(0, run.start))}::${hexGroups(groups.slice(run.start + run.length))}`;
}

/** An address of the given family, 4 or 6. */
export function addressText(family: number, bytes: Uint8Array, at: number): string {
  return family === 6 ? ipv6Text(bytes, at) : ipv4Text(bytes, at);
}

/** "address:port", an address with colons in brackets. */
export function addressPortText(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The six bytes at `at` as a number. */
export function macNumber(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] << 8) | bytes[at + 1];
  const low = ((bytes[at + 2] << 24) | (bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5]) >>> 0;
  return high * 0x1_0000_0000 + low;
}

/** "02:20:5e:00:00:fe". */
export function macText(mac: number): string {
  const digits = mac.toString(16).padStart(12, "0");
  return (digits.match(/../g) ?? []).join(":");
}

/** The number of a MAC address written with colons or dashes, or -1. */
export function parseMac(text: string): number {
  if (!/^[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}$/.test(text)) return -1;
  return Number.parseInt(text.replaceAll(/[:-]/g, ""), 16);
}

/** A group address (broadcast included): no interface may have it as its own (IEEE 802, 8.2). */
export function isGroupMac(mac: number): boolean {
  return Math.floor(mac / 0x100_0000_0000) % 2 === 1;
}

function isIpv4Mapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}

function hexGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}
