/**
 * A stage: real processes on a real machine whose handlers do what a test tells them. Each logs what it is given; a
 * script is run in its next handler run that a poke causes. Nothing here calls the kernel but the poke itself.
 */

import { u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { standardHalLimits, tinyHalLimits } from "../../../hal/limits.ts";
import type { BootOptions } from "../../../kernel/boot.ts";
import { boot } from "../../../kernel/boot.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { standardKernelLimits, tinyKernelLimits } from "../../../kernel/limits.ts";
import type { Machine } from "../../../kernel/machine.ts";
import type { Manifest, ProcessLine } from "../../../kernel/manifest.ts";
import { notify } from "../../../kernel/scheduler.ts";
import type { Context, Grant, Message, NeedKind } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";

/** The notification by which the stage wakes a process. */
export const POKE = 1 << 30;

export type Actor = Context<Record<never, never>, Readonly<Record<string, any>>, readonly string[], unknown>;
export type Script = (context: Actor, message: Message) => unknown;

/** What a handler was given. */
export interface Given {
  readonly delivery: number;
  readonly opcode: number;
  readonly data: readonly number[];
  readonly flags: number;
  readonly endpoint: number;
  readonly bits: number;
}

export interface ActorLine extends Partial<Omit<ProcessLine, "service" | "receives">> {
  readonly needs?: Readonly<Record<string, NeedKind>>;
  readonly receives?: readonly string[];
  /** Endpoints of `receives` that are another's. */
  readonly shares?: Readonly<Record<string, string>>;
  /** What it does with a message; without it the message is only logged. */
  readonly onMessage?: Script;
}

export interface StageOptions extends BootOptions {
  readonly tiny?: boolean;
  readonly manifest?: Partial<Manifest>;
}

export class Stage {
  readonly machine: Machine;
  readonly names: readonly string[];
  readonly given: Record<string, Given[]> = {};
  readonly #scripts: Record<string, Script[]> = {};
  readonly #results: Record<string, unknown[]> = {};
  kernel!: Kernel;

  constructor(lines: Readonly<Record<string, ActorLine>>, options: StageOptions = {}) {
    const { tiny = false, manifest = {}, ...rest } = options;
    this.names = Object.keys(lines);
    for (const name of this.names) {
      this.given[name] = [];
      this.#scripts[name] = [];
      this.#results[name] = [];
    }
    const processes = Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, this.#process(name, line)]));
    const kernel = tiny ? tinyKernelLimits : standardKernelLimits;
    this.machine = boot({ name: "stage", ramBytes: tiny ? 65_536 : 4 * 1024 * 1024, hal: tiny ? tinyHalLimits : standardHalLimits, kernel, devices: [], processes, ...manifest }, rest);
    while (this.machine.busy()) this.machine.step();
    for (const name of this.names) this.given[name]!.length = 0;
  }

  #process(name: string, line: ActorLine): ProcessLine {
    const { needs = {}, receives = [], shares, onMessage, ...rest } = line;
    const actor = service({
      name: "actor",
      state: layout("ActorState", { unused: u32 }),
      needs: needs as Readonly<Record<string, NeedKind>>,
      receives: receives as readonly string[],
      handle: (message, context) => this.#handle(name, onMessage, message, context as unknown as Actor),
    });
    return { service: actor, priority: "userNormal", arenaBytes: 512, ...(shares === undefined ? {} : { receives: shares }), ...rest };
  }

  #handle(name: string, onMessage: Script | undefined, message: Message, context: Actor): void {
    this.kernel = (context as unknown as { kernel: Kernel }).kernel;
    const poked = message.delivery === Delivery.notification && (message.bits & POKE) !== 0;
    if (!poked || (message.bits & ~POKE) !== 0) this.given[name]!.push(read(message));
    if (message.delivery === Delivery.message && onMessage !== undefined) onMessage(context, message);
    if (!poked) return;
    for (let script = this.#scripts[name]!.shift(); script !== undefined; script = this.#scripts[name]!.shift()) this.#results[name]!.push(script(context, message));
  }

  /** Lets the process run `script` in its next handler run; it is ready from now on unless it waits for one thing. */
  poke(name: string, script: Script): void {
    this.#scripts[name]!.push(script);
    notify(this.kernel, this.names.indexOf(name), POKE);
  }

  /** poke(), and whatever follows from it; what the script answered. */
  play(name: string, script: Script): any {
    this.#results[name]!.length = 0;
    this.poke(name, script);
    this.rest();
    return this.#results[name]!.shift();
  }

  /** Runs until nobody is ready. */
  rest(): void {
    while (this.machine.busy()) this.machine.step();
  }

  /** Lets `ticks` ticks pass. */
  pass(ticks: number): void {
    this.machine.runUntilTick(this.machine.tick() + ticks);
    this.rest();
  }

  /** What the process has been given since the last look. */
  look(name: string): Given[] {
    return this.given[name]!.splice(0);
  }

  /** What the process's scripts have answered, oldest first; whoever looks may take them. */
  results(name: string): unknown[] {
    return this.#results[name]!;
  }

  record(part: string, index = 0): Record<string, any> {
    return this.machine.inspect(part, index) as Record<string, any>;
  }
}

function read(message: Message): Given {
  const { delivery, opcode, flags, endpoint, bits } = message;
  const words = delivery === Delivery.message || delivery === Delivery.reply || delivery === Delivery.acknowledged || delivery === Delivery.closed || delivery === Delivery.ended;
  return { delivery, opcode, flags, bits, endpoint: delivery === Delivery.message ? endpoint : -1, data: words ? [message.data0, message.data1, message.data2, message.data3] : [] };
}

export type EndpointGrant = Grant<"endpoint">;
