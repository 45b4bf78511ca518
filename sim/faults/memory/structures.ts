/**
 * The structures of a machine that are hal's and the kernel's: every part of RAM that holds records of theirs, and the
 * header of each process's arena. What services keep is theirs. A structure's number is its part's place in
 * Machine.parts, or for a header ARENA_HEADERS plus the process's number: the same for all machines of one manifest.
 */

import type { AnyField } from "../../../hal/field.ts";
import type { Part } from "../../../hal/ram-plan.ts";
import { ArenaHeader } from "../../../kernel/arena.ts";
import type { Machine } from "../../../kernel/machine.ts";
import type { ProcessAddress } from "../../../kernel/process.ts";
import { ProcessRecord } from "../../../kernel/process.ts";

export const ARENA_HEADERS = 1000;

/** Numbers of all of them, parts first. */
export function structureNumbers({ parts, processNames }: Machine): readonly number[] {
  const numbers: number[] = [];
  parts.forEach(({ layout, bytes, name }, number) => {
    if (layout !== null && bytes > 0 && !name.startsWith("state.")) numbers.push(number);
  });
  return numbers.concat(processNames.map((_, process) => ARENA_HEADERS + process));
}

/** Where the structure of that number lies, and what it holds. */
export function structureAt(machine: Machine, number: number): Part {
  return number < ARENA_HEADERS ? machine.parts[number] : arenaHeader(machine, number - ARENA_HEADERS);
}

/** Its number; -1 if there is none of that name. */
export function structureNumber(machine: Machine, name: string): number {
  return structureNumbers(machine).find((number) => structureAt(machine, number).name === name) ?? -1;
}

/** Name of the field that holds that byte of a structure, as "processes.state"; bytes between fields are "processes (padding)". */
export function fieldOf({ name, layout }: Part, offset: number): string {
  const inRecord = layout === null ? 0 : offset % layout.size;
  const field = layout?.fields.find((candidate: AnyField) => inRecord >= candidate.offset && inRecord < candidate.offset + candidate.width);
  return field === undefined ? `${name} (padding)` : `${name}.${field.name}`;
}

function arenaHeader(machine: Machine, process: number): Part {
  const name = machine.processNames[process];
  const processes = machine.parts.find((part) => part.name === "processes");
  const arena = machine.parts.find((part) => part.name === `arena.${name}`);
  const record = ((processes?.base ?? 0) + process * ProcessRecord.size) as ProcessAddress;
  const base = (arena?.base ?? 0) + ProcessRecord.heapOffset.get(machine.ram, record);
  return Object.freeze({ name: `arena.${name}.header`, base, bytes: ArenaHeader.size, layout: ArenaHeader, count: 1 });
}
