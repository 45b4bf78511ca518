/** The system calls on the process's own arena. What each does, and what it answers, is said in service.ts. */

import { arenaAllocate, arenaFree, arenaResize } from "../arena.ts";
import { Cost } from "../costs.ts";
import { Crossings } from "./crossings.ts";

export abstract class ArenaCalls extends Crossings {
  allocate(bytes: number, alignment = 8): number {
    this.cross(Cost.allocate);
    return arenaAllocate(this.memory, this.heap, bytes, alignment);
  }

  free(at: number): number {
    this.cross(Cost.free);
    return arenaFree(this.memory, this.heap, at);
  }

  resize(at: number, bytes: number): number {
    this.cross(Cost.resize);
    return arenaResize(this.memory, this.heap, at, bytes);
  }
}
