/**
 * Where two machines differ, by the names of their fields: all of them, the first so many listed and the rest counted.
 * Both must have been laid out alike. Bytes without fields - a service's heap, a frame - are named by runs. The trace,
 * which is about what happened and not about what is, comes last.
 */

import type { AnyField } from "../../hal/field.ts";
import { BytesField } from "../../hal/field.ts";
import type { LayoutInfo } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";

export interface FieldDifference {
  /** "processes[2].bits", "processes[2].registers.data0"; "arena.lb+1024" for plain bytes. */
  readonly name: string;
  /** What the field is to comparisons: state, time, identity, statistic, scratch; "bytes" for plain bytes. */
  readonly kind: string;
  /** As text, in each machine. */
  readonly a: string;
  readonly b: string;
  /** Of its first byte, and how many bytes it has. */
  readonly address: number;
  readonly bytes: number;
}

export interface Differences {
  /** In the order of RAM, those of the trace last. */
  readonly listed: readonly FieldDifference[];
  /** How many there are in all. */
  readonly count: number;
  /** By part, in the order of RAM: how many. */
  readonly parts: readonly { readonly part: string; readonly count: number }[];
}

const TRACE_PARTS: readonly string[] = Object.freeze(["trace.state", "trace"]);
/** Runs of plain bytes that are no further apart are one. */
const GAP_BYTES = 8;
/** Bytes of a run that are shown. */
const SHOWN_BYTES = 16;

/** The two are of one size. At most `most` are listed; `layouts` names the records within records. */
export function differencesOf(a: Memory, b: Memory, parts: readonly Part[], layouts: readonly LayoutInfo[], most: number): Differences {
  const listed: FieldDifference[] = [];
  const traced: FieldDifference[] = [];
  const counts = new Map<string, number>();
  let count = 0;
  const places = [...parts].sort((one, other) => one.base - other.base);
  for (let at = nextDifference(a, b, 0, a.bytes); at >= 0; ) {
    const part = closestPart(places, at);
    const found = part === null ? run("(between parts)", 0, a, b, at, nextBase(places, at, a.bytes)) : differenceIn(a, b, places, part, layouts, at);
    count += 1;
    counts.set(part?.name ?? "(between parts)", (counts.get(part?.name ?? "(between parts)") ?? 0) + 1);
    const list = part !== null && TRACE_PARTS.includes(part.name) ? traced : listed;
    if (list.length < most) list.push(found);
    at = nextDifference(a, b, found.address + found.bytes, a.bytes);
  }
  return { listed: [...listed, ...traced].slice(0, most), count, parts: [...counts].map(([part, times]) => ({ part, count: times })) };
}

/** The smallest part that holds the address: a service's state rather than the arena that it lies in. */
function closestPart(places: readonly Part[], address: number): Part | null {
  let found: Part | null = null;
  for (const part of places) {
    if (part.base > address) break;
    if (address < part.base + part.bytes && (found === null || part.bytes <= found.bytes)) found = part;
  }
  return found;
}

/** Where the next part begins behind the address. */
function nextBase(places: readonly Part[], address: number, end: number): number {
  return places.find((part) => part.base > address)?.base ?? end;
}

function differenceIn(a: Memory, b: Memory, places: readonly Part[], part: Part, layouts: readonly LayoutInfo[], at: number): FieldDifference {
  const end = Math.min(part.base + part.bytes, nextBase(places, at, a.bytes));
  if (part.layout === null) return run(part.name, part.base, a, b, at, end);
  const index = Math.floor((at - part.base) / part.layout.size);
  const name = part.count === 1 ? part.name : `${part.name}[${index}]`;
  return fieldDifference(a, b, name, part.layout, part.base + index * part.layout.size, layouts, at) ?? run(part.name, part.base, a, b, at, at + 1);
}

function fieldDifference(a: Memory, b: Memory, name: string, info: LayoutInfo, record: number, layouts: readonly LayoutInfo[], at: number): FieldDifference | null {
  const field = info.fields.find((candidate) => at >= record + candidate.offset && at < record + candidate.offset + candidate.width);
  if (field === undefined) return null;
  const fieldName = `${name}.${field.name}`;
  const inner = innerOf(field, layouts);
  if (inner !== undefined) return fieldDifference(a, b, fieldName, inner, record + field.offset, layouts, at);
  const address = record + field.offset;
  if (field instanceof BytesField && field.width > SHOWN_BYTES) return { ...run(fieldName, address, a, b, at, address + field.width), kind: field.kind };
  return { name: fieldName, kind: field.kind, a: field.show(a, record), b: field.show(b, record), address, bytes: field.width };
}

function innerOf(field: AnyField, layouts: readonly LayoutInfo[]): LayoutInfo | undefined {
  if (!(field instanceof BytesField) || field.recordName === "") return undefined;
  return layouts.find((info) => info.layoutName === field.recordName && info.size === field.width);
}

/** Differing bytes from `at` on, up to `end`. */
function run(name: string, base: number, a: Memory, b: Memory, at: number, end: number): FieldDifference {
  let last = at;
  for (let next = at; next >= 0 && next - last <= GAP_BYTES; next = nextDifference(a, b, next + 1, end)) last = next;
  const bytes = last + 1 - at;
  return { name: `${name}+${at - base}`, kind: "bytes", a: hexRun(a, at, bytes), b: hexRun(b, at, bytes), address: at, bytes };
}

function hexRun(memory: Memory, at: number, bytes: number): string {
  let text = "";
  for (let i = 0; i < Math.min(bytes, SHOWN_BYTES); i++) text += memory.u8[at + i].toString(16).padStart(2, "0");
  return bytes > SHOWN_BYTES ? `${text}...` : text;
}

/** The first byte that differs from `from` up to `end`; -1 if none does. */
function nextDifference(a: Memory, b: Memory, from: number, end: number): number {
  let at = from;
  while (at < end && (at & 3) !== 0) {
    if (a.u8[at] !== b.u8[at]) return at;
    at += 1;
  }
  while (at + 4 <= end && a.i32[at >> 2] === b.i32[at >> 2]) at += 4;
  while (at < end) {
    if (a.u8[at] !== b.u8[at]) return at;
    at += 1;
  }
  return -1;
}
