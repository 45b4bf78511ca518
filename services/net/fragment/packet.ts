/**
 * Packets whose parts are being put together: one record each, in a table of net's arena. The data of their parts lies in
 * an arena of its own at the end of the region "streams", as a Space (space.ts) that begins with the packet's data.
 *
 * Who gives way when there is no record or no room left: the client (the source address) that has the most of what is
 * short, of equal ones the one with the oldest packet, and with it that packet. If that is who asks, with what he asks for
 * counted, his own oldest goes. So a client that sends parts and leaves others out displaces, once he has as much as
 * anybody else, only what is his.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { FragmentKey } from "./fragment.ts";

export const PacketPhase = Object.freeze({
  /** The record is free. */
  free: 0,
  /** Some parts are here. */
  waiting: 1,
  /** Given up since its parts overlap or contradict each other; those that still come are given up too. */
  refused: 2,
});

export const FragmentedPacket = layout("FragmentedPacket", 88, {
  key: nested(FragmentKey),
  /** When its first part came. */
  firstTick: u64("time"),
  /** Offset of its Space in the region "streams"; 0 for none. */
  space: i32("identity"),
  /** Bytes that the block of the space takes. */
  blockBytes: i32,
  /** Bytes of data that have come. */
  keptBytes: i32,
  /** Bytes of data in all, once the last part has said so; 0 before. */
  endBytes: i32,
  /** So many bytes of data it has at least, by what its parts have said. */
  reachBytes: i32,
  /** What the first part said: what the data begins with, and the bytes of headers before it. */
  protocol: i32,
  headerBytes: i32,
  /** Number of this packet since net began: tells which is older. */
  serial: i32("identity"),
  /** One of PacketPhase. */
  phase: i32,
  reserved: i32,
});

export const PacketTable = layout("PacketTable", 16, {
  packetsAt: i32,
  packetsMax: i32,
  opened: i32("identity"),
  reserved: i32,
});

type Table = Address<"PacketTable">;
type Packet = Address<"FragmentedPacket">;

/** What look-ups answer for "none". */
export const NO_PACKET = 0 as Packet;

/** Makes room for `packetsMax` packets in the heap and fills the (zeroed) table. 0 or an errno. */
export function packetTableCreate(heap: Heap, table: Table, packetsMax: number): number {
  if (packetsMax === 0) return 0;
  const at = heap.allocate(packetsMax * FragmentedPacket.size);
  if (at < 0) return at;
  heap.memory.fill(at, packetsMax * FragmentedPacket.size, 0);
  PacketTable.packetsAt.set(heap.memory, table, at);
  PacketTable.packetsMax.set(heap.memory, table, packetsMax);
  return 0;
}

/** The record at that position of the table, free or not. */
export function packetAt(memory: Memory, table: Table, index: number): Packet {
  return (PacketTable.packetsAt.get(memory, table) + index * FragmentedPacket.size) as Packet;
}

/** The packet with this key, or NO_PACKET. */
export function packetFind(memory: Memory, table: Table, key: Address<"FragmentKey">): Packet {
  for (let index = PacketTable.packetsMax.get(memory, table) - 1; index >= 0; index--) {
    const packet = packetAt(memory, table, index);
    if (isUsed(memory, packet) && sameWords(memory, FragmentedPacket.key.at(packet), key, FragmentKey.size >> 2)) return packet;
  }
  return NO_PACKET;
}

/** A fresh packet for a key that is not in the table; NO_PACKET when every record is taken. */
export function packetOpen(memory: Memory, table: Table, key: Address<"FragmentKey">, tick: number): Packet {
  for (let index = 0; index < PacketTable.packetsMax.get(memory, table); index++) {
    const packet = packetAt(memory, table, index);
    if (isUsed(memory, packet)) continue;
    memory.fill(packet, FragmentedPacket.size, 0);
    memory.copy(FragmentedPacket.key.at(packet), key, FragmentKey.size);
    PacketTable.opened.add(memory, table, 1);
    FragmentedPacket.serial.set(memory, packet, PacketTable.opened.get(memory, table));
    FragmentedPacket.firstTick.set(memory, packet, tick);
    FragmentedPacket.phase.set(memory, packet, PacketPhase.waiting);
    return packet;
  }
  return NO_PACKET;
}

export function isUsed(memory: Memory, packet: Packet): boolean {
  return FragmentedPacket.phase.get(memory, packet) !== PacketPhase.free;
}

/**
 * Who gives way to the client of `key`, who needs a record more (`askedBytes` 0), or a block of so many bytes for his packet
 * `growing`, whose present block does not count then. NO_PACKET if nobody has to but he himself, and he has nothing.
 */
export function packetVictim(memory: Memory, table: Table, key: Address<"FragmentKey">, growing: Packet, askedBytes: number): Packet {
  const inBytes = askedBytes > 0;
  let most = 0;
  let victim = NO_PACKET;
  let oldestOwn = NO_PACKET;
  for (let index = 0; index < PacketTable.packetsMax.get(memory, table); index++) {
    const packet = packetAt(memory, table, index);
    if (!isUsed(memory, packet) || (inBytes && packet !== growing && FragmentedPacket.blockBytes.get(memory, packet) === 0)) continue;
    if (isOf(memory, packet, key)) {
      if (oldestOwn === NO_PACKET || isOlder(memory, packet, oldestOwn)) oldestOwn = packet;
      continue;
    }
    const taken = takenBy(memory, table, FragmentedPacket.key.at(packet), NO_PACKET, inBytes);
    if (taken < most || (taken === most && !isOlder(memory, packet, victim))) continue;
    most = taken;
    victim = packet;
  }
  const asker = takenBy(memory, table, key, growing, inBytes) + (inBytes ? askedBytes : 1);
  return asker > most ? oldestOwn : victim;
}

/** Words of a key that name the client. */
const SOURCE_WORDS = 4;

/** What the packets of the key's client take, without `but`: bytes of blocks, or records. */
function takenBy(memory: Memory, table: Table, key: Address<"FragmentKey">, but: Packet, inBytes: boolean): number {
  let taken = 0;
  for (let index = 0; index < PacketTable.packetsMax.get(memory, table); index++) {
    const packet = packetAt(memory, table, index);
    if (packet !== but && isUsed(memory, packet) && isOf(memory, packet, key)) taken += inBytes ? FragmentedPacket.blockBytes.get(memory, packet) : 1;
  }
  return taken;
}

/** Whether the packet is of the client that the key names. */
function isOf(memory: Memory, packet: Packet, key: Address<"FragmentKey">): boolean {
  return sameWords(memory, FragmentedPacket.key.at(packet), key, SOURCE_WORDS);
}

function isOlder(memory: Memory, packet: Packet, other: Packet): boolean {
  return ((FragmentedPacket.serial.get(memory, packet) - FragmentedPacket.serial.get(memory, other)) | 0) < 0;
}

function sameWords(memory: Memory, one: number, other: number, count: number): boolean {
  const words = memory.i32;
  for (let word = 0; word < count; word++) if (words[(one >> 2) + word] !== words[(other >> 2) + word]) return false;
  return true;
}
