/**
 * Members of an object of a scenario file, judged one by one: each getter answers a sound value, the given one where the
 * member is absent, and where it is wrong says so with its place and answers a harmless one. So everything that is wrong
 * is said at once, up to PROBLEMS_MAX.
 */

import type { Problem } from "../problem.ts";
import { PROBLEMS_MAX, problem } from "../problem.ts";
import { closest } from "../suggest.ts";
import { ScenarioBounds } from "./bounds.ts";

/** A list of problems that takes no more than a person reads. */
export function complain(problems: Problem[], place: string, found: string, expected: string): void {
  if (problems.length < PROBLEMS_MAX) problems.push(problem(place, found, expected));
}

export class Members {
  readonly place: string;
  readonly problems: Problem[];
  readonly #members: Readonly<Record<string, unknown>>;

  /** Of whatever stands at `place`: what is no object, and members that are not known, are problems. */
  constructor(value: unknown, place: string, problems: Problem[], known: readonly string[]) {
    this.place = place;
    this.problems = problems;
    this.#members = isObject(value) ? value : {};
    if (!isObject(value)) complain(problems, place, `this is ${brief(value)}`, `an object with ${known.join(", ")}`);
    for (const name of Object.keys(this.#members)) if (!known.includes(name)) this.#unknown(name, known);
    Object.freeze(this);
  }

  at(name: string): string {
    return this.place === "" ? name : `${this.place}.${name}`;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name);
  }

  /** What stands there, whatever it is; undefined if nothing does. */
  get(name: string): unknown {
    return this.has(name) ? this.#members[name] : undefined;
  }

  /** Says that the member is not what it should be. */
  refuse(name: string, expected: string): void {
    complain(this.problems, this.at(name), this.has(name) ? `this is ${brief(this.get(name))}` : "it is missing", expected);
  }

  whole(name: string, otherwise: number, least: number, most: number): number {
    if (!this.has(name)) return otherwise;
    const value = this.get(name);
    if (isWhole(value, least, most)) return value;
    this.refuse(name, `a whole number of ${least} to ${most}`);
    return otherwise;
  }

  /** The same where absent is something else than any number: undefined. */
  optional(name: string, least: number, most: number): number | undefined {
    return this.has(name) ? this.whole(name, least, least, most) : undefined;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.has(name) ? this.get(name) : otherwise;
    if (typeof value === "boolean") return value;
    this.refuse(name, "true or false");
    return otherwise;
  }

  text(name: string, otherwise: string, charactersMax: number): string {
    const value = this.has(name) ? this.get(name) : otherwise;
    if (typeof value === "string" && value.length <= charactersMax) return value;
    this.refuse(name, `a text of at most ${charactersMax} characters`);
    return otherwise;
  }

  /** One of these words. */
  word<W extends string>(name: string, otherwise: W, words: readonly W[]): W {
    const value = this.has(name) ? this.get(name) : otherwise;
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    const meant = typeof value === "string" ? closest(value, words) : "";
    this.refuse(name, meant === "" ? `one of ${words.join(", ")}` : `"${meant}", perhaps`);
    return otherwise;
  }

  /** Elements of a list of `least` to `most`, and their places; none where there is no sound list. */
  list(name: string, least: number, most: number): readonly (readonly [value: unknown, place: string])[] {
    if (!this.has(name) && least === 0) return [];
    const value = this.get(name);
    if (Array.isArray(value) && value.length >= least && value.length <= most) return (value as unknown[]).map((one, index) => [one, `${this.at(name)}[${index}]`] as const);
    this.refuse(name, `a list of ${least} to ${most}`);
    return [];
  }

  #unknown(name: string, known: readonly string[]): void {
    const meant = closest(name, known);
    complain(this.problems, this.at(brief(name).slice(1, -1)), "this member means nothing", meant === "" ? `one of ${known.join(", ")}` : `${meant}, perhaps`);
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most;
}

const BRIEF = 40;

/** A value as a person recognizes it, however large it is. */
export function brief(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, BRIEF + 1)) : (JSON.stringify(value) ?? "nothing");
  return text.length <= BRIEF ? text : `${text.slice(0, BRIEF)}...`;
}

/** The object that a file's text holds; null, and a problem in the list, if it holds none. `expected` is an example of one. */
export function parseObject(text: string, expected: string, problems: Problem[]): object | null {
  if (text.length > ScenarioBounds.fileCharactersMax) {
    complain(problems, "", `it has ${text.length} characters`, `at most ${ScenarioBounds.fileCharactersMax}: is this the right file?`);
    return null;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
    complain(problems, "", `this is ${brief(value)}`, expected);
  } catch (error) {
    complain(problems, "", `this is no JSON (${error instanceof Error ? error.message : String(error)})`, expected);
  }
  return null;
}
