/**
 * Parts of packets put together (RFC 815's task: RFC 791, 3.2 for IPv4, RFC 8200, 4.5 for IPv6), within bounds of their own.
 *
 * - A part that overlaps what has come, or contradicts where its packet ends, gives the whole packet up, and with it all
 *   parts that are still to come (RFC 5722; RFC 1858 and RFC 3128 tell what overlaps are for). A part that has come before,
 *   byte for byte, is a repetition and changes nothing.
 * - How small a part is does not matter (RFC 1858, 2): nothing is judged before the packet is whole.
 * - A packet that is not whole after `fragmentTimeoutTicks` is given up; who gives way when room is short says packet.ts.
 * - The frame that makes a packet whole is the frame of all that it completes.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { arenaAllocate, arenaFree } from "../../../kernel/arena.ts";
import { Ignored } from "../api.ts";
import { networkLayer } from "../ethernet.ts";
import { skipExtensions } from "../ipv6.ts";
import { Segment, readVersion4, readVersion6 } from "../segment.ts";
import { spaceBlockBytes, spaceByte, spaceCapacity, spaceGrow, spaceInitialise, spacePut } from "../space.ts";
import type { Counter, NetContext } from "../state.ts";
import { NetState, segmentOf, stateOf, streamsOf, tally } from "../state.ts";
import { Fragment, FragmentKey, PACKET_BYTES_MAX, readFragment } from "./fragment.ts";
import { FragmentedPacket, NO_PACKET, PacketPhase, PacketTable, isUsed, packetAt, packetFind, packetOpen, packetVictim } from "./packet.ts";

type Packet = Address<"FragmentedPacket">;

/** What `acceptFragment` answers when the part was kept, and its packet is not whole yet. */
export const KEPT = -1;

/**
 * The frame of `frameBytes` bytes at `at` in `shared` holds a part of a packet (readSegment's answer). Ignored.none when the
 * packet is whole: the Segment is filled, and `releaseWhole` must be called once it has been taken; KEPT; or why the part was
 * left aside.
 */
export function acceptFragment(context: NetContext, at: number, frameBytes: number): Ignored | typeof KEPT {
  const { memory, shared } = context;
  const fragment = NetState.fragment.at(stateOf(context));
  const refused = readFragment(shared, at + networkLayer(shared, at, frameBytes), memory, fragment);
  if (refused !== Ignored.none) return refused;
  tally(context, NetState.fragments);
  const packet = findOrOpen(context, Fragment.key.at(fragment));
  if (packet === NO_PACKET || FragmentedPacket.phase.get(memory, packet) === PacketPhase.refused) return Ignored.fragment;
  if (contradictsEnd(context, packet, fragment)) return refuse(context, packet, Ignored.overlappingFragment);
  if (!makeSpace(context, packet, fragment)) return Ignored.fragment;
  if (!put(context, packet, fragment)) return refuse(context, packet, Ignored.overlappingFragment);
  const endBytes = FragmentedPacket.endBytes.get(memory, packet);
  if (endBytes === 0 || FragmentedPacket.keptBytes.get(memory, packet) < endBytes) return KEPT;
  tally(context, NetState.fragmentedWhole);
  NetState.wholePacket.set(memory, stateOf(context), packet);
  const reason = readWhole(context, packet, fragment);
  if (reason !== Ignored.none) releaseWhole(context);
  return reason;
}

/** The packet that the last part made whole has been taken: its room is free again. */
export function releaseWhole(context: NetContext): void {
  const { memory } = context;
  const state = stateOf(context);
  const packet = NetState.wholePacket.get(memory, state) as Packet;
  if (packet === NO_PACKET) return;
  NetState.wholePacket.set(memory, state, NO_PACKET);
  close(context, packet);
}

/** Gives up all packets that have waited for too long. */
export function endLatePackets(context: NetContext): void {
  const { memory } = context;
  const table = packetsOf(context);
  for (let index = 0; index < PacketTable.packetsMax.get(memory, table); index++) {
    const packet = packetAt(memory, table, index);
    if (isUsed(memory, packet) && isDue(context, packet)) giveUp(context, packet, NetState.fragmentedTimedOut);
  }
}

