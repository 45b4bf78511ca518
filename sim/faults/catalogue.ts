/** All faults, by layer. A new one is a file in its layer's folder and a line here. */

import type { Fault } from "./fault.ts";
import { crash } from "./process/crash.ts";
import { drop } from "./wire/drop.ts";

export const FAULTS: readonly Fault[] = Object.freeze([drop, crash]);

/** The fault of that name; undefined if there is none. */
export function faultNamed(name: string): Fault | undefined {
  return FAULTS.find((fault) => fault.name === name);
}
