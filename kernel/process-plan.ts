/** Where a process lies in RAM and what its service asks for: constants that boot works out once. */

import type { Address } from "../hal/field.ts";
import type { Memory } from "../hal/memory.ts";
import type { ProcessGrant } from "./process/grants.ts";
import type { Needs } from "./service.ts";

/** What boot knows of a process: constants. */
export interface ProcessPlan {
  readonly index: number;
  readonly arenaBase: number;
  readonly arenaBytes: number;
  /** Offsets in the process's memory: tokens lie at 0, then the outgoing message, the state record, the heap. */
  readonly outgoingOffset: number;
  readonly stateOffset: number;
  readonly heapOffset: number;
  readonly needs: Needs;
  /** What each need stands for, by number. */
  readonly grants: readonly ProcessGrant[];
  readonly receives: readonly string[];
  /** The machine-wide number of each of these endpoints: its own, or another process's that it shares. */
  readonly endpoints: readonly number[];
  readonly parameters: unknown;
  readonly view: (memory: Memory, at: Address) => object;
}
