/**
 * The kernel's parts in one frozen object: addresses and tables, no state. Operations are functions over it, one noun a
 * file; each checks first and then changes things without being able to fail.
 */

import type { Board } from "../hal/board.ts";
import type { Address } from "../hal/field.ts";
import { i32 } from "../hal/field.ts";
import type { Table } from "../hal/layout.ts";
import { layout } from "../hal/layout.ts";
import type { Memory } from "../hal/memory.ts";
import type { CapabilitySpaces } from "./capability.ts";
import type { DmaPool } from "./dma-pool.ts";
import type { ProcessPlan } from "./process-plan.ts";
import type { Channels } from "./ipc/channel.ts";
import type { TokenCache } from "./ipc/token-cache.ts";
import type { Seams } from "./seams.ts";
import type { TimerWheel } from "./timer-wheel.ts";

/** Who is told when an interrupt line is raised. */
export const InterruptBinding = layout("InterruptBinding", 8, {
  /** -1 when nobody is. */
  process: i32,
  bits: i32,
});

export interface Kernel {
  readonly ram: Memory;
  readonly board: Board;
  readonly state: Address<"KernelState">;
  readonly processes: Table<"ProcessRecord">;
  readonly endpoints: Table<"EndpointRecord">;
  readonly spaces: CapabilitySpaces;
  readonly regions: Table<"RegionRecord">;
  /** What each process maps: one row a region, in it one a process. */
  readonly mappings: Table<"RegionMapping">;
  readonly pool: DmaPool;
  /** Index of the pool's region; -1 on a machine without DMA buffers. */
  readonly poolRegion: number;
  readonly wheel: TimerWheel;
  readonly bindings: Table<"InterruptBinding">;
  readonly acknowledgements: Table<"Acknowledgement">;
  readonly tokenCache: TokenCache;
  readonly rates: Table<"RateRecord">;
  readonly batches: Table<"BatchRecord">;
  readonly channels: Channels;
  /** What boot worked out of each process: constants. */
  readonly plans: readonly ProcessPlan[];
  /** Cycles a handler may take. */
  readonly handlerCycles: number;
  /** Whether chance is asked on hot paths: what it may do is in KernelChoice. */
  readonly crashes: boolean;
  /** Small parts that are not the kernel's own. */
  readonly seams: Seams;
}

/** Moves time on by the cost of some kernel work, and writes it down. */
export function trace(kernel: Kernel, kind: number, argument0: number, argument1: number): void {
  kernel.board.trace.write(kernel.board.now(), kind, argument0, argument1);
}
