/** Where inputs are played: a machine or a device that is made once and begins anew with each input. */

import type { FuzzAction } from "./input.ts";
import type { NicKind } from "./reasons.ts";

export interface Stage {
  readonly name: string;
  readonly nicKind: NicKind;
  /**
   * Plays an input from the beginning. What is wrong with what came of it, in words; nothing if all is well. The reasons
   * for which something was refused on the way are added to `reached`. `thorough`: what takes long is looked at too.
   */
  play(actions: readonly FuzzAction[], reached: Set<string>, thorough: boolean): readonly string[];
}
