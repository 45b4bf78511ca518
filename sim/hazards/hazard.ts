/**
 * A hazard: a behaviour of VeridianOS v0.25.2 that works on a good day and fails under load, faults or time. Each is one
 * small file: what upstream does there, written by us after its description and put in the place of one of our parts; a
 * scenario that exposes it; and the law that breaks. The same scenario holds with our part.
 *
 * Kernel and services know nothing of hazards: they have seams (kernel/seams.ts, the `parts` of driver services), and what
 * is put there comes from here.
 */

import type { BootOptions } from "../../kernel/boot.ts";
import type { Checker } from "../checkers/checker.ts";
import type { World } from "../world.ts";
import type { Variant } from "./variant.ts";

/** Where upstream's code stands: on a running kernel's path, inside a module that nothing calls yet, or without a caller. */
export type HazardReach = "live" | "module" | "latent";

/** Whose part is in place. */
export type Part = "upstream" | "ours";

export interface Hazard {
  /** "H1" to "H28". */
  readonly id: string;
  /** Upstream's file: "ipc/fast_path". */
  readonly place: string;
  readonly reach: HazardReach;
  /** Whether it was reproduced by running upstream's own file. */
  readonly ran: boolean;
  /** What upstream's part does. */
  readonly does: string;
  /** What an observer sees. */
  readonly seen: string;
  /** The law that breaks. */
  readonly invariant: string;
  /** In whose place upstream's part stands, for people: "kernel seam give". */
  readonly chosenBy: string;
  /** What differs in the scenario or in its scale from upstream, and why; empty if nothing does. */
  readonly note: string;
  /** Upstream's part, for this scenario and for any experiment. */
  readonly variant: Variant;
  readonly scenario: HazardScenario;
  /** Name of the checker that says that the law is broken: a kernel invariant's ("messages-conserved") or one of sim/checkers. */
  readonly breaks: string;
  /**
   * What an explorer sees of this one, where several hazards come with one variant: checker and place of a failure. Absent:
   * whatever is seen is this one.
   */
  readonly shows?: { readonly checker: string; readonly place?: string };
}

export interface HazardScenario {
  /** Who is there, and what happens, in a sentence or two. */
  readonly text: string;
  /** Who watches, beside the kernel's invariants. */
  readonly checkers: readonly Checker[];
  /** A world in front of its first step. `boot` goes to boot as it is: with the variant's seams, if it is upstream's turn. */
  readonly stage: (part: Part, boot: BootOptions) => World;
  /** Plays it to its end; what does not hold ends it before. */
  readonly play: (scene: Scene) => void;
}

/** A scenario under way. */
export interface Scene {
  readonly world: World;
  /** Says what is happening, in plain words: it stands in the account with the tick. */
  tell(text: string): void;
  /** Lets so many ticks pass. */
  pass(ticks: number): void;
  /** Runs until nobody has anything to do before the next tick. */
  rest(): void;
  /** Steps until the condition holds, so many ticks long at most. Whether it holds. */
  until(condition: () => boolean, ticksMax: number): boolean;
}

/** A hazard of the kernel: its parts stand in seams, under the hazard's number. */
export function kernelVariant(id: string, parts: NonNullable<Variant["seams"]>["parts"]): Variant {
  return Object.freeze({ name: id, seams: Object.freeze({ number: Number(id.slice(1)), parts: Object.freeze(parts) }) });
}
