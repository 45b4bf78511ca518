/**
 * What the load balancer was told, read from the region in which it keeps the text of its configuration. A decision may have
 * been made just before a reload and be seen just after: so there are two, the one in force and the one before it.
 */

import type { Address } from "../../hal/field.ts";
import { KeptConfiguration } from "../../services/lb/kept-configuration.ts";
import type { World } from "../world.ts";
import { partOf } from "./places.ts";
import type { PlainConfiguration } from "./plain-configuration.ts";
import { readPlainConfiguration } from "./plain-configuration.ts";

/** Null where there is no such region, or its text did not fit. */
export function keptText({ machine }: World): string | null {
  const base = partOf(machine, "region.configuration")?.base;
  if (base === undefined) return null;
  const kept = base as Address<"KeptConfiguration">;
  const bytes = KeptConfiguration.textBytes.get(machine.ram, kept);
  if (bytes === 0) return null;
  const from = base + KeptConfiguration.size;
  return String.fromCharCode(...machine.ram.u8.subarray(from, from + bytes));
}

export interface Told {
  /** Those that may have been in force at a decision that is seen now; empty if nobody knows. */
  readonly now: () => readonly PlainConfiguration[];
}

/** Follows the configuration of a run. */
/** Longer than any process is held or starved by chance: a decision of the configuration before has been seen by then. */
const BEFORE_TICKS = 64;

export function configurationsTold(world: World): Told {
  const { machine } = world;
  const base = partOf(machine, "region.configuration")?.base;
  let accepted = -1;
  let current: readonly PlainConfiguration[] = [];
  let toldTick = 0;
  return {
    now: () => {
      if (base === undefined) return [];
      const count = KeptConfiguration.accepted.get(machine.ram, base as Address<"KeptConfiguration">);
      if (count === accepted) {
        if (current.length > 1 && machine.tick() > toldTick + BEFORE_TICKS) current = current.slice(0, 1);
        return current;
      }
      accepted = count;
      toldTick = machine.tick();
      const text = keptText(world);
      const before = current.slice(0, 1);
      current = text === null ? [] : [readPlainConfiguration(text), ...before];
      return current;
    },
  };
}
