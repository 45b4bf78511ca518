/**
 * A machine and the world around it: a capture whose frames come in on the wire. What the machine remembers lies in its
 * RAM; what the world remembers lies in a second buffer; nothing else affects the future. So a world is copied, put
 * back and compared by these two buffers alone, and the capture is a constant.
 *
 * The world keeps the wire's near end supplied: between two steps of the machine it offers as many frames as there is
 * room for. The first frame arrives at tick 1, each later one at its time stamp relative to the first, or as soon as the
 * wire is free; frames that the machine itself sent when the capture was made are passed over.
 */

import { assert } from "../hal/assert.ts";
import { CYCLES_PER_TICK } from "../hal/clock.ts";
import type { Address } from "../hal/field.ts";
import { Memory } from "../hal/memory.ts";
import { hashBytes, restore, snapshot } from "../hal/snapshot.ts";
import { WireState } from "../hal/wire.ts";
import type { Part } from "../hal/ram-plan.ts";
import type { Machine } from "../kernel/machine.ts";
import { offeredFrames } from "./capture/offered.ts";
import type { Capture } from "./capture/pcap.ts";
import type { Disturbance } from "./disturbance.ts";
import type { Inhabitants } from "./inhabitants/inhabitants.ts";
import type { WorldSetup } from "./world-setup.ts";
import { WorldState } from "./world-state.ts";

export { WorldState } from "./world-state.ts";
export type { InhabitantsMaker } from "./inhabitants/inhabitants.ts";
export type { WorldSetup } from "./world-setup.ts";

const STATE = 0 as Address<"WorldState">;

export interface WorldSnapshot {
  readonly machine: Uint8Array;
  readonly world: Uint8Array;
}

export class World {
  readonly machine: Machine;
  readonly capture: Capture | null;
  readonly nic: string;
  readonly mailbox: string;
  readonly mac: number;
  readonly configuration: string;
  /** The world's own buffer: one WorldState, and behind it the memory of those around the machine. */
  readonly memory: Memory;
  /** What lies where in it. */
  readonly parts: readonly Part[];
  /** Numbers in the capture of the frames that are offered, in order. */
  readonly #offered: Int32Array;
  readonly #wire: Address<"WireState">;
  readonly #between: ((world: World) => void) | null;
  /** Those who live around the machine; null if nobody does. */
  readonly inhabitants: Inhabitants | null;
  /** Null if nobody disturbs it. */
  readonly disturbance: Disturbance | null;

  constructor(setup: WorldSetup) {
    this.machine = setup.machine;
    this.capture = setup.capture;
    this.nic = setup.nic;
    this.mailbox = setup.mailbox;
    this.mac = setup.mac;
    this.configuration = setup.configuration ?? "";
    const settled = (WorldState.size + 63) & ~63;
    const disturbedAt = settled + (((setup.inhabitants?.bytes ?? 0) + 63) & ~63);
    const alone = setup.inhabitants === undefined && setup.disturbance === undefined;
    this.memory = new Memory(new ArrayBuffer(alone ? WorldState.size : disturbedAt + (setup.disturbance?.bytes ?? 0)));
    this.#offered = offeredFrames(setup.capture, setup.mac);
    this.#wire = wireOf(setup);
    this.#between = setup.between ?? null;
    WorldState.nextRequestId.set(this.memory, STATE, 1);
    this.inhabitants = setup.inhabitants?.make(setup.machine, this.memory, settled, (frame, cycle) => this.offer(frame, cycle)) ?? null;
    this.disturbance = setup.disturbance?.make(this, disturbedAt) ?? null;
    this.parts = Object.freeze([
      { name: "world", base: STATE, bytes: WorldState.size, layout: WorldState, count: 1 },
      { name: "inhabitants", base: settled, bytes: setup.inhabitants?.bytes ?? 0, layout: null, count: 0 },
      ...(this.disturbance?.parts ?? []),
    ]);
    Object.freeze(this);
  }

  /** What the world remembers, by name. */
  get state(): ReturnType<typeof WorldState.view> {
    return WorldState.view(this.memory, STATE);
  }

