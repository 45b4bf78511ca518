/**
 * One part of an IP packet that came in several (RFC 791, 2.3 and 3.2; RFC 8200, 4.5): what it says of itself, judged.
 *
 * Only packets that may be TCP's are looked at. An IPv4 part names its protocol; of an IPv6 packet the first part's next
 * header counts, but a later one that names another protocol outright is left aside by that name: no sender we know
 * makes parts that disagree, and so noise of other protocols takes no room.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { Ignored } from "../api.ts";
import { EtherType } from "../ethernet.ts";
import { IpProtocol, refuseProtocol } from "../ip-protocol.ts";
import * as ipv4 from "../ipv4.ts";
import * as ipv6 from "../ipv6.ts";
import { TcpHeader } from "../tcp.ts";

/** What tells packets apart whose parts are to be put together. Addresses in network order, IPv4 in the first word. */
export const FragmentKey = layout("FragmentKey", 40, {
  source0: i32,
  source1: i32,
  source2: i32,
  source3: i32,
  destination0: i32,
  destination1: i32,
  destination2: i32,
  destination3: i32,
  /** 16 bits of IPv4, 32 of IPv6. */
  identification: i32,
  /** 4 or 6. */
  family: i32,
});

/** The part at hand. */
export const Fragment = layout("Fragment", 72, {
  key: nested(FragmentKey),
  /** Where its data belongs in the packet's data, and how many bytes it is. */
  offset: i32,
  dataBytes: i32,
  /** Address of the data in shared memory. */
  dataAt: i32,
  /** 1: it is not the last. */
  more: i32,
  /** What the data of the packet begins with: a protocol, or an IPv6 extension header. */
  protocol: i32,
  /** Bytes of headers before the data that the packet's own length counts: all of IPv4's, IPv6's but for the first 40. */
  headerBytes: i32,
  /** Address in shared memory of source and destination, side by side. */
  addressesAt: i32,
  reserved: i32,
});

/** Length that no packet exceeds, headers included as `headerBytes` counts them. */
export const PACKET_BYTES_MAX = 65_535;

/** "More fragments" of IPv4, and the bits of the offset, in units of 8 bytes. */
const MORE_4 = 0x2000;
const UNITS_4 = 0x1fff;

/**
 * Reads the part whose IP header is at `at`, and which `check()` of its version has answered -Ignored.fragment for: so all
 * its headers are sound, and lie in memory. Ignored.none, or why it is none to keep.
 */
export function readFragment(shared: Memory, at: number, memory: Memory, fragment: Address<"Fragment">): Ignored {
  // The Ethernet or VLAN header ends with the type.
  const etherType = (shared.u8[at - 2] << 8) | shared.u8[at - 1];
  memory.fill(fragment, Fragment.size, 0);
  return etherType === EtherType.ipv4 ? readVersion4(shared, at, memory, fragment) : readVersion6(shared, at, memory, fragment);
}

function readVersion4(shared: Memory, at: number, memory: Memory, fragment: Address<"Fragment">): Ignored {
  const header = at as Address<"Ipv4Header">;
  const key = Fragment.key.at(fragment);
  const headerBytes = (ipv4.Ipv4Header.versionAndWords.get(shared, header) & 0x0f) << 2;
  const place = ipv4.Ipv4Header.fragment.get(shared, header);
  const addressesAt = ipv4.Ipv4Header.source.at(header);
  FragmentKey.source0.set(memory, key, word(shared, addressesAt));
  FragmentKey.destination0.set(memory, key, word(shared, ipv4.Ipv4Header.destination.at(header)));
  FragmentKey.identification.set(memory, key, ipv4.Ipv4Header.identification.get(shared, header));
  FragmentKey.family.set(memory, key, 4);
  Fragment.addressesAt.set(memory, fragment, addressesAt);
  Fragment.protocol.set(memory, fragment, IpProtocol.tcp);
  Fragment.headerBytes.set(memory, fragment, headerBytes);
  const dataBytes = ipv4.Ipv4Header.totalBytes.get(shared, header) - headerBytes;
  return judge(memory, fragment, (place & UNITS_4) << 3, at + headerBytes, dataBytes, place & MORE_4);
}

function readVersion6(shared: Memory, at: number, memory: Memory, fragment: Address<"Fragment">): Ignored {
  const header = at as Address<"Ipv6Header">;
  const key = Fragment.key.at(fragment);
  const offset = ipv6.fragmentOffset(shared, at);
  const own = (at + offset) as Address<"Ipv6Fragment">;
  const place = ipv6.Ipv6Fragment.offsetAndMore.get(shared, own);
  const protocol = ipv6.Ipv6Fragment.nextHeader.get(shared, own);
  const addressesAt = ipv6.Ipv6Header.source.at(header);
  for (let index = 0; index < 8; index++) memory.i32[(key >> 2) + index] = word(shared, addressesAt + 4 * index);
  FragmentKey.identification.set(memory, key, ipv6.Ipv6Fragment.identification.get(shared, own));
  FragmentKey.family.set(memory, key, 6);
  Fragment.addressesAt.set(memory, fragment, addressesAt);
  Fragment.protocol.set(memory, fragment, protocol);
  Fragment.headerBytes.set(memory, fragment, offset - ipv6.Ipv6Header.size);
  const dataFrom = offset + ipv6.Ipv6Fragment.size;
  const dataBytes = ipv6.Ipv6Header.size + ipv6.Ipv6Header.payloadBytes.get(shared, header) - dataFrom;
  const refused = (place & ~7) === 0 ? judgeFirst(shared, at + dataFrom, dataBytes, protocol) : judgeLater(protocol);
  return refused === Ignored.none ? judge(memory, fragment, place & 0xfff8, at + dataFrom, dataBytes, place & 1) : refused;
}

/** All headers, that of TCP included, stand in an IPv6 packet's first part (RFC 7112, 4; RFC 8200, 4.5). */
function judgeFirst(shared: Memory, dataAt: number, dataBytes: number, protocol: number): Ignored {
  const tcpOffset = ipv6.skipExtensions(shared, dataAt, 0, dataBytes, protocol);
  if (tcpOffset === -Ignored.badExtensionHeader || tcpOffset === -Ignored.fragment) return Ignored.badFragment;
  if (tcpOffset < 0) return -tcpOffset as Ignored;
  return tcpOffset + TcpHeader.size > dataBytes ? Ignored.badFragment : Ignored.none;
}

function judgeLater(protocol: number): Ignored {
  return protocol === IpProtocol.tcp || ipv6.isExtension(protocol) ? Ignored.none : (-refuseProtocol(protocol) as Ignored);
}

function judge(memory: Memory, fragment: Address<"Fragment">, offset: number, dataAt: number, dataBytes: number, more: number): Ignored {
  if (dataBytes === 0 || (more !== 0 && (dataBytes & 7) !== 0)) return Ignored.badFragment;
  if (Fragment.headerBytes.get(memory, fragment) + offset + dataBytes > PACKET_BYTES_MAX) return Ignored.badFragment;
  Fragment.offset.set(memory, fragment, offset);
  Fragment.dataBytes.set(memory, fragment, dataBytes);
  Fragment.dataAt.set(memory, fragment, dataAt);
  Fragment.more.set(memory, fragment, more === 0 ? 0 : 1);
  return Ignored.none;
}

/** Four bytes as they lie. */
function word(shared: Memory, at: number): number {
  return shared.view.getInt32(at, true);
}
