/**
 * Nobody waits - for an answer, or for room - for somebody who, over however many others, waits for him. Who waits at an
 * endpoint is helped as soon as one of its receivers is not itself waiting so.
 */

import { ProcessRecord, Wait } from "../process.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { answerersOf, callPlaces, receiversOf, waitOf } from "./waiting.ts";

export const waitingAcyclic = checker("waiting-acyclic", "no process waits, directly or over others, for itself", check);

function check(tables: KernelTables, say: Say): void {
  for (const [process, wakers] of stuck(tables)) say(`process ${process}: waitsFor`, `it waits for ${wakers.map((waker) => `process ${waker}`).join(" or ")}, all of whom wait for it`);
}

/** Processes that only processes of this same set could answer, each with those. */
function stuck(tables: KernelTables): Map<number, readonly number[]> {
  const { ram, processes } = tables;
  const calls = callPlaces(tables);
  const waiting = new Map<number, readonly number[]>();
  for (let process = 0; process < processes.count; process++) {
    const wait = waitOf(tables, process);
    if (wait === Wait.reply) waiting.set(process, calls.filter((call) => call.caller === process && call.sequence === ProcessRecord.callSequence.get(ram, processes.at(process))).flatMap((call) => answerersOf(tables, call)));
    if (wait === Wait.room) waiting.set(process, receiversOf(tables, ProcessRecord.waitEndpoint.get(ram, processes.at(process))));
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
