/**
 * What a machine's things are called, as text in RAM: with it a dump is read without its manifest. The directory of RAM
 * has the names of processes, endpoints, regions and devices already; this adds what it does not say, a line a thing,
 * its words parted by tabs:
 *
 *     machine  NAME
 *     budget   CYCLES                      that a handler may take
 *     process  NAME  SERVICE  NEED ...     in the order of processes, needs in the order of tokens
 *
 * Written once at boot; the machine never reads it.
 */

import type { Memory } from "../hal/memory.ts";
import type { RamPlan } from "../hal/ram-plan.ts";
import type { Manifest } from "./manifest.ts";

export const NAMES_PART = "names";

export interface ProcessNames {
  readonly name: string;
  readonly service: string;
  /** By number. */
  readonly needs: readonly string[];
}

export interface MachineNames {
  readonly machine: string;
  readonly handlerCycles: number;
  readonly processes: readonly ProcessNames[];
}

/** Reserves the text's place. */
export function planNames(plan: RamPlan, manifest: Manifest): number {
  return plan.bytes(NAMES_PART, namesText(manifest).length, 8);
}

/** Writes the text where planNames() said; what follows it is 0. */
export function writeNames(ram: Memory, at: number, manifest: Manifest): void {
  const text = namesText(manifest);
  for (let index = 0; index < text.length; index++) ram.u8[at + index] = text.charCodeAt(index);
}

function namesText(manifest: Manifest): string {
  const lines = Object.entries(manifest.processes).map(([name, { service }]) => ["process", name, service.name, ...Object.keys(service.needs)]);
  return [["machine", manifest.name], ["budget", String(manifest.kernel.handlerCycles)], ...lines].map((words) => `${words.map(plainWord).join("\t")}\n`).join("");
}

/** Names are for people: what is not printable ASCII becomes a question mark. */
function plainWord(word: string): string {
  return word.replace(/[^ -~]/g, "?");
}

/** Reads the text back; what is damaged is left out. */
export function decodeNames(bytes: Uint8Array): MachineNames {
  const end = bytes.indexOf(0);
  let text = "";
  for (const byte of end < 0 ? bytes : bytes.subarray(0, end)) text += String.fromCharCode(byte);
  const lines = text.split("\n").map((line) => line.split("\t").map(plainWord));
  const rest = (key: string): readonly string[] => lines.find(([first]) => first === key)?.slice(1) ?? [];
  const processes = lines.filter(([first]) => first === "process").map(([, name = "", service = "", ...needs]) => Object.freeze({ name, service, needs: Object.freeze(needs) }));
  const budget = Number(rest("budget")[0] ?? 0);
  return Object.freeze({ machine: rest("machine")[0] ?? "", handlerCycles: Number.isSafeInteger(budget) && budget > 0 ? budget : 0, processes: Object.freeze(processes) });
}
