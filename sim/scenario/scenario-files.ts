/** Files that a scenario names, beside its own: sim opens none itself. */

import type { Problem } from "../problem.ts";

export interface ScenarioFiles {
  /** A file's bytes, unpacked if it was packed; null, and a problem at `place`, if it cannot be read. */
  bytes(name: string, place: string, problems: Problem[]): Uint8Array | null;
}

/** For scenarios that stand alone. */
export const NO_FILES: ScenarioFiles = Object.freeze({
  bytes: (name: string, place: string, problems: Problem[]): null => {
    problems.push({ place, found: `it names the file ${JSON.stringify(name)}`, expected: "no file: there are none here" });
    return null;
  },
});
