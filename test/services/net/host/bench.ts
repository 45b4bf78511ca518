/**
 * The net process that ends connections itself, between stand-ins (../stand-ins.ts): the test is the whole link. Addresses
 * 10.20.0.2/16 and fd00::2/64, gateways 10.20.0.1 and fd00::1, one fixed neighbour, 10.20.0.77; limits are the tiny ones.
 */

import type { Address } from "../../../../hal/field.ts";
import { standardHalLimits } from "../../../../hal/limits.ts";
import { boot } from "../../../../kernel/boot.ts";
import { standardKernelLimits } from "../../../../kernel/limits.ts";
import type { Machine } from "../../../../kernel/machine.ts";
import type { AnyService } from "../../../../kernel/service.ts";
import { vipTableBytes } from "../../../../services/lb/vips-api.ts";
import { netStandard } from "../../../../services/limits.ts";
import type { NetParameters } from "../../../../services/net/api.ts";
import type { HostLimits } from "../../../../services/net/host/limits.ts";
import { hostTiny } from "../../../../services/net/host/limits.ts";
import { HostState, hostCounterTypes } from "../../../../services/net/host/records.ts";
import { NetLedger } from "../../../../services/net/ledger.ts";
import { proxyStandard } from "../../../../services/net/proxy/limits.ts";
import { net } from "../../../../services/net/service.ts";
import { tcpStandard } from "../../../../services/net/tcp/limits.ts";
import type { FrameOptions } from "../../../frames.ts";
import { frame } from "../../../frames.ts";
import { World, standInBalancer, standInDriver } from "../stand-ins.ts";
import { MACHINE_MAC, tell } from "./link.ts";

const MIB = 1024 * 1024;

export interface HostBenchOptions {
  readonly parameters?: Partial<NetParameters>;
  readonly limits?: Partial<HostLimits>;
  readonly buffers?: number;
}

export class HostBench {
  readonly machine: Machine;
  readonly world = new World();
  #told = 0;

  constructor({ parameters = {}, limits = {}, buffers = 64 }: HostBenchOptions = {}) {
    const own: NetParameters = {
      ...netStandard,
      flowsMax: 16,
      requestsMax: 16,
      mode: "terminate",
      ports: [80],
      mac: MACHINE_MAC,
      addresses: ["10.20.0.2/16", "fd00::2/64"],
      gateways: ["10.20.0.1", "fd00::1"],
      neighbours: { "10.20.0.77": "02:00:00:00:00:77" },
      host: { ...hostTiny, ...limits },
      // A SYN is answered once, so that every frame is one of the host's own or was asked for.
      proxy: { ...proxyStandard, tcp: { ...tcpStandard, connectionsMax: 64, bufferBytesMax: MIB, retransmitTicksMin: 10_000 } },
      mtu: 1500,
      seed: 1,
      ...parameters,
    };
    this.machine = boot({
      name: "host-bench",
      ramBytes: 8 * MIB,
      hal: standardHalLimits,
      kernel: standardKernelLimits,
      devices: [],
      regions: { requests: { bytes: MIB / 4 }, streams: { bytes: MIB / 2 + own.fragmentBytes }, vips: { bytes: vipTableBytes(1) }, ledger: { bytes: NetLedger.size } },
      pool: { name: "frames", count: buffers, devices: [] },
      processes: {
        driver: { service: standInDriver(this.world), priority: "realTimeNormal", arenaBytes: 4096, grants: { buffers: "frames", frames: "net.frames", control: "net.control", ticks: "ticks" } },
        lb: { service: standInBalancer(this.world), priority: "systemHigh", arenaBytes: 4096, grants: { requests: "requests", vips: "vips", decisions: "net.decisions", ticks: "ticks" } },
        net: {
          service: net as unknown as AnyService,
          priority: "systemNormal",
          arenaBytes: 3 * MIB,
          grants: { buffers: "frames", requests: "requests", streams: "streams", vips: "vips", transmit: "driver.transmit", balancer: "lb.requests", ticks: "ticks", ledger: "ledger" },
          parameters: own,
        },
      },
    });
    this.machine.runUntilTick(2);
  }

  /** Passes the frames on, and answers what the machine has sent since it was last asked, in words. */
  says(...frames: readonly Uint8Array[]): string[] {
    this.world.frames.push(...frames);
    for (let ticks = 0; this.world.frames.length > 0; ticks++) {
      if (ticks > 1000) throw new Error("nobody takes the frames");
      this.machine.runUntilTick(this.machine.tick() + 1);
    }
    return this.wait(2);
  }

  /** The same after so many ticks. */
  wait(ticks: number): string[] {
    this.machine.runUntilTick(this.machine.tick() + ticks);
    const told = this.world.transmitted.slice(this.#told).map(tell);
    this.#told = this.world.transmitted.length;
    return told;
  }

  /** A SYN of that address; what the machine says to it. */
  syn(source: string, more: FrameOptions = {}): string[] {
    return this.says(syn(source, more));
  }

  /** The host's counters that are not 0, as an object to compare with. */
  counts(): Record<string, number> {
    const all = Object.keys(hostCounterTypes).map((name) => [name, this.count(name as keyof typeof hostCounterTypes)] as const);
    return Object.fromEntries(all.filter(([, value]) => value !== 0));
  }

  count(name: keyof typeof hostCounterTypes): number {
    return HostState[name].get(this.memory, this.host);
  }

  /** A field of net's state. */
  net(field: string): number {
    return this.machine.inspect("state.net")[field] as number;
  }

  get memory() {
    const arena = this.machine.parts.find(({ name }) => name === "arena.net");
    if (arena === undefined) throw new Error("net has no arena");
    return this.machine.ram.window(arena.base, arena.bytes);
  }

  get host(): Address<"HostState"> {
    return this.net("host") as Address<"HostState">;
  }

  buffersInUse(): number {
    return this.machine.report().buffers.inUse;
  }
}

export function syn(source: string, more: FrameOptions = {}): Uint8Array {
  return frame({ source, destination: source.includes(":") ? "fd00::2" : "10.20.0.2", flags: "S", sequence: 1000, acknowledgement: 0, ...more });
}
