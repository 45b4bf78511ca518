/** What a command is, to be listed, explained and run. A new command is one file in commands/ and one line in commands.ts. */

import type { Problem } from "../problem.ts";
import { problemText } from "../problem.ts";
import type { OptionSpec, Options } from "./options.ts";
import type { Terminal } from "./terminal.ts";

export const Exit = Object.freeze({
  /** Refused requests, ignored and dropped frames are results, not faults. */
  fine: 0,
  /** A fault was found or a check failed. */
  failed: 1,
  /** Usage, configuration, or input that cannot be read. */
  usage: 2,
  /** A replay diverged. */
  diverged: 3,
  /** Our own invariant broke. */
  internal: 4,
});
export type Exit = (typeof Exit)[keyof typeof Exit];

export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** A few lines on what it does, for its help. */
  readonly description: string;
  readonly positionals: readonly string[];
  readonly options: readonly OptionSpec[];
  /** Each a command line and what it is good for. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  run(options: Options, terminal: Terminal): Exit;
}

/** A panic on the way: what the machine was doing, for the person who repeats it. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  /** As in "tick 812 of the first run". */
  readonly during: string;

  constructor(during: string, cause: unknown) {
    super(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause), { cause });
    this.during = during;
  }
}

/** Prints all problems and answers the exit code for them. */
export function refuse(terminal: Terminal, command: string, problems: readonly Problem[]): Exit {
  for (const item of problems) terminal.err(`${terminal.paintErr("red", `veridian ${command}:`)} ${problemText(item)}\n`);
  return Exit.usage;
}
