/**
 * A machine with one NIC, its driver, a station in net's place (station.ts) and a supervisor that begins a dead driver
 * anew. A test speaks to the driver by the wire and by the cable; it may also be the evil device, between steps or in the
 * middle of the driver's handlers, and let the driver die at any crossing.
 */

import type { NetworkDevice } from "../../../hal/device.ts";
import { isNetworkDevice } from "../../../hal/device.ts";
import type { Address } from "../../../hal/field.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { WireState } from "../../../hal/wire.ts";
import { boot } from "../../../kernel/boot.ts";
import { KernelChoice } from "../../../kernel/crossing.ts";
import { checkInvariants, invariantText } from "../../../kernel/invariants/invariants.ts";
import type { Machine } from "../../../kernel/machine.ts";
import { KernelTrace } from "../../../kernel/trace-kinds.ts";
import type { BenchNumbers } from "./bench-manifest.ts";
import { benchManifest } from "./bench-manifest.ts";
import type { DriverFigures, DriverKind, DriverNumbers } from "./kind.ts";
import { NIC } from "./kind.ts";
import { StationTrace } from "./station.ts";

export type { BenchNumbers } from "./bench-manifest.ts";

/** A frame as the station got it. */
export interface TakenFrame {
  readonly number: number;
  readonly ordinal: number;
  readonly frameBytes: number;
  readonly queue: number;
  readonly errors: number;
}

export interface WrittenFrame {
  readonly wireOrdinal: number;
  readonly queue: number;
  readonly ordinal: number;
}

/** A machine of the bench as it was at one moment. */
export interface BenchMark {
  readonly machine: Uint8Array;
  readonly crossings: number;
}

export class DriverBench {
  readonly kind: DriverKind;
  readonly numbers: DriverNumbers;
  readonly machine: Machine;
  readonly nic: NetworkDevice;
  /** Frames that left the machine. */
  readonly sent: Uint8Array[] = [];
  /** Frames that the station got. */
  readonly taken: TakenFrame[] = [];
  /** Frames that the device wrote back: their queues, and the ordinals that it gave them. */
  readonly written: WrittenFrame[] = [];
  /** Interrupts that became notifications, and handlers of the driver that ran. */
  wakeUps = 0;
  runs = 0;
  /** Messages that the driver sent in its present run, and the most in one run. */
  sends = 0;
  sendsMost = 0;
  /** All messages that it sent, and how many of them were under way to the station when it died last. */
  sendsAll = 0;
  underWay = 0;
  /** Crossings that the driver has made since boot, and the one at which it dies; 0: it does not. */
  crossings = 0;
  dieAt = 0;
  /** Called at each crossing of the driver, with its number: here the device may write RAM while the handler runs. */
  atCrossing: ((crossing: number) => void) | null = null;
  #number = 0;
  #steered = 0;

  constructor(kind: DriverKind, numbers: BenchNumbers = {}) {
    this.kind = kind;
    const { rxDescriptors = 16, rxPosted = 8, txDescriptors = 8 } = numbers;
    this.numbers = Object.freeze({ rxDescriptors, rxPosted, txDescriptors });
    const manifest = benchManifest(kind, this.numbers, numbers);
    const driver = Object.keys(manifest.processes).indexOf("driver");
    this.dieAt = numbers.dieAt ?? 0;
    this.machine = boot(manifest, {
      probe: (kind, process, argument0, argument1) => this.#note(kind, process === driver, argument0, argument1),
      crashes: true,
      choose: (site, entity, n) => {
        if (site === KernelChoice.processDies) return entity === driver && this.#dies() ? 1 : 0;
        return numbers.choose?.(site, entity, n) ?? 0;
      },
    });
    const device = this.machine.board.device(NIC);
    if (device === undefined || !isNetworkDevice(device)) throw new Error("the bench has a NIC");
    this.nic = device;
    this.settle();
  }

