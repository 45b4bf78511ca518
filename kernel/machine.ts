/**
 * A machine that runs: one buffer, and this frozen object that knows where things lie in it. Whatever affects the
 * future is in the buffer; so a snapshot is a copy of it, and a machine is where it was as soon as it is restored.
 *
 * One step is one interrupt taken, one handler run to its end, or the clock moved to what happens next.
 */

import type { Board } from "../hal/board.ts";
import type { NetworkDevice } from "../hal/device.ts";
import { isNetworkDevice } from "../hal/device.ts";
import type { Address } from "../hal/field.ts";
import type { Difference } from "../hal/difference.ts";
import { firstDifference } from "../hal/difference.ts";
import type { Inspected } from "../hal/inspect.ts";
import { inspectPart } from "../hal/inspect.ts";
import { Mailbox } from "../hal/mailbox.ts";
import { Memory } from "../hal/memory.ts";
import type { Part } from "../hal/ram-plan.ts";
import { hashBytes, restore, snapshot } from "../hal/snapshot.ts";
import { arenaAccount } from "./arena.ts";
import type { ProcessContext } from "./context.ts";
import type { Runner } from "./dispatcher.ts";
import { runNext, takeInterrupts } from "./dispatcher.ts";
import { PoolState } from "./dma-pool.ts";
import { FAULT_WORDS } from "./fault.ts";
import type { Kernel } from "./kernel.ts";
import type { MachineReport, ProcessReport } from "./machine-report.ts";
import type { Manifest } from "./manifest.ts";
import { KernelState, PROCESS_STATE_NAMES, ProcessRecord } from "./process.ts";
import { chosenSeams, requireSeams } from "./seams.ts";
import type { AnyService } from "./service.ts";
import { WheelState } from "./timer-wheel.ts";

export type { MachineReport, ProcessReport } from "./machine-report.ts";

export class Machine {
  readonly manifest: Manifest;
  readonly ram: Memory;
  readonly board: Board;
  /** The directory of RAM. */
  readonly parts: readonly Part[];
  readonly #kernel: Kernel;
  readonly #seams: readonly number[];
  readonly #contexts: readonly ProcessContext[];
  readonly #runners: readonly Runner[];

  /** Made by boot() only. */
  constructor(manifest: Manifest, kernel: Kernel, parts: readonly Part[], contexts: readonly ProcessContext[], threw: (process: number, thrown: unknown) => void) {
    this.manifest = manifest;
    this.ram = kernel.ram;
    this.board = kernel.board;
    this.parts = parts;
    this.#kernel = kernel;
    this.#seams = chosenSeams(kernel.ram, KernelState.seams.at(kernel.state));
    this.#contexts = Object.freeze([...contexts]);
    const services = Object.values(manifest.processes).map((line) => line.service);
    this.#runners = Object.freeze(contexts.map((context, index) => makeRunner(services[index], context, (thrown) => threw(index, thrown))));
    Object.freeze(this);
  }

  /** Cycles since power-on. */
  now(): number {
    return this.board.now();
  }

  /** Ticks since power-on. */
  tick(): number {
    return this.board.tick();
  }

