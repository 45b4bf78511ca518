/**
 * Differences between recorded answers and ours that are known, each with the reason why we answer as we do. They are
 * compared exactly: one that is gone, or is another than the list says, is as wrong as one that is not in it.
 */

import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";
import { brief, MemberReader } from "./member-reader.ts";
import type { ScriptDifference } from "./play-script.ts";

export interface KnownDifference {
  readonly script: string;
  readonly step: number;
  /** Recorded and ours, as `shortAnswers` says them. */
  readonly wanted: string;
  readonly got: string;
  readonly reason: string;
}

const KNOWN_MAX = 10_000;
const TEXT_CHARACTERS_MAX = 1000;
const STEP_MAX = 1_000_000;

/** Reads a list from the text of a file. Null, and problems in the list, if it is none. */
export function readKnownDifferences(text: string, problems: Problem[]): readonly KnownDifference[] | null {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    problems.push(problem("", `this is no JSON (${error instanceof Error ? error.message : String(error)})`, "a list of known differences"));
    return null;
  }
  if (!Array.isArray(list) || list.length > KNOWN_MAX) {
    problems.push(problem("", `this is ${brief(list)}`, `a list of at most ${KNOWN_MAX} known differences`));
    return null;
  }
  const found: Problem[] = [];
  const known = (list as unknown[]).map((item, index) => readOne(item, `[${index}]`, found));
  problems.push(...found);
  return found.length > 0 ? null : Object.freeze(known);
}

function readOne(item: unknown, place: string, problems: Problem[]): KnownDifference {
  const members = new MemberReader(typeof item === "object" && item !== null ? item : {}, place, problems);
  const text = (name: string): string => members.text(name, TEXT_CHARACTERS_MAX);
  return Object.freeze({ script: text("script"), step: members.whole("step", 0, STEP_MAX), wanted: text("wanted"), got: text("got"), reason: text("reason") });
}

/** Both answers, of bytes only the first that differs and which it is. */
export function shortAnswers({ op, wanted, got }: ScriptDifference): { readonly wanted: string; readonly got: string } {
  if (op !== "mem_read") return { wanted, got };
  let at = 0;
  while (wanted.slice(at, at + 2) === got.slice(at, at + 2)) at += 2;
  const byte = (text: string): string => `byte ${at / 2}: ${text.slice(at, at + 2)}`;
  return { wanted: byte(wanted), got: byte(got) };
}

/** Is a difference of that script in the list? */
export function isKnown(known: readonly KnownDifference[], script: string, difference: ScriptDifference): boolean {
  const { wanted, got } = shortAnswers(difference);
  return known.some((entry) => entry.script === script && entry.step === difference.step && entry.wanted === wanted && entry.got === got);
}

/** What the list says of a script that was played and did not happen. */
export function goneDifferences(known: readonly KnownDifference[], script: string, differences: readonly ScriptDifference[]): readonly KnownDifference[] {
  return known.filter((entry) => entry.script === script && !differences.some((difference) => isKnown([entry], script, difference)));
}
