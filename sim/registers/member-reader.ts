/**
 * Members of an object that came from a file, judged one by one: each getter answers a sound value, or says what is
 * wrong and answers a harmless one, so that everything that is wrong is said at once.
 */

import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";
import { bytesOfHex } from "./hex.ts";

export class MemberReader {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #place: string;
  readonly #problems: Problem[];

  /** `place` stands in front of what is wrong: "steps[17]". */
  constructor(members: object, place: string, problems: Problem[]) {
    this.#members = members as Readonly<Record<string, unknown>>;
    this.#place = place;
    this.#problems = problems;
    Object.freeze(this);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name);
  }

  /** A member that is not there is undefined, whatever an object inherits. */
  get(name: string): unknown {
    return this.has(name) ? this.#members[name] : undefined;
  }

  complain(name: string, expected: string): void {
    const value = this.get(name);
    const found = this.has(name) ? `${name} is ${brief(value)}` : `${name} is missing`;
    this.#problems.push(problem(this.#place, found, expected));
  }

  /** A whole number from `least` to `most` that is a multiple of `multiple`. */
  whole(name: string, least: number, most: number, multiple = 1): number {
    const value = this.get(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most && value % multiple === 0) return value;
    this.complain(name, `a whole number from ${least} to ${most}${multiple === 1 ? "" : `, a multiple of ${multiple}`}`);
    return least;
  }

  /** At least `least` and at most `most` bytes of lower-case hexadecimal. */
  bytes(name: string, least: number, most: number): Uint8Array {
    const value = this.get(name);
    const bytes = typeof value === "string" && value.length <= 2 * most ? bytesOfHex(value) : null;
    if (bytes !== null && bytes.length >= least) return bytes;
    this.complain(name, `${least} to ${most} bytes, two digits 0-9 a-f each`);
    return new Uint8Array(0);
  }

  /** A text, of at most `charactersMax`; the empty one where there is no such member and it may be left out. */
  text(name: string, charactersMax: number, optional = false): string {
    if (optional && !this.has(name)) return "";
    const value = this.get(name);
    if (typeof value === "string" && value.length <= charactersMax) return value;
    this.complain(name, `a text of at most ${charactersMax} characters`);
    return "";
  }
}

const BRIEF = 40;

/** A value as a person recognizes it, however large it is. */
export function brief(value: unknown): string {
  const text = typeof value === "object" && value !== null ? (Array.isArray(value) ? "a list" : "an object") : (JSON.stringify(value) ?? "nothing");
  return text.length <= BRIEF ? text : `${text.slice(0, BRIEF)}...`;
}
