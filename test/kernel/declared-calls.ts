/** The system calls as the source declares them: methods of an interface with their arguments, and of the classes that have them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Source } from "../house/source.ts";
import { parse, ROOT } from "../house/source.ts";

export interface DeclaredArgument {
  readonly name: string;
  /** As written, without blanks: `Grant<"endpoint">`. */
  readonly type: string;
  readonly optional: boolean;
}

export interface DeclaredCall {
  readonly name: string;
  readonly arguments: readonly DeclaredArgument[];
}

/** The methods of an interface of this file, in order; its other members are left out. */
export function methodsOf(path: string, interfaceName: string): DeclaredCall[] {
  const source = parse(path, readFileSync(join(ROOT, path), "utf8"));
  const { tokens, partner } = source;
  const named = tokens.findIndex((token, i) => token.text === interfaceName && tokens[i - 1]?.text === "interface");
  if (named < 0) throw new Error(`${path} has no interface ${interfaceName}`);
  const open = tokens.findIndex((token, i) => i > named && token.text === "{" && partner[i]! > i && isBody(source, named, i));
  const calls: DeclaredCall[] = [];
  for (let i = open + 1; i < partner[open]!; i = Math.max(partner[i]!, i) + 1) {
    if (tokens[i]!.text === "(" && tokens[i - 1]!.kind === "word") calls.push({ name: tokens[i - 1]!.text, arguments: argumentsOf(source, i) });
  }
  return calls;
}

/** Names of the interfaces that this one extends. */
export function extendedBy(path: string, interfaceName: string): string[] {
  const { tokens } = parse(path, readFileSync(join(ROOT, path), "utf8"));
  const named = tokens.findIndex((token, i) => token.text === interfaceName && tokens[i - 1]?.text === "interface");
  let angles = 0;
  let extending = false;
  const names: string[] = [];
  for (let i = named + 1; named >= 0 && !(tokens[i]!.text === "{" && angles === 0); i++) {
    const { text, kind } = tokens[i]!;
    angles += text === "<" ? 1 : text === ">" ? -1 : 0;
    if (angles !== 0) continue;
    if (text === "extends") extending = true;
    else if (extending && kind === "word") names.push(text);
  }
  return names;
}

/** The first brace after the name that is not inside the angle brackets of its type parameters. */
function isBody(source: Source, named: number, at: number): boolean {
  let angles = 0;
  for (let i = named; i < at; i++) {
    if (source.tokens[i]!.text === "<") angles++;
    else if (source.tokens[i]!.text === ">") angles--;
  }
  return angles === 0;
}

function argumentsOf({ tokens, partner, depth }: Source, open: number): DeclaredArgument[] {
  const inside = depth[open]! + 1;
  const found: DeclaredArgument[] = [];
  let from = open + 1;
  for (let i = open + 1; i <= partner[open]!; i++) {
    const ends = i === partner[open] || (tokens[i]!.text === "," && depth[i] === inside && tokens[i]!.kind === "punctuation");
    if (!ends) continue;
    const part = tokens.slice(from, i);
    const colon = part.findIndex((token) => token.text === ":");
    if (colon > 0) found.push({ name: part[0]!.text, optional: part[1]!.text === "?", type: part.slice(colon + 1).map(({ kind, text }) => (kind === "string" ? `"${text}"` : text)).join("") });
    from = i + 1;
  }
  return found;
}

/** Names of the methods of the classes in this folder that are for the classes alone: protected and private ones. */
export function hiddenMethods(folder: string): Set<string> {
  const files = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".ts"));
  const names = files.flatMap((name) => {
    const { tokens } = parse(`${folder}/${name}`, readFileSync(join(ROOT, folder, name), "utf8"));
    return tokens.flatMap((token, i) => (/^(protected|private)$/.test(token.text) && tokens[i + 2]?.text === "(" ? [tokens[i + 1]!.text] : []));
  });
  return new Set(names);
}

/** Names of all methods that objects of this class have, inherited ones included. */
export function methodNames(prototype: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(at))) if (name !== "constructor" && typeof property.value === "function") names.add(name);
  }
  return [...names];
}
