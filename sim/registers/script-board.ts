/**
 * A board with one NIC and memory at the addresses that register scripts use, and no kernel: what a script does to a
 * device is done here.
 *
 * Two clocks. Where the scripts were recorded a device did all of its work at once, and time passed in `clock_step`
 * only. Our devices take time for everything. So after each step the board runs on until its device is at rest, which
 * means that nothing is under way but timers; the script's own clock stands still meanwhile. The next clock_step moves
 * the script's clock and lets the board catch up with it: what a device worked is not waited a second time, timers fall
 * due where the script expects them, and frames come and go a microsecond or so late on a scale of steps of 2 to
 * 1,000,000 microseconds. A timer is never waited for here, however short: a device that is at rest is left alone.
 */

import { assert } from "../../hal/assert.ts";
import { Board } from "../../hal/board.ts";
import type { NetworkDevice } from "../../hal/device.ts";
import { isNetworkDevice } from "../../hal/device.ts";
import type { DeviceConfig } from "../../hal/device-models.ts";
import { DmaRight } from "../../hal/iommu.ts";
import type { HalLimits } from "../../hal/limits.ts";
import { standardHalLimits } from "../../hal/limits.ts";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";
import { HalTrace } from "../../hal/trace.ts";
import { SCRIPT_MEMORY } from "./script.ts";

const LIMITS: HalLimits = Object.freeze({
  ...standardHalLimits,
  /** The longest frame that an 82540EM takes, 16,384 bytes; the staging holds four. */
  wireFrameBytes: 16_384,
  transmitFrameBytes: 16_384,
});

/** A ring of 4000 descriptors of 1514 bytes is sent in so many. What works longer than this after one step is left working. */
const STEP_WORK_CYCLES_MAX = 50_000_000;
/** For a whole script, four such rings; after that it waits for its device no more, so that none plays for ever. */
const SCRIPT_WORK_CYCLES_MAX = 4 * STEP_WORK_CYCLES_MAX;
/** Frames that left and nobody took are kept up to so many, and so many bytes; then the oldest are given up. */
const OUTBOX_FRAMES_MAX = 8192;
const OUTBOX_BYTES_MAX = 32 * 1024 * 1024;

export class ScriptBoard {
  readonly #board: Board;
  readonly #device: NetworkDevice;
  /** Frames that left and that nobody took yet, the oldest first. */
  readonly #outbox: Uint8Array[] = [];
  #outboxBytes = 0;
  /** How much longer the script may wait for its device. */
  #workCycles = SCRIPT_WORK_CYCLES_MAX;
  /** The script's clock, in cycles. */
  #cycle = 0;

  constructor(config: DeviceConfig) {
    const plan = new RamPlan();
    const parts = Board.plan(plan, { limits: LIMITS, devices: [config] });
    const base = plan.bytes("script", SCRIPT_MEMORY.end - SCRIPT_MEMORY.base, SCRIPT_MEMORY.base);
    assert(base === SCRIPT_MEMORY.base, "a board with one device takes less than a mebibyte");
    const ram = new Memory(new ArrayBuffer(plan.end));
    this.#board = new Board(ram, parts, { probe: (kind, _process, at, bytes) => void (kind === HalTrace.frameTransmitted && this.#keep(at, bytes)) });
    this.#board.powerOn();
    this.#board.iommu.grant(0, base, SCRIPT_MEMORY.end - base, DmaRight.read | DmaRight.write);
    const device = this.#board.devices[0];
    assert(isNetworkDevice(device), "a script is played on a NIC");
    this.#device = device;
    this.#work();
  }

  write(offset: number, value: number): void {
    this.#device.write(offset, value | 0);
    this.#work();
  }

  /** A register of 32 bits, or 16 or 8 bits of one, as an unsigned number. */
  read(offset: number, widthBytes: number): number {
    const word = this.#device.read(offset & ~3) >>> 0;
    this.#work();
    const shifted = word >>> ((offset & 3) * 8);
    return widthBytes === 4 ? shifted : shifted & (widthBytes === 2 ? 0xffff : 0xff);
  }

  writeMemory(address: number, bytes: Uint8Array): void {
    this.#board.ram.u8.set(bytes, address);
  }

  readMemory(address: number, bytes: number): Uint8Array {
    return this.#board.ram.u8.slice(address, address + bytes);
  }

  /** A frame arrives, and is written or dropped. False if the wire has no room for it. */
  offer(frame: Uint8Array): boolean {
    const offered = this.#device.wire.offer(frame, this.#board.now()) >= 0;
    this.#work();
    return offered;
  }

  /** The oldest frame that left and was not taken yet; null if there is none. */
  takeSent(): Uint8Array | null {
    const frame = this.#outbox.shift() ?? null;
    if (frame !== null) this.#outboxBytes -= frame.length;
    return frame;
  }

  lineLevel(): number {
    return (this.#board.interrupts.lines() >>> this.#device.line) & 1;
  }

  stepClock(cycles: number): void {
    this.#cycle += cycles;
    this.#board.idleUntil(this.#cycle);
    this.#work();
  }

  /** Until the device is at rest. */
  #work(): void {
    const board = this.#board;
    const begin = board.now();
    const end = begin + Math.min(STEP_WORK_CYCLES_MAX, this.#workCycles);
    for (let next = board.nextDeviceEventCycle(); next >= 0 && next <= end && !this.#device.atRest(); next = board.nextDeviceEventCycle()) board.idleUntil(next);
    this.#workCycles -= board.now() - begin;
  }

  #keep(at: number, bytes: number): void {
    this.#outbox.push(this.#board.ram.u8.slice(at, at + bytes));
    this.#outboxBytes += bytes;
    while (this.#outbox.length > OUTBOX_FRAMES_MAX || this.#outboxBytes > OUTBOX_BYTES_MAX) this.takeSent();
  }
}
