/** What others say to net. Frames come in and go out as services/driver-api.ts says; decisions as services/lb/api.ts. */

import type { NetLimits } from "../limits.ts";
import type { HostLimits } from "./host/limits.ts";
import type { ProxyLimits } from "./proxy/limits.ts";

export const NetOpcode = Object.freeze({
  /** operator -> net's `control`, a call: close all flows, let go of every buffer. Answers 0. */
  shutdown: 1,
  /**
   * The same way, where net ends connections itself: no new ones from now on; those that wait for a request are closed, all
   * others with the end of the request at hand. Answers 0 at once; where net only looks on, what an unknown opcode is answered.
   */
  drain: 2,
});

/** Trace kinds of net (services count from 64). */
export const NetTrace = Object.freeze({
  /**
   * A request has its outcome. Argument 0: offset of its RequestDescriptor in the region "requests"; argument 1: offset
   * of the DecisionMessage-shaped record that decided it, in net's arena. Both stay valid until this handler goes on.
   */
  requestDecided: 64,
  /**
   * A flow to a virtual IP has its backend, or was refused. Argument 0: address of its FlowRecord in net's arena, 0 if the
   * flow has ended; argument 1: as above.
   */
  flowDecided: 65,
});

/**
 * Why net left a frame aside: it carries nothing for a flow. Reasons are numbers; `IGNORED_REASONS` gives, by number, the
 * name that reports print and the field of net's state that counts it.
 */
export const Ignored = Object.freeze({
  none: 0,
  /** The descriptor's errors byte is not 0. */
  receiveError: 1,
  /** Too short for an Ethernet header, or it ends inside a VLAN tag, or has more tags than net looks through. */
  badEthernet: 2,
  /** IEEE 802.3 with a length instead of a type (LLC, SNAP: spanning tree and the like). */
  llc: 3,
  arp: 4,
  otherEtherType: 5,
  /** IP header that is cut short or contradicts itself or the frame. */
  badIpHeader: 6,
  badIpChecksum: 7,
  /** A part of a packet that was not kept: there is no room for it, or its packet has been given up. */
  fragment: 8,
  /** IPv6 extension headers that are cut short, too many, or a routing header that leads on elsewhere. */
  badExtensionHeader: 9,
  icmp: 10,
  udp: 11,
  otherProtocol: 12,
  badTcpHeader: 13,
  badTcpChecksum: 14,
  /** TCP to a port that is not served. */
  otherPort: 15,
  /** SYN together with FIN, RST or ACK: no client opens a connection so. */
  badFlags: 16,
  /** Neither SYN nor a request line, and the key is not in the table. */
  noFlow: 17,
  /** The flow has ended: it stays deaf until a SYN with another sequence number or its time-out. */
  endedFlow: 18,
  /** A reset whose sequence number is nowhere near the flow. */
  strayReset: 19,
  /** A new flow, and the table is full of flows in the middle of a head. */
  flowTableFull: 20,
  /** Net has been shut down. */
  closed: 21,
  /** The message brought no buffer: its driver ended before net took it, and the frame went home. */
  lostBuffer: 22,
  /**
   * A part of a packet that no sender makes: it is empty, ends within a unit of 8 bytes though more follow, reaches beyond
   * 65,535 bytes, or is the first of an IPv6 packet and ends before the TCP header does (RFC 8200, 4.5); or the part that
   * made whole what is no TCP packet.
   */
  badFragment: 23,
  /** A part that overlaps another one of its packet, or contradicts where that ends: the packet is given up (RFC 5722). */
  overlappingFragment: 24,
});

export type Ignored = (typeof Ignored)[keyof typeof Ignored];

/** Position is the reason's number; position 0 is no reason and is never counted. */
export const IGNORED_REASONS: readonly { readonly reason: string; readonly field: string }[] = Object.freeze(
  Object.keys(Ignored).map((reason) => Object.freeze({ reason, field: `ignored${reason[0].toUpperCase()}${reason.slice(1)}` })),
);

/** Constants of net's manifest line. */
export interface NetParameters extends NetLimits {
  /**
   * "observe": only clients' frames are there, what is sent on is a copy of the request. "terminate": net ends the clients'
   * connections itself and makes its own to the backends (proxy/).
   */
  readonly mode: "observe" | "terminate";
  /** For "terminate": the machine's own IP addresses, perhaps with a prefix length ("10.20.0.2/16"); the proxy's bounds. */
  readonly addresses?: readonly string[];
  readonly proxy?: ProxyLimits;
  /** The same: bounds of what is remembered of neighbours, and IP addresses of gateways, at most one of each family is used. */
  readonly host?: HostLimits;
  readonly gateways?: readonly string[];
  /** TCP ports on which HTTP is served; those of virtual IPs are in the region "vips". */
  readonly ports: readonly number[];
  /** The machine's own MAC address: source of what is sent on. */
  readonly mac: string;
  /** Next hop by address: "10.1.0.1" -> "02:00:00:00:01:01". */
  readonly neighbours: Readonly<Record<string, string>>;
  /**
   * Next hop of every address that is not in `neighbours`. For "terminate" it may be left out, and is then not used for whom
   * an own address's prefix length shows to be on the link (host/next-hop.ts).
   */
  readonly gatewayMac?: string;
  /** Largest IP packet sent, in bytes. */
  readonly mtu: number;
  /** Of the machine's chance: the secret of the flow table's hash is drawn from it. */
  readonly seed: number;
}
