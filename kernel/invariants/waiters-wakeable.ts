/**
 * Nobody is left waiting: a call under way is where somebody alive can answer it, who waits for room waits at an open and
 * full queue with a receiver, who sleeps wakes at a tick that is still to come, no wake-up was lost, and who is ready has
 * something to do.
 */

import { ClockRecord } from "../../hal/clock.ts";
import { EndpointRecord } from "../endpoint.ts";
import { KernelState, Loaded, ProcessRecord, ProcessState, Wait } from "../process.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { has, wide } from "./tables.ts";
import { answerersOf, callPlaces, isAlive, receiversOf, waitOf } from "./waiting.ts";

export const waitersWakeable = checker("waiters-wakeable", "whoever waits can still be woken and waits for nothing that is there already; whoever is ready has something to do", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, processes } = tables;
  for (let process = 0; process < processes.count; process++) {
    const state = ProcessRecord.state.get(ram, processes.at(process));
    const there = thereFor(tables, process);
    if (state === ProcessState.ready && there.length === 0) say(`process ${process}: state`, "it is ready, and there is nothing for it");
    if (state === ProcessState.sleeping) checkSleeper(tables, process, say);
    switch (waitOf(tables, process)) {
      case Wait.receive:
        for (const field of there) say(`process ${process}: ${field}`, "it waits for whatever comes, and this is there already");
        break;
      case Wait.reply:
        checkCaller(tables, process, say);
        break;
      case Wait.room:
        checkSender(tables, process, say);
        break;
    }
  }
}

/** Fields of the process's record that say that there is something for it. */
function thereFor(tables: KernelTables, process: number): string[] {
  const { ram, state } = tables;
  const at = tables.processes.at(process);
  const found = PENDING.filter((field) => field.get(ram, at) !== 0).map((field) => field.name);
  if (ProcessRecord.loaded.get(ram, at) !== Loaded.nothing) found.push("loaded");
  if ((ProcessRecord.receives.get(ram, at) & KernelState.queuedEndpoints.get(ram, state)) !== 0) found.push("receives");
  return found;
}

const PENDING = Object.freeze([
  ProcessRecord.starts, ProcessRecord.bits, ProcessRecord.closedNeeds, ProcessRecord.closedReceives, ProcessRecord.reopenedNeeds, ProcessRecord.endedNeeds,
  ProcessRecord.acknowledgedNeeds,
]);

function checkCaller(tables: KernelTables, process: number, say: Say): void {
  const sequence = ProcessRecord.callSequence.get(tables.ram, tables.processes.at(process));
  const call = callPlaces(tables).find((candidate) => candidate.caller === process && candidate.sequence === sequence);
  if (call === undefined) say(`process ${process}: callSequence`, `it waits for the answer of call ${sequence}, which is nowhere`);
  else if (!answerersOf(tables, call).some((answerer) => isAlive(tables, answerer))) say(`process ${process}: waitsFor`, `nobody alive can answer its call ${sequence} (${call.place})`);
}

function checkSender(tables: KernelTables, process: number, say: Say): void {
  const { ram, endpoints } = tables;
  const endpoint = ProcessRecord.waitEndpoint.get(ram, tables.processes.at(process));
  if (!has(endpoints, endpoint)) return say(`process ${process}: waitEndpoint`, `it waits for room at ${endpoint}, which is no endpoint`);
  const at = endpoints.at(endpoint);
  const count = EndpointRecord.count.get(ram, at);
  if (EndpointRecord.open.get(ram, at) === 0) say(`process ${process}: waitEndpoint`, `it waits for room at endpoint ${endpoint}, which is closed`);
  else if (receiversOf(tables, endpoint).length === 0) say(`process ${process}: waitEndpoint`, `it waits for room at endpoint ${endpoint}, where nobody alive receives`);
  else if (count < EndpointRecord.capacity.get(ram, at)) say(`process ${process}: waitEndpoint`, `it waits for room at endpoint ${endpoint}, which has some`);
}

function checkSleeper({ ram, clock, processes }: KernelTables, process: number, say: Say): void {
  const taken = wide(ClockRecord.ticks, ram, clock) - ClockRecord.unhandledTicks.get(ram, clock);
  const deadline = wide(ProcessRecord.deadlineTick, ram, processes.at(process));
  if (deadline <= taken) say(`process ${process}: deadlineTick`, `it sleeps until tick ${deadline}; tick ${taken} has been taken`);
}
