/**
 * No process ends by a fault of its own code: whatever comes in, whatever a device writes. Chance may let a process crash,
 * and may slow it down until its budget is gone, which is nobody's fault then.
 */

import { FAULT_WORDS, FaultCode } from "../../kernel/fault.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Checker } from "./checker.ts";

const NAME = "no-fault";

export const noFault: Checker = Object.freeze<Checker>({
  name: NAME,
  law: "no process ends by a fault of its own code, whatever comes in and whatever a device writes",
  fits: () => true,
  begin: ({ world, fail }) => ({
    probe: (kind, process, code) => {
      if (kind !== KernelTrace.fault || code === FaultCode.crash || (code === FaultCode.cycleBudget && world.disturbance?.excuses(NAME) === true)) return;
      fail(`process ${world.machine.processNames[process] ?? process}`, `it ${FAULT_WORDS[code] ?? `faults with code ${code}`}`);
    },
    keep: () => null,
    recall: () => {},
  }),
});
