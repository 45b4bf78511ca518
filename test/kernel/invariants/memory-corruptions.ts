/** Corruptions of buffers, arenas, timers and the clock. */

import { ClockRecord } from "../../../hal/clock.ts";
import type { Address } from "../../../hal/field.ts";
import { ArenaBlock, ArenaHeader } from "../../../kernel/arena.ts";
import { BufferHolder, BufferRecord, PoolState } from "../../../kernel/dma-pool.ts";
import { arenaPlaces } from "../../../kernel/invariants/arena-places.ts";
import type { KernelTables } from "../../../kernel/invariants/tables.ts";
import { ProcessRecord, WaitTimer } from "../../../kernel/process.ts";
import { TimerRecord, WheelSlot, WheelState } from "../../../kernel/timer-wheel.ts";
import type { Corruption } from "./corrupting.ts";
import { add, buffers, clock, pool, processes, put, timers, wheel } from "./corrupting.ts";
import { SCENE_ENDPOINTS, SCENE_PROCESSES } from "./scene.ts";

const { client, idle } = SCENE_PROCESSES;
const { work } = SCENE_ENDPOINTS;

const MEMORY: readonly Corruption[] = [
  { checker: "frames-conserved", place: "pool: inUse", corrupt: put(pool, 0, PoolState.inUse, 1) },
  { checker: "frames-conserved", place: "pool: freeHead", corrupt: put(pool, 0, PoolState.freeHead, 3) },
  { checker: "frames-conserved", place: "pool: freeHead", corrupt: put(pool, 0, PoolState.freeHead, 0) },
  { checker: "frames-conserved", place: "pool: freeHead", corrupt: put(pool, 0, PoolState.freeHead, 70) },
  { checker: "frames-conserved", place: "pool: freeTail", corrupt: put(pool, 0, PoolState.freeTail, 2) },
  { checker: "frames-conserved", place: "buffer 0: references", corrupt: put(buffers, 0, BufferRecord.references, 2) },
  { checker: "frames-conserved", place: "buffer 0: references", corrupt: put((tables) => tables.holders, idle, BufferHolder.references, 1) },
  { checker: "frames-conserved", place: "buffer 1: travelling", corrupt: put(buffers, 1, BufferRecord.travelling, 0) },
  { checker: "frames-conserved", place: `endpoint ${work}: slot 5: data0`, corrupt: add(buffers, 1, BufferRecord.generation) },
  { checker: "frames-conserved", place: `process ${client}: buffersHeld`, corrupt: put(processes, client, ProcessRecord.buffersHeld, 0) },
  { checker: "one-writer", place: "buffer 3: owner", corrupt: put(buffers, 3, BufferRecord.owner, client) },
  { checker: "one-writer", place: "buffer 0: owner", companions: ["frames-conserved"], corrupt: put(buffers, 0, BufferRecord.owner, 31) },
  { checker: "arena-bytes", place: `process ${client}: usedBytes`, corrupt: inArena(client, (memory, arena) => ArenaHeader.usedBytes.set(memory, arena, ArenaHeader.usedBytes.get(memory, arena) - 8)) },
  { checker: "arena-bytes", place: `process ${client}: blockCount`, corrupt: inArena(client, (memory, arena) => ArenaHeader.blockCount.set(memory, arena, 9)) },
  { checker: "arena-bytes", place: `process ${client}: peakBytes`, corrupt: inArena(client, (memory, arena) => ArenaHeader.peakBytes.set(memory, arena, 8)) },
  { checker: "arena-bytes", place: `process ${client}: seal`, corrupt: inArena(client, (memory, arena) => ArenaHeader.seal.set(memory, arena, 0)) },
  { checker: "arena-blocks", place: `process ${client}: arena`, companions: ["arena-bytes"], corrupt: inArena(client, (memory, arena) => growFirst(memory, arena)) },
  { checker: "arena-blocks", place: `process ${client}: arena`, corrupt: inArena(client, (memory, arena) => ArenaHeader.levelBits.set(memory, arena, 0)) },
  // The client freed a block of 40 bytes and took 16 of them again: the rest is poison.
  { checker: "arena-blocks", place: `process ${client}: arena`, corrupt: inArena(client, (memory, arena) => void (memory.u8[firstBlock(memory, arena) + 32 + 24 + 16] ^= 1)) },
];

