/**
 * Maglev hashing: a table of 65,537 slots, each of which belongs to a backend; a key belongs to the slot that it is
 * congruent to. Every backend has an order of its own in which it wants the slots, and they take turns, each turn one
 * slot that is still free, until all are taken: so shares differ by one slot at most, and few slots move when a backend
 * comes or goes. Backends of less than the largest weight sit out turns in proportion. (Eisenbud et al., "Maglev: A Fast
 * and Reliable Software Network Load Balancer", NSDI 2016, section 3.4.)
 *
 * Turns go in the order of the backends' marks, so that the table does not depend on their order in the group.
 *
 * A request whose backend cannot take it asks with other keys derived from its own, as often as the client hash does, and
 * then falls back on rendezvous: its clients are spread over all others, and come back with their backend.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, u16 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { LbLimits } from "../../limits.ts";
import { Backend } from "../group/backend.ts";
import { isOverBound } from "../group/candidate.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { mixWord, mixWords } from "../hash.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import { PickRequest } from "./pick-request.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { isEligible } from "./references.ts";
import { rendezvousPick } from "./rendezvous.ts";
import { smoothPick } from "./smooth-weighted.ts";
import { SortPair, pairAt, sortPairs } from "./sort.ts";

/** A prime, as the paper's smaller table. */
export const MAGLEV_SLOTS = 65_537;
const TRIES = 20;
const FREE = 0xffff;

/** The table begins with the slots; behind them, on a word boundary, the backends in turn order and what they want next. */
export const MaglevSlot = layout("MaglevSlot", 2, { position: u16 });
export const MaglevTurn = layout("MaglevTurn", 16, {
  /** The slot it wants next, and how far it is from there to the one after. */
  slot: i32,
  skip: i32,
  weight: i32,
  /** Weight gathered since its last slot. */
  gathered: i32,
});
type SlotAddress = Address<"MaglevSlot">;
type TurnAddress = Address<"MaglevTurn">;

const SLOT_BYTES = (MAGLEV_SLOTS * MaglevSlot.size + 7) & ~7;

function slotAt(table: number, slot: number): SlotAddress {
  return (table + slot * MaglevSlot.size) as SlotAddress;
}

function bytes(memory: Memory, _limits: LbLimits, group: GroupAddress): number {
  return SLOT_BYTES + groupBackendCount(memory, group) * (SortPair.size + MaglevTurn.size);
}

function fill(memory: Memory, group: GroupAddress, table: number): void {
  const count = groupBackendCount(memory, group);
  const order = table + SLOT_BYTES;
  const turns = order + count * SortPair.size;
  for (let index = 0; index < count; index++) {
    SortPair.key.set(memory, pairAt(order, index), Backend.mark.get(memory, groupBackend(memory, group, index)));
    SortPair.value.set(memory, pairAt(order, index), index);
  }
  sortPairs(memory, order, count);
  memory.fill(table, SLOT_BYTES, 0xff);
  const most = openTurns(memory, group, order, turns, count);
  if (most > 0) takeTurns(memory, table, order, turns, count, most);
}

/** Writes what each backend wants, in turn order. The largest weight. */
function openTurns(memory: Memory, group: GroupAddress, order: number, turns: number, count: number): number {
  let most = 0;
  for (let i = 0; i < count; i++) {
    const backend = groupBackend(memory, group, SortPair.value.get(memory, pairAt(order, i)));
    const turn = (turns + i * MaglevTurn.size) as TurnAddress;
    const mark = Backend.mark.get(memory, backend);
    const weight = Backend.weight.get(memory, backend);
    MaglevTurn.slot.set(memory, turn, (mixWords(mark, 1) >>> 0) % MAGLEV_SLOTS);
    MaglevTurn.skip.set(memory, turn, 1 + ((mixWords(mark, 2) >>> 0) % (MAGLEV_SLOTS - 1)));
    MaglevTurn.weight.set(memory, turn, weight);
    MaglevTurn.gathered.set(memory, turn, 0);
    most = Math.max(most, weight);
  }
  return most;
}

/** Whoever has gathered the largest weight takes a slot. */
function takeTurns(memory: Memory, table: number, order: number, turns: number, count: number, most: number): void {
  let free = MAGLEV_SLOTS;
  for (;;) {
    let turn = turns as TurnAddress;
    for (let i = 0; i < count; i++, turn = (turn + MaglevTurn.size) as TurnAddress) {
      const gathered = MaglevTurn.gathered.get(memory, turn) + MaglevTurn.weight.get(memory, turn);
      MaglevTurn.gathered.set(memory, turn, gathered >= most ? gathered - most : gathered);
      if (gathered < most) continue;
      takeSlot(memory, table, turn, SortPair.value.get(memory, pairAt(order, i)));
      free -= 1;
      if (free === 0) return;
    }
  }
}

/** Takes the first free slot in the backend's order; there is one. */
function takeSlot(memory: Memory, table: number, turn: TurnAddress, position: number): void {
  const skip = MaglevTurn.skip.get(memory, turn);
  let slot = MaglevTurn.slot.get(memory, turn);
  while (MaglevSlot.position.get(memory, slotAt(table, slot)) !== FREE) slot = after(slot, skip);
  MaglevSlot.position.set(memory, slotAt(table, slot), position);
  MaglevTurn.slot.set(memory, turn, after(slot, skip));
}

function after(slot: number, skip: number): number {
  const next = slot + skip;
  return next >= MAGLEV_SLOTS ? next - MAGLEV_SLOTS : next;
}

/** The table has room for one backend more than there are: it is filled anew where it lies. */
function forget(memory: Memory, group: GroupAddress, table: number): void {
  fill(memory, group, table);
}

function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  if (PickRequest.keyless.get(memory, request) !== 0) return smoothPick(memory, group, request, tick);
  const table = Group.table.get(memory, group);
  let key = PickRequest.key.get(memory, request);
  for (let tries = table === 0 ? 0 : TRIES; tries > 0; tries--) {
    const position = MaglevSlot.position.get(memory, slotAt(table, (key >>> 0) % MAGLEV_SLOTS));
    if (position === FREE) break;
    const backend = groupBackend(memory, group, position);
    if (isEligible(memory, group, backend, request) && !isOverBound(memory, group, backend)) return position;
    key = mixWord(key + 1);
  }
  return rendezvousPick(memory, group, request, PickRequest.key.get(memory, request));
}

export const maglev: Algorithm = Object.freeze({
  names: Object.freeze(["maglev"]),
  keyHash: KeyHash.mixed,
  bounded: true,
  table: Object.freeze({ bytes, fill, forget }),
  pick,
});
