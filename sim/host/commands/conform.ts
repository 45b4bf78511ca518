/** `veridian conform`: runs recorded scripts against the running load balancer and lists where it answers otherwise. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { boot } from "../../../kernel/boot.ts";
import { DEFAULT_MAC } from "../../capture/own-mac.ts";
import { runScript } from "../../conform/run-script.ts";
import type { Script } from "../../conform/script.ts";
import type { Problem } from "../../problem.ts";
import { problem } from "../../problem.ts";
import type { World } from "../../world.ts";
import { worldOf } from "../../world.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import { readText } from "../files.ts";
import type { Options } from "../options.ts";
import { MACHINE_OPTIONS, manifestProblems, readMachine } from "../run-setup.ts";
import type { Terminal } from "../terminal.ts";

/** Before the first script: every process has started. */
const START_TICKS = 10;

export const conform: Command = Object.freeze<Command>({
  name: "conform",
  summary: "run recorded scripts against the running load balancer",
  description: `Boots a machine and sends each operation of each script (DIR/*.json) to its load balancer, through
mailbox and operator. Every result that differs from the recorded one is shown; the last line is
"N scripts, N operations, N differences".`,
  positionals: ["DIR"],
  options: [...MACHINE_OPTIONS, { name: "json", help: "print the outcome as one JSON object" }],
  examples: [["veridian conform vectors", "all scripts of a folder"]],
  run: conformCommand,
});

interface Outcome {
  readonly file: string;
  readonly operations: number;
  readonly differences: readonly { readonly operation: number; readonly expected: unknown; readonly got: unknown; readonly sent: unknown }[];
  /** Why the script was not run; empty if it was. */
  readonly notRun: string;
}

function conformCommand(options: Options, terminal: Terminal): Exit {
  const problems: Problem[] = [];
  const manifest = readMachine(options, DEFAULT_MAC, problems);
  const scripts = readScripts(options.positionals[0], problems);
  if (manifest === null || problems.length > 0) return refuse(terminal, "conform", problems);
  let world: World;
  try {
    world = worldOf(boot(manifest));
  } catch (error) {
    return refuse(terminal, "conform", manifestProblems(error, options));
  }
  world.machine.runUntilQuiet(START_TICKS);
  const outcomes = scripts.map(({ file, script }) => playScript(world, file, script));
  terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, ...sums(outcomes), outcomes })}\n` : outcomeText(outcomes, terminal));
  return outcomes.every((outcome) => outcome.notRun === "" && outcome.differences.length === 0) ? Exit.fine : Exit.failed;
}

function readScripts(folder: string, problems: Problem[]): { file: string; script: Script }[] {
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
  } catch {
    problems.push(problem(folder, "the folder cannot be read", "a folder with scripts"));
    return [];
  }
  if (names.length === 0) problems.push(problem(folder, "there is no script in it", "files that end in .json"));
  return names.flatMap((file) => {
    const script = parseScript(readText(join(folder, file), file, problems), file, problems);
    return script === null ? [] : [{ file, script }];
  });
}

function parseScript(text: string | null, file: string, problems: Problem[]): Script | null {
  if (text === null) return null;
  try {
    const script = JSON.parse(text) as Partial<Script> | null;
    if (Array.isArray(script?.ops) && Array.isArray(script.results) && script.ops.length === script.results.length) return script as Script;
    problems.push(problem(file, "this is no script", "an object with as many ops as results"));
  } catch (error) {
    problems.push(problem(file, `this is no JSON (${error instanceof Error ? error.message : String(error)})`, "a script"));
  }
  return null;
}

function playScript(world: World, file: string, script: Script): Outcome {
  try {
    const differences = runScript(world, script).map(({ index, operation, expected, got }) => ({ operation: index, expected, got, sent: operation }));
    return { file, operations: script.ops.length, differences, notRun: "" };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { file, operations: 0, differences: [], notRun: error.message };
  }
}

function sums(outcomes: readonly Outcome[]): { scripts: number; operations: number; differences: number; notRun: number } {
  const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((whole, outcome) => whole + of(outcome), 0);
  const notRun = sum((outcome) => (outcome.notRun === "" ? 0 : 1));
  return { scripts: outcomes.length - notRun, operations: sum((outcome) => outcome.operations), differences: sum((outcome) => outcome.differences.length), notRun };
}

function outcomeText(outcomes: readonly Outcome[], { paintOut }: Terminal): string {
  const lines = outcomes.flatMap(({ file, differences, notRun }) => [
    ...(notRun === "" ? [] : [`${paintOut("yellow", file)}: not run: ${notRun}`]),
    ...differences.map(({ operation, sent, expected, got }) =>
      [`${paintOut("red", file)}: operation ${operation}: ${JSON.stringify(sent)}`, `  recorded ${JSON.stringify(expected)}`, `  answered ${JSON.stringify(got)}`].join("\n"),
    ),
  ]);
  const { scripts, operations, differences, notRun } = sums(outcomes);
  const last = `${scripts} scripts, ${operations} operations, ${differences} differences`;
  return `${[...lines, notRun === 0 ? last : `${last}; ${notRun} scripts not run`].join("\n")}\n`;
}