const TIME: readonly Corruption[] = [
  { checker: "timers-conserved", place: "timers: armed", corrupt: add(wheel, 0, WheelState.armed) },
  { checker: "timers-conserved", place: "timers: oneShots", corrupt: put(wheel, 0, WheelState.oneShots, 0) },
  { checker: "timers-conserved", place: "timers: freeHead", corrupt: put(wheel, 0, WheelState.freeHead, 5) },
  { checker: "timers-conserved", place: "timers: freeHead", corrupt: put(wheel, 0, WheelState.freeHead, 0) },
  { checker: "timers-conserved", place: "timer 0: serial", corrupt: put(timers, 0, TimerRecord.serial, 900) },
  { checker: "timers-conserved", place: "timer 1: serial", corrupt: put(timers, 1, TimerRecord.serial, 1) },
  { checker: "timers-conserved", place: "timer 1: process", corrupt: put(timers, 1, TimerRecord.process, 31) },
  { checker: "timers-conserved", place: "timer 1: periodTicks", corrupt: put(timers, 1, TimerRecord.periodTicks, -3) },
  { checker: "timers-conserved", place: `process ${client}: waitTimer`, corrupt: put(processes, client, ProcessRecord.waitTimer, WaitTimer.none) },
  { checker: "timers-conserved", place: "timer 9: process", corrupt: put(timers, 9, TimerRecord.process, idle) },
  { checker: "timers-conserved", place: "timers: nextSerial", companions: [], corrupt: put(wheel, 0, WheelState.nextSerial, 3) },
  { checker: "timers-in-slots", place: "timer 0: deadlineTick", corrupt: put(timers, 0, TimerRecord.deadlineTick, 51) },
  { checker: "timers-in-slots", place: "timer 0: deadlineTick", corrupt: put(timers, 0, TimerRecord.deadlineTick, 2) },
  { checker: "timers-in-slots", place: "timer 0: previous", corrupt: put(timers, 0, TimerRecord.previous, 1) },
  { checker: "timers-in-slots", place: "timer slot 2: head", corrupt: put((tables) => tables.wheelSlots, 2, WheelSlot.head, 3) },
  { checker: "timers-in-slots", place: "timer slot 3: head", corrupt: put((tables) => tables.wheelSlots, 3, WheelSlot.head, 0) },
  { checker: "timers-in-slots", place: "timer slot 2: tail", corrupt: put((tables) => tables.wheelSlots, 2, WheelSlot.tail, 1) },
  { checker: "timers-in-slots", place: "timer 0: next", corrupt: emptySlot(2) },
  { checker: "uptime-monotonic", place: "clock: ticks", corrupt: put(clock, 0, ClockRecord.ticks, 3) },
  { checker: "uptime-monotonic", place: "clock: ticks", corrupt: put(clock, 0, ClockRecord.ticks, 1) },
  { checker: "uptime-monotonic", place: "clock: cycle", corrupt: put(clock, 0, ClockRecord.cycle, 2_000_001) },
  { checker: "uptime-monotonic", place: "clock: nextTickCycle", corrupt: put(clock, 0, ClockRecord.nextTickCycle, 4_000_000) },
  { checker: "uptime-monotonic", place: "clock: unhandledTicks", corrupt: put(clock, 0, ClockRecord.unhandledTicks, 5) },
  { checker: "uptime-monotonic", place: "clock: dueCycle", corrupt: put(clock, 0, ClockRecord.dueCycle, 9_000_000) },
];

export const MEMORY_CORRUPTIONS: readonly Corruption[] = Object.freeze([...MEMORY, ...TIME]);

function inArena(process: number, corrupt: (memory: KernelTables["ram"], arena: Address<"ArenaHeader">) => void): (tables: KernelTables) => void {
  return (tables) => {
    const { memory, base } = arenaPlaces(tables)[process];
    corrupt(memory, base as Address<"ArenaHeader">);
  };
}

function firstBlock(memory: KernelTables["ram"], arena: Address<"ArenaHeader">): Address<"ArenaBlock"> {
  return (arena + ArenaHeader.firstBlockOffset.get(memory, arena)) as Address<"ArenaBlock">;
}

/** The first block claims 8 bytes of the one behind it: they overlap. */
function growFirst(memory: KernelTables["ram"], arena: Address<"ArenaHeader">): void {
  const block = firstBlock(memory, arena);
  ArenaBlock.shape.set(memory, block, ArenaBlock.shape.get(memory, block) + (1 << 5));
}

function emptySlot(slot: number): (tables: KernelTables) => void {
  return ({ ram, wheelSlots }) => {
    WheelSlot.head.set(ram, wheelSlots.at(slot), -1);
    WheelSlot.tail.set(ram, wheelSlots.at(slot), -1);
  };
}
