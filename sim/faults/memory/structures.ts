/**
 * The structures of a machine that are hal's and the kernel's: every part of RAM that holds records of theirs, and the
 * headers of all arenas of processes. What services keep is theirs.
 */

import type { Part } from "../../../hal/ram-plan.ts";
import { ArenaHeader } from "../../../kernel/arena.ts";
import type { Machine } from "../../../kernel/machine.ts";
import { ProcessRecord } from "../../../kernel/process.ts";

/** In the order of their addresses. A structure's number is its place here: the same for all machines of one manifest. */
export function structuresOf(machine: Machine): readonly Part[] {
  const records = machine.parts.filter(({ name, layout, bytes }) => layout !== null && bytes > 0 && !name.startsWith("state."));
  return Object.freeze([...records, ...arenaHeaders(machine)].sort((a, b) => a.base - b.base));
}

/** The structure's number; -1 if there is none of that name. */
export function structureNumber(machine: Machine, name: string): number {
  return structuresOf(machine).findIndex((part) => part.name === name);
}

function arenaHeaders(machine: Machine): Part[] {
  const processes = machine.parts.find(({ name }) => name === "processes");
  if (processes === undefined) return [];
  return machine.processNames.map((name, process) => {
    const record = (processes.base + process * ProcessRecord.size) as Parameters<typeof ProcessRecord.heapOffset.get>[1];
    const base = ProcessRecord.arenaBase.get(machine.ram, record) + ProcessRecord.heapOffset.get(machine.ram, record);
    return Object.freeze({ name: `arena.${name}.header`, base, bytes: ArenaHeader.size, layout: ArenaHeader, count: 1 });
  });
}
