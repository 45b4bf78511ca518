/** All hazards, by number. A new one is a file of its own and a line here. */

import type { Hazard } from "./hazard.ts";

export const HAZARDS: readonly Hazard[] = Object.freeze([]);

/** The hazard with that id ("H10", "h10"); undefined if there is none. */
export function hazardNamed(id: string): Hazard | undefined {
  return HAZARDS.find((hazard) => hazard.id === id.toUpperCase());
}
