/**
 * What every NIC driver must do, whatever its device: one suite, run for each kind of driver (kind.ts). A driver passes
 * when all of it holds; what is particular to one device stands in that driver's own test.
 */

import { crashCases } from "./crash-cases.ts";
import type { DriverKind } from "./kind.ts";
import { paceCases } from "./pace-cases.ts";
import { receiveCases } from "./receive-cases.ts";
import { shutdownCases } from "./shutdown-cases.ts";
import { transmitCases } from "./transmit-cases.ts";
import { troubleCases } from "./trouble-cases.ts";
import { wakeUpCases } from "./wake-up-cases.ts";

export function driverCases(kind: DriverKind): void {
  receiveCases(kind);
  transmitCases(kind);
  shutdownCases(kind);
  troubleCases(kind);
  wakeUpCases(kind);
  paceCases(kind);
  crashCases(kind);
}
