/** The system calls on the process's own arena. What each does, and what it answers, is said in service.ts. */

import type { Address } from "../../hal/field.ts";
import { ArenaHeader, arenaAllocate, arenaFree, arenaResize } from "../arena.ts";
import { Cost } from "../costs.ts";
import { KernelChoice } from "../crossing.ts";
import { Errno } from "../errno.ts";
import { Crossings } from "./crossings.ts";

export abstract class ArenaCalls extends Crossings {
  allocate(bytes: number, alignment = 8): number {
    this.cross(Cost.allocate);
    if (this.kernel.crashes && this.memoryShort()) return Errno.outOfMemory;
    return arenaAllocate(this.memory, this.heap, bytes, alignment);
  }

  free(at: number): number {
    this.cross(Cost.free);
    return arenaFree(this.memory, this.heap, at);
  }

  resize(at: number, bytes: number): number {
    this.cross(Cost.resize);
    if (this.kernel.crashes && this.memoryShort()) return Errno.outOfMemory;
    return arenaResize(this.memory, this.heap, at, bytes);
  }

  /** Whether chance has it that there is no memory; it counts as any other refusal. */
  protected memoryShort(): boolean {
    if (this.kernel.board.choose(KernelChoice.memoryShort, this.process, 2) === 0) return false;
    ArenaHeader.failures.add(this.memory, this.heap as Address<"ArenaHeader">, 1);
    return true;
  }
}
