/**
 * What is thrown while a handler runs, and whose it is. FAULT is the kernel's, a Panic is an invariant of ours that broke,
 * and what a probe or a choice threw belongs to whoever watches from outside: these end the run. Everything else is an
 * exception of the service's own code, and a fault of its process.
 */

import { Panic } from "../../hal/assert.ts";
import type { Choose } from "../../hal/chance.ts";
import type { Probe } from "../../hal/trace.ts";

/** Marks what was thrown outside: on the thing itself, so that nobody has to remember it. */
const OUTSIDE: unique symbol = Symbol("thrown outside the machine");

/** Whether it must go on to whoever runs the machine. */
export function endsRun(thrown: unknown): boolean {
  return thrown instanceof Panic || (typeof thrown === "object" && thrown !== null && OUTSIDE in thrown);
}

export function watched(probe: Probe): Probe {
  return (kind, process, argument0, argument1) => {
    try {
      probe(kind, process, argument0, argument1);
    } catch (thrown) {
      throw marked(thrown);
    }
  };
}

export function asked(choose: Choose): Choose {
  return (site, entity, n) => {
    try {
      return choose(site, entity, n);
    } catch (thrown) {
      throw marked(thrown);
    }
  };
}

/** The same thing with the mark; a thing that takes none stands as the cause of an error that does. */
function marked(thrown: unknown): unknown {
  const bearer = typeof thrown === "object" && thrown !== null && Object.isExtensible(thrown) ? thrown : new Error(String(thrown));
  return Object.assign(bearer, { [OUTSIDE]: true });
}
