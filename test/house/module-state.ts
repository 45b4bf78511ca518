/**
 * hal, kernel and services keep no state in JavaScript: what changes lies in RAM. So nothing at the top level of a
 * module may change (no `let`, no unfrozen object, no container), and a class has only readonly fields: Object.freeze
 * does not reach private ones.
 */

import type { Source } from "./source.ts";
import { problem } from "./source.ts";

const ROOMS_WITHOUT_STATE = /^(hal|kernel|services)\//;
/** Classes whose objects are made at boot, before the machine exists, and thrown away. */
const BUILDERS = new Set(["hal/ram-plan.ts RamPlan", "hal/boot-record.ts NamePool"]);
/** The one class whose fields are the bytes themselves. */
const MEMORY = "hal/memory.ts";

const CONTAINER = /^(Map|Set|WeakMap|WeakSet|Array|ArrayBuffer|DataView|Memory|(Uint|Int|Float)\d+(Clamped)?Array)$/;
const MAKERS = ["Array . from (", "Array . of (", "Object . fromEntries (", "Object . assign (", "Object . create (", "structuredClone ("];
const MODIFIER = /^(public|protected|private|static|readonly|override|declare|abstract|accessor)$/;

export function checkModuleState(source: Source): string[] {
  if (!ROOMS_WITHOUT_STATE.test(source.path)) return [];
  return [...topLevelState(source), ...mutableFields(source)];
}

function topLevelState(source: Source): string[] {
  const { tokens, depth, path } = source;
  return tokens.flatMap((token, i) => {
    if (depth[i] !== 0 || token.kind !== "word") return [];
    if (token.text === "let" || token.text === "var") return [problem(path, token.line, `module-level \`${token.text}\`: state belongs in RAM, under a layout`)];
    if (token.text !== "const") return [];
    const equals = nextAtDepth(source, i, 0, "=");
    return equals < 0 ? [] : judgeInitializer(source, equals + 1, token.line);
  });
}

/** A value that stays as it is for ever, or a problem. `at` is where the initializer begins. */
function judgeInitializer(source: Source, at: number, line: number): string[] {
  const { tokens, partner, path } = source;
  const told = (what: string): string[] => [problem(path, line, what)];
  const first = tokens[at]!;
  const end = nextAtDepth(source, at, source.depth[at]!, ";");
  const whole = tokens.slice(at, end < 0 ? tokens.length : end);
  const text = whole.map((token) => token.text).join(" ");
  const literal = first.kind === "punctuation" && (first.text === "[" || first.text === "{");
  if (literal && isWhole(source, partner[at]!)) return told("an unfrozen object at module level; use Object.freeze(...)");
  if (MAKERS.some((maker) => text.startsWith(maker))) return told("an unfrozen object at module level; use Object.freeze(...)");
  if (whole.some((token, i) => token.text === "new" && CONTAINER.test(whole[i + 1]?.text ?? "") && isKept(source, at + i))) {
    return told(`a ${whole[whole.findIndex((token) => token.text === "new") + 1]!.text} at module level can change; keep the table in RAM, or a frozen array of numbers`);
  }
  if (first.text === "new" && isKept(source, at)) return told("an unfrozen object at module level; use Object.freeze(...)");
  if (first.kind === "regex" && /[gy][a-z]*$/.test(first.text)) return told("a regular expression with g or y remembers its place; leave the flag out");
  return [];
}

/** Nothing but a type follows this closing bracket. */
function isWhole(source: Source, close: number): boolean {
  const after = source.tokens[close + 1]?.text;
  return after === undefined || after === ";" || after === "as" || after === "satisfies";
}

/** The object made by the `new` at this index is what the constant holds, bare or as argument of a call. */
function isKept(source: Source, at: number): boolean {
  let i = at + 1;
  while (source.tokens[i] !== undefined && source.tokens[i]!.text !== "(" && source.tokens[i]!.text !== ";") i++;
  const after = source.tokens[Math.max(source.partner[i] ?? i, i) + 1]?.text;
  return source.tokens[i]?.text !== "(" || after === undefined || /^[;,)]$/.test(after);
}

