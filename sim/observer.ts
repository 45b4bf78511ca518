/** Who watches a machine from outside: told of each trace record, and free to read the machine, never to change it. */

import type { Probe } from "../hal/trace.ts";
import type { World } from "./world.ts";

export interface Observer {
  /** Called once, before the machine's first step. */
  attach(world: World): void;
  readonly probe: Probe;
}

/** One probe for several observers, in order. */
export function probeOf(observers: readonly Observer[]): Probe {
  return (kind, process, argument0, argument1) => {
    for (const observer of observers) observer.probe(kind, process, argument0, argument1);
  };
}
