/**
 * Nobody waits for somebody who, over however many others, waits for him. Who waits for an endpoint is helped as soon as
 * one of its receivers is not waiting for answers itself.
 */

import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { answerersOf, awaitsAnswer, callPlaces } from "./waiting.ts";

export const waitingAcyclic = checker("waiting-acyclic", "no process waits, directly or over others, for itself", (tables, say) => {
  for (const [process, wakers] of stuck(tables)) say(`process ${process}: waitsFor`, `it waits for ${wakers.map((waker) => `process ${waker}`).join(" or ")}, all of whom wait for it`);
});

/** Processes that only processes of this same set could answer, each with those. */
function stuck(tables: KernelTables): Map<number, readonly number[]> {
  const calls = callPlaces(tables);
  const waiting = new Map<number, readonly number[]>();
  for (let process = 0; process < tables.processes.count; process++) {
    if (!awaitsAnswer(tables, process)) continue;
    waiting.set(process, calls.filter((call) => call.caller === process).flatMap((call) => answerersOf(tables, call)));
  }
  let freed = true;
  while (freed) {
    freed = false;
    for (const [process, wakers] of waiting) {
      // Without anybody who could answer there is no cycle: waiters-wakeable tells.
      if (wakers.length > 0 && wakers.every((waker) => waiting.has(waker))) continue;
      waiting.delete(process);
      freed = true;
    }
  }
  return waiting;
}
