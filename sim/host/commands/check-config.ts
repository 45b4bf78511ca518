/** `veridian check-config`: judges a configuration file and prints everything that is to be said of it. */

import type { ConfigCheck, ConfigSummary } from "../../check-config.ts";
import { checkConfig } from "../../check-config.ts";
import type { ConfigFinding } from "../../config-words.ts";
import { DEFAULT_MAC } from "../../capture/own-mac.ts";
import type { Problem } from "../../problem.ts";
import { problemsIn, problemText } from "../../problem.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import { readSoundText } from "../files.ts";
import type { Options } from "../options.ts";
import { MACHINE_OPTIONS, manifestProblems, readMachine } from "../run-setup.ts";
import type { Terminal } from "../terminal.ts";
import { count } from "../text.ts";

/** A configuration of 20,000 lines; nobody writes more by hand. */
const FILE_BYTES_MAX = 1024 * 1024;

export const checkConfigCommand: Command = Object.freeze<Command>({
  name: "check-config",
  summary: "judge a configuration for the load balancer, all problems at once",
  description: `Loads FILE into the load balancer of a machine, as "veridian run --config FILE" would, and prints
every problem and every note with its line and column: what was found, what was expected, and what
may have been meant. The keys are described in services/lb/README.md.
Exit code 0 if the machine takes the configuration (notes are no faults), 2 if it does not.`,
  positionals: ["FILE"],
  options: [...MACHINE_OPTIONS, { name: "json", help: "print everything as one JSON object" }],
  examples: [
    ["veridian check-config lb.conf", "may the standard machine load it?"],
    ["veridian check-config lb.conf --manifest large", "may the machine for ten thousand routes?"],
    ["veridian check-config lb.conf --set lb.routes=100", "may one with room for a hundred routes?"],
    ["veridian check-config lb.conf --json", "for an editor or another program"],
  ],
  run: runCheck,
});

function runCheck(options: Options, terminal: Terminal): Exit {
  const file = options.positionals[0];
  const unreadable: Problem[] = [];
  const manifest = readMachine(options, DEFAULT_MAC, unreadable);
  const text = readSoundText(file, file, FILE_BYTES_MAX, unreadable);
  if (manifest === null || text === null) return refuse(terminal, "check-config", unreadable);
  let check: ConfigCheck;
  try {
    check = checkConfig(manifest, text);
  } catch (error) {
    return refuse(terminal, "check-config", manifestProblems(error, options));
  }
  terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, file, machine: manifest.name, loadable: check.summary !== null, ...check })}\n` : checkText(file, check, terminal));
  return check.summary === null ? Exit.usage : Exit.fine;
}

function checkText(file: string, check: ConfigCheck, terminal: Terminal): string {
  const { findings, problems, summary } = check;
  const lines = [...findings.flatMap((one) => findingLines(file, one, terminal)), ...problemsIn(file, problems).map((one) => problemText(one))];
  return `${[...lines, lastLine(file, findings, problems.length, summary, terminal)].join("\n")}\n`;
}

/** FILE:LINE:COLUMN and what was found; below it what was expected and what may have been meant. */
function findingLines(file: string, { note, line, column, found, expected, suggestion }: ConfigFinding, { paintOut }: Terminal): string[] {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const kind = note ? paintOut("yellow", "note") : paintOut("red", "problem");
  return [
    `${paintOut("bold", place)}: ${kind}: ${found}`,
    ...(expected === "" ? [] : [`    expected ${expected}`]),
    ...(suggestion === "" ? [] : [`    perhaps ${paintOut("green", suggestion)} was meant`]),
  ];
}

function lastLine(file: string, findings: readonly ConfigFinding[], others: number, summary: ConfigSummary | null, { paintOut }: Terminal): string {
  const notes = findings.filter((one) => one.note).length;
  const faults = findings.length - notes + others;
  if (summary === null) return `${paintOut("red", `${file} cannot be loaded:`)} ${some(faults, "problem")}, ${some(notes, "note")}`;
  const { groups, members, routes, vips, backends, semantics } = summary;
  const parts = [some(groups, "group"), some(members, "member"), some(routes, "route"), `${some(vips, "virtual IP")} with ${some(backends, "backend")}`];
  return `${paintOut("green", `${file} is sound:`)} ${parts.join(", ")}; semantics=${semantics}; ${some(notes, "note")}`;
}

function some(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? "" : "s"}`;
}
