/**
 * The cable between the machine and those around it: each frame of either direction goes by here, and may be lost, changed,
 * doubled or late (cable-fate.ts). A frame for the machine is judged when it is offered, as of the tick at which it arrives.
 *
 * While nobody may answer otherwise than that all is well, and no frame waits, they pass untouched, and all that is
 * remembered of them is which wire ordinal is which frame of the capture.
 */

import { isNetworkDevice } from "../../../hal/device.ts";
import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Part } from "../../../hal/ram-plan.ts";
import type { Wire } from "../../../hal/wire.ts";
import type { Chance } from "../../chance/chance.ts";
import type { World } from "../../world.ts";
import { CableClients } from "./cable-clients.ts";
import { CableFates } from "./cable-fate.ts";
import type { FrameAddress } from "./cable-queue.ts";
import { CableQueue, NO_FRAME } from "./cable-queue.ts";
import { CABLE_ARENA_BYTES, CABLE_CLIENTS_MAX, CABLE_FRAMES_MAX, CABLE_ORDINALS, CableClient, CableFrame, CableOrdinal, CablePlace, CableState, Direction } from "./cable-state.ts";

export { CABLE_BYTES } from "./cable-state.ts";

const NO_DIRECTION = -1;

export class Cable {
  readonly parts: readonly Part[];
  readonly #world: World;
  readonly #state: Address<"CableState">;
  readonly #fates: CableFates;
  readonly #queue: CableQueue;
  /** The near end of the NIC's wire; null in a world without one. */
  readonly #wire: Wire | null;

  constructor(world: World, chance: Chance, at: number) {
    const device = world.machine.board.device(world.nic);
    this.#world = world;
    this.#state = at as Address<"CableState">;
    this.#fates = new CableFates(world.memory, at, new CableClients(world.memory, at), chance);
    this.#queue = new CableQueue(world.memory, at);
    this.#wire = device !== undefined && isNetworkDevice(device) ? device.wire : null;
    this.parts = partsAt(at);
    Object.freeze(this);
  }

