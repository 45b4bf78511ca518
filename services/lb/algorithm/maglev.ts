/**
 * Maglev hashing: a table of 65,537 slots, each of which belongs to a backend; a key belongs to the slot that it is
 * congruent to. Every backend has an order of its own in which it wants the slots, and they take turns until each has its
 * share: the slots divided by weight, so that with equal weights shares differ by one slot at most. (Eisenbud et al.,
 * "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4.)
 *
 * Two choices differ from the paper's, so that less than 1 % of the others' slots move when one of up to 400 backends
 * goes (0.5 % at most was seen; the paper's choices move 1.1 % at times for 400, and 1.5 % for seven). There a backend
 * whose next slot is taken goes on to the first one free in the same turn; here it has had its turn, and a slot goes to
 * whoever wants it most. And there the orders are arithmetic progressions, two of which may run in step for long; here
 * they are cubic, factor x (number + start)^3 + offset: as 3 does not divide 65,536, every slot has its place in them.
 *
 * Turns go in the order of the backends' marks, so that the table does not depend on their order in the group.
 *
 * A request whose backend cannot take it asks with other keys derived from its own, up to 20 times, and then rendezvous
 * decides: the clients of a backend that is down are spread over all others, and come back with it.
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

/** The table begins with the slots; behind them, on a word boundary, what only filling needs: turn order and turns. */
export const MaglevSlot = layout("MaglevSlot", 2, { position: u16 });
export const MaglevTurn = layout("MaglevTurn", 32, {
  /** The slot it wants next, how far it is from there to the one after, and by what these steps grow: differences of a cubic. */
  slot: i32,
  step: i32,
  growth: i32,
  growthOfGrowth: i32,
  /** Slots that it is still to get. */
  due: i32,
  position: i32,
  /** The turn after it, among those that are due any; 0 after the last. */
  next: i32,
  reserved: i32,
});
type SlotAddress = Address<"MaglevSlot">;
type TurnAddress = Address<"MaglevTurn">;

const SLOT_BYTES = (MAGLEV_SLOTS * MaglevSlot.size + 7) & ~7;

function slotAt(table: number, slot: number): SlotAddress {
  return (table + slot * MaglevSlot.size) as SlotAddress;
}

function turnAt(turns: number, index: number): TurnAddress {
  return (turns + index * MaglevTurn.size) as TurnAddress;
}

function bytes(memory: Memory, _limits: LbLimits, group: GroupAddress): number {
  return SLOT_BYTES + groupBackendCount(memory, group) * (SortPair.size + MaglevTurn.size);
}

function fill(memory: Memory, group: GroupAddress, table: number): void {
  const count = groupBackendCount(memory, group);
  const order = table + SLOT_BYTES;
  const turns = order + count * SortPair.size;
  let weights = 0;
  for (let index = 0; index < count; index++) {
    const backend = groupBackend(memory, group, index);
    SortPair.key.set(memory, pairAt(order, index), Backend.mark.get(memory, backend));
    SortPair.value.set(memory, pairAt(order, index), index);
    weights += Backend.weight.get(memory, backend);
  }
  sortPairs(memory, order, count);
  memory.fill(table, SLOT_BYTES, 0xff);
  if (weights === 0) return;
  openTurns(memory, group, order, turns, count, weights);
  let first = chainTurns(memory, turns, count);
  while (first !== 0) first = takeTurns(memory, table, first);
}

/** Writes what each backend wants, in turn order. What does not divide goes to the first ones, a slot each. */
function openTurns(memory: Memory, group: GroupAddress, order: number, turns: number, count: number, weights: number): void {
  let left = MAGLEV_SLOTS;
  for (let i = 0; i < count; i++) {
    const position = SortPair.value.get(memory, pairAt(order, i));
    const backend = groupBackend(memory, group, position);
    const turn = turnAt(turns, i);
    const due = Math.floor((MAGLEV_SLOTS * Backend.weight.get(memory, backend)) / weights);
    openOrder(memory, turn, Backend.mark.get(memory, backend));
    MaglevTurn.due.set(memory, turn, due);
    MaglevTurn.position.set(memory, turn, position);
    left -= due;
  }
  for (let i = 0; left > 0; i++) {
    const turn = turnAt(turns, i);
    if (Backend.weight.get(memory, groupBackend(memory, group, MaglevTurn.position.get(memory, turn))) === 0) continue;
    MaglevTurn.due.add(memory, turn, 1);
    left -= 1;
  }
}

