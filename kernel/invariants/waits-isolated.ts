/** An answer can reach only the call it belongs to: each call is in one place, and nobody's answer is already there. */

import { Loaded, NONE, ProcessRecord, ProcessState, Wait } from "../process.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { has } from "./tables.ts";
import { awaitsAnswer, callPlaces } from "./waiting.ts";

const LOADED: readonly number[] = Object.values(Loaded);

export const waitsIsolated = checker("waits-isolated", "each call is pending in one place and awaited by one process, whose registers hold nothing else; who awaits nothing has none under way", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, processes } = tables;
  const places = new Map<number, string>();
  for (const { caller, sequence, place } of callPlaces(tables)) {
    if (!has(processes, caller)) say(place, `the caller is ${caller}; there is no such process`);
    const other = places.get(sequence);
    if (other !== undefined) say(place, `call ${sequence} is pending here and there (${other})`);
    places.set(sequence, place);
  }
  const awaited = new Map<number, number>();
  for (let process = 0; process < processes.count; process++) {
    const at = processes.at(process);
    const loaded = ProcessRecord.loaded.get(ram, at);
    if (!LOADED.includes(loaded)) say(`process ${process}: loaded`, `it is ${loaded}, which means nothing`);
    const caller = ProcessRecord.caller.get(ram, at);
    if (caller !== NONE && loaded !== Loaded.message) say(`process ${process}: caller`, `it is ${caller}, but there is no message in the registers`);
    if (!awaitsAnswer(tables, process)) {
      checkFree(tables, process, say);
      continue;
    }
    if (loaded !== Loaded.nothing) say(`process ${process}: loaded`, `it waits for an answer and has something in its registers already`);
    const sequence = ProcessRecord.callSequence.get(ram, at);
    const other = awaited.get(sequence);
    if (other !== undefined) say(`process ${process}: callSequence`, `it waits for the answer of call ${sequence}, and so does process ${other}`);
    awaited.set(sequence, process);
  }
}

/** Who waits for no answer has no call under way; who waits for no room either, waits at no endpoint. */
function checkFree({ ram, processes }: KernelTables, process: number, say: Say): void {
  const at = processes.at(process);
  const sequence = ProcessRecord.callSequence.get(ram, at);
  if (sequence !== 0) say(`process ${process}: callSequence`, `it waits for no answer, and its call ${sequence} is under way`);
  const endpoint = ProcessRecord.waitEndpoint.get(ram, at);
  const waits = ProcessRecord.state.get(ram, at) === ProcessState.blocked && ProcessRecord.waitsFor.get(ram, at) === Wait.room;
  if (!waits && endpoint !== NONE) say(`process ${process}: waitEndpoint`, `it waits neither for an answer nor for room, and does so at endpoint ${endpoint}`);
}
