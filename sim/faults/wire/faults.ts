/** All faults of the wire. */

import type { Fault } from "../fault.ts";
import { burst } from "./burst.ts";
import { clog } from "./clog.ts";
import { corrupt } from "./corrupt.ts";
import { delay } from "./delay.ts";
import { drop } from "./drop.ts";
import { duplicate } from "./duplicate.ts";
import { jitter } from "./jitter.ts";
import { linkDown } from "./link-down.ts";
import { partition } from "./partition.ts";
import { rate } from "./rate.ts";
import { reorder } from "./reorder.ts";
import { truncate } from "./truncate.ts";

export const WIRE_FAULTS: readonly Fault[] = Object.freeze([drop, burst, duplicate, reorder, delay, jitter, corrupt, truncate, rate, clog, partition, linkDown]);
