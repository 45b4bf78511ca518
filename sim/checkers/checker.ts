/**
 * What must hold of a run, whatever breaks in it: a checker watches one run from outside and says what does not hold, when,
 * and where. It reads only. The kernel's own invariants (kernel/invariants) are one of them (invariants.ts).
 */

import type { Probe } from "../../hal/trace.ts";
import type { World } from "../world.ts";

export interface Failure {
  /** Name of the checker. */
  readonly checker: string;
  /** Where: "endpoint net.frames", "backend 10.3.0.1:8001". */
  readonly place: string;
  readonly text: string;
  /** Tick of the machine at which it was seen. */
  readonly tick: number;
}

/** A run that is being watched. */
export interface Watched {
  readonly world: World;
  /** Says that something does not hold. The run goes on to the end of the step at hand, and no further. */
  fail(place: string, text: string): void;
  /** Whether trouble has ended: from then on everything is to heal. */
  calm(): boolean;
}

export interface Watch {
  /** Each trace record, as it is written. */
  readonly probe?: Probe;
  /** Before each step, when every record is whole; called often. */
  readonly between?: () => void;
  /** Once in each tick, between two steps. */
  readonly tick?: () => void;
  /** Trouble ended `recoveryTicks` ago, all had time to heal, nothing is shut down yet. */
  readonly healed?: () => void;
  /** All is shut down. */
  readonly end?: () => void;
  /**
   * A copy of what the watch remembers of its run so far (null if that is nothing), and the way back, for a watch that has
   * just begun. With both, a run is checked from its middle on, which the minimiser likes; without, from its beginning.
   */
  readonly keep?: () => unknown;
  readonly recall?: (kept: unknown) => void;
}

export interface Checker {
  readonly name: string;
  /** One line for people: the law. */
  readonly law: string;
  /** Whether it has something to watch in this world. */
  fits(world: World): boolean;
  begin(watched: Watched): Watch;
}
