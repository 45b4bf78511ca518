/**
 * The near end of a NIC's wire: frames that are on their way lie in a staging ring in RAM until the NIC has taken or
 * dropped them. The outside offers frames; the NIC is told of each by an event at its arrival cycle.
 *
 * One direction takes its own time (1 Gbit/s, full duplex): a frame arrives no earlier than the one before plus its own
 * time, and no earlier than asked. Frames below 60 bytes are padded with zeros. The FCS is counted in times and lengths
 * but never stored. A frame longer than `frameBytesMax` is staged cut; its true length is kept, so that the NIC drops it.
 *
 * Entries are taken and given back by the NIC only; they may be given back in any order, their space is used again in
 * the order of arrival. All-zero state is an empty wire.
 */

import { assert } from "./assert.ts";
import { ChoiceSite } from "./chance.ts";
import type { DevicePort } from "./device-port.ts";
import type { WireShape } from "./ethernet.ts";
import { ETHERNET, wireCycles } from "./ethernet.ts";
import type { Address } from "./field.ts";
import type { Table } from "./layout.ts";
import type { HalLimits } from "./limits.ts";
import type { Memory } from "./memory.ts";
import type { RamPlan } from "./ram-plan.ts";
import { WireFrame, WireStage } from "./wire-frame.ts";
import { WireState } from "./wire-state.ts";

const ORDINAL_MAX = 0x7fff_ffff;

export { WireState } from "./wire-state.ts";

export interface WireParts extends WireShape {
  readonly state: Address<"WireState">;
  readonly frames: Table<"WireFrame">;
  readonly staging: number;
  readonly stagingBytes: number;
  readonly frameBytesMax: number;
}

const NONE = 0 as Address<"WireFrame">;

export class Wire {
  readonly #ram: Memory;
  readonly #state: Address<"WireState">;
  readonly #frames: Table<"WireFrame">;
  readonly #staging: number;
  readonly #stagingBytes: number;
  readonly #port: DevicePort;
  readonly #arrivalKind: number;
  readonly #plugKind: number;
  readonly #frameBytesMin: number;
  /** Longest frame staged whole, in bytes without FCS. */
  readonly frameBytesMax: number;

  static plan(plan: RamPlan, name: string, limits: HalLimits, shape: WireShape = ETHERNET): WireParts {
    return Object.freeze({
      ...shape,
      state: plan.record(`${name}.wire`, WireState),
      frames: plan.records(`${name}.wire.frames`, WireFrame, limits.wireFrames),
      staging: plan.bytes(`${name}.wire.staging`, limits.wireBytes),
      stagingBytes: limits.wireBytes,
      frameBytesMax: limits.wireFrameBytes,
    });
  }

  /** Kinds of event by which the device is told to call `takeArrival()`, and that `isPlugged()` may have changed. */
  constructor(port: DevicePort, parts: WireParts, arrivalKind: number, plugKind: number) {
    this.#ram = port.ram;
    this.#state = parts.state;
    this.#frames = parts.frames;
    this.#staging = parts.staging;
    this.#stagingBytes = parts.stagingBytes;
    this.#port = port;
    this.#arrivalKind = arrivalKind;
    this.#plugKind = plugKind;
    this.#frameBytesMin = parts.frameBytesMin;
    this.frameBytesMax = parts.frameBytesMax;
    Object.freeze(this);
  }

