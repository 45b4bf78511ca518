/** The faults of clients. */

import type { Fault } from "../fault.ts";
import { abort } from "./abort.ts";
import { burst } from "./burst.ts";
import { malformed } from "./malformed.ts";
import { move } from "./move.ts";
import { order } from "./order.ts";
import { rotate } from "./rotate.ts";
import { session } from "./session.ts";
import { slowHead } from "./slow-head.ts";

export const CLIENT_FAULTS: readonly Fault[] = Object.freeze([burst, slowHead, abort, malformed, move, rotate, session, order]);
