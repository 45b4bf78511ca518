/**
 * The records of a stack's connections: found by key through a chained hash table that is keyed with the stack's secret,
 * so that no peer can choose which chains grow; and the lists in which they stand.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { FlowKey } from "../segment.ts";
import { TcpConnection, TcpListNumber } from "./connection.ts";
import { keyedHash } from "./keyed-hash.ts";
import type { ConnectionAddress, StackAddress } from "./stack.ts";
import { NO_CONNECTION, TcpList, TcpStack } from "./stack.ts";

const KEY_WORDS = FlowKey.size >> 2;

/** The connection of this key, or NO_CONNECTION. */
export function tcpFind(memory: Memory, stack: StackAddress, key: Address<"FlowKey">): ConnectionAddress {
  let connection = memory.i32[bucketOf(memory, stack, key)] as ConnectionAddress;
  while (connection !== NO_CONNECTION && !sameKey(memory, TcpConnection.key.at(connection), key)) {
    connection = TcpConnection.hashNext.get(memory, connection) as ConnectionAddress;
  }
  return connection;
}

/** A fresh record for a key that has none: zeroed but for key and serial. NO_CONNECTION when none is free. */
export function takeRecord(memory: Memory, stack: StackAddress, key: Address<"FlowKey">): ConnectionAddress {
  const connection = TcpStack.freeFirst.get(memory, stack) as ConnectionAddress;
  if (connection === NO_CONNECTION) return NO_CONNECTION;
  TcpStack.freeFirst.set(memory, stack, TcpConnection.hashNext.get(memory, connection));
  TcpStack.inUse.add(memory, stack, 1);
  memory.fill(connection, TcpConnection.size, 0);
  memory.copy(TcpConnection.key.at(connection), key, FlowKey.size);
  const bucket = bucketOf(memory, stack, key);
  TcpConnection.hashNext.set(memory, connection, memory.i32[bucket]);
  memory.i32[bucket] = connection;
  TcpStack.serial.set(memory, stack, (TcpStack.serial.get(memory, stack) + 1) & 0x7fff_ffff);
  TcpConnection.serial.set(memory, connection, TcpStack.serial.get(memory, stack));
  TcpConnection.wheelSlot.set(memory, connection, -1);
  return connection;
}

/** Nobody finds the connection by its key any more; a new one of the same key may begin. */
export function unhashRecord(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  const bucket = bucketOf(memory, stack, TcpConnection.key.at(connection));
  if (memory.i32[bucket] === connection) memory.i32[bucket] = TcpConnection.hashNext.get(memory, connection);
  else {
    let before = memory.i32[bucket] as ConnectionAddress;
    while (TcpConnection.hashNext.get(memory, before) !== connection) before = TcpConnection.hashNext.get(memory, before) as ConnectionAddress;
    TcpConnection.hashNext.set(memory, before, TcpConnection.hashNext.get(memory, connection));
  }
  TcpConnection.hashNext.set(memory, connection, 0);
}

/** Gives a record back that is not found any more: it has no buffers, stands on no wheel, in no list, and has no events. */
export function freeRecord(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  memory.fill(connection, TcpConnection.size, 0);
  TcpConnection.wheelSlot.set(memory, connection, -1);
  TcpConnection.hashNext.set(memory, connection, TcpStack.freeFirst.get(memory, stack));
  TcpStack.freeFirst.set(memory, stack, connection);
  TcpStack.inUse.add(memory, stack, -1);
}

/** The connection stands at the end of that list (one of TcpListNumber), and in no other. */
export function enlist(memory: Memory, stack: StackAddress, connection: ConnectionAddress, list: number): void {
  const now = TcpConnection.list.get(memory, connection);
  if (now !== TcpListNumber.none) unlink(memory, listOf(stack, now), connection);
  TcpConnection.list.set(memory, connection, list);
  if (list !== TcpListNumber.none) append(memory, listOf(stack, list), connection);
}

/** How many stand in a list. */
export function listed(memory: Memory, stack: StackAddress, list: number): number {
  return TcpList.count.get(memory, listOf(stack, list));
}

/** Who has stood in a list for longest; NO_CONNECTION for an empty one. */
export function oldestOf(memory: Memory, stack: StackAddress, list: number): ConnectionAddress {
  return TcpList.first.get(memory, listOf(stack, list)) as ConnectionAddress;
}

function listOf(stack: StackAddress, list: number): Address<"TcpList"> {
  return list === TcpListNumber.halfOpen ? TcpStack.halfOpen.at(stack) : TcpStack.timeWait.at(stack);
}

function append(memory: Memory, list: Address<"TcpList">, connection: ConnectionAddress): void {
  const last = TcpList.last.get(memory, list) as ConnectionAddress;
  TcpConnection.listPrevious.set(memory, connection, last);
  TcpConnection.listNext.set(memory, connection, 0);
  if (last === NO_CONNECTION) TcpList.first.set(memory, list, connection);
  else TcpConnection.listNext.set(memory, last, connection);
  TcpList.last.set(memory, list, connection);
  TcpList.count.add(memory, list, 1);
}

function unlink(memory: Memory, list: Address<"TcpList">, connection: ConnectionAddress): void {
  const previous = TcpConnection.listPrevious.get(memory, connection) as ConnectionAddress;
  const next = TcpConnection.listNext.get(memory, connection) as ConnectionAddress;
  if (previous === NO_CONNECTION) TcpList.first.set(memory, list, next);
  else TcpConnection.listNext.set(memory, previous, next);
  if (next === NO_CONNECTION) TcpList.last.set(memory, list, previous);
  else TcpConnection.listPrevious.set(memory, next, previous);
  TcpList.count.add(memory, list, -1);
}

/** Index of the word that begins the key's chain. */
function bucketOf(memory: Memory, stack: StackAddress, key: Address<"FlowKey">): number {
  const hash = keyedHash(memory, key, KEY_WORDS, 0, TcpStack.secret0.get(memory, stack), TcpStack.secret1.get(memory, stack));
  return (TcpStack.bucketsAt.get(memory, stack) >> 2) + (hash & TcpStack.bucketMask.get(memory, stack));
}

function sameKey(memory: Memory, one: Address<"FlowKey">, other: Address<"FlowKey">): boolean {
  const words = memory.i32;
  for (let i = 0; i < KEY_WORDS; i++) if (words[(one >> 2) + i] !== words[(other >> 2) + i]) return false;
  return true;
}
