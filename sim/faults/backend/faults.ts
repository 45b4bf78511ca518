/** The faults of backends. */

import type { Fault } from "../fault.ts";
import { down } from "./down.ts";
import { errors } from "./errors.ts";
import { flapping } from "./flapping.ts";
import { late } from "./late.ts";
import { mute } from "./mute.ts";
import { nonsense } from "./nonsense.ts";
import { refuse } from "./refuse.ts";
import { reset } from "./reset.ts";
import { silent } from "./silent.ts";
import { slow } from "./slow.ts";

export const BACKEND_FAULTS: readonly Fault[] = Object.freeze([down, flapping, silent, slow, refuse, mute, errors, reset, late, nonsense]);
