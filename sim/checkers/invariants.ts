/** The kernel's invariants: whenever a process ended, at the end of a run, and where that is cheap now and then. */

import type { Seen } from "../../kernel/invariants/checker.ts";
import { checkInvariants, observe } from "../../kernel/invariants/invariants.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Checker } from "./checker.ts";

const LOOK_TICKS = 8;

export const invariants: Checker = Object.freeze<Checker>({
  name: "invariants",
  law: "the kernel's own invariants hold between any two steps, but for those that a lying device breaks by nature",
  fits: () => true,
  begin: ({ world, fail }) => {
    let due = false;
    let seen: Seen | null = null;
    const check = (): void => {
      due = false;
      const broken = checkInvariants(world.machine, seen).filter(({ checker }) => world.disturbance?.excuses(checker) !== true);
      for (const one of broken) fail(one.place, `${one.checker}: ${one.text}`);
    };
    return {
      probe: (kind) => {
        if (kind === KernelTrace.fault || kind === KernelTrace.exit) due = true;
      },
      between: () => {
        if (due) check();
      },
      tick: () => {
        // Without a NIC little happens in a tick: there is time for a look now and then.
        if (world.nic !== "" || world.machine.tick() % LOOK_TICKS !== 0) return;
        check();
        seen = observe(world.machine);
      },
      healed: check,
      end: check,
      keep: () => ({ due, seen }),
      recall: (kept) => {
        ({ due, seen } = kept as { due: boolean; seen: Seen | null });
      },
    };
  },
});
