/** What backends suffer from for a time: who may, for how long, and how it begins and ends in the world around the machine. */

import type { Backends } from "../../inhabitants/backends/backends.ts";
import { ail, recover } from "../../inhabitants/backends/events.ts";
import { backendsOf } from "../../scenario/surroundings.ts";
import type { World } from "../../world.ts";
import type { Act, Draw, FaultParameter, Values } from "../fault.ts";

/** Nothing lasts longer. */
export const LASTS_TICKS_MAX = 2000;

const lasts = (value: number, help: string): FaultParameter => Object.freeze({ value, unit: "ticks", least: 1, most: LASTS_TICKS_MAX, help });

/** How long it lasts: any number of ticks between these two. */
export const lastingParameters = Object.freeze({
  leastTicks: lasts(20, "it lasts so many ticks at least"),
  mostTicks: lasts(120, "and so many at most"),
});

/** Ticks by the parameters above, at least 1. */
export function lastingTicks({ leastTicks, mostTicks }: Values, draw: Draw): number {
  return leastTicks + draw(0, Math.max(1, mostTicks - leastTicks + 1));
}

/** Numbers of all backends. */
export function backendNumbers(world: World): readonly number[] {
  return backendsOf(world)?.plans.map((_, number) => number) ?? [];
}

/** Has the backends changed, at the machine's time. */
export function meddle(world: World, change: (backends: Backends) => void): void {
  const backends = backendsOf(world);
  if (backends !== null) world.inhabitants?.meddle(() => change(backends));
}

/** Bits of BackendAilment come over a backend for as many ticks as are answered. */
export function ailingAct(ailments: number): Act {
  return Object.freeze<Act>({
    entities: backendNumbers,
    answers: () => LASTS_TICKS_MAX + 1,
    perform: (world, number) => meddle(world, (backends) => ail(backends, number, ailments)),
    lastsTicks: (answer) => answer,
    mend: (world, number) => meddle(world, (backends) => recover(backends, number, ailments)),
  });
}
