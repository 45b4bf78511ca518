/**
 * What is thrown while a handler runs, and whose it is. FAULT is the kernel's, a Panic is an invariant of ours that broke,
 * and what a probe or a choice threw belongs to whoever watches from outside: these end the run. Everything else is an
 * exception of the service's own code, and a fault of its process.
 */

import { Panic } from "../../hal/assert.ts";
import type { Choose } from "../../hal/chance.ts";
import type { Probe } from "../../hal/trace.ts";

/** Those who watch one machine, and what they threw. The machine's future does not depend on it: its run is over then. */
export class Outside {
  readonly #thrown = new Set<unknown>();

  /** Whether this must go on to whoever runs the machine. */
  owns(thrown: unknown): boolean {
    return thrown instanceof Panic || this.#thrown.has(thrown);
  }

  watch(probe: Probe): Probe {
    return (kind, process, argument0, argument1) => {
      try {
        probe(kind, process, argument0, argument1);
      } catch (thrown) {
        this.#thrown.add(thrown);
        throw thrown;
      }
    };
  }

  ask(choose: Choose): Choose {
    return (site, entity, n) => {
      try {
        return choose(site, entity, n);
      } catch (thrown) {
        this.#thrown.add(thrown);
        throw thrown;
      }
    };
  }
}