  offer(frame: Uint8Array, notBeforeCycle: number, captureFrame: number): number {
    if (!this.#minds()) return this.#toWire(frame, notBeforeCycle, captureFrame);
    if (!this.#queue.hasRoom() || this.#wire === null || !this.#wire.hasRoom(frame.length)) return -1;
    const copy = this.#queue.copyOf(frame, 0, frame.length);
    if (copy === 0) return -1;
    return this.#pass(Direction.toMachine, copy, frame.length, Math.max(notBeforeCycle, this.#world.machine.now()), captureFrame);
  }

  sent(ram: Memory, at: number, frameBytes: number): void {
    if (!this.#minds()) return this.#world.inhabitants?.sent(ram, at, frameBytes);
    const copy = this.#queue.hasRoom() ? this.#queue.copyOf(ram.u8, at, frameBytes) : 0;
    if (copy === 0) CableState.overflowed.add(this.#world.memory, this.#state, 1);
    else this.#pass(Direction.fromMachine, copy, frameBytes, this.#world.machine.now(), 0);
  }

  /** When the next frame that waits is due; -1 if none waits. */
  nextCycle(): number {
    return this.#queue.isEmpty() ? -1 : this.#queue.dueCycle();
  }

  /** What waited goes on, by that cycle; the machine's wire may have no room for all of it yet. */
  act(cycle: number): void {
    let full = NO_DIRECTION;
    for (let frame = this.#queue.next(cycle, full); frame !== NO_FRAME; frame = this.#queue.next(cycle, full)) {
      if (this.#deliver(frame)) this.#queue.drop(frame);
      else full = Direction.toMachine;
    }
  }

  quiet(): boolean {
    return this.#queue.isEmpty();
  }

  /** Trouble is over: nobody is cut off, nothing is clogged or slow, and whoever waits goes on now. */
  mend(): void {
    this.#fates.mend();
    this.#queue.hurry(this.#world.machine.now());
  }

  /** Number in the capture of the frame with that wire ordinal; 0 if it is none of the capture's. */
  captureFrame(wireOrdinal: number): number {
    const { memory } = this.#world;
    const place = this.#ordinal(wireOrdinal);
    return CableOrdinal.ordinal.get(memory, place) === wireOrdinal ? CableOrdinal.captureFrame.get(memory, place) : 0;
  }

  /** Whether anything is, or may be, out of order. */
  #minds(): boolean {
    return !this.#queue.isEmpty() || this.#fates.mayDeviate();
  }

  /** A frame, whose copy lies there, comes by. Its wire ordinal if it goes straight to the machine, else 0. */
  #pass(direction: number, bytesAt: number, frameBytes: number, cycle: number, captureFrame: number): number {
    const { memory } = this.#world;
    const fate = this.#fates.of(direction, bytesAt, frameBytes, cycle);
    if (fate === null) {
      this.#queue.free(bytesAt);
      return 0;
    }
    const { dueCycle, overtakers, doubleCycle } = fate;
    const frame = { bytesAt, frameBytes: fate.frameBytes, direction, dueCycle, overtakers, captureFrame };
    const double = doubleCycle < 0 ? 0 : this.#queue.copyOf(memory.u8, bytesAt, fate.frameBytes);
    if (dueCycle > cycle) CableState.late.add(memory, this.#state, 1);
    let ordinal = 0;
    if (dueCycle > cycle || this.#queue.isAhead(direction, dueCycle)) this.#queue.put(frame);
    else {
      ordinal = this.#goOn(direction, bytesAt, fate.frameBytes, cycle, captureFrame);
      this.#queue.free(bytesAt);
    }
    if (double !== 0) {
      CableState.doubled.add(memory, this.#state, 1);
      this.#queue.put({ ...frame, bytesAt: double, dueCycle: doubleCycle, overtakers: 0 });
    }
    if (overtakers === 0) this.#queue.overtake(direction, dueCycle);
    return ordinal;
  }

  /** What waited goes on: false if the machine's wire has no room for it. */
  #deliver(frame: FrameAddress): boolean {
    const { bytesAt, frameBytes, direction, dueCycle, captureFrame } = CableFrame.view(this.#world.memory, frame);
    return this.#goOn(direction, bytesAt, frameBytes, dueCycle, captureFrame) >= 0;
  }

  /** The frame leaves the cable at its other end. Its wire ordinal, or 0 outside the machine; -1 if the wire has no room. */
  #goOn(direction: number, bytesAt: number, frameBytes: number, cycle: number, captureFrame: number): number {
    const { memory, inhabitants } = this.#world;
    if (direction === Direction.toMachine) return this.#toWire(memory.u8.subarray(bytesAt, bytesAt + frameBytes), cycle, captureFrame);
    inhabitants?.sent(memory, bytesAt, frameBytes);
    return 0;
  }

  #toWire(frame: Uint8Array, cycle: number, captureFrame: number): number {
    const { machine, nic, memory } = this.#world;
    const ordinal = machine.offer(nic, frame, cycle);
    if (ordinal < 0) return ordinal;
    const place = this.#ordinal(ordinal);
    CableOrdinal.ordinal.set(memory, place, ordinal);
    CableOrdinal.captureFrame.set(memory, place, captureFrame);
    return ordinal;
  }

  #ordinal(wireOrdinal: number): Address<"CableOrdinal"> {
    return (this.#state + CablePlace.ordinals + (wireOrdinal & (CABLE_ORDINALS - 1)) * CableOrdinal.size) as Address<"CableOrdinal">;
  }
}

function partsAt(at: number): readonly Part[] {
  const table = (name: string, offset: number, layout: NonNullable<Part["layout"]>, count: number): Part => Object.freeze({ name: `cable.${name}`, base: at + offset, bytes: count * layout.size, layout, count });
  return Object.freeze([
    Object.freeze({ name: "cable", base: at, bytes: CableState.size, layout: CableState, count: 1 }),
    table("clients", CablePlace.clients, CableClient, CABLE_CLIENTS_MAX),
    table("frames", CablePlace.frames, CableFrame, CABLE_FRAMES_MAX),
    table("ordinals", CablePlace.ordinals, CableOrdinal, CABLE_ORDINALS),
    Object.freeze({ name: "cable.bytes", base: at + CablePlace.arena, bytes: CABLE_ARENA_BYTES, layout: null, count: 0 }),
  ]);
}
