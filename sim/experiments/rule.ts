/** A rule of a bundled experiment, in a word. */

import type { FaultRule } from "../faults/fault.ts";

/** The fault strikes in `parts` of a million cases, and otherwise as `more` says. */
export function rule(fault: string, parts: number, more: Omit<FaultRule, "fault" | "parts"> = {}): FaultRule {
  return Object.freeze({ fault, parts, ...more });
}
