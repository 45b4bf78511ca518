/**
 * What an invariant checker is: a function over RAM that says what must hold and does not. It reads and never writes, it
 * believes nothing (RAM may come from a damaged file), and it is asked between two steps of the machine, never while a
 * handler runs.
 */

import type { KernelTables } from "./tables.ts";

/** What does not hold. */
export interface InvariantProblem {
  /** Name of the checker: stable, for people to look for. */
  readonly checker: string;
  /** Which record, and which of its fields: "endpoint 3: count". */
  readonly place: string;
  /** What it is, and what it ought to be. */
  readonly text: string;
}

/** What an earlier check saw of the same machine: for what must never go back. */
export interface Seen {
  readonly cycle: number;
  readonly ticks: number;
  /** Count of timers ever armed, and of tokens ever made. */
  readonly timerSerial: number;
  readonly tokenNumber: number;
  /** Tokens that were valid then: one that was not, and is older than `tokenNumber`, must not be valid now. */
  readonly tokens: ReadonlySet<string>;
}

export type Say = (place: string, text: string) => void;

export interface Checker {
  readonly name: string;
  /** One sentence: what always holds. */
  readonly rule: string;
  readonly check: (tables: KernelTables, say: Say, seen: Seen | null) => void;
}

/** More problems of one checker are counted, not told: whoever sees so many has no machine in front of him. */
export const PROBLEMS_MAX = 20;

export function checker(name: string, rule: string, check: Checker["check"]): Checker {
  return Object.freeze({ name, rule, check });
}
