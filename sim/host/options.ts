/**
 * Options of a command, declared as data. Reading them finds everything that is wrong with a command line at once.
 */

import { parseArgs } from "node:util";
import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";
import { closest } from "../suggest.ts";

export interface OptionSpec {
  /** Without dashes: "capture". */
  readonly name: string;
  /** What follows it, as shown in the help: "FILE". Absent for a switch. */
  readonly value?: string;
  /** May be given more than once. */
  readonly repeats?: boolean;
  readonly help: string;
}

/** The options of one command line; names are those of the specs. */
export interface Options {
  has(name: string): boolean;
  text(name: string): string | undefined;
  list(name: string): readonly string[];
  readonly positionals: readonly string[];
}

export interface OptionsReading {
  readonly options: Options;
  readonly problems: readonly Problem[];
}

/** `positionals` names the plain arguments that the command takes; those in brackets ("[NAME]") may be left out, the last one may come more than once ("FILE..."). */
export function readOptions(args: readonly string[], specs: readonly OptionSpec[], positionals: readonly string[] = []): OptionsReading {
  const config = Object.fromEntries(specs.map((spec) => [spec.name, { type: spec.value === undefined ? "boolean" : "string", multiple: true } as const]));
  const { tokens, positionals: plain } = parseArgs({ args: [...args], options: config, strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string[]>();
  const problems: Problem[] = [];
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const spec = specs.find((candidate) => candidate.name === token.name);
    const found = spec === undefined ? unknownOption(token.rawName, specs) : judge(spec, token.value, values.has(token.name));
    if (found !== null) problems.push(found);
    values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? ""]);
  }
  problems.push(...judgePositionals(plain, positionals));
  return {
    options: {
      has: (name) => values.has(name),
      text: (name) => values.get(name)?.[0],
      list: (name) => values.get(name) ?? [],
      positionals: plain,
    },
    problems,
  };
}

function unknownOption(rawName: string, specs: readonly OptionSpec[]): Problem {
  const meant = closest(rawName.replace(/^-+/, ""), specs.map((spec) => spec.name));
  return problem(rawName, "there is no such option", meant === "" ? "one of those that --help lists" : `--${meant}, perhaps`);
}

function judge(spec: OptionSpec, value: string | undefined, seen: boolean): Problem | null {
  const place = `--${spec.name}`;
  if (spec.value === undefined && value !== undefined) return problem(place, `it was given the value "${value}"`, "no value");
  if (spec.value !== undefined && (value === undefined || value === "")) return problem(place, "its value is missing", spec.value);
  if (seen && spec.repeats !== true) return problem(place, "it was given more than once", "one value");
  return null;
}

function judgePositionals(plain: readonly string[], expected: readonly string[]): Problem[] {
  const more = expected.at(-1)?.endsWith("...") === true;
  const surplus = plain.slice(more ? plain.length : expected.length).map((text) => problem(`"${text}"`, "this argument means nothing here", "options, which begin with --"));
  const missing = expected.slice(plain.length).filter((name) => !name.startsWith("[")).map((name) => problem(name, "it is missing", `the argument ${name}`));
  return [...surplus, ...missing];
}

/** Two options that say different things of one matter. */
export function exclusive(options: Options, one: string, other: string, problems: Problem[]): void {
  if (options.has(one) && options.has(other)) problems.push(problem(`--${one}, --${other}`, "both were given", "one of them"));
}
