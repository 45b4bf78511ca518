/**
 * Small machines for scenarios: a few processes without devices under the tiny limits, each a handler of a few lines. What
 * an actor must remember lies in its state, as in any service.
 */

import { u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { tinyHalLimits } from "../../hal/limits.ts";
import type { BootOptions } from "../../kernel/boot.ts";
import { boot } from "../../kernel/boot.ts";
import { tinyKernelLimits } from "../../kernel/limits.ts";
import type { Manifest, ProcessLine } from "../../kernel/manifest.ts";
import type { AnyService, Context, Grant, Message, NeedKind } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import type { World } from "../world.ts";
import { worldOf } from "../world.ts";

/** What an actor remembers. The words and tokens are its own affair. */
export const ActorState = layout("ActorState", 40, { count: u32, seen: u32, number: u32, status: u32, token: u64, spare: u64, last: u64 });

/** A handler's context: needs by name, whatever their kinds. */
export type Actor = Context<{ count: typeof u32; seen: typeof u32; number: typeof u32; status: typeof u32 }, Readonly<Record<string, any>>, readonly string[], unknown>;

export interface ActorLine extends Partial<Omit<ProcessLine, "service" | "grants" | "receives">> {
  /** For each need its kind and what is granted. */
  readonly needs?: Readonly<Record<string, readonly [kind: NeedKind, grant: string]>>;
  readonly receives?: readonly string[];
  /** Endpoints of `receives` that are another's. */
  readonly shares?: Readonly<Record<string, string>>;
  readonly handle: (message: Message, context: Actor) => void;
}

const KIB = 1024;
const ARENA_BYTES = 512;
/** A queue is short: its edge is near. */
const RAM_BYTES = 64 * KIB;

/** A world around a machine of these processes and nothing else, in the order in which they are named. */
export function actorWorld(actors: Readonly<Record<string, ActorLine>>, options: BootOptions, more: Partial<Manifest> = {}): World {
  const processes = Object.fromEntries(Object.entries(actors).map(([name, line]) => [name, lineOf(name, line)]));
  return worldOf(boot({ name: "scenario", ramBytes: RAM_BYTES, hal: tinyHalLimits, kernel: tinyKernelLimits, devices: [], processes, ...more }, options));
}

function lineOf(name: string, { needs = {}, receives = [], shares, handle, ...line }: ActorLine): ProcessLine {
  const kinds = Object.fromEntries(Object.entries(needs).map(([need, [kind]]) => [need, kind]));
  const made = service({ name, state: ActorState, needs: kinds, receives, handle: (message, context) => handle(message, context as unknown as Actor) });
  const grants = Object.fromEntries(Object.entries(needs).map(([need, [, grant]]) => [need, grant]));
  return { service: made as unknown as AnyService, priority: "userNormal", arenaBytes: ARENA_BYTES, ...(needs === undefined ? {} : { grants }), ...(shares === undefined ? {} : { receives: shares }), ...line };
}

/** What an actor does at a tick. */
export type Step = readonly [tick: number, act: (context: Actor) => void];

/** An actor who does something at ticks of his own, at most 8 of them, and with whatever else comes what `more` says. */
export function acting(steps: readonly Step[], more: Partial<ActorLine> = {}): ActorLine {
  return {
    ...more,
    needs: { ...more.needs, clock: ["timer", "ticks"] },
    handle: (message, context) => {
      if (message.delivery === Delivery.start) steps.forEach(([tick], step) => context.timerStart(context.needs["clock"], tick, 0, 1 << step));
      else if (message.delivery === Delivery.notification) steps.forEach(([, act], step) => (message.bits >> step) & 1 && act(context));
      else more.handle?.(message, context);
    },
  };
}

/** An actor that takes whatever comes and does nothing: it waits again at once. */
export function listener(receives: readonly string[] = ["inbox"], more: Partial<ActorLine> = {}): ActorLine {
  return { receives, handle: () => {}, ...more };
}

/** Where the actor's state holds a token: a grant like any other, whatever is in it. */
export function tokenIn(context: Actor, field: "token" | "spare"): Grant<"endpoint"> {
  return ((context.stateAt as number) + ActorState[field].offset) as Grant<"endpoint">;
}

/** A need that leads to an endpoint. */
export function to(endpoint: string): readonly [NeedKind, string] {
  return ["endpoint", endpoint];
}
