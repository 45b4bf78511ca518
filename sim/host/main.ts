/** The command line: finds the command, reads its options, runs it, and turns whatever happens into an exit code. */

import { problem } from "../problem.ts";
import { closest } from "../suggest.ts";
import type { Command } from "./command.ts";
import { CommandFailure, Exit, refuse } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { commandHelp, GENERAL_OPTIONS, mainHelp } from "./help.ts";
import { readOptions } from "./options.ts";
import type { Terminal } from "./terminal.ts";
import { shellWord } from "./text.ts";
import { packageVersion } from "./version.ts";

/** `args` without the program's own name. */
export function main(args: readonly string[], terminal: Terminal): Exit {
  const [first, ...rest] = args;
  if (first === undefined || first === "help" || first === "--help" || first === "-h") return showHelp(rest[0], terminal);
  if (first === "--version" || first === "-v") return say(terminal, `${packageVersion()}\n`);
  const command = COMMANDS.find((candidate) => candidate.name === first);
  if (command === undefined) return unknownCommand(first, terminal);
  const { options, problems } = readOptions(rest, [...command.options, ...GENERAL_OPTIONS], command.positionals);
  if (options.has("help") || rest.includes("-h")) return say(terminal, commandHelp(command, terminal.paintOut));
  if (options.has("version")) return say(terminal, `${packageVersion()}\n`);
  if (problems.length > 0) {
    refuse(terminal, command.name, problems);
    terminal.err(`Try: ${terminal.program} ${command.name} --help\n`);
    return Exit.usage;
  }
  return runCommand(command, () => command.run(options, terminal), args, terminal);
}

function runCommand(command: Command, run: () => Exit, args: readonly string[], terminal: Terminal): Exit {
  try {
    return run();
  } catch (error) {
    const during = error instanceof CommandFailure ? ` (${error.during})` : "";
    const cause = error instanceof CommandFailure ? error.cause : error;
    const text = cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause);
    terminal.err(`${terminal.paintErr("red", `veridian ${command.name}: internal error${during}`)}\n${text}\n`);
    terminal.err(`Replay: ${terminal.program} ${args.map(shellWord).join(" ")}\n`);
    return Exit.internal;
  }
}

function showHelp(name: string | undefined, terminal: Terminal): Exit {
  if (name === undefined || name.startsWith("-")) return say(terminal, mainHelp(COMMANDS, terminal.paintOut));
  const command = COMMANDS.find((candidate) => candidate.name === name);
  return command === undefined ? unknownCommand(name, terminal) : say(terminal, commandHelp(command, terminal.paintOut));
}

function unknownCommand(name: string, terminal: Terminal): Exit {
  const names = COMMANDS.map((command) => command.name);
  const meant = closest(name, names);
  const expected = meant === "" ? `one of ${names.join(", ")}` : `${meant}, perhaps`;
  const option = name.startsWith("-") ? "the first word is no command" : "there is no such command";
  return refuse(terminal, name, [problem("", option, expected)]);
}

function say(terminal: Terminal, text: string): Exit {
  terminal.out(text);
  return Exit.fine;
}
