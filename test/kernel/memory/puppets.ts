/**
 * Four processes that do what a test tells them: each runs its part of the agenda once a tick, and a function of the
 * test's for each message. All four may send to all four. What they share is in the manifest that a test completes.
 */

import { bytes } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { standardHalLimits } from "../../../hal/limits.ts";
import { boot } from "../../../kernel/boot.ts";
import { standardKernelLimits } from "../../../kernel/limits.ts";
import type { Machine } from "../../../kernel/machine.ts";
import type { Manifest, ProcessLine } from "../../../kernel/manifest.ts";
import type { AnyService, Context, Grant, Message, NeedKind } from "../../../kernel/service.ts";
import { Delivery, service } from "../../../kernel/service.ts";

export const PUPPETS = 4;
/** Places for tokens in each puppet's state: cell number n lies at stateAt + 8 n. */
export const CELLS = 12;
/** Messages that a puppet's endpoint queues. */
export const QUEUE = 3;

const Cells = layout("Cells", CELLS * 8, { cells: bytes(CELLS * 8) });

const endpoints = { to0: "endpoint", to1: "endpoint", to2: "endpoint", to3: "endpoint", ticks: "timer" } as const satisfies Record<string, NeedKind>;
export type PuppetNeeds = typeof endpoints & Record<string, NeedKind>;
export type PuppetContext = Context<Record<never, never>, PuppetNeeds, readonly ["in"]>;
export type Act = (context: PuppetContext) => void;

export interface Puppets {
  readonly machine: Machine;
  /** Runs the acts, by number of the puppet, lowest first, and everything that follows, up to the next tick. */
  run(acts: Readonly<Record<number, Act>>): void;
  /** What is done with messages from now on. */
  onMessage: (process: number, context: PuppetContext, message: Message) => void;
  /** The machine as it was after boot. */
  restart(): void;
}

export function cell(context: PuppetContext, index: number): Grant<never> {
  return ((context.stateAt as number) + index * 8) as Grant<never>;
}

export function endpointOf(context: PuppetContext, process: number): Grant<"endpoint"> {
  return (context.needs as unknown as Record<string, Grant<"endpoint">>)[`to${process}`]!;
}

/** What each puppet needs and is granted besides: { pool: ["buffers:write", "frames"] }. */
export type Held = readonly Readonly<Record<string, readonly [NeedKind, string]>>[];

/** `held[n]`: what puppet n has besides; `rights[n]`: more rights over it. */
export function puppets(held: Held, rest: Partial<Manifest>, rights: readonly ProcessLine["rights"][] = []): Puppets {
  let agenda: Readonly<Record<number, Act>> = {};
  const made = { onMessage: (): void => {} } as unknown as { -readonly [K in keyof Puppets]: Puppets[K] };
  const handle = (process: number, message: Message, context: PuppetContext): void => {
    if (message.delivery === Delivery.start) context.timerStart(context.needs.ticks, 1, 1, 1);
    else if (message.delivery === Delivery.message) made.onMessage(process, context, message);
    else if (message.delivery === Delivery.notification) agenda[process]?.(context);
  };
  const thrown: unknown[] = [];
  const manifest: Manifest = {
    name: "puppets",
    ramBytes: 1024 * 1024,
    hal: standardHalLimits,
    kernel: { ...standardKernelLimits, capabilities: 64, timers: 16, endpointQueue: 8 },
    devices: [],
    processes: Object.fromEntries(held.map((more, process) => [`p${process}`, lineOf(process, more, rights[process], handle)])),
    ...rest,
  };
  made.machine = boot(manifest, { onException: (_process, what) => void thrown.push(what) });
  made.machine.runUntilTick(1);
  while (made.machine.busy()) made.machine.step();
  const fresh = made.machine.snapshot();
  made.restart = () => made.machine.restore(fresh);
  made.run = (acts) => {
    agenda = acts;
    made.machine.runUntilTick(made.machine.tick() + 1);
    while (made.machine.busy()) made.machine.step();
    agenda = {};
    // To the kernel an exception of an act is a fault of its process; to the test it is what the act says.
    if (thrown.length > 0) throw thrown.splice(0)[0];
  };
  return made;
}

function lineOf(process: number, held: Held[number], rights: ProcessLine["rights"], handle: (process: number, message: Message, context: PuppetContext) => void): ProcessLine {
  const needs = { ...endpoints, ...Object.fromEntries(Object.entries(held).map(([need, [kind]]) => [need, kind])) } as PuppetNeeds;
  const made = service({ name: `puppet-${process}`, state: Cells, needs, receives: ["in"], handle: (message, context) => handle(process, message, context as unknown as PuppetContext) });
  return {
    service: made as unknown as AnyService,
    priority: "userNormal",
    arenaBytes: 1024,
    queues: { in: QUEUE },
    grants: { ...Object.fromEntries([0, 1, 2, 3].map((to) => [`to${to}`, `p${to}.in`])), ticks: "ticks", ...Object.fromEntries(Object.entries(held).map(([need, [, grant]]) => [need, grant])) },
    ...(rights === undefined ? {} : { rights }),
  };
}
