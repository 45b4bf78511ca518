/**
 * What all system calls of a process share: its place in the kernel, and the crossing itself. Each call costs cycles
 * (costs.ts), what is due on the board happens there, and it is where a process that overran its budget is stopped.
 *
 * The calls are cut into classes of one subject each, one extending the other, so that a process has one object that
 * offers all of them (context.ts). Members that are not part of service.ts are for these classes alone.
 */

import type { Memory } from "../../hal/memory.ts";
import type { Address } from "../../hal/field.ts";
import { cross, refuse } from "../crossing.ts";
import type { Kernel } from "../kernel.ts";
import type { ProcessAddress } from "../process.ts";
import type { ProcessPlan } from "../process-plan.ts";

export abstract class Crossings {
  readonly memory: Memory;
  readonly outgoing: Address<"SmallMessage">;
  protected readonly kernel: Kernel;
  /** Number of the process, and its record. */
  protected readonly process: number;
  protected readonly record: ProcessAddress;
  /** Where the allocator's arena begins in `memory`. */
  protected readonly heap: number;

  constructor(kernel: Kernel, plan: ProcessPlan) {
    this.kernel = kernel;
    this.process = plan.index;
    this.record = kernel.processes.at(plan.index);
    this.heap = plan.heapOffset;
    this.memory = kernel.ram.window(plan.arenaBase, plan.arenaBytes);
    this.outgoing = plan.outgoingOffset as Address<"SmallMessage">;
  }

  protected cross(cycles: number): void {
    cross(this.kernel, this.process, cycles);
  }

  protected refuse(errno: number, about: number): number {
    return refuse(this.kernel, this.process, errno, about);
  }
}
