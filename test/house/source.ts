/** A source file as the rules see it: its tokens without comments, which bracket belongs to which, how deep each is. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Token } from "./tokenizer.ts";
import { tokenize } from "./tokenizer.ts";

export interface Source {
  /** From the repository's root, with slashes: "services/net/api.ts". */
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly tokens: readonly Token[];
  /** Index of the bracket that closes (or opens) the one at this index; -1 for all other tokens. */
  readonly partner: readonly number[];
  /** How many brackets are open around the token; a bracket counts as outside itself. */
  readonly depth: readonly number[];
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

export function parse(path: string, text: string): Source {
  const tokens = tokenize(text).filter((token) => token.kind !== "comment");
  const partner: number[] = tokens.map(() => -1);
  const depth: number[] = [];
  const open: number[] = [];
  for (const [index, token] of tokens.entries()) {
    const isBracket = token.kind === "punctuation";
    if (isBracket && open.length > 0 && CLOSING[tokens[open.at(-1)!]!.text] === token.text) {
      const opened = open.pop()!;
      partner[opened] = index;
      partner[index] = opened;
    }
    depth.push(open.length);
    if (isBracket && token.text in CLOSING) open.push(index);
  }
  return { path, text, tokens, partner, depth };
}

/** How every problem is printed: the place, what is wrong, what to do instead. */
export function problem(path: string, line: number, text: string): string {
  return `${path}:${line}: ${text}`;
}

export const ROOT = new URL("../..", import.meta.url).pathname;
const NOT_OURS = new Set(["node_modules", "dist", "coverage", ".git"]);

/** Paths of all files of the repository, from its root, without what .gitignore leaves out. */
export function listFiles(folder = ""): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !isIgnored(join(folder, entry.name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? listFiles(join(folder, entry.name)) : [join(folder, entry.name)]));
}

/** The same as .gitignore says. */
export function isIgnored(path: string): boolean {
  return path.split("/").some((part) => NOT_OURS.has(part)) || path.startsWith("test/out") || /\.(tgz|tsbuildinfo)$/.test(path);
}

export const ROOMS = ["hal", "kernel", "services", "sim", "test"] as const;
export type Room = (typeof ROOMS)[number];

export function roomOf(path: string): Room | null {
  return ROOMS.find((room) => path.startsWith(`${room}/`)) ?? null;
}

/** Every TypeScript file of the rooms, parsed once. */
export function sources(): readonly Source[] {
  const paths = listFiles().filter((path) => path.endsWith(".ts") && roomOf(path) !== null);
  return paths.map((path) => parse(path, readFileSync(join(ROOT, path), "utf8")));
}
