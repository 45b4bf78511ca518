/**
 * Sizes that a reader can hold in mind: a file aims at 250 lines and never exceeds 500, a function aims at 40 and never
 * exceeds 70. How many are over their target is recorded (ratchet.json) and may only shrink.
 */

import type { Source } from "./source.ts";
import { problem } from "./source.ts";

export const FILE_TARGET = 250;
export const FILE_GATE = 500;
export const FUNCTION_TARGET = 40;
export const FUNCTION_GATE = 70;

export interface FunctionSize {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

const NOT_A_CALL = new Set(["if", "for", "while", "switch", "catch", "with", "return", "typeof", "await", "new", "in", "of"]);
/** A brace behind one of these opens a type or an object, not a function's body. */
const BEFORE_TYPE = /^([:|&<,([]|=>|is|readonly|extends|keyof)$/;

export function fileLines(source: Source): number {
  return source.text.replace(/\n$/, "").split("\n").length;
}

/** Every function, method and arrow function with a body in braces; the groups of a test file (describe) aside. */
export function functionSizes(source: Source): FunctionSize[] {
  return source.tokens.flatMap((token, i) => {
    const body = bodyOf(source, i);
    if (body < 0 || isGroup(source, i)) return [];
    return [{ name: nameOf(source, i), line: token.line, lines: source.tokens[source.partner[body]!]!.line - token.line + 1 }];
  });
}

/** Index of the brace that opens the body of the function that this token heads; -1 if it heads none. */
function bodyOf(source: Source, i: number): number {
  const { tokens, partner } = source;
  const token = tokens[i]!;
  if (token.kind === "punctuation" && token.text === "=>") return tokens[i + 1]?.text === "{" ? i + 1 : -1;
  const named = (token.kind === "word" && !NOT_A_CALL.has(token.text)) || (token.kind === "string" && /^[{,;}]$/.test(tokens[i - 1]?.text ?? ""));
  if (!named || /^(\.|function|new)$/.test(tokens[i - 1]?.text ?? "") || (tokens[i - 1]?.text === "*" && tokens[i - 2]?.text === "function")) return -1;
  const start = token.text === "function" ? headStart(source, i) : i;
  const parameters = skipTypeParameters(source, start + 1);
  if (tokens[parameters]?.text !== "(" || partner[parameters]! < 0) return -1;
  const after = partner[parameters]! + 1;
  if (tokens[after]?.text === "{") return after;
  return tokens[after]?.text === ":" ? behindType(source, after) : -1;
}

/** Where the name of a `function` stands, or the keyword itself if it has none. */
function headStart(source: Source, i: number): number {
  let at = i;
  if (source.tokens[at + 1]?.text === "*") at++;
  return source.tokens[at + 1]?.kind === "word" ? at + 1 : at;
}

function skipTypeParameters(source: Source, at: number): number {
  if (source.tokens[at]?.text !== "<") return at;
  let open = 0;
  for (let i = at; i < source.tokens.length; i = Math.max(source.partner[i]!, i) + 1) {
    const text = source.tokens[i]!.text;
    if (text === "<") open++;
    if (text === ">" && --open === 0) return i + 1;
    if (text === ";" || text === "}") break;
  }
  return -1;
}

/** Index of the brace behind a return type; -1 if a semicolon or the end of the surrounding bracket comes first. */
function behindType(source: Source, colon: number): number {
  const { tokens, partner, depth } = source;
  for (let i = colon + 1; i < tokens.length && depth[i]! >= depth[colon]!; i = Math.max(partner[i]!, i) + 1) {
    const text = tokens[i]!.text;
    if (tokens[i]!.kind === "punctuation" && (text === ";" || text === "=" || text === "?")) return -1;
    if (text === "{" && !BEFORE_TYPE.test(tokens[i - 1]!.text)) return i;
  }
  return -1;
}

function nameOf(source: Source, i: number): string {
  const { tokens } = source;
  if (tokens[i]!.text === "function") return tokens[headStart(source, i)]!.text;
  return tokens[i]!.text === "=>" ? "an arrow function" : tokens[i]!.text;
}

/** The callback of `describe(...)`: a heading over tests. */
function isGroup(source: Source, i: number): boolean {
  if (!source.path.startsWith("test/") || source.tokens[i]!.text !== "=>") return false;
  for (let k = i - 1; k > 0; k--) {
    if (source.depth[k] === source.depth[i]! - 1 && source.tokens[k]!.text === "(") return source.tokens[k - 1]!.text === "describe";
  }
  return false;
}

export function checkSizes(source: Source): string[] {
  const lines = fileLines(source);
  const file = lines > FILE_GATE ? [problem(source.path, FILE_GATE, `${lines} lines in a file, ${FILE_GATE} at most: it holds more than one thing`)] : [];
  const tooLong = functionSizes(source).filter((one) => one.lines > FUNCTION_GATE);
  return file.concat(tooLong.map((one) => problem(source.path, one.line, `${one.name} has ${one.lines} lines, ${FUNCTION_GATE} at most: it does more than one thing`)));
}

export interface Ratchet {
  readonly filesOverTarget: number;
  readonly functionsOverTarget: number;
}

/** What is over its target, the longest first, as lines to print. */
export function overTarget(all: readonly Source[]): { readonly files: string[]; readonly functions: string[] } {
  const files = all.map((source) => ({ place: source.path, lines: fileLines(source) })).filter((one) => one.lines > FILE_TARGET);
  const functions = all
    .flatMap((source) => functionSizes(source).map((one) => ({ place: `${source.path}:${one.line} ${one.name}`, lines: one.lines })))
    .filter((one) => one.lines > FUNCTION_TARGET);
  const print = (list: { place: string; lines: number }[]): string[] => list.sort((a, b) => b.lines - a.lines).map((one) => `${one.lines} lines: ${one.place}`);
  return { files: print(files), functions: print(functions) };
}

/** Counts against the record: more is a problem, and so is less, until the record says it. */
export function checkRatchet(recorded: Ratchet, all: readonly Source[]): string[] {
  const over = overTarget(all);
  return [
    ...judgeCount("files", FILE_TARGET, recorded.filesOverTarget, over.files),
    ...judgeCount("functions", FUNCTION_TARGET, recorded.functionsOverTarget, over.functions),
  ];
}

function judgeCount(what: string, target: number, recorded: number, over: readonly string[]): string[] {
  if (over.length < recorded) return [`${over.length} ${what} of more than ${target} lines, ${recorded} recorded: lower the record (UPDATE_GOLDEN=1) so that it stays so`];
  if (over.length === recorded) return [];
  return [`${over.length} ${what} of more than ${target} lines, ${recorded} recorded: shorten one of them`, ...over];
}
