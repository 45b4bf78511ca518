/** The processes: what each is, what it waits for, of whom, since when, and what lies there for it. */

import { FAULT_WORDS } from "../../kernel/fault.ts";
import { answerersOf, callPlaces } from "../../kernel/invariants/waiting.ts";
import { has, wide } from "../../kernel/invariants/tables.ts";
import { EndpointRecord } from "../../kernel/endpoint.ts";
import { Loaded, Priority, ProcessRecord, PROCESS_STATE_NAMES, Wait, WaitTimer } from "../../kernel/process.ts";
import { TimerRecord } from "../../kernel/timer-wheel.ts";
import type { Dump } from "./dump.ts";
import { tickOf } from "./dump.ts";
import { nameOf } from "./names.ts";

export interface ProcessView {
  readonly name: string;
  readonly service: string;
  readonly state: string;
  /** The name of its priority; by what it is scheduled now, if waiting has bettered that. */
  readonly priority: string;
  readonly rank: number;
  /** "a message", "an answer", "room", "tick 12"; "" if it does not wait. */
  readonly waitsFor: string;
  /** Processes that it waits for: those that could answer, or make room. */
  readonly waitsOn: readonly string[];
  /** Where its call is, or its message is to go. */
  readonly waitsAt: string;
  /** When its last handler began: it has waited since that returned. -1 if it never ran, or if that cannot be told. */
  readonly sinceCycle: number;
  readonly sinceTick: number;
  /** When it stops waiting whatever comes; -1: never. */
  readonly deadlineTick: number;
  /** What lies there for it: "start", "notification 1", "closed: balancer", "a message of net", ... */
  readonly pending: readonly string[];
  /** The call that it has been given and not yet answered: whose. */
  readonly owesAnswer: string;
  readonly generation: number;
  /** The last fault, in words; "" if there was none. */
  readonly fault: string;
  readonly handled: number;
  readonly cyclesUsed: number;
  readonly buffersHeld: number;
}

export function processesOf(dump: Dump): ProcessView[] {
  return Array.from({ length: dump.tables.processes.count }, (_, process) => processOf(dump, process));
}

function processOf(dump: Dump, process: number): ProcessView {
  const { ram, tables, names } = dump;
  const at = tables.processes.at(process);
  const priority = ProcessRecord.priority.get(ram, at);
  const fault = ProcessRecord.faultCode.get(ram, at);
  const caller = ProcessRecord.caller.get(ram, at);
  return {
    name: nameOf(names.processes, process, "process"),
    service: names.services[process] ?? "",
    state: PROCESS_STATE_NAMES[ProcessRecord.state.get(ram, at)] ?? `state ${ProcessRecord.state.get(ram, at)}`,
    priority: Object.entries(Priority).find(([, number]) => number === priority)?.[0] ?? String(priority),
    rank: ProcessRecord.rank.get(ram, at),
    ...waitOf(dump, process),
    pending: pendingOf(dump, process),
    owesAnswer: caller < 0 ? "" : nameOf(names.processes, caller, "process"),
    generation: ProcessRecord.generation.get(ram, at),
    fault: fault === 0 ? "" : `${FAULT_WORDS[fault] ?? `fault ${fault}`} (${ProcessRecord.faultArgument.get(ram, at)})`,
    handled: ProcessRecord.handled.get(ram, at),
    cyclesUsed: wide(ProcessRecord.cyclesUsed, ram, at),
    buffersHeld: ProcessRecord.buffersHeld.get(ram, at),
  };
}

type WaitView = Pick<ProcessView, "waitsFor" | "waitsOn" | "waitsAt" | "sinceCycle" | "sinceTick" | "deadlineTick">;

function waitOf(dump: Dump, process: number): WaitView {
  const { ram, tables } = dump;
  const at = tables.processes.at(process);
  const sinceCycle = lastTurn(dump, process);
  const since = { sinceCycle, sinceTick: sinceCycle < 0 ? -1 : tickOf(sinceCycle), deadlineTick: deadlineOf(dump, process) };
  const state = PROCESS_STATE_NAMES[ProcessRecord.state.get(ram, at)];
  if (state === "sleeping") return { waitsFor: `tick ${since.deadlineTick}`, waitsOn: [], waitsAt: "", ...since };
  if (state !== "blocked") return { waitsFor: "", waitsOn: [], waitsAt: "", ...since };
  switch (ProcessRecord.waitsFor.get(ram, at)) {
    case Wait.receive:
      return { waitsFor: "a message", waitsOn: [], waitsAt: "", ...since };
    case Wait.reply:
      return { waitsFor: "an answer", ...answerOf(dump, process), ...since };
    case Wait.room:
      return { waitsFor: "room", ...roomOf(dump, process), ...since };
    default:
      return { waitsFor: `wait ${ProcessRecord.waitsFor.get(ram, at)}`, waitsOn: [], waitsAt: "", ...since };
  }
}

