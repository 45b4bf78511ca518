/** Whom the machine's probe and the world's `between` tell: the watches of the run at hand. Called for every trace record and every step. */

import type { Probe } from "../../hal/trace.ts";
import { HalTrace } from "../../hal/trace.ts";
import type { Watch } from "../checkers/checker.ts";
import type { Observer } from "../observer.ts";

/** Thrown by nobody but the theatre: something does not hold, or the run is to halt; it does not go on. */
export class Curtain extends Error {
  override readonly name = "Curtain";
}

export class Audience implements Observer {
  #watches: readonly Watch[] = [];
  // What each of them has of these, so that nobody is asked in vain.
  #probes: readonly Probe[] = [];
  #betweens: readonly (() => void)[] = [];
  #ticks: readonly (() => void)[] = [];
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
    this.#probes = watches.flatMap(({ probe }) => (probe === undefined ? [] : [probe]));
    this.#betweens = watches.flatMap(({ between }) => (between === undefined ? [] : [between]));
    this.#ticks = watches.flatMap(({ tick }) => (tick === undefined ? [] : [tick]));
  }

  readonly probe: Observer["probe"] = (kind, process, argument0, argument1) => {
    if (kind === HalTrace.tick) this.ticked = true;
    const probes = this.#probes;
    for (let i = 0; i < probes.length; i++) probes[i](kind, process, argument0, argument1);
  };

  readonly between = (): void => {
    if (this.steps === this.haltAt) throw new Curtain();
    const betweens = this.#betweens;
    for (let i = 0; i < betweens.length; i++) betweens[i]();
    this.steps += 1;
    if (!this.ticked) return;
    this.ticked = false;
    for (const tick of this.#ticks) tick();
  };
}
