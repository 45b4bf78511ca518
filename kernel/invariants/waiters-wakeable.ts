/** Nobody is left waiting: a call under way is where somebody alive can answer it, and no wake-up was lost. */

import { Loaded, ProcessRecord, ProcessState, KernelState, Wait } from "../process.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { answerersOf, awaitsAnswer, callPlaces, isAlive } from "./waiting.ts";

export const waitersWakeable = checker("waiters-wakeable", "whoever waits can still be woken, and waits for nothing that is there already", (tables, say) => {
  const { ram, processes } = tables;
  const calls = callPlaces(tables);
  for (let process = 0; process < processes.count; process++) {
    const at = processes.at(process);
    if (ProcessRecord.state.get(ram, at) === ProcessState.blocked && ProcessRecord.waitsFor.get(ram, at) === Wait.receive) checkReceiver(tables, process, say);
    if (!awaitsAnswer(tables, process)) continue;
    const sequence = ProcessRecord.callSequence.get(ram, at);
    const call = calls.find((candidate) => candidate.caller === process && candidate.sequence === sequence);
    if (call === undefined) say(`process ${process}: callSequence`, `it waits for the answer of call ${sequence}, which is nowhere`);
    else if (!answerersOf(tables, call).some((answerer) => isAlive(tables, answerer))) say(`process ${process}: waitsFor`, `nobody alive can answer its call ${sequence} (${call.place})`);
  }
});

function checkReceiver(tables: KernelTables, process: number, say: Say): void {
  const { ram } = tables;
  const at = tables.processes.at(process);
  const pending = [
    ["starts", ProcessRecord.starts.get(ram, at) !== 0],
    ["bits", ProcessRecord.bits.get(ram, at) !== 0],
    ["closedNeeds", ProcessRecord.closedNeeds.get(ram, at) !== 0],
    ["loaded", ProcessRecord.loaded.get(ram, at) !== Loaded.nothing],
    ["receives", (ProcessRecord.receives.get(ram, at) & KernelState.queuedEndpoints.get(ram, tables.state)) !== 0],
  ] as const;
  for (const [field, there] of pending) if (there) say(`process ${process}: ${field}`, "it waits for whatever comes, and this is there already");
}
