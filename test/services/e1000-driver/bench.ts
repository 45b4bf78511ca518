/**
 * A machine with an 82540EM, its driver, and a station in net's place that does with each frame what the frame's first
 * payload byte says. So a test speaks to the driver only by the wire, and sees what comes back.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { standardHalLimits } from "../../../hal/limits.ts";
import { E1000 } from "../../../hal/nic/e1000.ts";
import { HalTrace } from "../../../hal/trace.ts";
import { boot } from "../../../kernel/boot.ts";
import { standardKernelLimits } from "../../../kernel/limits.ts";
import type { Machine } from "../../../kernel/machine.ts";
import { MessageFlag, MessageHeader } from "../../../kernel/message.ts";
import type { AnyService, Context } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { DriverOpcode, ReceivedFrameMessage, TransmitFrameMessage } from "../../../services/driver-api.ts";
import { e1000Driver } from "../../../services/e1000-driver.ts";

/** What a frame asks the station to do. */
export const Ask = Object.freeze({ nothing: 0, hold: 1, echo: 2, releaseAll: 3, shutdown: 4, sendStale: 5, sendEmpty: 6, sendHuge: 7, callUnknown: 8, flood: 9 });

const HELD_MAX = 256;
const PAYLOAD = 14;
const RELEASE_BIT = 1;

const fields = Object.freeze({
  held: i32,
  heldAt: i32,
  frames: u32,
  /** Ordinal of the last frame, and the sum of all lengths. */
  ordinal: u32,
  bytes: u32,
  /** What the last call was answered, plus 1000 so that 0 means none. */
  answered: i32,
  /** Frames refused by the driver's queue. */
  refused: u32,
});
const StationState = layout("StationState", fields);

const needs = { buffers: "buffers:write", transmit: "endpoint", control: "endpoint", ticks: "timer" } as const;

interface StationParameters {
  /** Context calls of 5 cycles each that a frame takes. */
  readonly slow: number;
  /** Period of letting go of what is held; 0: only when asked. */
  readonly releaseTicks: number;
}

type StationContext = Context<typeof fields, typeof needs, readonly ["frames"], StationParameters>;

const station = service({
  name: "station",
  state: StationState,
  needs,
  receives: ["frames"],
  parameters: undefined as unknown as StationParameters,
  handle(message, context: StationContext) {
    const { state, parameters } = context;
    if (message.delivery === Delivery.start) {
      state.heldAt = context.allocate(HELD_MAX * 4);
      if (parameters.releaseTicks > 0) context.timerStart(context.needs.ticks, parameters.releaseTicks, parameters.releaseTicks, RELEASE_BIT);
    } else if (message.delivery === Delivery.reply) state.answered = message.status + 1000;
    else if (message.delivery === Delivery.notification) releaseAll(context);
    else if (message.delivery === Delivery.message) take(context, message.at as Address as Address<"ReceivedFrameMessage">);
  },
});

function take(context: StationContext, at: Address<"ReceivedFrameMessage">): void {
  const { state, shared, memory, needs: held } = context;
  const { bufferHandle, frameBytes, ordinal } = ReceivedFrameMessage.view(shared, at);
  state.frames += 1;
  state.ordinal = ordinal;
  state.bytes += frameBytes;
  for (let i = 0; i < context.parameters.slow; i++) context.uptimeTicks();
  const ask = shared.u8[context.buffer(held.buffers, bufferHandle, 0, frameBytes) + PAYLOAD];
  if (ask === Ask.hold) {
    memory.i32[(state.heldAt >> 2) + state.held] = bufferHandle;
    state.held += 1;
  } else if (ask === Ask.echo) send(context, bufferHandle, frameBytes);
  else {
    context.bufferRelease(held.buffers, bufferHandle);
    perform(context, ask, bufferHandle);
  }
}

/** What is asked after the frame's own buffer went home. */
function perform(context: StationContext, ask: number, stale: number): void {
  const { needs: held } = context;
  if (ask === Ask.releaseAll) releaseAll(context);
  else if (ask === Ask.shutdown) context.call(held.control, DriverOpcode.shutdown);
  else if (ask === Ask.callUnknown) context.call(held.control, 99);
  else if (ask === Ask.sendStale) send(context, stale, 60);
  else if (ask === Ask.sendEmpty) send(context, context.bufferAllocate(held.buffers), 0);
  else if (ask === Ask.sendHuge) send(context, context.bufferAllocate(held.buffers), 5000);
  else if (ask === Ask.flood) for (let handle = context.bufferAllocate(held.buffers); handle > 0; handle = context.bufferAllocate(held.buffers)) send(context, handle, 1514);
}

function send(context: StationContext, handle: number, frameBytes: number): void {
  const { memory } = context;
  const at = context.outgoing as Address as Address<"TransmitFrameMessage">;
  memory.fill(at, TransmitFrameMessage.size, 0);
  MessageHeader.opcode.set(memory, TransmitFrameMessage.header.at(at), DriverOpcode.transmit);
  // A handle of which nothing is held would be refused with the flag, and is for the driver to judge without.
  if (context.bufferIsLive(context.needs.buffers, handle) === 1) MessageHeader.flags.set(memory, TransmitFrameMessage.header.at(at), MessageFlag.movesBuffer);
  TransmitFrameMessage.bufferHandle.set(memory, at, handle);
  TransmitFrameMessage.frameBytes.set(memory, at, frameBytes);
  if (context.sendMessage(context.needs.transmit, context.outgoing) === 0) return;
  context.state.refused += 1;
  context.bufferRelease(context.needs.buffers, handle);
}

