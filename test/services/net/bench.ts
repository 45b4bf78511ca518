/**
 * A machine with the real net process between two stand-ins (stand-ins.ts). All three are processes on the real kernel;
 * only what stands for the outside world is the test's.
 */

import type { Address } from "../../../hal/field.ts";
import { standardHalLimits } from "../../../hal/limits.ts";
import { arenaAccount, arenaCheck } from "../../../kernel/arena.ts";
import { boot } from "../../../kernel/boot.ts";
import { KernelChoice } from "../../../kernel/crossing.ts";
import { standardKernelLimits } from "../../../kernel/limits.ts";
import type { Machine } from "../../../kernel/machine.ts";
import type { Manifest } from "../../../kernel/manifest.ts";
import type { AnyService } from "../../../kernel/service.ts";
import type { NetLimits } from "../../../services/limits.ts";
import { netStandard } from "../../../services/limits.ts";
import type { NetParameters } from "../../../services/net/api.ts";
import { DecisionMessage } from "../../../services/lb/api.ts";
import { vipTableBytes } from "../../../services/lb/vips-api.ts";
import { NetTrace } from "../../../services/net/api.ts";
import { NetLedger } from "../../../services/net/ledger.ts";
import { net } from "../../../services/net/service.ts";
import type { Seen } from "./reading.ts";
import { readDecided } from "./reading.ts";
import type { Policy } from "./stand-ins.ts";
import { standInBalancer, standInDriver, World } from "./stand-ins.ts";

export interface BenchOptions {
  readonly limits?: Partial<NetLimits>;
  readonly arenaBytes?: number;
  readonly seed?: number;
  readonly buffers?: number;
  /** Messages that the balancer's endpoint queues. */
  readonly requestsQueue?: number;
  /** The balancer runs only when net has nothing to do. */
  readonly lateBalancer?: boolean;
  /** Ticks that this process (1 balancer, 2 net) is not let run, asked once a tick. */
  readonly starves?: (process: number) => number;
}

/** Entries that the region "vips" holds: it has no room for one more. */
export const VIPS_MAX = 66;

/** Buffers side by side, so that regions are not rounded up to pages and have the size a test asks for. */
const kernelLimits = { ...standardKernelLimits, bufferStrideBytes: 2048 };

function makeManifest(options: BenchOptions, world: World): Manifest {
  const limits: NetLimits = { ...netStandard, ...options.limits };
  const parameters: NetParameters = {
    ...limits,
    mode: "observe",
    ports: [80, 8080],
    mac: "02:00:00:00:00:01",
    neighbours: { "10.9.9.9": "02:00:00:00:00:99" },
    gatewayMac: "02:00:00:00:00:fe",
    mtu: 1500,
    seed: options.seed ?? 1,
  };
  return {
    name: "net-bench",
    ramBytes: 4 * 1024 * 1024,
    hal: standardHalLimits,
    kernel: kernelLimits,
    devices: [],
    regions: { requests: { bytes: limits.requestsBytes }, streams: { bytes: limits.streamsBytes + limits.fragmentBytes }, vips: { bytes: vipTableBytes(VIPS_MAX) }, ledger: { bytes: NetLedger.size } },
    pool: { name: "frames", count: options.buffers ?? 128, devices: [] },
    processes: {
      driver: { service: standInDriver(world), priority: "realTimeNormal", arenaBytes: 4096, grants: { buffers: "frames", frames: "net.frames", control: "net.control", ticks: "ticks" } },
      lb: {
        service: standInBalancer(world),
        priority: options.lateBalancer === true ? "userLow" : "systemHigh",
        arenaBytes: 4096,
        grants: { requests: "requests", vips: "vips", decisions: "net.decisions", ticks: "ticks" },
        queues: { requests: options.requestsQueue ?? 1024 },
      },
      net: {
        service: net as unknown as AnyService,
        priority: "systemNormal",
        arenaBytes: options.arenaBytes ?? 512 * 1024,
        grants: { buffers: "frames", requests: "requests", streams: "streams", vips: "vips", transmit: "driver.transmit", balancer: "lb.requests", ticks: "ticks", ledger: "ledger" },
        parameters,
      },
    },
  };
}

export class NetBench {
  readonly machine: Machine;
  /** Decided requests, in the order of their decisions. */
  readonly seen: Seen[] = [];
  /** Outcomes of flows to virtual IPs. */
  readonly flowsDecided: number[] = [];
  readonly world = new World();

