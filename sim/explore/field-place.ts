/**
 * Where a field lies that a person names: "state.net.framesReceived", "endpoints[3].count", "processes[net].state",
 * "arena.lb+1024" for a word of plain bytes. Parts of the machine's RAM and of the world's memory, as differences name them.
 */

import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { hexBytes } from "../../hal/inspect.ts";
import type { Names } from "../inspect/names.ts";
import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";
import { closest } from "../suggest.ts";
import type { World } from "../world.ts";
import { worldNames } from "./event-words.ts";

export interface FieldPlace {
  /** "endpoints[3].count". */
  readonly name: string;
  /** The bytes now, as hex digits: to see whether they change. */
  bytes(): string;
  /** What they say, for people. */
  show(): string;
}

const WORD_BYTES = 4;
const FIELDS_SHOWN = 12;
const FORM = /^(?:\[([^\]]*)\])?(?:\.(\w+))?$/;

/** Null, and a problem in the list, for a name that is none. */
export function fieldPlace(world: World, text: string, problems: Problem[]): FieldPlace | null {
  const { ram, parts } = world.machine;
  const all = [...parts.map((part) => ({ part, memory: ram })), ...world.parts.map((part) => ({ part, memory: world.memory }))];
  const fitting = all.filter(({ part }) => text.startsWith(part.name) && /^(?:$|[[.+])/.test(text.slice(part.name.length)));
  const found = fitting.reduce<(typeof all)[number] | null>((longest, one) => (longest === null || one.part.name.length > longest.part.name.length ? one : longest), null);
  if (found === null) {
    const meant = closest(text.split(/[[+]/)[0], all.map(({ part }) => part.name));
    problems.push(problem(`FIELD ${text}`, "no part of machine or world is called so", meant === "" ? "a part's name, as `veridian diff` and `veridian inspect` print them, and a field of it" : `${meant}, perhaps`));
    return null;
  }
  const { part, memory } = found;
  const rest = text.slice(part.name.length);
  return part.layout === null || rest.startsWith("+") ? bytePlace(text, part, memory, rest, problems) : recordPlace(text, part, memory, rest, worldNames(world), problems);
}

function bytePlace(text: string, part: Part, memory: Memory, rest: string, problems: Problem[]): FieldPlace | null {
  const offset = /^\+[0-9]{1,10}$/.test(rest) ? Number(rest.slice(1)) & -WORD_BYTES : -1;
  if (offset < 0 || offset + WORD_BYTES > part.bytes) {
    problems.push(problem(`FIELD ${text}`, `${part.name} has ${part.bytes} bytes`, `${part.name}+OFFSET, below that`));
    return null;
  }
  const at = part.base + offset;
  return Object.freeze<FieldPlace>({ name: `${part.name}+${offset}`, bytes: () => hexBytes(memory.u8, at, WORD_BYTES), show: () => `${memory.i32[at >> 2]}` });
}

function recordPlace(text: string, part: Part, memory: Memory, rest: string, names: Names, problems: Problem[]): FieldPlace | null {
  const { layout } = part;
  const form = FORM.exec(rest);
  const field = layout?.fields.find(({ name }) => name === form?.[2]);
  if (layout === null || form === null || field === undefined) {
    problems.push(problem(`FIELD ${text}`, `this names no field of ${part.name}`, expectedField(layout?.fields.map(({ name }) => name) ?? [], form?.[2] ?? "")));
    return null;
  }
  const index = indexOf(form[1] ?? "0", part, names);
  if (index < 0) {
    problems.push(problem(`FIELD ${text}`, `there is no ${part.name}[${form[1]}]`, `0 to ${part.count - 1}, or the name of one`));
    return null;
  }
  const record = part.base + index * layout.size;
  return Object.freeze<FieldPlace>({ name: `${part.name}[${index}].${field.name}`, bytes: () => hexBytes(memory.u8, record + field.offset, field.width), show: () => field.show(memory, record) });
}

function expectedField(names: readonly string[], given: string): string {
  const meant = closest(given, names);
  return meant === "" ? `one of ${names.slice(0, FIELDS_SHOWN).join(", ")}${names.length > FIELDS_SHOWN ? " and others (veridian abi --markdown)" : ""}` : `${meant}, perhaps`;
}

/** A number, or the name of a process, an endpoint, a region; -1 for neither. */
function indexOf(word: string, part: Part, { processes, endpoints, regions }: Names): number {
  const lists: Readonly<Record<string, readonly string[]>> = { processes, endpoints, regions };
  const index = /^[0-9]{1,9}$/.test(word) ? Number(word) : (lists[part.name] ?? []).indexOf(word);
  return index < part.count ? index : -1;
}