  #dies(): boolean {
    this.crossings += 1;
    this.atCrossing?.(this.crossings);
    if (this.crossings !== this.dieAt) return false;
    this.underWay = this.sendsAll - this.taken.length;
    return true;
  }

  #note(kind: number, byDriver: boolean, argument0: number, argument1: number): void {
    if (kind === HalTrace.frameSteered) this.#steered = argument1;
    else if (kind === HalTrace.frameReceived) {
      this.written.push({ wireOrdinal: argument0, queue: this.#steered, ordinal: argument1 >>> 0 });
      this.#steered = 0;
    } else if (kind === HalTrace.frameTransmitted) this.sent.push(this.machine.ram.u8.slice(argument0, argument0 + argument1));
    else if (kind === KernelTrace.interrupt && argument0 === this.nic.line) this.wakeUps += 1;
    else if (kind === KernelTrace.dispatch && byDriver) {
      this.runs += 1;
      this.sends = 0;
    } else if ((kind === KernelTrace.sendFast || kind === KernelTrace.sendQueued) && byDriver) {
      this.sends += 1;
      this.sendsAll += 1;
      this.sendsMost = Math.max(this.sendsMost, this.sends);
    }
    else if (kind === StationTrace.frame) {
      this.#number = argument0;
      this.taken.push({ number: argument0, ordinal: argument1 >>> 0, frameBytes: 0, queue: 0, errors: 0 });
    } else if (kind === StationTrace.detail) {
      const { ordinal } = this.taken[this.taken.length - 1];
      this.taken[this.taken.length - 1] = { number: this.#number, ordinal, frameBytes: argument0, queue: argument1 & 0xffff, errors: argument1 >>> 16 };
    }
  }

  // --- running -------------------------------------------------------------------------------------------------------

  /** Runs until nothing is left to do, at most so many ticks. */
  settle(ticks = 50): void {
    if (!this.machine.runUntilQuiet(this.machine.tick() + ticks)) throw new Error("the machine does not come to rest");
  }

  /** Runs from rest to rest, as long as a driver may take to find out that its device does not work. */
  waitForWatch(): void {
    this.runTicks(this.kind.recoveryTicks);
    this.settle();
  }

  runTicks(ticks: number): void {
    this.machine.runUntilTick(this.machine.tick() + ticks);
  }

  /** Frames arrive back to back; the machine runs only as far as the wire asks for it. */
  offer(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) while (this.machine.offer(NIC, frame) < 0) this.machine.step();
  }

  arrive(...frames: readonly Uint8Array[]): void {
    this.offer(...frames);
    this.settle();
  }

  plug(plugged: boolean): void {
    this.machine.plug(NIC, plugged);
  }

  /** Nothing leaves for so many cycles: what is sent meanwhile waits in the device and in the ring. */
  stallWire(cycles: number): void {
    WireState.transmitFreeCycle.set(this.machine.ram, this.partAt(`${NIC}.wire`) as Address<"WireState">, this.machine.now() + cycles);
  }

  /** The machine as it is. */
  mark(): BenchMark {
    return Object.freeze({ machine: this.machine.snapshot(), crossings: this.crossings });
  }

  /** The machine as it was; nobody dies, and what was seen since is forgotten. */
  rewind(mark: BenchMark): void {
    this.machine.restore(mark.machine);
    this.crossings = mark.crossings;
    this.dieAt = 0;
    this.atCrossing = null;
    for (const seen of [this.sent, this.taken, this.written]) seen.length = 0;
    this.wakeUps = 0;
    this.runs = 0;
    this.sendsMost = 0;
    this.sendsAll = 0;
    this.underWay = 0;
  }

  // --- looking -------------------------------------------------------------------------------------------------------

  /** Where a part of RAM begins. */
  partAt(name: string): number {
    const part = this.machine.parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new RangeError(`there is no part called ${name}`);
    return part.base;
  }

  get figures(): DriverFigures {
    return this.kind.figures(this);
  }

  get station(): Record<string, number> {
    return this.machine.inspect("state.station") as Record<string, number>;
  }

  get account(): Record<string, number> {
    return this.machine.inspect(`${NIC}.account`) as Record<string, number>;
  }

  get buffersInUse(): number {
    return this.machine.report().buffers.inUse;
  }

  /** How often the driver was begun anew, and its last fault in words. */
  get driverLine(): { readonly restarts: number; readonly fault: string | null; readonly cyclesUsed: number } {
    const line = this.machine.report().processes.find((process) => process.name === "driver");
    if (line === undefined) throw new Error("the bench has a driver");
    return line;
  }

  /** Every buffer lies in one of the rings or with the station: none is lost, none is held twice. For a machine at rest. */
  lostBuffers(): number {
    const { posted, sending } = this.figures;
    return this.buffersInUse - posted - sending - this.station.held;
  }

  /** What does not hold, in words; for a machine at rest. */
  broken(): string[] {
    return [...checkInvariants(this.machine).map(invariantText), ...this.lost()];
  }

  /** Of that, what holds even of a machine whose device lies: no buffer and no frame is lost, and nobody but the device is out of order. */
  lost(): string[] {
    const broken: string[] = [];
    const { offered, received, filtered, noDescriptor, tooLong, linkDown, inFlight } = this.account;
    if (offered !== received + filtered + noDescriptor + tooLong + linkDown + inFlight) broken.push(`the NIC's account does not add up: ${JSON.stringify(this.account)}`);
    if (this.lostBuffers() !== 0) broken.push(`${this.lostBuffers()} buffers are lost`);
    return broken;
  }
}
