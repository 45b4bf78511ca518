/** Processes that do what a test tells them, through the front door: their handlers run once a tick, and for messages. */

import { bytes } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { boot } from "../../../kernel/boot.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import type { KernelLimits } from "../../../kernel/limits.ts";
import { tinyKernelLimits } from "../../../kernel/limits.ts";
import type { Machine } from "../../../kernel/machine.ts";
import { KernelState } from "../../../kernel/process.ts";
import type { Manifest, ProcessLine } from "../../../kernel/manifest.ts";
import type { AnyService, Context, Grant, Message, NeedKind } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";
import { tinyHalLimits } from "../../../hal/limits.ts";

export const CELLS = 12;

/** Room for tokens: cell number n lies at stateAt + 8 n. */
export const Holder = layout("Holder", CELLS * 8, { cells: bytes(CELLS * 8) });

/** `tick` and `box` (device and interrupt of the same mailbox) are the process's own; the rest a test may pass around. */
export const holderNeeds = { a: "endpoint", b: "endpoint", c: "endpoint", region: "region:write", looked: "region:read", pool: "buffers:write", box: "device", irq: "interrupt", ticks: "timer" } as const satisfies Record<string, NeedKind>;
export type HolderContext = Context<Record<never, never>, typeof holderNeeds, readonly ["in"]>;
export type Act = (context: HolderContext, message: Message) => void;

export const NAMES = ["a", "b", "c"] as const;

export interface Bench {
  readonly machine: Machine;
  readonly kernel: Kernel;
  /**
   * Runs `act` in a handler of process number `process`, then everything that follows, up to the next tick. A fault of any
   * process is an error unless `mayFault`: what stands behind it in a handler would not be tried.
   */
  run(process: number, act: Act, mayFault?: boolean): void;
  /** What the next handler of a notification of this process does; unlike run(), when it comes by itself. */
  onNotification(process: number, act: Act): void;
  /** What the handlers of messages do from now on. */
  onMessage(act: (process: number, context: HolderContext, message: Message) => void): void;
}

export function cell(context: HolderContext, index: number): Grant<never> {
  return ((context.stateAt as number) + index * 8) as Grant<never>;
}

/** The kernel behind a context: a test may look at its tables. */
export function kernelOf(context: object): Kernel {
  return (context as { kernel: Kernel }).kernel;
}

export function copyCell(context: HolderContext, from: Grant, to: Grant): void {
  context.memory.copy(to, from, 8);
}

/** Process a runs before b, b before c. `rights`: those over each capability that their tokens have besides. */
export function makeBench(rights: NonNullable<ProcessLine["rights"]>, limits: Partial<KernelLimits> = {}, lines: Partial<ProcessLine> = {}, ramBytes = 65_536): Bench {
  const agenda: (Act | null)[] = [null, null, null];
  let received: (process: number, context: HolderContext, message: Message) => void = () => {};
  const contexts: HolderContext[] = [];
  const thrown: unknown[] = [];
  const made = (process: number): AnyService => holder(process, (message, context) => {
    contexts[process] = context;
    const act = agenda[process];
    if (message.delivery === Delivery.notification && act !== null) {
      agenda[process] = null;
      act(context, message);
    }
    if (message.delivery === Delivery.message || message.delivery === Delivery.reply) received(process, context, message);
  });
  // To the kernel a test that fails inside a handler is a process that ends; here it is a test that fails.
  const machine = boot({ ...holderManifest(made, rights, limits, lines), ramBytes }, { onException: (_process, one) => void thrown.push(one) });
  machine.runUntilTick(1);
  while (machine.busy()) machine.step();
  return {
    machine,
    kernel: kernelOf(contexts[0]),
    run(process, act, mayFault = false) {
      const faults = KernelState.faults.get(machine.ram, machine.kernelState);
      agenda[process] = act;
      machine.runUntilTick(machine.tick() + 1);
      while (machine.busy()) machine.step();
      if (thrown.length > 0) throw thrown[0];
      if (!mayFault && KernelState.faults.get(machine.ram, machine.kernelState) !== faults) throw new Error(`a fault: ${JSON.stringify(machine.report().processes.map((one) => one.fault))}`);
      if (agenda[process] !== null) throw new Error(`process ${NAMES[process]} did not run`);
    },
    onNotification(process, act) {
      agenda[process] = act;
    },
    onMessage(act) {
      received = act;
    },
  };
}

/** A process that is woken by each tick. */
function holder(process: number, act: (message: Message, context: HolderContext) => void): AnyService {
  return service({
    name: `holder-${process}`,
    state: Holder,
    needs: holderNeeds,
    receives: ["in"],
    handle(message, context) {
      if (message.delivery === Delivery.start) context.timerStart(context.needs.ticks, 1, 1, 1);
      act(message, context as unknown as HolderContext);
    },
  }) as unknown as AnyService;
}

function holderManifest(made: (process: number) => AnyService, rights: NonNullable<ProcessLine["rights"]>, limits: Partial<KernelLimits>, lines: Partial<ProcessLine>): Manifest {
  const line = (process: number): ProcessLine => ({
    service: made(process),
    priority: (["systemHigh", "systemNormal", "userNormal"] as const)[process],
    arenaBytes: 1024,
    grants: { a: "a.in", b: "b.in", c: "c.in", region: "one", looked: "two", pool: "frames", box: "box", irq: "box", ticks: "ticks" },
    rights,
    ...lines,
  });
  return {
    name: "holders",
    ramBytes: 65_536,
    hal: { ...tinyHalLimits, mailboxInboundBytes: 256, mailboxOutboundBytes: 256 },
    kernel: { ...tinyKernelLimits, ...limits },
    devices: [{ name: "box", kind: "mailbox" }],
    regions: { one: { bytes: 256 }, two: { bytes: 256 } },
    pool: { name: "frames", count: 2, devices: [] },
    processes: { a: line(0), b: line(1), c: line(2) },
  };
}
