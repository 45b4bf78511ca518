/**
 * The layouts that others rely on: every `layout()` of hal, kernel and services whose size is stated. They are collected
 * from the running modules, and written as a table whose diff shows what a change does to those who read the records.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AnyField } from "../../hal/field.ts";
import type { LayoutInfo } from "../../hal/layout.ts";
import type { Source } from "./source.ts";
import { problem, ROOT } from "./source.ts";

export interface Found {
  readonly path: string;
  readonly exportName: string;
  readonly info: LayoutInfo;
}

/** Paths of the modules of hal, kernel and services. */
export function machineModules(all: readonly Source[]): string[] {
  return all.map((source) => source.path).filter((path) => /^(hal|kernel|services)\//.test(path) && existsSync(join(ROOT, path)));
}

/** What each of these modules exports, by path. */
export async function loadModules(paths: readonly string[]): Promise<Map<string, Record<string, unknown>>> {
  const loaded = await Promise.all(paths.map(async (path) => [path, (await import(join(ROOT, path))) as Record<string, unknown>] as const));
  return new Map(loaded);
}

export function isLayout(value: unknown): value is LayoutInfo {
  return typeof value === "object" && value !== null && "layoutName" in value && "size" in value && Array.isArray((value as LayoutInfo).fields);
}

/** Every layout among the exports, each once: what is exported again elsewhere is the same object. */
export function exportedLayouts(modules: ReadonlyMap<string, Record<string, unknown>>): Found[] {
  const seen = new Set<unknown>();
  const found: Found[] = [];
  for (const [path, exports] of modules) {
    for (const [exportName, value] of Object.entries(exports)) {
      if (!isLayout(value) || seen.has(value)) continue;
      seen.add(value);
      found.push({ path, exportName, info: value });
    }
  }
  return found.sort((a, b) => (a.info.layoutName < b.info.layoutName ? -1 : 1));
}

/** Names and lines of the `layout()` calls of a source that state a size: name, size, fields. */
export function statedLayouts(source: Source): { readonly name: string; readonly line: number }[] {
  const { tokens } = source;
  return tokens.flatMap((token, i) => {
    if (token.text !== "layout" || tokens[i + 1]?.text !== "(" || tokens[i + 2]?.kind !== "string") return [];
    return argumentCount(source, i + 1) === 3 ? [{ name: tokens[i + 2]!.text, line: token.line }] : [];
  });
}

function argumentCount(source: Source, open: number): number {
  const { tokens, partner, depth } = source;
  const isComma = (i: number): boolean => depth[i] === depth[open]! + 1 && tokens[i]!.kind === "punctuation" && tokens[i]!.text === "," && i + 1 < partner[open]!;
  return 1 + tokens.filter((_, i) => i > open && i < partner[open]! && isComma(i)).length;
}

/** Each stated layout must be exported under its own name or the end of it, so that the table can hold it. */
export function checkStatedAreFound(source: Source, found: readonly Found[]): string[] {
  return statedLayouts(source).flatMap(({ name, line }) => {
    const here = found.find((one) => one.info.layoutName === name);
    if (here === undefined) return [problem(source.path, line, `layout ${name} states its size and is not exported: nobody can check it`)];
    return name.endsWith(here.exportName) ? [] : [problem(source.path, line, `layout ${name} is exported as ${here.exportName}: one name for one thing`)];
  });
}

/** Names that two layouts share: dumps and differences could not tell them apart. */
export function checkNamesAreUnique(found: readonly Found[]): string[] {
  return found.flatMap((one, i) => {
    const other = found.findIndex((candidate) => candidate.info.layoutName === one.info.layoutName);
    return other === i ? [] : [`${one.path}: layout ${one.info.layoutName} is also in ${found[other]!.path}`];
  });
}

export interface LayoutEntry {
  readonly size: number;
  /** "name: type at offset, kind". */
  readonly fields: readonly string[];
}
export type LayoutGolden = Readonly<Record<string, LayoutEntry>>;

/** The table: layouts by name, fields in order. */
export function describeLayouts(layouts: readonly LayoutInfo[]): LayoutGolden {
  return Object.fromEntries(layouts.map((one) => [one.layoutName, { size: one.size, fields: one.fields.map(describeField) }]));
}

function describeField(field: AnyField): string {
  const type = field.constructor.name.replace(/Field$/, "").toLowerCase().replace(/^(u16|i32)big$/, "$1be");
  const width = type === "bytes" ? `bytes(${field.width})` : type;
  return `${field.name}: ${width} at ${field.offset}, ${field.kind}`;
}

/** What differs between the recorded table and the real one, field by field. */
export function compareLayouts(recorded: LayoutGolden, actual: LayoutGolden): string[] {
  const names = [...new Set([...Object.keys(recorded), ...Object.keys(actual)])];
  return names.flatMap((name) => {
    const [before, after] = [recorded[name], actual[name]];
    if (before === undefined) return [`${name} is new, ${after!.size} bytes`];
    if (after === undefined) return [`${name} is gone`];
    const size = before.size === after.size ? [] : [`${name}: ${before.size} bytes recorded, ${after.size} now`];
    const lost = before.fields.filter((field) => !after.fields.includes(field)).map((field) => `${name}: - ${field}`);
    const gained = after.fields.filter((field) => !before.fields.includes(field)).map((field) => `${name}: + ${field}`);
    return [...size, ...lost, ...gained];
  });
}

/** A field is as wide as its type, lies behind the one before, and the last one ends where the record ends. */
export function checkPacked(info: LayoutInfo): string[] {
  let offset = 0;
  for (const field of info.fields) {
    if (field.offset !== offset) return [`${info.layoutName}.${field.name} lies at ${field.offset}, not at ${offset}: a gap or an overlap`];
    offset += field.width;
  }
  return offset === info.size ? [] : [`${info.layoutName}: fields end at ${offset}, the record at ${info.size}`];
}
