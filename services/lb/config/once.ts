/** Keys of which a configuration has one line at most. */

import type { Memory } from "../../../hal/memory.ts";
import { ConfigLine, fault } from "./line.ts";
import type { ConfigLineAddress } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";

/** Bits of `ConfigLine.met`. */
export const ConfigMet = Object.freeze({ limiterFull: 1 << 0, session: 1 << 1 });

/** 0 for the first line of that key; duplicateKey for any other. */
export function onlyOnce(memory: Memory, line: ConfigLineAddress, bit: number): number {
  const met = ConfigLine.met.get(memory, line);
  ConfigLine.met.set(memory, line, met | bit);
  return (met & bit) === 0 ? 0 : fault(memory, line, ConfigLine.key.at(line), ConfigProblem.duplicateKey);
}