function nextAtDepth(source: Source, from: number, depth: number, text: string): number {
  for (let i = from; i < source.tokens.length && source.depth[i]! >= depth; i++) {
    const token = source.tokens[i]!;
    if (source.depth[i] === depth && token.kind === "punctuation" && token.text === text) return i;
  }
  return -1;
}

/** Class fields that can be assigned after construction. */
function mutableFields(source: Source): string[] {
  return classBodies(source).flatMap(({ name, open }) => (BUILDERS.has(`${source.path} ${name}`) ? [] : fieldsOf(source, open)));
}

/** The classes' names, and the indices of the braces that open their bodies. */
function classBodies(source: Source): { readonly name: string; readonly open: number }[] {
  const { tokens, depth } = source;
  return tokens.flatMap((token, i) => {
    const next = tokens[i + 1];
    if (token.kind !== "word" || token.text !== "class" || (next?.kind !== "word" && next?.text !== "{")) return [];
    const open = tokens.findIndex((other, k) => k > i && depth[k] === depth[i] && other.text === "{" && !/^[:,<&|]$/.test(tokens[k - 1]!.text));
    return open < 0 ? [] : [{ name: next.text, open }];
  });
}

function fieldsOf(source: Source, open: number): string[] {
  const { tokens, path } = source;
  const found: string[] = [];
  for (let i = open + 1; i < source.partner[open]!; i = endOfMember(source, i)) {
    let at = i;
    while (MODIFIER.test(tokens[at]!.text) && tokens[at + 1]!.kind === "word") at++;
    const isField = tokens[at]!.kind === "word" && /^([:=;!?])$/.test(tokens[at + 1]!.text);
    const modifiers = tokens.slice(i, at).map((token) => token.text);
    if (isField && !modifiers.includes("readonly") && !modifiers.includes("declare")) {
      found.push(problem(path, tokens[at]!.line, `field ${tokens[at]!.text} can change after construction; make it readonly and keep what changes in RAM`));
    }
    if (isField && path !== MEMORY && holdsContainer(source, at, endOfMember(source, i))) {
      found.push(problem(path, tokens[at]!.line, `field ${tokens[at]!.text} holds what can change: a record or a table in RAM, or a frozen readonly array, keeps it instead`));
    }
    const equals = isField ? nextAtDepth(source, at, source.depth[at]!, "=") : -1;
    if (modifiers.includes("static") && equals > 0 && equals < endOfMember(source, i)) found.push(...judgeInitializer(source, equals + 1, tokens[at]!.line));
  }
  return found;
}

/** The field's type, or its first value, is a container whose content can change. */
function holdsContainer(source: Source, name: number, end: number): boolean {
  const words = source.tokens.slice(name + 1, end).map((token) => token.text);
  const equals = words.indexOf("=");
  const type = equals < 0 ? words.slice(0, -1) : words.slice(0, equals);
  const isArray = type.at(-1) === "]" && type.at(-2) === "[" && !type.includes("readonly");
  const holds = (word: string | undefined): boolean => CONTAINER.test(word ?? "") && word !== "Memory";
  return isArray || holds(type[1]) || (equals >= 0 && words[equals + 1] === "new" && holds(words[equals + 2]));
}

/** Index behind the class member that begins at `from`: behind its semicolon or its body. */
function endOfMember(source: Source, from: number): number {
  const { tokens, partner } = source;
  let initialized = false;
  for (let i = from; i < tokens.length; i = Math.max(partner[i]!, i) + 1) {
    const text = tokens[i]!.text;
    if (tokens[i]!.kind === "punctuation" && text === "=") initialized = true;
    if (text === ";") return i + 1;
    if (text === "{" && !initialized && !/^[:,<&|]$/.test(tokens[i - 1]!.text)) return partner[i]! + 1;
    if (text === "}") return i + 1;
  }
  return tokens.length;
}
