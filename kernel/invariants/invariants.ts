/**
 * What always holds of a machine between two of its steps, as a table of checkers over RAM. A new one is a file and a
 * line here; names are stable, since people search for them.
 */

import { ClockRecord } from "../../hal/clock.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { WheelState } from "../timer-wheel.ts";
import { arenaBlocks } from "./arena-blocks.ts";
import { arenaBytes } from "./arena-bytes.ts";
import { capabilitySlots } from "./capability-slots.ts";
import type { Checker, InvariantProblem, Seen } from "./checker.ts";
import { PROBLEMS_MAX } from "./checker.ts";
import { endpointsIsolated } from "./endpoints-isolated.ts";
import { framesConserved } from "./frames-conserved.ts";
import { mappingsCounted } from "./mappings-counted.ts";
import { masksAgree } from "./masks-agree.ts";
import { messagesConserved } from "./messages-conserved.ts";
import { messagesInOrder } from "./messages-in-order.ts";
import { noOrphans } from "./no-orphans.ts";
import { oneWriter } from "./one-writer.ts";
import { postedNotFree } from "./posted-not-free.ts";
import { queueCapacity } from "./queue-capacity.ts";
import { queueLinks } from "./queue-links.ts";
import { revokedStaysRevoked, validTokens } from "./revoked-stays-revoked.ts";
import { rightsShrink } from "./rights-shrink.ts";
import type { KernelTables } from "./tables.ts";
import { tablesOf, wide } from "./tables.ts";
import { timersConserved } from "./timers-conserved.ts";
import { timersInSlots } from "./timers-in-slots.ts";
import { nextNumber, tokensUnique } from "./tokens-unique.ts";
import { uptimeMonotonic } from "./uptime-monotonic.ts";
import { waitersWakeable } from "./waiters-wakeable.ts";
import { waitingAcyclic } from "./waiting-acyclic.ts";
import { waitsIsolated } from "./waits-isolated.ts";

export const CHECKERS: readonly Checker[] = Object.freeze([
  messagesConserved,
  messagesInOrder,
  queueCapacity,
  queueLinks,
  endpointsIsolated,
  waitsIsolated,
  waitingAcyclic,
  waitersWakeable,
  masksAgree,
  capabilitySlots,
  noOrphans,
  rightsShrink,
  revokedStaysRevoked,
  tokensUnique,
  mappingsCounted,
  framesConserved,
  oneWriter,
  postedNotFree,
  arenaBytes,
  arenaBlocks,
  timersConserved,
  timersInSlots,
  uptimeMonotonic,
]);

/** A machine, or whatever else has RAM and its directory. */
export interface Checkable {
  readonly ram: Memory;
  readonly parts: readonly Part[];
}

/**
 * What does not hold, in the order of the checkers; empty if all is well. To be asked between two steps. `seen` is what
 * observe() said of the same machine earlier, for what must never go back. Throws DumpError where there is no machine.
 */
export function checkInvariants(machine: Checkable, seen: Seen | null = null): InvariantProblem[] {
  return checkTables(tablesOf(machine.ram, machine.parts), seen);
}

export function checkTables(tables: KernelTables, seen: Seen | null = null): InvariantProblem[] {
  return CHECKERS.flatMap((checker) => runChecker(checker, tables, seen));
}

function runChecker({ name, check }: Checker, tables: KernelTables, seen: Seen | null): InvariantProblem[] {
  const problems: InvariantProblem[] = [];
  let more = 0;
  const say = (place: string, text: string): void => {
    if (problems.length < PROBLEMS_MAX) problems.push(Object.freeze({ checker: name, place, text }));
    else more += 1;
  };
  check(tables, say, seen);
  if (more > 0) problems.push(Object.freeze({ checker: name, place: "", text: `${more} more` }));
  return problems;
}

/** What the next check of this machine must not fall behind of. */
export function observe(machine: Checkable): Seen {
  const tables = tablesOf(machine.ram, machine.parts);
  const { ram, clock, wheel } = tables;
  return Object.freeze({
    cycle: wide(ClockRecord.cycle, ram, clock),
    ticks: wide(ClockRecord.ticks, ram, clock),
    timerSerial: wide(WheelState.nextSerial, ram, wheel),
    tokenNumber: nextNumber(tables),
    tokens: validTokens(tables),
  });
}

/** One line: `queue-links: endpoint 3: count: it is 4; 3 messages are in the lists`. */
export function invariantText({ checker, place, text }: InvariantProblem): string {
  return [checker, place, text].filter((part) => part !== "").join(": ");
}