  /**
   * Puts a frame (without FCS) on the wire; its bytes are copied. The frame's wire ordinal, or -1 when the staging has
   * no room: then nothing has happened, ask again when the machine has gone on.
   */
  offer(frame: Uint8Array, notBeforeCycle: number): number {
    assert(Number.isSafeInteger(notBeforeCycle), "an arrival is asked for at a whole cycle");
    const ram = this.#ram;
    const state = this.#state;
    const frameBytes = Math.max(frame.length, this.#frameBytesMin);
    const stagedBytes = Math.min(frameBytes, this.frameBytesMax);
    const at = this.#reserve(stagedBytes);
    if (at < 0) return -1;
    const ordinal = (WireState.ordinal.get(ram, state) % ORDINAL_MAX) + 1;
    const arrivalCycle = Math.max(WireState.lastArrivalCycle.get(ram, state) + wireCycles(frameBytes), notBeforeCycle, this.#port.now());
    WireState.ordinal.set(ram, state, ordinal);
    WireState.lastArrivalCycle.set(ram, state, arrivalCycle);
    WireState.offered.add(ram, state, 1);
    if (this.#port.choose(ChoiceSite.frameLost, 2) === 1) {
      WireState.lost.add(ram, state, 1);
      return ordinal;
    }
    this.#stage(frame, at, stagedBytes);
    this.#append(ordinal, arrivalCycle, frameBytes, at, stagedBytes);
    return ordinal;
  }

  /** Whether offer() would take a frame of so many bytes now. */
  hasRoom(frameBytes: number): boolean {
    return this.#reserve(Math.min(Math.max(frameBytes, this.#frameBytesMin), this.frameBytesMax)) >= 0;
  }

  /**
   * Plugs the cable in, or pulls it out; the device is told at once, and frames that are on the wire arrive at a dead end.
   * However often that happens in one cycle, the device is told once, and finds the cable as it was left.
   */
  plug(plugged: boolean): void {
    if (plugged === this.isPlugged()) return;
    WireState.unplugged.set(this.#ram, this.#state, plugged ? 0 : 1);
    if (WireState.plugPending.get(this.#ram, this.#state) === 1) return;
    WireState.plugPending.set(this.#ram, this.#state, 1);
    this.#port.schedule(this.#plugKind, 0, this.#port.now());
  }

  /** For the device, at its event of plugKind: it looks at isPlugged() now. */
  plugTold(): void {
    WireState.plugPending.set(this.#ram, this.#state, 0);
  }

  isPlugged(): boolean {
    return WireState.unplugged.get(this.#ram, this.#state) === 0;
  }

  /** Is no frame on its way: on the wire, or taken and not given back? */
  isEmpty(): boolean {
    return WireState.count.get(this.#ram, this.#state) === 0;
  }

  /** The oldest frame that has not been taken and whose cycle has come, now taken; 0 if there is none. */
  takeArrival(): Address<"WireFrame"> {
    const ram = this.#ram;
    const state = this.#state;
    const arrived = WireState.arrived.get(ram, state);
    if (arrived >= WireState.count.get(ram, state)) return NONE;
    const frame = this.#entry(arrived);
    if (WireFrame.arrivalCycle.get(ram, frame) > this.#port.now()) return NONE;
    WireState.arrived.set(ram, state, arrived + 1);
    this.#scheduleArrival();
    return frame;
  }

  /** For the device, after it cancelled its events: the next arrival has one again. It looks at isPlugged() by itself. */
  eventsCancelled(): void {
    this.plugTold();
    this.#scheduleArrival();
  }

  /** Schedules the event of the next arrival, if a frame is on its way. */
  #scheduleArrival(): void {
    const arrived = WireState.arrived.get(this.#ram, this.#state);
    if (arrived >= WireState.count.get(this.#ram, this.#state)) return;
    this.#port.schedule(this.#arrivalKind, 0, WireFrame.arrivalCycle.get(this.#ram, this.#entry(arrived)));
  }

  /** The oldest taken frame at a stage from `first` to `last`; 0 if there is none. */
  oldestAt(first: number, last: number = first): Address<"WireFrame"> {
    const arrived = WireState.arrived.get(this.#ram, this.#state);
    for (let i = 0; i < arrived; i++) {
      const frame = this.#entry(i);
      const stage = WireFrame.stage.get(this.#ram, frame);
      if (stage >= first && stage <= last) return frame;
    }
    return NONE;
  }

  /** Address in RAM of a taken frame's first byte. */
  bytesAt(frame: Address<"WireFrame">): number {
    return this.#staging + WireFrame.stagedAt.get(this.#ram, frame);
  }

  /** Gives a taken frame's entry and space back. */
  release(frame: Address<"WireFrame">): void {
    const ram = this.#ram;
    const state = this.#state;
    WireFrame.stage.set(ram, frame, WireStage.done);
    let arrived = WireState.arrived.get(ram, state);
    while (arrived > 0 && WireFrame.stage.get(ram, this.#entry(0)) === WireStage.done) {
      WireState.head.set(ram, state, (WireState.head.get(ram, state) + 1) % this.#frames.count);
      WireState.count.add(ram, state, -1);
      WireState.arrived.set(ram, state, --arrived);
    }
  }

  /** The earliest cycle at which a frame may leave. */
  departureCycle(): number {
    return Math.max(WireState.transmitFreeCycle.get(this.#ram, this.#state), this.#port.now());
  }

  /** A frame of so many bytes (without FCS) leaves now. */
  depart(frameBytes: number): void {
    WireState.transmitted.add(this.#ram, this.#state, 1);
    WireState.transmitFreeCycle.set(this.#ram, this.#state, this.#port.now() + wireCycles(frameBytes));
  }

  /** The i-th oldest entry in use. */
  #entry(i: number): Address<"WireFrame"> {
    const index = WireState.head.get(this.#ram, this.#state) + i;
    return this.#frames.at(index >= this.#frames.count ? index - this.#frames.count : index);
  }

  /** Offset of room for so many bytes in one piece, or -1 (also when all entries are in use). Changes nothing. */
  #reserve(stagedBytes: number): number {
    const ram = this.#ram;
    const count = WireState.count.get(ram, this.#state);
    if (count === this.#frames.count) return -1;
    if (count === 0) return stagedBytes <= this.#stagingBytes ? 0 : -1;
    const freeAt = WireState.freeAt.get(ram, this.#state);
    const usedAt = WireFrame.stagedAt.get(ram, this.#entry(0));
    if (freeAt > usedAt) {
      if (freeAt + stagedBytes <= this.#stagingBytes) return freeAt;
      return stagedBytes <= usedAt ? 0 : -1;
    }
    return freeAt + stagedBytes <= usedAt ? freeAt : -1;
  }

  #stage(frame: Uint8Array, at: number, stagedBytes: number): void {
    const ram = this.#ram;
    const to = this.#staging + at;
    if (frame.length > stagedBytes) WireState.cut.add(ram, this.#state, 1);
    ram.u8.set(frame.length > stagedBytes ? frame.subarray(0, stagedBytes) : frame, to);
    if (frame.length < stagedBytes) ram.fill(to + frame.length, stagedBytes - frame.length, 0);
  }

  #append(ordinal: number, arrivalCycle: number, frameBytes: number, at: number, stagedBytes: number): void {
    const ram = this.#ram;
    const state = this.#state;
    const count = WireState.count.get(ram, state);
    const frame = this.#entry(count);
    WireFrame.arrivalCycle.set(ram, frame, arrivalCycle);
    WireFrame.ordinal.set(ram, frame, ordinal);
    WireFrame.frameBytes.set(ram, frame, frameBytes);
    WireFrame.stagedAt.set(ram, frame, at);
    WireFrame.stagedBytes.set(ram, frame, stagedBytes);
    WireFrame.stage.set(ram, frame, WireStage.onTheWire);
    WireFrame.descriptor.set(ram, frame, 0);
    WireFrame.descriptors.set(ram, frame, 0);
    WireFrame.control.set(ram, frame, 0);
    WireState.count.set(ram, state, count + 1);
    WireState.freeAt.set(ram, state, (at + stagedBytes + 7) & ~7);
    // One arrival event at a time: each schedules the next.
    if (WireState.arrived.get(ram, state) === count) this.#scheduleArrival();
  }
}