  /** One step, as above. Always possible: the next tick always comes. */
  step(): void {
    if (takeInterrupts(this.#kernel)) return;
    if (runNext(this.#kernel, this.#runners)) return;
    this.board.idleUntil(this.board.nextEventCycle());
  }

  /** True if something can be done without time passing. */
  busy(): boolean {
    const { ram, state } = this.#kernel;
    return (KernelState.readyProcesses.get(ram, state) & ~KernelState.heldProcesses.get(ram, state)) !== 0 || this.board.interrupts.pendingUnmasked() !== 0;
  }

  /** True if nothing will happen any more but ticks and periodic timers. */
  quiet(): boolean {
    return !this.busy() && this.board.nextDeviceEventCycle() < 0 && WheelState.oneShots.get(this.ram, this.#kernel.wheel.state) === 0 && (KernelState.sleepingProcesses.get(this.ram, this.#kernel.state) | KernelState.heldProcesses.get(this.ram, this.#kernel.state)) === 0;
  }

  /** Runs until the clock has reached `cycle`; a handler that began before runs to its end. */
  runUntilCycle(cycle: number): void {
    while (this.now() < cycle) {
      if (!this.busy() && this.board.nextEventCycle() > cycle) this.board.idleUntil(cycle);
      else this.step();
    }
  }

  /** Runs until tick number `tick` has passed. */
  runUntilTick(tick: number): void {
    while (this.tick() < tick) this.step();
  }

  /** Runs until it is quiet, or until tick `tickMax`. True if it is quiet. */
  runUntilQuiet(tickMax: number): boolean {
    while (!this.quiet() && this.tick() < tickMax) this.step();
    return this.quiet();
  }

  // --- from outside ------------------------------------------------------------------------------------------------

  /**
   * Puts a frame on the wire of a NIC, to arrive at `notBeforeCycle` or when the one before it has passed. Its number
   * on that wire (from 1), or -1 when the wire's near end has no room yet. Throws for a name that is no NIC's.
   */
  offer(nic: string, frame: Uint8Array, notBeforeCycle = 0): number {
    return this.#nic(nic).wire.offer(frame, notBeforeCycle);
  }

  /** Plugs a NIC's cable in, or pulls it out. Throws for a name that is no NIC's. */
  plug(nic: string, plugged: boolean): void {
    this.#nic(nic).wire.plug(plugged);
  }

  /** Hands a record in at a mailbox. False when there is no room yet. Throws for a name that is no mailbox's. */
  mailboxSend(name: string, record: Uint8Array): boolean {
    return this.#mailbox(name).send(record);
  }

  /** The next record that the machine sent out, or null. */
  mailboxReceive(name: string): Uint8Array | null {
    return this.#mailbox(name).receive();
  }

  /** The same record, which stays where it is. */
  mailboxPeek(name: string): Uint8Array | null {
    return this.#mailbox(name).peek();
  }

  // --- copies ------------------------------------------------------------------------------------------------------

  /** A copy of the whole machine. */
  snapshot(): Uint8Array {
    return snapshot(this.ram);
  }

  /** Makes the machine what it was when the snapshot was taken. Throws if the copy is of another size, or of a machine with other seams. */
  restore(bytes: Uint8Array): void {
    requireSeams(this.#seams, bytes, KernelState.seams.at(this.#kernel.state));
    restore(this.ram, bytes);
  }

  /** 16 hex digits over every byte of RAM. */
  hash(): string {
    return hashBytes(this.ram);
  }

  /** The first place where this machine and a snapshot of one like it differ, by name; null if they are equal. */
  firstDifference(other: Uint8Array): Difference | null {
    const copy = new ArrayBuffer(other.byteLength);
    new Uint8Array(copy).set(other);
    return firstDifference(this.ram, new Memory(copy), this.parts);
  }

  // --- looking -----------------------------------------------------------------------------------------------------

  /** A record by name, its fields as plain values: `inspect("state.net")`, `inspect("endpoints", 3)`. Throws for unknown names. */
  inspect(name: string, index = 0): Inspected {
    const part = this.parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new RangeError(`there is no part called ${name}; there are ${this.parts.map((known) => known.name).join(", ")}`);
    return inspectPart(this.ram, part, index);
  }

  /** Names of the processes, in the order of their numbers. */
  get processNames(): readonly string[] {
    return Object.keys(this.manifest.processes);
  }

  report(): MachineReport {
    const { ram, state, pool } = this.#kernel;
    return {
      processes: this.processNames.map((name, index) => this.#reportProcess(name, index)),
      ipc: {
        fast: KernelState.ipcFast.get(ram, state),
        queued: KernelState.ipcQueued.get(ram, state),
        refused: KernelState.refusals.get(ram, state),
        replies: KernelState.replies.get(ram, state),
      },
      buffers: {
        inUse: PoolState.inUse.get(ram, pool.state),
        peak: PoolState.inUsePeak.get(ram, pool.state),
        count: pool.buffers.count,
        failures: PoolState.failures.get(ram, pool.state),
        takenHome: PoolState.takenHome.get(ram, pool.state),
      },
    };
  }

  #reportProcess(name: string, index: number): ProcessReport {
    const { ram, processes } = this.#kernel;
    const record = processes.at(index);
    const account = arenaAccount(this.#contexts[index].memory, ProcessRecord.heapOffset.get(ram, record));
    const fault = ProcessRecord.faultCode.get(ram, record);
    return {
      name,
      service: this.manifest.processes[name].service.name,
      state: PROCESS_STATE_NAMES[ProcessRecord.state.get(ram, record)],
      priority: ProcessRecord.priority.get(ram, record),
      usedBytes: account.usedBytes,
      peakBytes: account.peakBytes,
      arenaBytes: ProcessRecord.arenaBytes.get(ram, record),
      freeBytes: account.freeBytes,
      largestFreeBytes: account.largestFreeBytes,
      refusedRequests: account.failures,
      buffersHeld: ProcessRecord.buffersHeld.get(ram, record),
      buffersPeak: ProcessRecord.buffersPeak.get(ram, record),
      handled: ProcessRecord.handled.get(ram, record),
      cyclesUsed: ProcessRecord.cyclesUsed.get(ram, record),
      restarts: ProcessRecord.generation.get(ram, record),
      fault: fault === 0 ? null : `${FAULT_WORDS[fault]} (${ProcessRecord.faultArgument.get(ram, record)})`,
    };
  }

  #nic(name: string): NetworkDevice {
    const device = this.board.device(name);
    if (device === undefined || !isNetworkDevice(device)) throw new RangeError(`there is no NIC called ${name}`);
    return device;
  }

  #mailbox(name: string): Mailbox {
    const device = this.board.device(name);
    if (!(device instanceof Mailbox)) throw new RangeError(`there is no mailbox called ${name}`);
    return device;
  }

  /** Address of the kernel's words, for whoever reads RAM by layout. */
  get kernelState(): Address<"KernelState"> {
    return this.#kernel.state;
  }
}

/** Each service gets a runner of its own, so that the call of its handler is a call of one known function. */
function makeRunner(service: AnyService, context: ProcessContext, threw: (thrown: unknown) => void): Runner {
  const handle = service.handle as unknown as (message: ProcessContext["message"], context: ProcessContext) => void;
  return Object.freeze({ run: () => handle(context.message, context), threw });
}
