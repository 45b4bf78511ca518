/**
 * No process ends by a fault of its own code: whatever comes in, whatever a device writes. Chance may let a process crash,
 * and slow it down until its budget is gone; that is nobody's fault.
 */

import { FAULT_WORDS, FaultCode } from "../../kernel/fault.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Checker } from "./checker.ts";

const CHANCES: readonly number[] = Object.freeze([FaultCode.crash, FaultCode.cycleBudget]);

export const noFault: Checker = Object.freeze<Checker>({
  name: "no-fault",
  law: "no process ends by a fault of its own code, whatever comes in and whatever a device writes",
  fits: () => true,
  begin: ({ world, fail }) => ({
    probe: (kind, process, code) => {
      if (kind !== KernelTrace.fault || CHANCES.includes(code)) return;
      fail(`process ${world.machine.processNames[process] ?? process}`, `it ${FAULT_WORDS[code] ?? `faults with code ${code}`}`);
    },
    keep: () => null,
    recall: () => {},
  }),
});
