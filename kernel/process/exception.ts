/**
 * What is thrown while a handler runs, and whose it is. FAULT is the kernel's, a Panic is an invariant of ours that broke,
 * and what a probe or a choice threw belongs to whoever watches from outside: these end the run. Everything else is an
 * exception of the service's own code, and a fault of its process.
 */

import { Panic } from "../../hal/assert.ts";
import type { Choose } from "../../hal/chance.ts";
import type { Probe } from "../../hal/trace.ts";

/** Wraps what came from outside the machine. */
class Outside {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    this.thrown = thrown;
  }
}

/** Throws on what is not the service's own exception. */
export function requireOwn(thrown: unknown): void {
  if (thrown instanceof Panic) throw thrown;
  if (thrown instanceof Outside) throw thrown.thrown;
}

export function guardProbe(probe: Probe): Probe {
  return (kind, process, argument0, argument1) => {
    try {
      probe(kind, process, argument0, argument1);
    } catch (thrown) {
      throw new Outside(thrown);
    }
  };
}

export function guardChoose(choose: Choose): Choose {
  return (site, entity, n) => {
    try {
      return choose(site, entity, n);
    } catch (thrown) {
      throw new Outside(thrown);
    }
  };
}
