/** The kernel's invariants: whenever a process ended, and at the end of a run. */

import { checkInvariants, invariantText } from "../../kernel/invariants/invariants.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Checker } from "./checker.ts";

export const invariants: Checker = Object.freeze<Checker>({
  name: "invariants",
  law: "the kernel's own invariants hold between any two steps, but for those that a lying device breaks by nature",
  fits: () => true,
  begin: ({ world, fail }) => {
    let due = false;
    const check = (): void => {
      due = false;
      const broken = checkInvariants(world.machine).filter(({ checker }) => world.disturbance?.excuses(checker) !== true);
      for (const one of broken) fail(one.place, `${one.checker}: ${invariantText(one)}`);
    };
    return {
      probe: (kind) => {
        if (kind === KernelTrace.fault || kind === KernelTrace.exit) due = true;
      },
      between: () => {
        if (due) check();
      },
      healed: check,
      end: check,
      keep: () => due,
      recall: (kept) => {
        due = kept as boolean;
      },
    };
  },
});
