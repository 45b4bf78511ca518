/** All checkers. A new one is a file and a line here; names are stable. */

import type { Checker } from "./checker.ts";
import { invariants } from "./invariants.ts";

export const CHECKERS: readonly Checker[] = Object.freeze([invariants]);
