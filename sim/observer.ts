/** Who watches a machine from outside: told of each trace record, and free to read the machine, never to change it. */

import type { Probe } from "../hal/trace.ts";
import type { World } from "./world.ts";

export interface Observer {
  /** Called once, before the machine's first step. */
  attach(world: World): void;
  readonly probe: Probe;
  /** Called before each step of the machine: when no handler runs, and every record is whole. */
  readonly between?: (world: World) => void;
}

/** The same for what is to be told between steps; undefined if nobody is. */
export function betweenOf(observers: readonly Observer[]): ((world: World) => void) | undefined {
  const told = observers.flatMap(({ between }) => (between === undefined ? [] : [between]));
  if (told.length === 0) return undefined;
  return (world) => {
    for (const between of told) between(world);
  };
}

/** One probe for several observers, in order. */
export function probeOf(observers: readonly Observer[]): Probe {
  return (kind, process, argument0, argument1) => {
    for (const observer of observers) observer.probe(kind, process, argument0, argument1);
  };
}
