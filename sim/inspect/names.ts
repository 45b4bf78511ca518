/** What the machine in a dump calls its things: from the directory of RAM and the text of names beside it. */

import { decodeNames, NAMES_PART } from "../../kernel/names.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";

export interface Names {
  readonly machine: string;
  /** Cycles that a handler may take; 0 if it is not said. */
  readonly handlerCycles: number;
  readonly processes: readonly string[];
  readonly services: readonly string[];
  /** By process, by number. */
  readonly needs: readonly (readonly string[])[];
  /** "process.endpoint". */
  readonly endpoints: readonly string[];
  readonly channels: readonly string[];
  readonly regions: readonly string[];
  readonly devices: readonly string[];
}

export function namesOf(ram: Memory, parts: readonly Part[]): Names {
  const text = parts.find((part) => part.name === NAMES_PART);
  const said = decodeNames(text === undefined ? new Uint8Array(0) : ram.u8.subarray(text.base, text.base + text.bytes));
  const processes = after(parts, "arena.");
  return Object.freeze({
    machine: said.machine,
    handlerCycles: said.handlerCycles,
    processes,
    services: Object.freeze(processes.map((name) => said.processes.find((process) => process.name === name)?.service ?? "")),
    needs: Object.freeze(processes.map((name) => said.processes.find((process) => process.name === name)?.needs ?? [])),
    endpoints: after(parts, "queue."),
    channels: after(parts, "channel."),
    regions: after(parts, "region."),
    devices: Object.freeze(parts.filter((part) => part.name.endsWith(REGISTERS)).map((part) => part.name.slice(0, -REGISTERS.length))),
  });
}

const REGISTERS = ".registers";

/** The rest of the names that begin with `prefix`, in the directory's order: that of their numbers. */
function after(parts: readonly Part[], prefix: string): readonly string[] {
  return Object.freeze(parts.filter((part) => part.name.startsWith(prefix)).map((part) => part.name.slice(prefix.length)));
}

/** The name of number `index` in a list, or what to call it where there is none. */
export function nameOf(list: readonly string[], index: number, kind: string): string {
  return list[index] ?? `${kind} ${index}`;
}

/** Names of the numbers whose bits are set. */
export function namesOfMask(list: readonly string[], mask: number, kind: string): string[] {
  const found: string[] = [];
  for (let index = 0; index < 32; index++) if ((mask & (1 << index)) !== 0) found.push(nameOf(list, index, kind));
  return found;
}
