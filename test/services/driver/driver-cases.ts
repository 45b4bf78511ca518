/**
 * What every NIC driver must do, whatever its device: one suite, run for each kind of driver (kind.ts). A driver passes
 * when all of it holds; what is particular to one device stands in that driver's own test.
 */

import { runCases } from "./case-group.ts";
import { crashes } from "./crash-cases.ts";
import type { DriverKind } from "./kind.ts";
import { liesOf, scribbles } from "./lie-cases.ts";
import { pace } from "./pace-cases.ts";
import { buffersAreShort, receiving } from "./receive-cases.ts";
import { shutdown } from "./shutdown-cases.ts";
import { sending } from "./transmit-cases.ts";
import { cable, resets, stops } from "./trouble-cases.ts";
import { wakeUps } from "./wake-up-cases.ts";

export function driverCases(kind: DriverKind): void {
  runCases(kind, [receiving, buffersAreShort, sending, shutdown, pace, wakeUps, cable, resets, stops, ...liesOf(kind), scribbles, crashes]);
}
