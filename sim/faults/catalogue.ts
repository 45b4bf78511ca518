/** All faults, by layer. A new one is a file in its layer's folder and a line here. */

import type { Fault } from "./fault.ts";
import { crash } from "./process/crash.ts";
import { burst } from "./wire/burst.ts";
import { clog } from "./wire/clog.ts";
import { corrupt } from "./wire/corrupt.ts";
import { delay } from "./wire/delay.ts";
import { drop } from "./wire/drop.ts";
import { duplicate } from "./wire/duplicate.ts";
import { jitter } from "./wire/jitter.ts";
import { linkDown } from "./wire/link-down.ts";
import { partition } from "./wire/partition.ts";
import { rate } from "./wire/rate.ts";
import { reorder } from "./wire/reorder.ts";
import { truncate } from "./wire/truncate.ts";

export const FAULTS: readonly Fault[] = Object.freeze([drop, burst, duplicate, reorder, delay, jitter, corrupt, truncate, rate, clog, partition, linkDown, crash]);

/** The fault of that name; undefined if there is none. */
export function faultNamed(name: string): Fault | undefined {
  return FAULTS.find((fault) => fault.name === name);
}
