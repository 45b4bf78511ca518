/** The faults of operators. */

import type { Fault } from "../fault.ts";
import { add } from "./add.ts";
import { ask } from "./ask.ts";
import { drain } from "./drain.ts";
import { health } from "./health.ts";
import { reload } from "./reload.ts";
import { remove } from "./remove.ts";

export const OPERATOR_FAULTS: readonly Fault[] = Object.freeze([reload, add, remove, drain, health, ask]);
