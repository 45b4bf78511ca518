/** `veridian registers`: plays recorded register scripts on our models of their devices and lists where they answer otherwise. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../../problem.ts";
import { problem, problemsIn } from "../../problem.ts";
import type { KnownDifference } from "../../registers/known-differences.ts";
import { goneDifferences, isKnown, readKnownDifferences } from "../../registers/known-differences.ts";
import type { ScriptDifference, ScriptOutcome } from "../../registers/play-script.ts";
import { playRegisterScript } from "../../registers/play-script.ts";
import { readRegisterScript } from "../../registers/read-script.ts";
import type { RegisterScript } from "../../registers/script.ts";
import type { Command } from "../command.ts";
import { CommandFailure, Exit, refuse } from "../command.ts";
import { readSoundText } from "../files.ts";
import type { Options } from "../options.ts";
import type { Terminal } from "../terminal.ts";

/** The largest recorded script has 200 KB. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** An answer that is longer is shown around its first difference. */
const SHOWN_CHARACTERS = 160;

export const registers: Command = Object.freeze<Command>({
  name: "registers",
  summary: "play recorded register scripts on the models of network devices",
  description: `Plays each script (DIR/*.json, also gzipped: DIR/*.json.gz) on a board with one device and plain memory,
without a kernel: register and memory accesses, frames that arrive and leave, time that passes, the
interrupt line. Every recorded answer that is not marked "departs" is compared. The last line is
"N scripts, N answers, N differences, N not modelled"; not modelled are answers of scripts whose
device is configured in a way that there is no model for.
A difference that --known lists (its reason stands there) is counted and shown, and is no failure; one
that is listed and does not happen is.
Exit code 0 if all other answers are equal, 1 if some differ, 2 if a file is no script.`,
  positionals: ["DIR"],
  options: [
    { name: "known", value: "FILE", help: "JSON list of known differences: script, step, wanted, got, reason" },
    { name: "verbose", help: "show each difference: script, step, what was asked, wanted, got" },
    { name: "json", help: "print the outcome as one JSON object" },
  ],
  examples: [
    ["veridian registers scripts", "all scripts of a folder"],
    ["veridian registers scripts --verbose", "and where they differ"],
  ],
  run: playFolder,
});

interface Played extends ScriptOutcome {
  readonly file: string;
  /** How many of the differences are known. */
  readonly known: number;
  /** Known ones that did not happen. */
  readonly gone: readonly KnownDifference[];
}

function playFolder(options: Options, terminal: Terminal): Exit {
  const problems: Problem[] = [];
  const scripts = readScripts(options.positionals[0], problems);
  const known = readKnown(options.text("known"), problems);
  if (problems.length > 0) return refuse(terminal, "registers", problems);
  const played = scripts.map(({ file, script }) => play(file, script, known));
  if (options.has("json")) terminal.out(`${JSON.stringify({ schema: 1, ...sums(played), outcomes: played })}\n`);
  else terminal.out(outcomeText(played, options.has("verbose"), terminal));
  return played.every(({ differences, known: accepted, gone }) => differences.length === accepted && gone.length === 0) ? Exit.fine : Exit.failed;
}

function play(file: string, script: RegisterScript, known: readonly KnownDifference[]): Played {
  try {
    const outcome = playRegisterScript(script);
    const accepted = outcome.differences.filter((difference) => isKnown(known, script.name, difference)).length;
    return { file, ...outcome, known: accepted, gone: goneDifferences(known, script.name, outcome.differences) };
  } catch (error) {
    throw new CommandFailure(`script ${file}`, error);
  }
}

function readKnown(path: string | undefined, problems: Problem[]): readonly KnownDifference[] {
  const found: Problem[] = [];
  const text = path === undefined ? null : readSoundText(path, path, FILE_BYTES_MAX, problems);
  const known = text === null ? null : readKnownDifferences(text, found);
  problems.push(...problemsIn(path ?? "", found));
  return known ?? [];
}

function readScripts(folder: string, problems: Problem[]): { file: string; script: RegisterScript }[] {
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => /\.json(\.gz)?$/.test(name)).sort();
  } catch {
    problems.push(problem(folder, "the folder cannot be read", "a folder with register scripts"));
    return [];
  }
  if (names.length === 0) problems.push(problem(folder, "there is no script in it", "files that end in .json"));
  return names.flatMap((file) => {
    const text = readSoundText(join(folder, file), file, FILE_BYTES_MAX, problems);
    const found: Problem[] = [];
    const script = text === null ? null : readRegisterScript(text, found);
    problems.push(...problemsIn(file, found));
    return script === null ? [] : [{ file, script }];
  });
}

function sums(played: readonly Played[]): { scripts: number; answers: number; differences: number; notModelled: number } {
  const sum = (of: (outcome: Played) => number): number => played.reduce((whole, outcome) => whole + of(outcome), 0);
  return { scripts: played.length, answers: sum((outcome) => outcome.answers), differences: sum((outcome) => outcome.differences.length), notModelled: sum((outcome) => outcome.notModelled) };
}

function outcomeText(played: readonly Played[], verbose: boolean, { paintOut }: Terminal): string {
  const lines = played.flatMap(({ file, answers, differences, notModelled, known, gone }) => [
    ...(differences.length === 0 ? [] : [`${paintOut(differences.length === known ? "yellow" : "red", file)}: ${differences.length} of ${answers} answers differ${known === 0 ? "" : `, ${known} known`}`]),
    ...gone.map(({ step }) => `${paintOut("red", file)}: the known difference at steps[${step}] is gone, or another`),
    ...(notModelled === 0 ? [] : [`${paintOut("yellow", file)}: ${notModelled} answers of a device that is not modelled as this script has it configured`]),
    ...(verbose ? differences.flatMap(differenceLines) : []),
  ]);
  const { scripts, answers, differences, notModelled } = sums(played);
  return `${[...lines, `${scripts} scripts, ${answers} answers, ${differences} differences, ${notModelled} not modelled`].join("\n")}\n`;
}

function differenceLines({ step, op, asked, wanted, got }: ScriptDifference): string[] {
  let at = 0;
  while (at < wanted.length && wanted[at] === got[at]) at += 1;
  return [`  steps[${step}] ${op}, ${asked}`, `    wanted ${excerpt(wanted, at)}`, `    got    ${excerpt(got, at)}`];
}

/** Long answers begin some bytes before the first difference; in front of it stands at which byte. */
function excerpt(text: string, at: number): string {
  const from = text.length <= SHOWN_CHARACTERS ? 0 : Math.max(0, (at & ~1) - 16);
  const shown = text.slice(from, from + SHOWN_CHARACTERS);
  return `${from === 0 ? "" : `(from byte ${from / 2}) ...`}${shown}${from + SHOWN_CHARACTERS < text.length ? "..." : ""}`;
}