/** Gives up all packets. */
export function endAllPackets(context: NetContext): void {
  const { memory } = context;
  const table = packetsOf(context);
  for (let index = 0; index < PacketTable.packetsMax.get(memory, table); index++) {
    const packet = packetAt(memory, table, index);
    if (isUsed(memory, packet)) giveUp(context, packet, NetState.fragmentedUnfinished);
  }
}

function findOrOpen(context: NetContext, key: Address<"FragmentKey">): Packet {
  const { memory } = context;
  const table = packetsOf(context);
  const known = packetFind(memory, table, key);
  if (known !== NO_PACKET && !isDue(context, known)) return known;
  if (known !== NO_PACKET) giveUp(context, known, NetState.fragmentedTimedOut);
  if (PacketTable.packetsMax.get(memory, table) === 0) return NO_PACKET;
  const now = NetState.nowTick.get(memory, stateOf(context));
  let packet = packetOpen(memory, table, key, now);
  if (packet === NO_PACKET) {
    // All records are taken, so somebody has one.
    giveUp(context, packetVictim(memory, table, key, NO_PACKET, 0), NetState.fragmentedCrowded);
    packet = packetOpen(memory, table, key, now);
  }
  tally(context, NetState.fragmentedOpened);
  return packet;
}

/** Whether the part says that the packet ends before a byte that another one spoke of, or goes on behind its end. */
function contradictsEnd(context: NetContext, packet: Packet, fragment: Address<"Fragment">): boolean {
  const { memory } = context;
  const known = FragmentedPacket.endBytes.get(memory, packet);
  const reach = reachOf(memory, fragment);
  if (known !== 0 && reach > known) return true;
  return Fragment.more.get(memory, fragment) === 0 && reach < FragmentedPacket.reachBytes.get(memory, packet);
}

/** So many bytes a packet with this part has at least: those up to its end, and one more if it is not the last. */
function reachOf(memory: Memory, fragment: Address<"Fragment">): number {
  return Fragment.offset.get(memory, fragment) + Fragment.dataBytes.get(memory, fragment) + Fragment.more.get(memory, fragment);
}

/** Room for the part's bytes. False, and the packet is given up or not, if others need it more. */
function makeSpace(context: NetContext, packet: Packet, fragment: Address<"Fragment">): boolean {
  const { memory, shared } = context;
  const arena = fragmentsOf(context);
  const capacity = spaceCapacity(Fragment.offset.get(memory, fragment) + Fragment.dataBytes.get(memory, fragment));
  const bytes = spaceBlockBytes(capacity);
  if (bytes <= FragmentedPacket.blockBytes.get(memory, packet)) return true;
  for (;;) {
    const old = FragmentedPacket.space.get(memory, packet);
    const at = old === 0 ? arenaAllocate(shared, arena, bytes) : spaceGrow(shared, arena, (streamsOf(context) + old) as Address<"Space">, capacity);
    if (at > 0) {
      if (old === 0) spaceInitialise(shared, at, capacity, 0);
      FragmentedPacket.space.set(memory, packet, at - streamsOf(context));
      FragmentedPacket.blockBytes.set(memory, packet, bytes);
      return true;
    }
    const victim = packetVictim(memory, packetsOf(context), FragmentedPacket.key.at(packet), packet, bytes);
    giveUp(context, victim, NetState.fragmentedCrowded);
    if (victim === packet) return false;
  }
}

/** Puts the part's bytes to the others. False if some of them have come before, unless all have, and are the same. */
function put(context: NetContext, packet: Packet, fragment: Address<"Fragment">): boolean {
  const { memory, shared } = context;
  const space = spaceOf(context, packet);
  const offset = Fragment.offset.get(memory, fragment);
  const dataBytes = Fragment.dataBytes.get(memory, fragment);
  const dataAt = Fragment.dataAt.get(memory, fragment);
  const added = spacePut(shared, space, offset, shared, dataAt, dataBytes);
  if (added === 0 && isSame(shared.u8, spaceByte(shared, space, offset), dataAt, dataBytes)) {
    tally(context, NetState.repeatedFragments);
  } else if (added < dataBytes) return false;
  FragmentedPacket.keptBytes.add(memory, packet, added);
  FragmentedPacket.reachBytes.set(memory, packet, Math.max(reachOf(memory, fragment), FragmentedPacket.reachBytes.get(memory, packet)));
  if (Fragment.more.get(memory, fragment) === 0) FragmentedPacket.endBytes.set(memory, packet, offset + dataBytes);
  if (offset !== 0) return true;
  FragmentedPacket.protocol.set(memory, packet, Fragment.protocol.get(memory, fragment));
  FragmentedPacket.headerBytes.set(memory, packet, Fragment.headerBytes.get(memory, fragment));
  return true;
}

