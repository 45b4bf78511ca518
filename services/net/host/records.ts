/** What net remembers as a host on its link, in its arena: its neighbours, frames that wait for them, and one HostState. */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32, nested, u32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { IpAddress, MAC_BYTES } from "../neighbour.ts";
import type { NetContext } from "../state.ts";
import { NetState, stateOf } from "../state.ts";
import type { HostLimits } from "./limits.ts";
import { hostStandard } from "./limits.ts";

/** States of a neighbour (RFC 4861, 7.3.2). There is no DELAY: a stale neighbour that is used is probed at once. */
export const NeighbourState = Object.freeze({
  free: 0,
  /** Asked for; frames for it wait. */
  incomplete: 1,
  /** It has answered not long ago. */
  reachable: 2,
  /** Known, but perhaps no more what it was. */
  stale: 3,
  /** In use and asked whether it is still there. */
  probe: 4,
});

/** Lists of neighbours that are asked for: each by when they are asked again. */
export const Asked = Object.freeze({ own: 0, strangers: 1, probed: 2 });
export const ASKED_LISTS = 3;

/** Place of an entry in a list. */
export const HostLink = layout("HostLink", 8, { previous: i32("identity"), next: i32("identity") });
export const HostList = layout("HostList", 16, { first: i32("identity"), last: i32("identity"), count: i32, reserved: i32 });

export const HostNeighbour = layout("HostNeighbour", {
  address: nested(IpAddress),
  /** 4 or 6. */
  family: u8,
  /** One of NeighbourState. */
  state: u8,
  /** One of Asked while it is asked for. */
  asked: u8,
  /** Questions that were sent since it is asked for. */
  asks: u8,
  /** 1: somebody else has said that the address is his: everybody is asked, not only he who had it. */
  contested: u8,
  reserved0: u8,
  mac: bytes(MAC_BYTES),
  /** Next in its hash chain, or among the free ones. */
  chainNext: i32("identity"),
  waitingFirst: i32("identity"),
  waitingLast: i32("identity"),
  waitingCount: i32,
  /** OwnAddress in whose name it is asked. */
  own: i32("identity"),
  /** All neighbours, the one that was used longest ago first. */
  used: nested(HostLink),
  asking: nested(HostLink),
  /** When it has answered; when it is asked again. */
  confirmedTick: u64("time"),
  dueTick: u64("time"),
});

/** A frame whose first six bytes are not known yet. */
export const WaitingFrame = layout("WaitingFrame", 16, { next: i32("identity"), handle: i32("identity"), frameBytes: i32, reserved: i32 });

const count = u32("statistic");

/** What the host counts. */
export const hostCounterTypes = Object.freeze({
  /** Questions for neighbours that were sent; of these, such as look whether one is still there. */
  neighboursAsked: count,
  neighboursProbed: count,
  /** Neighbours that answered, new ones and such as were probed; that answered with another MAC address than before. */
  neighboursFound: count,
  neighboursMoved: count,
  /** Neighbours that did not answer: new ones, and such as had answered before. */
  neighboursUnanswered: count,
  neighboursGone: count,
  /** Neighbours that were forgotten, or asked for no more, since others needed the room. */
  neighboursEvicted: count,
  askingGivenUp: count,
  /** Frames that waited: = those sent later + those thrown away + those that still wait. */
  framesWaited: count,
  framesResolved: count,
  /** Thrown away: nobody answered, others came after them, there was no room, the driver took none; net was shut down. */
  framesUnresolved: count,
  framesDisplaced: count,
  framesNotSent: count,
  framesUnfinished: count,
  /** Frames that did not even wait: no room for them or for who is asked; nobody to ask: no gateway, no own address of the family. */
  framesCrowded: count,
  framesUnreachable: count,
  /** ARP packets and neighbour messages that came; of these, such as are malformed; as no neighbour may say. */
  neighbourMessages: count,
  malformedMessages: count,
  spoofedMessages: count,
  /** Claims to an address that somebody else was known to have, or a fixed neighbour has; and to one of the machine's own. */
  contestedNeighbours: count,
  fixedContradicted: count,
  ownAddressConflicts: count,
  ownAddressDefended: count,
  /** Questions for own addresses that were answered, and that were not since there were too many. */
  questionsAnswered: count,
  questionsLimited: count,
  /** Echo requests to own addresses: answered; not answered since there were too many; malformed, or in a form that is not answered. */
  echoesAnswered: count,
  echoesLimited: count,
  echoesRefused: count,
  /** Packets to addresses that are not the machine's, and from such as nobody has. */
  packetsForOthers: count,
  packetsFromNobody: count,
});

export const HostState = layout("HostState", {
  ...hostCounterTypes,
  neighboursAt: i32,
  neighboursMax: i32,
  neighbourFree: i32("identity"),
  chainsAt: i32,
  /** A power of two. */
  chains: i32,
  /** Of the hash of addresses: no stranger knows which share a chain. */
  secret: i32("identity"),
  waitingAt: i32,
  waitingFree: i32("identity"),
  waitingCount: i32,
  /** Table of gateways, as own addresses are. */
  gateways: i32,
  gatewayCount: i32,
  timer: i32("identity"),
  /** Tick for which the kernel's timer is armed; 0 for none. */
  timerTick: u64("time"),
  /** When the window began in which answers and echoes are counted, and when an own address was last defended; 0 for never. */
  windowTick: u64("time"),
  defendedTick: u64("time"),
  answersInWindow: i32,
  echoesInWindow: i32,
  used: nested(HostList),
  askedOwn: nested(HostList),
  askedStrangers: nested(HostList),
  askedProbed: nested(HostList),
  /** MAC addresses of everybody and of nobody. */
  broadcast: bytes(MAC_BYTES),
  nobody: bytes(MAC_BYTES),
  reserved0: i32,
  /** Who has sent the message at hand, the address that it asks for or tells of, and the neighbour to be asked. */
  peer: nested(IpAddress)("scratch"),
  target: nested(IpAddress)("scratch"),
  hop: nested(IpAddress)("scratch"),
  group: nested(IpAddress)("scratch"),
  peerMac: bytes(MAC_BYTES)("scratch"),
  groupMac: bytes(MAC_BYTES)("scratch"),
  reserved1: i32,
});

export type HostAddress = Address<"HostState">;
export type NeighbourAddress = Address<"HostNeighbour">;
export const NO_NEIGHBOUR = 0 as NeighbourAddress;

/** A field of the host's state that counts. */
export type HostCounter = typeof HostState.neighboursAsked;

export function hostOf(context: NetContext): HostAddress {
  return NetState.host.get(context.memory, stateOf(context)) as HostAddress;
}

export function hostLimits(context: NetContext): HostLimits {
  return context.parameters.host ?? hostStandard;
}

export function countHost(context: NetContext, counter: HostCounter): void {
  counter.add(context.memory, hostOf(context), 1);
}