  /** One step of the machine, the wire supplied before it. */
  step(): void {
    if (WorldState.baseCycle.get(this.memory, STATE) !== 0) this.#supply();
    if (this.#between !== null) this.#between(this);
    if (!this.#others()) this.machine.step();
  }

  /** Those around the machine do nothing until beginReplay(). */
  holdInhabitants(): void {
    WorldState.asleep.set(this.memory, STATE, 1);
  }

  /** Lets the capture begin, once: its first frame arrives at tick 1, or at the next tick if that has passed. */
  beginReplay(): void {
    WorldState.asleep.set(this.memory, STATE, 0);
    if (WorldState.baseCycle.get(this.memory, STATE) !== 0) return;
    const next = this.machine.now() < CYCLES_PER_TICK ? 1 : this.machine.tick() + 1;
    WorldState.baseCycle.set(this.memory, STATE, next * CYCLES_PER_TICK);
  }

  /** Whether every frame of the capture is on the wire or past it. */
  allOffered(): boolean {
    return WorldState.framesOffered.get(this.memory, STATE) === this.#offered.length;
  }

  /** Whether nothing will happen any more but ticks and periodic timers. */
  quiet(): boolean {
    return this.allOffered() && this.machine.quiet() && (this.inhabitants?.quiet() ?? true) && (this.disturbance?.quiet() ?? true);
  }

  /** Runs until everything is quiet; false if it is not, so many ticks after the last frame was offered. */
  run(restTicksMax: number): boolean {
    assert(this.allOffered() || WorldState.baseCycle.get(this.memory, STATE) !== 0, "a replay is begun before it is run to its end");
    while (!this.allOffered()) this.step();
    const tickMax = this.machine.tick() + this.#ticksOnTheWire() + restTicksMax;
    return this.runUntil(() => this.quiet(), tickMax);
  }

  /** Runs until the condition holds, or tick `tickMax` has passed. Whether the condition holds. */
  runUntil(condition: () => boolean, tickMax: number): boolean {
    while (!condition()) {
      if (this.machine.tick() >= tickMax) return false;
      this.step();
    }
    return true;
  }

  /** Runs until tick number `tick` has passed. */
  runUntilTick(tick: number): void {
    while (this.machine.tick() < tick) this.step();
  }

  /** Frames of the capture that the machine itself sent: never offered. */
  get framesOwn(): number {
    return (this.capture?.count ?? 0) - this.#offered.length;
  }

  /** Number in the capture of the frame with that wire ordinal; 0 if it is none of the capture's. */
  captureFrame(wireOrdinal: number): number {
    return this.disturbance?.captureFrame(wireOrdinal) ?? this.#offered[wireOrdinal - WorldState.firstOrdinal.get(this.memory, STATE)] ?? 0;
  }

  snapshot(): WorldSnapshot {
    return Object.freeze({ machine: this.machine.snapshot(), world: snapshot(this.memory) });
  }

  restore(copy: WorldSnapshot): void {
    this.machine.restore(copy.machine);
    restore(this.memory, copy.world);
  }

  /** 32 hex digits over both buffers: the machine's 16 first. */
  hash(): string {
    return this.machine.hash() + hashBytes(this.memory);
  }

  /** A frame (of the capture, or 0) goes to the machine's NIC, by whoever stands in between: as Machine.offer(), and 0 where it does not come, or later. */
  offer(frame: Uint8Array, notBeforeCycle: number, captureFrame = 0): number {
    return this.disturbance?.offer(frame, notBeforeCycle, captureFrame) ?? this.machine.offer(this.nic, frame, notBeforeCycle);
  }

  /** The machine has sent a frame: it lies in its RAM there. */
  sent(address: number, frameBytes: number): void {
    if (this.disturbance === null) this.inhabitants?.sent(this.machine.ram, address, frameBytes);
    else this.disturbance.sent(this.machine.ram, address, frameBytes);
  }

  /** Lets the others do what is due. True if time passed for it: then the machine had nothing to do until then. */
  #others(): boolean {
    const { machine, inhabitants, disturbance } = this;
    if (inhabitants === null && disturbance === null) return false;
    const live = inhabitants === null || WorldState.asleep.get(this.memory, STATE) !== 0 ? -1 : inhabitants.nextCycle();
    const disturbed = disturbance?.nextCycle() ?? -1;
    const due = live < 0 || (disturbed >= 0 && disturbed < live) ? disturbed : live;
    if (due < 0) return false;
    const waits = due > machine.now();
    if (waits && (machine.busy() || machine.board.nextEventCycle() <= due)) return false;
    if (waits) machine.board.idleUntil(due);
    const now = machine.now();
    // What breaks, breaks before anybody acts.
    if (disturbed >= 0 && disturbed <= now) disturbance?.act(now);
    if (live >= 0 && live <= now) inhabitants?.act(now);
    return waits;
  }

  #supply(): void {
    if (this.allOffered()) return;
    const full = WorldState.fullFrames.get(this.memory, STATE);
    // Half empty is early enough, and saves an offer in vain at every step.
    if (full > 0 && WireState.count.get(this.machine.ram, this.#wire) * 2 > full) return;
    WorldState.fullFrames.set(this.memory, STATE, 0);
    while (!this.allOffered() && this.#offerNext()) continue;
  }

  /** Offers the next frame. False if the wire has no room for it. */
  #offerNext(): boolean {
    const { capture, memory } = this;
    assert(capture !== null, "there is a frame to offer");
    const offered = WorldState.framesOffered.get(memory, STATE);
    const number = this.#offered[offered];
    const ordinal = this.offer(capture.frame(number), WorldState.baseCycle.get(memory, STATE) + capture.nanosAfterFirst(number), number);
    if (ordinal < 0) {
      WorldState.fullFrames.set(memory, STATE, Math.max(1, WireState.count.get(this.machine.ram, this.#wire)));
      return false;
    }
    if (offered === 0) WorldState.firstOrdinal.set(memory, STATE, ordinal);
    WorldState.framesOffered.set(memory, STATE, offered + 1);
    if (capture.snapped(number)) WorldState.framesSnapped.add(memory, STATE, 1);
    return true;
  }

  #ticksOnTheWire(): number {
    if (this.nic === "") return 0;
    const last = WireState.lastArrivalCycle.get(this.machine.ram, this.#wire);
    return Math.max(0, Math.ceil(last / CYCLES_PER_TICK) - this.machine.tick());
  }
}

/**
 * A world around a machine, with the machine's first NIC and first mailbox: its frames come from a capture, or from
 * nowhere. `mac` is the address whose frames are the machine's own; the others stand in WorldSetup.
 */
export function worldOf(machine: Machine, capture: Capture | null = null, mac = -1, others: Pick<WorldSetup, "between" | "inhabitants" | "disturbance" | "configuration"> = {}): World {
  const named = (...kinds: readonly string[]): string => machine.manifest.devices.find((device) => kinds.includes(device.kind))?.name ?? "";
  return new World({ machine, nic: named("e1000", "virtio-net"), mailbox: named("mailbox"), capture, mac, ...others });
}

function wireOf({ machine, nic, capture }: WorldSetup): Address<"WireState"> {
  const part = machine.parts.find((candidate) => candidate.name === `${nic}.wire`);
  assert(part !== undefined || capture === null || capture.count === 0, `a capture needs a NIC to come in at; this machine has none called "${nic}"`);
  return (part?.base ?? 0) as Address<"WireState">;
}