  constructor(options: BenchOptions = {}) {
    const { starves } = options;
    this.machine = boot(makeManifest(options, this.world), {
      ...(starves === undefined ? {} : { crashes: true, choose: (site, entity) => (site === KernelChoice.processStarves ? starves(entity) : 0) }),
      probe: (kind, _process, first, second) => {
        if (kind === NetTrace.requestDecided) this.#decided(first, second);
        if (kind === NetTrace.flowDecided) this.flowsDecided.push(DecisionMessage.outcome.get(this.machine.ram, (this.#base("arena.net") + second) as Address<"DecisionMessage">));
      },
    });
    this.machine.runUntilTick(2);
  }

  get policy(): Policy {
    return this.world.policy;
  }

  get transmitted(): readonly Uint8Array[] {
    return this.world.transmitted;
  }

  get shutdownStatus(): number | null {
    return this.world.shutdownStatus;
  }

  /** Passes the frames on, one after the other, and runs until all is done. */
  offer(...frames: readonly Uint8Array[]): this {
    this.world.frames.push(...frames);
    for (let idle = 0; this.world.frames.length > 0; ) {
      const before = this.world.frames.length;
      this.wait(1);
      idle = this.world.frames.length < before ? 0 : idle + 1;
      if (idle > 100) throw new Error("nobody takes the frames");
    }
    return this.wait(1);
  }

  /** Has the balancer announce these virtual IPs, "10.0.0.80:80" or four bytes and sixteen with a port, and no others. */
  vips(...vips: readonly (string | { readonly address: readonly number[]; readonly port: number })[]): this {
    const read = (vip: string) => ({ address: vip.split(":")[0].split(".").map(Number), port: Number(vip.split(":")[1]) });
    this.world.vips.splice(0, Infinity, ...vips.map((vip) => (typeof vip === "string" ? read(vip) : vip)));
    this.world.vipsChanged = true;
    return this.wait(2);
  }

  /** Runs on for so many ticks. */
  wait(ticks: number): this {
    this.machine.runUntilTick(this.machine.tick() + ticks);
    return this;
  }

  /** The balancer answers what it held, in order; then it holds no more. */
  release(): this {
    this.policy.hold = false;
    this.world.releases = this.world.held.length;
    return this.wait(2);
  }

  shutdown(): this {
    this.world.frames.push("shutdown");
    return this.wait(4);
  }

  /** A call on net's `control` with an opcode that it does not know. */
  nonsense(): this {
    this.world.frames.push("nonsense");
    return this.wait(4);
  }

  /** A field of net's state. */
  count(field: string): number {
    return this.machine.inspect("state.net")[field] as number;
  }

  /** The named fields, as an object to compare with. */
  counts(...fields: readonly string[]): Record<string, number> {
    return Object.fromEntries(fields.map((field) => [field, this.count(field)]));
  }

  /** Bytes of the region in use beyond its own records, after it is found sound. */
  used(region: "streams" | "requests"): number {
    const base = this.#base(`region.${region}`);
    const broken = arenaCheck(this.machine.ram, base);
    if (broken !== null) throw new Error(`region ${region}: ${broken}`);
    return arenaAccount(this.machine.ram, base).usedBytes;
  }

  /** Bytes in use of the part of the region "streams" for packets that come in parts, and the most at a time; after it is found sound. */
  fragmentRoom(): { readonly used: number; readonly peak: number } {
    const base = this.#base("region.streams") + this.count("streamsBytes");
    const broken = arenaCheck(this.machine.ram, base);
    if (broken !== null) throw new Error(`room of fragments: ${broken}`);
    const account = arenaAccount(this.machine.ram, base);
    return { used: account.usedBytes, peak: account.peakBytes };
  }

  /** The most bytes of the region that were in use at a time. */
  peak(region: "streams" | "requests"): number {
    return arenaAccount(this.machine.ram, this.#base(`region.${region}`)).peakBytes;
  }

  buffersInUse(): number {
    return this.machine.report().buffers.inUse;
  }

  /** "target target ..." of all decided requests. */
  targets(): string {
    return this.seen.map((request) => request.target).join(" ");
  }

  #base(name: string): number {
    const part = this.machine.parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new Error(`RAM has no part ${name}`);
    return part.base;
  }

  #decided(descriptorOffset: number, decisionOffset: number): void {
    const frames = this.#base("region.frames");
    const bufferAt = (handle: number): number => frames + (handle & 0xffff) * kernelLimits.bufferStrideBytes;
    const decision = (this.#base("arena.net") + decisionOffset) as Address<"DecisionMessage">;
    this.seen.push(readDecided(this.machine.ram, { requests: this.#base("region.requests"), streams: this.#base("region.streams"), bufferAt }, descriptorOffset, decision));
  }
}
