/** What a run is watched for between its steps: `--check` and `--at`. */

import { invariantText } from "../../kernel/invariants/invariants.ts";
import { DumpRecorder, InvariantWatcher } from "../inspect/watchers.ts";
import type { InvariantViolation } from "../inspect/watchers.ts";
import type { Problem } from "../problem.ts";
import { problem } from "../problem.ts";
import { Exit } from "./command.ts";
import type { Options } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** Null for what was not asked for. */
export interface RunWatch {
  readonly invariants: InvariantWatcher | null;
  readonly dump: DumpRecorder | null;
}

export function readWatch(options: Options, problems: Problem[]): RunWatch {
  const every = readTicks(options, "check", 1, problems);
  const at = readTicks(options, "at", 0, problems);
  if (at !== null && !options.has("dump")) problems.push(problem("--at", "it says when, and nothing says where to", "--dump FILE beside it"));
  return { invariants: every === null ? null : new InvariantWatcher(every), dump: at === null ? null : new DumpRecorder(at) };
}

function readTicks(options: Options, name: string, least: number, problems: Problem[]): number | null {
  const text = options.text(name);
  if (text === undefined) return null;
  const value = /^[0-9]{1,12}$/.test(text) ? Number(text) : -1;
  if (value >= least) return value;
  problems.push(problem(`--${name} ${text}`, "this is no number of ticks", `a whole number, ${least} or more`));
  return null;
}

/** Says which invariant did not hold, and when; the exit code for it. */
export function tellViolation({ tick, cycle, problems }: InvariantViolation, terminal: Terminal): Exit {
  for (const one of problems) terminal.err(`${terminal.paintErr("red", "check failed:")} tick ${tick}, cycle ${cycle}: ${invariantText(one)}\n`);
  return Exit.failed;
}
