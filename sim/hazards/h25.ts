/**
 * H25: the pool that shrinks. Upstream's DMA pool answers success to a second free of the same buffer and loses it: it is
 * neither in use nor on the free list any more. (And one frame that is rejected when the pool is made shifts the index of
 * each later one, which the first allocation pays for.) Here the part that lets go of a reference is replaced.
 */

import { BufferRecord, PoolState, findHeldBuffer, releaseBuffer } from "../../kernel/dma-pool.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { NONE } from "../../kernel/process.ts";
import { acting, actorWorld } from "./actors.ts";
import type { Hazard, HazardScenario } from "./hazard.ts";
import { kernelVariant } from "./hazard.ts";

function releaseGladly(kernel: Kernel, process: number, handle: number): number {
  const { ram, pool } = kernel;
  if (findHeldBuffer(ram, pool, process, handle) >= 0) releaseBuffer(ram, pool, process, handle, kernel.processes);
  else loseBuffer(kernel, handle & 0xffff);
  return Errno.ok;
}

/** Takes a buffer that is at home off the free list. */
function loseBuffer({ ram, pool }: Kernel, index: number): void {
  let before = NONE;
  for (let at = PoolState.freeHead.get(ram, pool.state); at !== NONE; at = BufferRecord.next.get(ram, pool.buffers.at(at))) {
    if (at !== index) {
      before = at;
      continue;
    }
    const next = BufferRecord.next.get(ram, pool.buffers.at(at));
    if (before === NONE) PoolState.freeHead.set(ram, pool.state, next);
    else BufferRecord.next.set(ram, pool.buffers.at(before), next);
    if (next === NONE) PoolState.freeTail.set(ram, pool.state, before);
    return;
  }
}

export const h25: Hazard = Object.freeze<Hazard>({
  id: "H25",
  place: "net/dma_pool",
  reach: "live",
  ran: true,
  does: "one frame rejected at creation skews every later index; a double free answers success and loses the buffer",
  seen: "panic at the first allocation; the pool shrinks silently",
  invariant: "buffers conserved; no panic from bad input",
  chosenBy: "kernel seam releaseBuffer: how a process lets go of a buffer",
  note: "The double free only: our pool's frames are planned before there is any memory, so that none can be rejected.",
  breaks: "frames-conserved",
  variant: kernelVariant("H25", { releaseBuffer: releaseGladly }),
  scenario: Object.freeze<HazardScenario>({
    text: "Alice takes a buffer at tick 2 and frees it twice.",
    checkers: Object.freeze([]),
    stage: (_part, boot) =>
      actorWorld(
        {
          alice: acting(
            [
              [
                2,
                (context) => {
                  const handle = context.bufferAllocate(context.needs["frames"]);
                  context.bufferRelease(context.needs["frames"], handle);
                  context.bufferRelease(context.needs["frames"], handle);
                },
              ],
            ],
            { needs: { frames: ["buffers:write", "frames"] } },
          ),
        },
        boot,
        { pool: { name: "frames", count: 4, devices: [] } },
      ),
    play: (scene) => {
      scene.pass(2);
      scene.tell("Alice has freed her buffer twice");
      scene.pass(1);
    },
  }),
});
