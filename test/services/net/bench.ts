/**
 * A machine with the real net process between two stand-ins: a driver that passes it frames from the test and keeps what
 * it is given to transmit, and a balancer that answers as the test says, or lets requests wait. All three are processes
 * on the real kernel; only what stands for the outside world is the test's.
 */

import { createHash } from "node:crypto";
import type { Address } from "../../../hal/field.ts";
import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { standardHalLimits } from "../../../hal/limits.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaCheck, arenaAccount } from "../../../kernel/arena.ts";
import { boot } from "../../../kernel/boot.ts";
import { standardKernelLimits } from "../../../kernel/limits.ts";
import type { Machine } from "../../../kernel/machine.ts";
import { MessageFlag, SmallMessage } from "../../../kernel/message.ts";
import type { AnyService } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { DriverOpcode, ReceivedFrameMessage, TransmitFrameMessage } from "../../../services/driver-api.ts";
import { DecisionMessage, HeadPlace, HeaderEntry, LbOpcode, OUTCOMES, Outcome, RequestDescriptor } from "../../../services/lb/api.ts";
import type { NetLimits } from "../../../services/limits.ts";
import { netStandard } from "../../../services/limits.ts";
import { NetOpcode, NetTrace } from "../../../services/net/api.ts";
import { net } from "../../../services/net/service.ts";
import { textOf } from "../../frames.ts";

/** A decided request, as the trace shows it. */
export interface Seen {
  readonly ordinal: number;
  readonly source: string;
  readonly method: string;
  readonly target: string;
  readonly host: string | null;
  readonly version: number;
  readonly head: string;
  readonly offset: number;
  readonly nth: number;
  readonly outcome: string;
  readonly place: number;
  readonly headers: readonly (readonly [string, string])[];
}

export interface BenchOptions {
  readonly limits?: Partial<NetLimits>;
  readonly arenaBytes?: number;
  readonly ramBytes?: number;
  readonly buffers?: number;
  readonly requestsQueue?: number;
}

/** What the balancer does with a request: an outcome (routed ones go to this address), or it does not answer. */
export interface Policy {
  outcome: number;
  /** Four or sixteen bytes; none: no IP literal. */
  backend: readonly number[];
  port: number;
  /** Requests wait until `release()`. */
  hold: boolean;
  /** The balancer ends at its next request. */
  die: boolean;
  /** Each answer is sent a second time. */
  twice: boolean;
}

/** Buffers side by side, so that regions are not rounded up to pages and have the size a test asks for. */
const kernelLimits = { ...standardKernelLimits, bufferStrideBytes: 2048 };

const Empty = layout("Empty", { unused: u32 });

export class NetBench {
  readonly machine: Machine;
  readonly seen: Seen[] = [];
  readonly transmitted: Uint8Array[] = [];
  readonly policy: Policy = { outcome: Outcome.routed, backend: [10, 9, 9, 9], port: 8000, hold: false, die: false, twice: false };
  /** Errors byte of the frames that are passed on. */
  errors = 0;
  /** Answer of net to shutdown, once it came. */
  shutdownStatus: number | null = null;
  readonly #frames: (Uint8Array | "shutdown")[] = [];
  readonly #held: number[] = [];
  #releases = 0;
  #ordinal = 0;

