/** All checkers. A new one is a file and a line here; names are stable. */

import { accounts } from "./accounts.ts";
import { authority } from "./authority.ts";
import type { Checker } from "./checker.ts";
import { clients } from "./clients.ts";
import { connections } from "./connections.ts";
import { firstCome } from "./first-come.ts";
import { framesOut } from "./frames-out.ts";
import { givenOnce } from "./given-once.ts";
import { invariants } from "./invariants.ts";
import { limits } from "./limits.ts";
import { loopbackOrder } from "./loopback-order.ts";
import { memory } from "./memory.ts";
import { messages } from "./messages.ts";
import { noFault } from "./no-fault.ts";
import { operatorAnswers } from "./operator-answers.ts";
import { order } from "./order.ts";
import { outcomes } from "./outcomes.ts";
import { rates } from "./rates.ts";
import { routes } from "./routes.ts";
import { sendRates } from "./send-rates.ts";
import { service } from "./service.ts";
import { sessions } from "./sessions.ts";
import { shares } from "./shares.ts";
import { timersFire } from "./timers-fire.ts";
import { timers } from "./timers.ts";
import { waiters } from "./waiters.ts";

export const CHECKERS: readonly Checker[] = Object.freeze([invariants, messages, order, framesOut, outcomes, accounts, routes, sessions, rates, limits, connections, shares, service, clients, operatorAnswers, waiters, timers, memory, authority, givenOnce, firstCome, sendRates, timersFire, loopbackOrder, noFault]);
