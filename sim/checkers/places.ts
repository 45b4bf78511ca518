/** Where in a machine's RAM the checkers read: parts by name, and processes by name or by what they drive. */

import type { Part } from "../../hal/ram-plan.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Machine } from "../../kernel/machine.ts";
import { ProcessRecord, ProcessState } from "../../kernel/process.ts";
import type { ProcessAddress } from "../../kernel/process.ts";

/** Parts by name, of each directory that was looked into: checkers look often. */
const DIRECTORIES = new WeakMap<readonly Part[], ReadonlyMap<string, Part>>();

/** The part of that name; undefined if this machine has none. */
export function partOf({ parts }: Pick<Machine, "parts">, name: string): Part | undefined {
  const known = DIRECTORIES.get(parts) ?? new Map(parts.map((part) => [part.name, part]));
  DIRECTORIES.set(parts, known);
  return known.get(name);
}

/** Number of the process of that name; -1 if there is none. */
export function processNumber({ processNames }: Pick<Machine, "processNames">, name: string): number {
  return processNames.indexOf(name);
}

/** Number of a process's endpoint among all of the machine; -1 if there is none of that name. */
export function endpointNumber({ manifest }: Pick<Machine, "manifest">, process: string, endpoint: string): number {
  let number = 0;
  for (const [name, { service }] of Object.entries(manifest.processes)) {
    const at = service.receives.indexOf(endpoint);
    if (name === process) return at < 0 ? -1 : number + at;
    number += service.receives.length;
  }
  return -1;
}

/** A process's own memory, addresses from 0 as its service has them, and the address of its state there; null if there is no such process. */
export function ownMemory(machine: Machine, process: string): { readonly memory: Memory; readonly state: number } | null {
  const [arena, state] = [partOf(machine, `arena.${process}`), partOf(machine, `state.${process}`)];
  if (arena === undefined || state === undefined) return null;
  return { memory: machine.ram.window(arena.base, arena.bytes), state: state.base - arena.base };
}

/** Whether that process runs, or waits for something: what lies in its memory means what its service says. */
export function isAlive(machine: Machine, process: number): boolean {
  const processes = partOf(machine, "processes");
  if (processes === undefined || process < 0) return false;
  const state = ProcessRecord.state.get(machine.ram, (processes.base + process * ProcessRecord.size) as ProcessAddress);
  return state !== ProcessState.zombie && state !== ProcessState.dead && state !== ProcessState.creating;
}