/** Begins the backend's order of slots: its first value and the differences there, all modulo the slots. */
function openOrder(memory: Memory, turn: TurnAddress, mark: number): void {
  const factor = 1 + ((mixWords(mark, 1) >>> 0) % (MAGLEV_SLOTS - 1));
  const start = (mixWords(mark, 2) >>> 0) % MAGLEV_SLOTS;
  const offset = (mixWords(mark, 3) >>> 0) % MAGLEV_SLOTS;
  const square = (start * start) % MAGLEV_SLOTS;
  const cube = (square * start) % MAGLEV_SLOTS;
  MaglevTurn.slot.set(memory, turn, (factor * cube + offset) % MAGLEV_SLOTS);
  MaglevTurn.step.set(memory, turn, (factor * (3 * square + 3 * start + 1)) % MAGLEV_SLOTS);
  MaglevTurn.growth.set(memory, turn, (factor * (6 * start + 6)) % MAGLEV_SLOTS);
  MaglevTurn.growthOfGrowth.set(memory, turn, (factor * 6) % MAGLEV_SLOTS);
}

/** The slot that the backend wants now; the order moves on. */
function nextSlot(memory: Memory, turn: TurnAddress): number {
  const slot = MaglevTurn.slot.get(memory, turn);
  const step = MaglevTurn.step.get(memory, turn);
  const growth = MaglevTurn.growth.get(memory, turn);
  MaglevTurn.slot.set(memory, turn, sum(slot, step));
  MaglevTurn.step.set(memory, turn, sum(step, growth));
  MaglevTurn.growth.set(memory, turn, sum(growth, MaglevTurn.growthOfGrowth.get(memory, turn)));
  return slot;
}

function sum(one: number, other: number): number {
  return one + other >= MAGLEV_SLOTS ? one + other - MAGLEV_SLOTS : one + other;
}

/** Chains the turns of those that are due any. The first. */
function chainTurns(memory: Memory, turns: number, count: number): TurnAddress {
  let first = 0 as TurnAddress;
  for (let i = count - 1; i >= 0; i--) {
    const turn = turnAt(turns, i);
    if (MaglevTurn.due.get(memory, turn) === 0) continue;
    MaglevTurn.next.set(memory, turn, first);
    first = turn;
  }
  return first;
}

/** A turn of each: it takes the slot it wants next, or finds it taken; whoever has its share leaves. The first of those who stay, 0 for none. */
function takeTurns(memory: Memory, table: number, from: TurnAddress): TurnAddress {
  let first = from;
  let before = 0 as TurnAddress;
  for (let turn = from; turn !== 0; turn = MaglevTurn.next.get(memory, turn) as TurnAddress) {
    const slot = nextSlot(memory, turn);
    if (MaglevSlot.position.get(memory, slotAt(table, slot)) === FREE && takeSlot(memory, table, slot, turn)) {
      const after = MaglevTurn.next.get(memory, turn);
      if (before === 0) first = after as TurnAddress;
      else MaglevTurn.next.set(memory, before, after);
    } else before = turn;
  }
  return first;
}

/** Whether the backend has its share with that slot. */
function takeSlot(memory: Memory, table: number, slot: number, turn: TurnAddress): boolean {
  MaglevSlot.position.set(memory, slotAt(table, slot), MaglevTurn.position.get(memory, turn));
  MaglevTurn.due.add(memory, turn, -1);
  return MaglevTurn.due.get(memory, turn) === 0;
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
  gradual: false,
  table: Object.freeze({ bytes, fill, forget }),
  pick,
});
