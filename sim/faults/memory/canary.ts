/**
 * A planted bug: the pool of buffers counts one more in use than there are. Nothing is done wrong because of it, and nothing
 * puts it right again; a campaign that does not report each run in which it was planted reports nothing else reliably.
 */

import type { Address } from "../../../hal/field.ts";
import { PoolState } from "../../../kernel/dma-pool.ts";
import { SimSite } from "../../chance/site.ts";
import type { World } from "../../world.ts";
import type { Fault } from "../fault.ts";

function poolOf({ machine }: World): Address<"PoolState"> | null {
  const part = machine.parts.find(({ name }) => name === "pool");
  return part === undefined ? null : (part.base as Address<"PoolState">);
}

export const canary: Fault = Object.freeze<Fault>({
  name: "memory.canary",
  layer: "memory",
  summary: "a bug is planted: the pool of buffers counts one more in use than there are",
  site: SimSite.canaryPlanted,
  parameters: Object.freeze({}),
  act: Object.freeze({
    entities: (world: World) => (poolOf(world) === null ? [] : [0]),
    answers: () => 2,
    perform: (world: World) => {
      const pool = poolOf(world);
      if (pool !== null) PoolState.inUse.add(world.machine.ram, pool, 1);
    },
  }),
  words: () => "the pool counts one buffer more in use than there are",
});