  constructor(options: BenchOptions = {}) {
    const limits: NetLimits = { ...netStandard, ...options.limits };
    this.machine = boot(
      {
        name: "net-bench",
        ramBytes: options.ramBytes ?? 4 * 1024 * 1024,
        hal: standardHalLimits,
        kernel: kernelLimits,
        devices: [],
        regions: { requests: { bytes: limits.requestsBytes }, streams: { bytes: limits.streamsBytes } },
        pool: { name: "frames", count: options.buffers ?? 128, devices: [] },
        processes: {
          driver: { service: this.#driver(), priority: "realTimeNormal", arenaBytes: 4096, grants: { buffers: "frames", frames: "net.frames", control: "net.control", ticks: "ticks" } },
          lb: {
            service: this.#balancer(),
            priority: "systemHigh",
            arenaBytes: 4096,
            grants: { requests: "requests", decisions: "net.decisions", ticks: "ticks" },
            queues: { requests: options.requestsQueue ?? 1024 },
          },
          net: {
            service: net as unknown as AnyService,
            priority: "systemNormal",
            arenaBytes: options.arenaBytes ?? 512 * 1024,
            grants: { buffers: "frames", requests: "requests", streams: "streams", transmit: "driver.transmit", balancer: "lb.requests", ticks: "ticks" },
            parameters: { ...limits, mode: "observe", ports: [80, 8080], mac: "02:00:00:00:00:01", neighbours: { "10.9.9.9": "02:00:00:00:00:99" }, gatewayMac: "02:00:00:00:00:fe", mtu: 1500 },
          },
        },
      },
      { probe: (kind, _process, first, second) => void (kind === NetTrace.requestDecided && this.#decided(first, second)) },
    );
    this.machine.runUntilTick(2);
  }

  /** Passes the frames on, one after the other, and runs until all is done. */
  offer(...frames: readonly Uint8Array[]): this {
    this.#frames.push(...frames);
    while (this.#frames.length > 0) this.machine.runUntilTick(this.machine.tick() + 1);
    this.machine.runUntilTick(this.machine.tick() + 1);
    return this;
  }

  /** Runs on for so many ticks. */
  wait(ticks: number): this {
    this.machine.runUntilTick(this.machine.tick() + ticks);
    return this;
  }

  /** The balancer answers what it held, in order; then it holds no more. */
  release(): this {
    this.policy.hold = false;
    this.#releases = this.#held.length;
    return this.wait(2);
  }

  shutdown(): this {
    this.#frames.push("shutdown");
    return this.wait(4);
  }

  count(field: string): number {
    return this.machine.inspect("state.net")[field] as number;
  }

  /** The named counters, as an object to compare with. */
  counts(...fields: readonly string[]): Record<string, number> {
    return Object.fromEntries(fields.map((field) => [field, this.count(field)]));
  }

  /** Bytes of the region in use beyond its own records (and, for requests, the spare descriptor), after it is found sound. */
  used(region: "streams" | "requests"): number {
    const { base } = this.#part(region);
    const broken = arenaCheck(this.machine.ram, base);
    if (broken !== null) throw new Error(`region ${region}: ${broken}`);
    return arenaAccount(this.machine.ram, base).usedBytes;
  }

  /** The most bytes of the region that were in use at a time. */
  peak(region: "streams" | "requests"): number {
    return arenaAccount(this.machine.ram, this.#part(region).base).peakBytes;
  }

  buffersInUse(): number {
    return this.machine.report().buffers.inUse;
  }

  /** "target target ..." of all decided requests. */
  targets(): string {
    return this.seen.map((request) => request.target).join(" ");
  }

  #part(region: string): { base: number; bytes: number } {
    const part = this.machine.parts.find((candidate) => candidate.name === `region.${region}`);
    if (part === undefined) throw new Error(`no region ${region} among ${this.machine.parts.map((candidate) => candidate.name).join(" ")}`);
    return part;
  }

  #driver(): AnyService {
    const frames = this.#frames;
    return service({
      name: "test-driver",
      state: Empty,
      needs: { buffers: "buffers:write", frames: "endpoint", control: "endpoint", ticks: "timer" },
      receives: ["transmit"],
      handle: (message, context) => {
        if (message.delivery === Delivery.start) return void context.timerStart(context.needs.ticks, 1, 1, 1);
        if (message.delivery === Delivery.reply) {
          this.shutdownStatus = message.status;
          return;
        }
        if (message.delivery === Delivery.message) {
          const at = message.at as Address as Address<"TransmitFrameMessage">;
          const handle = TransmitFrameMessage.bufferHandle.get(context.shared, at);
          const bytes = TransmitFrameMessage.frameBytes.get(context.shared, at);
          const from = context.buffer(context.needs.buffers, handle, 0, bytes);
          this.transmitted.push(context.shared.u8.slice(from, from + bytes));
          return void context.bufferRelease(context.needs.buffers, handle);
        }
        for (let sent = 0; sent < 8 && frames.length > 0; sent++) {
          const next = frames[0];
          if (next === "shutdown") {
            frames.shift();
            return void context.call(context.needs.control, NetOpcode.shutdown);
          }
          const handle = context.bufferAllocate(context.needs.buffers);
          if (handle < 0) return;
          frames.shift();
          context.shared.u8.set(next, context.bufferForWriting(context.needs.buffers, handle, 0, next.length));
          const out = context.outgoing as Address as Address<"ReceivedFrameMessage">;
          context.memory.fill(out, ReceivedFrameMessage.size, 0);
          SmallMessage.opcode.set(context.memory, context.outgoing, DriverOpcode.received);
          ReceivedFrameMessage.bufferHandle.set(context.memory, out, handle);
          ReceivedFrameMessage.frameBytes.set(context.memory, out, next.length);
          ReceivedFrameMessage.ordinal.set(context.memory, out, ++this.#ordinal);
          ReceivedFrameMessage.errors.set(context.memory, out, this.errors);
          if (context.sendMessage(context.needs.frames, context.outgoing) !== 0) throw new Error("net's queue is full, or net is gone");
        }
      },
    }) as unknown as AnyService;
  }

  #balancer(): AnyService {
    const { policy } = this;
    const held = this.#held;
    return service({
      name: "test-balancer",
      state: Empty,
      needs: { requests: "region:read", decisions: "endpoint", ticks: "timer" },
      receives: ["requests"],
      handle: (message, context) => {
        if (message.delivery === Delivery.start) return void context.timerStart(context.needs.ticks, 1, 1, 1);
        if (message.delivery === Delivery.message) {
          if (message.opcode !== LbOpcode.request) throw new Error("not a request");
          if (policy.die) return void context.exit();
          held.push(message.data0);
        }
        const answers = policy.hold ? this.#releases : held.length;
        for (let count = 0; count < answers; count++) {
          const offset = held.shift() as number;
          const descriptor = context.span(context.needs.requests, offset, RequestDescriptor.size) as Address<"RequestDescriptor">;
          const out = context.outgoing as Address as Address<"DecisionMessage">;
          context.memory.fill(out, DecisionMessage.size, 0);
          SmallMessage.opcode.set(context.memory, context.outgoing, LbOpcode.decision);
          SmallMessage.flags.set(context.memory, context.outgoing, MessageFlag.urgent);
          DecisionMessage.requestId.set(context.memory, out, RequestDescriptor.requestId.get(context.shared, descriptor));
          DecisionMessage.outcome.set(context.memory, out, policy.outcome);
          DecisionMessage.family.set(context.memory, out, policy.backend.length === 4 ? 4 : policy.backend.length === 16 ? 6 : 0);
          DecisionMessage.port.set(context.memory, out, policy.port);
          context.memory.u8.set(policy.backend, DecisionMessage.address.at(out));
          for (let times = policy.twice ? 2 : 1; times > 0; times--) {
            if (context.sendMessage(context.needs.decisions, context.outgoing) !== 0) throw new Error("net's queue of decisions is full");
          }
        }
        this.#releases = 0;
      },
    }) as unknown as AnyService;
  }

  #decided(descriptorOffset: number, decisionOffset: number): void {
    const { ram } = this.machine;
    const descriptor = (this.#part("requests").base + descriptorOffset) as Address<"RequestDescriptor">;
    const arena = this.machine.parts.find((part) => part.name === "arena.net") as { base: number };
    const decision = (arena.base + decisionOffset) as Address<"DecisionMessage">;
    const get = (field: { get(memory: Memory, at: Address<"RequestDescriptor">): number }): number => field.get(ram, descriptor);
    const place = get(RequestDescriptor.headPlace);
    const headAt = (place === HeadPlace.streams ? this.#part("streams").base : this.#bufferAt(get(RequestDescriptor.headHandle))) + get(RequestDescriptor.headOffset);
    const head = textOf(ram.u8.subarray(headAt, headAt + get(RequestDescriptor.headBytes)));
    const text = (offset: number, bytes: number): string => head.slice(offset, offset + bytes);
    const headers: (readonly [string, string])[] = [];
    for (let index = 0; index < get(RequestDescriptor.headerCount); index++) {
      const entry = (descriptor + RequestDescriptor.size + index * HeaderEntry.size) as Address as Address<"HeaderEntry">;
      const part = (offset: typeof HeaderEntry.nameOffset, bytes: typeof HeaderEntry.nameOffset): string => text(offset.get(ram, entry), bytes.get(ram, entry));
      headers.push([part(HeaderEntry.nameOffset, HeaderEntry.nameBytes), part(HeaderEntry.valueOffset, HeaderEntry.valueBytes)]);
    }
    const addressBytes = get(RequestDescriptor.family) === 4 ? 4 : 16;
    this.seen.push({
      ordinal: get(RequestDescriptor.ordinal),
      source: `${[...ram.u8.subarray(RequestDescriptor.source.at(descriptor), RequestDescriptor.source.at(descriptor) + addressBytes)].join(".")}:${get(RequestDescriptor.sourcePort)}`,
      method: text(0, get(RequestDescriptor.methodBytes)),
      target: text(get(RequestDescriptor.targetOffset), get(RequestDescriptor.targetBytes)),
      host: get(RequestDescriptor.hostPresent) === 1 ? text(get(RequestDescriptor.hostOffset), get(RequestDescriptor.hostBytes)) : null,
      version: get(RequestDescriptor.versionMinor),
      head,
      offset: RequestDescriptor.streamOffset.get(ram, descriptor),
      nth: get(RequestDescriptor.nthInFlow),
      outcome: OUTCOMES[DecisionMessage.outcome.get(ram, decision)].name,
      place,
      headers,
    });
  }

  #bufferAt(handle: number): number {
    const pool = this.machine.parts.find((part) => part.name === "region.frames") as { base: number };
    return pool.base + (handle & 0xffff) * kernelLimits.bufferStrideBytes;
  }
}

export function sha1(text: string): string {
  return createHash("sha1").update(Buffer.from(text, "latin1")).digest("hex");
}

/** What a transmitted frame says, for comparing: addresses, ports, sequence number and data. */
export function readSent(bytes: Uint8Array): { macs: string; source: string; destination: string; sport: number; dport: number; sequence: number; acknowledgement: number; window: number; data: string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hex = (from: number, count: number): string => [...bytes.subarray(from, from + count)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const version6 = view.getUint16(12) === 0x86dd;
  const tcp = version6 ? 54 : 34;
  const end = version6 ? 54 + view.getUint16(18) : 14 + view.getUint16(16);
  return {
    macs: `${hex(0, 6)} ${hex(6, 6)}`,
    source: version6 ? hex(22, 16) : [...bytes.subarray(26, 30)].join("."),
    destination: version6 ? hex(38, 16) : [...bytes.subarray(30, 34)].join("."),
    sport: view.getUint16(tcp),
    dport: view.getUint16(tcp + 2),
    sequence: view.getUint32(tcp + 4),
    acknowledgement: view.getUint32(tcp + 8),
    window: view.getUint16(tcp + 14),
    data: textOf(bytes.subarray(tcp + (bytes[tcp + 12] >> 4) * 4, end)),
  };
}