function releaseAll(context: StationContext): void {
  const { state, memory } = context;
  for (; state.held > 0; state.held -= 1) context.bufferRelease(context.needs.buffers, memory.i32[(state.heldAt >> 2) + state.held - 1]);
}

/** Keeps the processor for itself once in a while: what a driver must bear. */
const hog = service({
  name: "hog",
  state: layout("HogState", { runs: u32 }),
  needs: { ticks: "timer" },
  parameters: undefined as unknown as { calls: number },
  handle(message, context) {
    if (message.delivery === Delivery.start) context.timerStart(context.needs.ticks, 1, 1, 1);
    else for (let i = 0; i < context.parameters.calls; i++) context.uptimeTicks();
  },
});

export interface BenchNumbers {
  readonly rxDescriptors?: number;
  readonly rxPosted?: number;
  readonly txDescriptors?: number;
  readonly buffers?: number;
  readonly ringsBytes?: number;
  readonly framesQueue?: number;
  readonly slow?: number;
  readonly releaseTicks?: number;
  /** Context calls of 5 cycles that a process above the driver makes each tick; 0: there is none. */
  readonly hogCalls?: number;
}

export class DriverBench {
  readonly machine: Machine;
  readonly nic: E1000;
  readonly sent: Uint8Array[] = [];
  /** Ordinals as the device gave them with the write-backs. */
  readonly ordinals: number[] = [];
  readonly wanted: number;

  constructor(numbers: BenchNumbers = {}) {
    const { rxDescriptors = 16, rxPosted = 8, txDescriptors = 8, buffers = 32, framesQueue = 64, slow = 0, releaseTicks = 0, hogCalls = 0 } = numbers;
    this.wanted = rxPosted;
    const ringsBytes = numbers.ringsBytes ?? 16 * (((rxDescriptors + 7) & ~7) + ((txDescriptors + 7) & ~7));
    this.machine = boot(
      {
        name: "driver-bench",
        ramBytes: 2 * 1024 * 1024,
        hal: standardHalLimits,
        kernel: { ...standardKernelLimits, endpointQueue: 256, capabilities: 16, bufferStrideBytes: 2048 },
        devices: [{ name: "nic0", kind: "e1000", mac: "02:00:00:00:00:01" }],
        regions: { rings: { bytes: ringsBytes, devices: ["nic0"] } },
        pool: { name: "frames", count: buffers, devices: ["nic0"] },
        processes: {
          ...(hogCalls > 0 ? { hog: { service: hog as unknown as AnyService, priority: "realTimeHigh", arenaBytes: 1024, grants: { ticks: "ticks" }, parameters: { calls: hogCalls } } } : {}),
          driver: {
            service: e1000Driver as unknown as AnyService,
            priority: "realTimeNormal",
            arenaBytes: 4096,
            grants: { nic: "nic0", irq: "nic0", rings: "rings", buffers: "frames", frames: "station.frames", ticks: "ticks" },
            parameters: { rxDescriptors, rxPosted, txDescriptors },
          },
          station: {
            service: station as unknown as AnyService,
            priority: "systemNormal",
            arenaBytes: 4096,
            grants: { buffers: "frames", transmit: "driver.transmit", control: "driver.control", ticks: "ticks" },
            queues: { frames: framesQueue },
            parameters: { slow, releaseTicks },
          },
        },
      },
      { probe: (kind, _process, argument0, argument1) => this.#note(kind, argument0, argument1) },
    );
    const device = this.machine.board.device("nic0");
    if (!(device instanceof E1000)) throw new Error("the bench has an E1000");
    this.nic = device;
    this.settle();
  }

  #note(kind: number, argument0: number, argument1: number): void {
    if (kind === HalTrace.frameReceived) this.ordinals.push(argument1);
    if (kind === HalTrace.frameTransmitted) this.sent.push(this.machine.ram.u8.slice(argument0, argument0 + argument1));
  }

  /** Runs until nothing is left to do, at most so many ticks. */
  settle(ticks = 50): void {
    if (!this.machine.runUntilQuiet(this.machine.tick() + ticks)) throw new Error("the machine does not come to rest");
  }

  /** Frames arrive back to back; the machine runs only as far as the wire asks for it. */
  offer(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) while (this.machine.offer("nic0", frame) < 0) this.machine.step();
  }

  arrive(...frames: readonly Uint8Array[]): void {
    this.offer(...frames);
    this.settle();
  }

  get driver(): Record<string, number> {
    return this.machine.inspect("state.driver") as Record<string, number>;
  }

  get station(): Record<string, number> {
    return this.machine.inspect("state.station") as Record<string, number>;
  }

  get account(): Record<string, number> {
    return this.machine.inspect("nic0.account") as Record<string, number>;
  }

  get buffersInUse(): number {
    return this.machine.report().buffers.inUse;
  }

  /** The fault that stopped the driver, or null. */
  get fault(): string | null {
    return this.machine.report().processes.find((process) => process.name === "driver")?.fault ?? null;
  }

  /** Every buffer is in one of the rings or with the station: none is lost, none is held twice. */
  lostBuffers(): number {
    const { rxPosted, txUsed } = this.driver;
    return this.buffersInUse - rxPosted - txUsed - this.station.held;
  }
}

/** A broadcast that asks the station for something; `seed` makes its bytes its own. */
export function asking(ask: number, bytes = 60, seed = 0): Uint8Array {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => (i * 5 + seed * 11) & 0xff);
  frame.fill(0xff, 0, 6);
  frame[PAYLOAD] = ask;
  return frame;
}