function answerOf({ ram, tables, names }: Dump, process: number): Pick<WaitView, "waitsOn" | "waitsAt"> {
  const sequence = ProcessRecord.callSequence.get(ram, tables.processes.at(process));
  const call = callPlaces(tables).find((candidate) => candidate.caller === process && candidate.sequence === sequence);
  if (call === undefined) return { waitsOn: [], waitsAt: "nowhere" };
  const waitsOn = answerersOf(tables, call).map((answerer) => nameOf(names.processes, answerer, "process"));
  return { waitsOn, waitsAt: call.endpoint < 0 ? "its registers" : nameOf(names.endpoints, call.endpoint, "endpoint") };
}

function roomOf({ ram, tables, names }: Dump, process: number): Pick<WaitView, "waitsOn" | "waitsAt"> {
  const endpoint = ProcessRecord.waitEndpoint.get(ram, tables.processes.at(process));
  if (!has(tables.endpoints, endpoint)) return { waitsOn: [], waitsAt: "nowhere" };
  const receivers = EndpointRecord.receivers.get(ram, tables.endpoints.at(endpoint));
  return { waitsOn: names.processes.filter((_, index) => (receivers & (1 << index)) !== 0), waitsAt: nameOf(names.endpoints, endpoint, "endpoint") };
}

/** The cycle at which its last handler began; -1 if it never ran, or the budget is not said. */
function lastTurn({ ram, tables, names }: Dump, process: number): number {
  const at = tables.processes.at(process);
  if (ProcessRecord.handled.get(ram, at) === 0 || names.handlerCycles === 0) return -1;
  return Math.max(-1, wide(ProcessRecord.budgetEndCycle, ram, at) - names.handlerCycles);
}

function deadlineOf({ ram, tables }: Dump, process: number): number {
  const at = tables.processes.at(process);
  if (PROCESS_STATE_NAMES[ProcessRecord.state.get(ram, at)] === "sleeping") return wide(ProcessRecord.deadlineTick, ram, at);
  const timer = tables.timers.count - tables.processes.count + process;
  if (ProcessRecord.waitTimer.get(ram, at) !== WaitTimer.armed || !has(tables.timers, timer)) return -1;
  return wide(TimerRecord.deadlineTick, ram, tables.timers.at(timer));
}

function pendingOf(dump: Dump, process: number): string[] {
  const { ram, tables, names } = dump;
  const at = tables.processes.at(process);
  const pending: string[] = [];
  if (ProcessRecord.starts.get(ram, at) !== 0) pending.push("start");
  for (const [word, field] of NOTICES) {
    const needs = field.get(ram, at);
    for (let need = 0; need < 32; need++) if ((needs & (1 << need)) !== 0) pending.push(`${word}: ${names.needs[process]?.[need] ?? `need ${need}`}`);
  }
  const bits = ProcessRecord.bits.get(ram, at);
  if (bits !== 0) pending.push(`notification ${bits}`);
  const loaded = ProcessRecord.loaded.get(ram, at);
  if (loaded !== Loaded.nothing) pending.push(`${Object.entries(Loaded).find(([, value]) => value === loaded)?.[0] ?? loaded} in the registers`);
  const receives = ProcessRecord.receives.get(ram, at);
  for (let endpoint = 0; endpoint < tables.endpoints.count; endpoint++) {
    const count = (receives & (1 << endpoint)) === 0 ? 0 : EndpointRecord.count.get(ram, tables.endpoints.at(endpoint));
    if (count > 0) pending.push(`${count} at ${nameOf(names.endpoints, endpoint, "endpoint")}`);
  }
  return pending;
}

const NOTICES = Object.freeze([
  ["closed", ProcessRecord.closedNeeds],
  ["open again", ProcessRecord.reopenedNeeds],
  ["ended", ProcessRecord.endedNeeds],
  ["acknowledged", ProcessRecord.acknowledgedNeeds],
] as const);