function isSame(u8: Uint8Array, one: number, other: number, count: number): boolean {
  for (let index = 0; index < count; index++) if (u8[one + index] !== u8[other + index]) return false;
  return true;
}

/** The whole packet becomes the segment at hand. Its addresses are those of the part that came last. */
function readWhole(context: NetContext, packet: Packet, fragment: Address<"Fragment">): Ignored {
  const { memory, shared } = context;
  const segment = segmentOf(context);
  const dataAt = spaceByte(shared, spaceOf(context, packet), 0);
  const endBytes = FragmentedPacket.endBytes.get(memory, packet);
  if (FragmentedPacket.headerBytes.get(memory, packet) + endBytes > PACKET_BYTES_MAX) return Ignored.badFragment;
  const addressesAt = Fragment.addressesAt.get(memory, fragment);
  Segment.frameAt.set(memory, segment, 0);
  if (FragmentKey.family.get(memory, Fragment.key.at(fragment)) === 4) return readVersion4(shared, addressesAt, dataAt, endBytes, memory, segment);
  const tcpOffset = skipExtensions(shared, dataAt, 0, endBytes, FragmentedPacket.protocol.get(memory, packet));
  // A part of a part: nobody sends such.
  if (tcpOffset === -Ignored.fragment) return Ignored.badFragment;
  return tcpOffset < 0 ? (-tcpOffset as Ignored) : readVersion6(shared, addressesAt, dataAt + tcpOffset, endBytes - tcpOffset, memory, segment);
}

/** The packet is given up, and stays in the table so that its other parts are too. */
function refuse(context: NetContext, packet: Packet, reason: Ignored): Ignored {
  const { memory } = context;
  tally(context, NetState.fragmentedRefused);
  freeSpace(context, packet);
  FragmentedPacket.phase.set(memory, packet, PacketPhase.refused);
  return reason;
}

/** The packet leaves the table; counted unless it was refused before. */
function giveUp(context: NetContext, packet: Packet, counter: Counter): void {
  if (FragmentedPacket.phase.get(context.memory, packet) === PacketPhase.waiting) tally(context, counter);
  close(context, packet);
}

function close(context: NetContext, packet: Packet): void {
  freeSpace(context, packet);
  FragmentedPacket.phase.set(context.memory, packet, PacketPhase.free);
}

function freeSpace(context: NetContext, packet: Packet): void {
  const { memory, shared } = context;
  if (FragmentedPacket.space.get(memory, packet) !== 0) arenaFree(shared, fragmentsOf(context), spaceOf(context, packet));
  FragmentedPacket.space.set(memory, packet, 0);
  FragmentedPacket.blockBytes.set(memory, packet, 0);
}

function isDue(context: NetContext, packet: Packet): boolean {
  const { memory } = context;
  return NetState.nowTick.get(memory, stateOf(context)) - FragmentedPacket.firstTick.get(memory, packet) >= context.parameters.fragmentTimeoutTicks;
}

function spaceOf(context: NetContext, packet: Packet): Address<"Space"> {
  return (streamsOf(context) + FragmentedPacket.space.get(context.memory, packet)) as Address<"Space">;
}

function packetsOf(context: NetContext): Address<"PacketTable"> {
  return NetState.packets.at(stateOf(context));
}

/** Address in `shared` of the arena in which parts lie. */
function fragmentsOf(context: NetContext): number {
  return streamsOf(context) + NetState.streamsBytes.get(context.memory, stateOf(context));
}
