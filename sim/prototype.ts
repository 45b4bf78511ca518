/**
 * A bench for one's own services: a machine with just these processes, a mailbox, and a gateway through which the
 * outside may call any of their endpoints. What is called, is called through the kernel; nothing reaches around it.
 *
 *     const bench = prototype({ echo });
 *     bench.call("echo.requests", 1, 41);   // { status: 0, data0: 42, ... }
 */

import type { Address } from "../hal/field.ts";
import { standardHalLimits } from "../hal/limits.ts";
import { Memory } from "../hal/memory.ts";
import type { BootOptions } from "../kernel/boot.ts";
import { boot } from "../kernel/boot.ts";
import { standardKernelLimits } from "../kernel/limits.ts";
import type { Machine } from "../kernel/machine.ts";
import type { Manifest, ProcessLine } from "../kernel/manifest.ts";
import type { Service } from "../kernel/service.ts";
import { EXCHANGE_BYTES, gateway, targetNeed } from "../services/gateway.ts";
import { GatewayAnswer, GatewayRequest } from "../services/gateway-api.ts";

/** A service by itself gets userNormal priority, 64 KiB and no grants; a line says otherwise. */
export type Prototype = Service<any, any, any, any> | PrototypeLine;
export type PrototypeLine = Partial<Omit<ProcessLine, "service">> & { readonly service: Service<any, any, any, any> };

export interface PrototypeOptions extends BootOptions {
  /** Channels that the services' grants may name. */
  readonly channels?: Manifest["channels"];
}

export interface Answer {
  /** 0, or an errno: the callee's, or the kernel's. */
  readonly status: number;
  readonly data0: number;
  readonly data1: number;
  readonly data2: number;
  readonly data3: number;
}

const MAILBOX = "mailbox0";
const ARENA_BYTES = 64 * 1024;
/** Machine time that a call may take before it is given up: ten seconds. */
const CALL_TICKS_MAX = 10_000;

export class Bench {
  readonly machine: Machine;
  readonly #targets: readonly string[];

  constructor(machine: Machine, targets: readonly string[]) {
    this.machine = machine;
    this.#targets = targets;
    Object.freeze(this);
  }

  /**
   * Calls an endpoint ("process.endpoint") with four words below 2^53 and runs the machine until it has answered.
   * Throws for an endpoint that there is none of, and when no answer came within 10,000 ticks.
   */
  call(endpoint: string, opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): Answer {
    const target = this.#targets.indexOf(endpoint);
    if (target < 0) throw new RangeError(`there is no endpoint ${endpoint}; there are ${this.#targets.join(", ") || "none"}`);
    const memory = new Memory(new ArrayBuffer(GatewayRequest.size));
    const at = 0 as Address<"GatewayRequest">;
    const view = GatewayRequest.view(memory, at);
    Object.assign(view, { requestId: 1, target, opcode, data0, data1, data2, data3 });
    if (!this.machine.mailboxSend(MAILBOX, memory.u8)) throw new Error("the mailbox is full: the gateway takes nothing any more");
    return this.#await(endpoint);
  }

  #await(endpoint: string): Answer {
    const { machine } = this;
    const tickMax = machine.tick() + CALL_TICKS_MAX;
    for (;;) {
      const record = machine.mailboxReceive(MAILBOX);
      if (record !== null) return decode(record);
      if (machine.tick() >= tickMax) throw new Error(`${endpoint} has not answered within ${CALL_TICKS_MAX} ticks`);
      machine.step();
    }
  }
}

function decode(record: Uint8Array): Answer {
  const memory = new Memory(new ArrayBuffer(GatewayAnswer.size));
  memory.u8.set(record.slice(0, GatewayAnswer.size));
  const view = GatewayAnswer.view(memory, 0 as Address<"GatewayAnswer">);
  return { status: view.status, data0: view.data0, data1: view.data1, data2: view.data2, data3: view.data3 };
}

/** Boots a machine with these services. Throws ManifestError when their grants do not fit together. */
export function prototype(services: Readonly<Record<string, Prototype>>, options: PrototypeOptions = {}): Bench {
  const { channels = {}, ...bootOptions } = options;
  const processes: Record<string, ProcessLine> = {};
  for (const [name, given] of Object.entries(services)) {
    const line: PrototypeLine = "service" in given ? given : { service: given };
    processes[name] = { priority: "userNormal", arenaBytes: ARENA_BYTES, ...line } as ProcessLine;
  }
  const targets = Object.entries(processes).flatMap(([name, line]) => line.service.receives.map((endpoint) => `${name}.${endpoint}`));
  const grants = Object.fromEntries(targets.map((target, index) => [targetNeed(index), target]));
  processes.gateway = {
    service: gateway(targets.length) as unknown as ProcessLine["service"],
    priority: "userLow",
    arenaBytes: 4096,
    grants: { mailbox: MAILBOX, irq: MAILBOX, exchange: "exchange", ...grants },
  };
  const manifest: Manifest = {
    name: "prototype",
    ramBytes: 4 * 1024 * 1024,
    hal: standardHalLimits,
    kernel: standardKernelLimits,
    devices: [{ name: MAILBOX, kind: "mailbox" }],
    regions: { exchange: { bytes: EXCHANGE_BYTES, devices: [MAILBOX] } },
    channels,
    processes,
  };
  return new Bench(boot(manifest, bootOptions), Object.freeze(targets));
}
