/** The help texts, made from what the commands declare. */

import type { Command } from "./command.ts";
import type { OptionSpec } from "./options.ts";
import type { Paint } from "./terminal.ts";

const EXIT_CODES = `Exit codes
  0  fine: refused requests, ignored and dropped frames are results
  1  a fault was found, or a check failed
  2  usage, configuration, or input that cannot be read
  3  a replay diverged
  4  internal error
`;

export const GENERAL_OPTIONS: readonly OptionSpec[] = Object.freeze([
  { name: "help", help: "show this help" },
  { name: "version", help: "show the version" },
]);

export function mainHelp(commands: readonly Command[], paint: Paint): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const list = commands.map((command) => `  ${paint("cyan", command.name.padEnd(width))}  ${command.summary}`).join("\n");
  const example = commands[0].examples.map(([line]) => `  ${line}`).join("\n");
  return [
    `${paint("bold", "veridian")} - a whole microkernel machine that lives in one buffer\n`,
    `${paint("bold", "Usage")}\n  veridian COMMAND [OPTIONS]\n  veridian COMMAND --help\n`,
    `${paint("bold", "Commands")}\n${list}\n`,
    `${paint("bold", "Examples")}\n${example}\n`,
    EXIT_CODES,
  ].join("\n");
}

export function commandHelp(command: Command, paint: Paint): string {
  const examples = command.examples.map(([line, meaning]) => `  ${paint("cyan", line)}\n      ${meaning}`).join("\n");
  return [
    `${paint("bold", `veridian ${command.name}`)} - ${command.summary}\n`,
    `${paint("bold", "Usage")}\n  ${[`veridian ${command.name}`, ...command.positionals, "[OPTIONS]"].join(" ")}\n`,
    `${command.description}\n`,
    `${paint("bold", "Options")}\n${optionLines([...command.options, ...GENERAL_OPTIONS], paint)}\n`,
    `${paint("bold", "Examples")}\n${examples}\n`,
    EXIT_CODES,
  ].join("\n");
}

function optionLines(specs: readonly OptionSpec[], paint: Paint): string {
  const heads = specs.map((spec) => `--${spec.name}${spec.value === undefined ? "" : ` ${spec.value}`}`);
  const width = Math.max(...heads.map((head) => head.length));
  return specs.map((spec, i) => `  ${paint("cyan", heads[i].padEnd(width))}  ${spec.help.replaceAll("\n", `\n${" ".repeat(width + 4)}`)}`).join("\n");
}
