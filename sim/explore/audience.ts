/** Whom the machine's probe and the world's `between` tell: the watches of the run at hand. Called for every trace record and every step. */

import { HalTrace } from "../../hal/trace.ts";
import type { Watch } from "../checkers/checker.ts";
import type { Observer } from "../observer.ts";

/** Thrown by nobody but the theatre: something does not hold, or the run is to halt; it does not go on. */
export class Curtain extends Error {
  override readonly name = "Curtain";
}

export class Audience implements Observer {
  #watches: readonly Watch[] = [];
  // Those that have it, so that nobody is asked in vain.
  #probes: readonly Required<Pick<Watch, "probe">>[] = [];
  #betweens: readonly Required<Pick<Watch, "between">>[] = [];
  #ticks: readonly Required<Pick<Watch, "tick">>[] = [];
  ticked = false;
  /** Steps done, and after how many the run halts. */
  steps = 0;
  haltAt = Infinity;

  attach(): void {}

  get watches(): readonly Watch[] {
    return this.#watches;
  }

  set watches(watches: readonly Watch[]) {
    this.#watches = watches;
    this.#probes = watches.filter((watch) => watch.probe !== undefined) as Required<Pick<Watch, "probe">>[];
    this.#betweens = watches.filter((watch) => watch.between !== undefined) as Required<Pick<Watch, "between">>[];
    this.#ticks = watches.filter((watch) => watch.tick !== undefined) as Required<Pick<Watch, "tick">>[];
  }

  readonly probe: Observer["probe"] = (kind, process, argument0, argument1) => {
    if (kind === HalTrace.tick) this.ticked = true;
    const probes = this.#probes;
    for (let i = 0; i < probes.length; i++) probes[i].probe(kind, process, argument0, argument1);
  };

  readonly between = (): void => {
    if (this.steps === this.haltAt) throw new Curtain();
    const betweens = this.#betweens;
    for (let i = 0; i < betweens.length; i++) betweens[i].between();
    this.steps += 1;
    if (!this.ticked) return;
    this.ticked = false;
    for (const watch of this.#ticks) watch.tick();
  };
}
