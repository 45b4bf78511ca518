/**
 * A cable between a machine and a world that are not there: frames are handed in at both ends, and what comes out is written
 * down with its cycle. Time goes on only when it is told to.
 */

import { CYCLES_PER_TICK } from "../../../../hal/clock.ts";
import { Memory } from "../../../../hal/memory.ts";
import { Chance } from "../../../../sim/chance/chance.ts";
import type { Deviation } from "../../../../sim/chance/deviation.ts";
import type { Decider } from "../../../../sim/chance/decider.ts";
import type { FaultRule } from "../../../../sim/faults/fault.ts";
import { TURMOIL_BYTES, Turmoil } from "../../../../sim/faults/turmoil.ts";
import { CableState, Direction } from "../../../../sim/faults/wire/cable-state.ts";
import type { World } from "../../../../sim/world.ts";
import { Flag, frameOf } from "../../../../sim/fuzz/frames.ts";

export interface Came {
  readonly direction: number;
  readonly cycle: number;
  readonly frame: Uint8Array;
}

export const CLIENT = "10.0.0.7";
const SYN = 54;
const NUMBER_AT = 40;

/** A frame of a client, from or to the machine, whose number stands in its last bytes. */
export function numbered(number: number, direction: number = Direction.toMachine, client = CLIENT): Uint8Array {
  const frame = frameOf({ source: client, sport: 40_000, sequence: number, flags: Flag.syn, data: "0123456789" });
  // The way back has both addresses the other way round: only the client's counts here.
  if (direction === Direction.fromMachine) frame.copyWithin(30, 26, 30);
  frame[frame.length - 1] = number;
  return frame;
}

export const numberOf = (frame: Uint8Array): number => frame[frame.length - 1];

export class CableStage {
  readonly memory = new Memory(new ArrayBuffer(TURMOIL_BYTES));
  readonly chance = new Chance();
  readonly came: Came[] = [];
  readonly turmoil: Turmoil;
  /** Frames that the machine's wire takes before it has no room. */
  room = Infinity;
  #cycle = 0;
  #ordinal = 0;

  constructor(rules: readonly FaultRule[] = [], decider?: Decider) {
    const machine = { now: () => this.#cycle, tick: () => Math.floor(this.#cycle / CYCLES_PER_TICK), board: { device: () => ({ wire: { hasRoom: () => this.room > 0 } }) }, offer: (_nic: string, frame: Uint8Array, cycle: number) => this.#arrive(frame, cycle) };
    const inhabitants = { sent: (memory: Memory, at: number, bytes: number) => this.#note(Direction.fromMachine, memory.u8.slice(at, at + bytes), this.#cycle) };
    const world = { machine, nic: "nic0", memory: this.memory, inhabitants } as unknown as World;
    this.turmoil = new Turmoil(world, this.chance, 0);
    this.turmoil.use(rules, 1, decider);
    this.turmoil.begin();
  }

  #arrive(frame: Uint8Array, cycle: number): number {
    if (this.room <= 0) return -1;
    this.room -= 1;
    this.#note(Direction.toMachine, frame.slice(), Math.max(cycle, this.#cycle));
    return (this.#ordinal += 1);
  }

  #note(direction: number, frame: Uint8Array, cycle: number): void {
    this.came.push({ direction, cycle, frame });
  }

  get cycle(): number {
    return this.#cycle;
  }

  offer(frame: Uint8Array, cycle: number = this.#cycle, captureFrame = 0): number {
    return this.turmoil.offer(frame, cycle, captureFrame);
  }

  send(frame: Uint8Array): void {
    const ram = new Memory(new ArrayBuffer((frame.length + 7) & ~7));
    ram.u8.set(frame);
    this.turmoil.sent(ram, 0, frame.length);
  }

  /** Hands a frame in that way. */
  give(direction: number, number: number, client = CLIENT): void {
    if (direction === Direction.toMachine) this.offer(numbered(number, direction, client));
    else this.send(numbered(number, direction, client));
  }

  /** Time goes on, and what is due goes on with it. */
  wait(ticks: number): void {
    const end = this.#cycle + ticks * CYCLES_PER_TICK;
    for (let next = this.turmoil.nextCycle(); next >= 0 && next <= end; next = this.turmoil.nextCycle()) {
      this.#cycle = Math.max(this.#cycle, next);
      const before = this.came.length;
      this.turmoil.act(this.#cycle);
      if (this.turmoil.nextCycle() <= this.#cycle && this.came.length === before) break;
    }
    this.#cycle = end;
  }

  /** Numbers of the frames that came, in order. */
  numbers(direction: number = Direction.toMachine): number[] {
    return this.came.filter((one) => one.direction === direction).map(({ frame }) => numberOf(frame));
  }

  /** When each frame of that direction came, in ticks. */
  ticks(direction: number = Direction.toMachine): number[] {
    return this.came.filter((one) => one.direction === direction).map(({ cycle }) => cycle / CYCLES_PER_TICK);
  }

  get deviations(): readonly Deviation[] {
    return this.chance.deviations;
  }

  get state(): ReturnType<typeof CableState.view> {
    const part = this.turmoil.parts.find(({ name }) => name === "cable");
    return CableState.view(this.memory, (part?.base ?? 0) as Parameters<typeof CableState.view>[1]);
  }
}

export { Direction, NUMBER_AT, SYN };
