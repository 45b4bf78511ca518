/** All faults of a NIC, of any model. */

import type { Fault } from "../fault.ts";
import { lateInterrupt } from "./late-interrupt.ts";
import { lostDoorbell } from "./lost-doorbell.ts";
import { lostInterrupt } from "./lost-interrupt.ts";
import { reset } from "./reset.ts";
import { spuriousInterrupt } from "./spurious-interrupt.ts";
import { stall } from "./stall.ts";
import { starve } from "./starve.ts";
import { stuckQueue } from "./stuck-queue.ts";
import { tornWriteBack } from "./torn-write-back.ts";
import { wrongIndex } from "./wrong-index.ts";
import { wrongLength } from "./wrong-length.ts";

export const NIC_FAULTS: readonly Fault[] = Object.freeze([starve, stall, stuckQueue, tornWriteBack, lostInterrupt, lateInterrupt, spuriousInterrupt, lostDoorbell, wrongLength, wrongIndex, reset]);
