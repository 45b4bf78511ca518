/** `veridian diff`: which fields of two dumps differ. */

import type { Differences } from "../../inspect/differences.ts";
import { differencesOf } from "../../inspect/differences.ts";
import { readParts } from "../../inspect/dump.ts";
import { LAYOUTS } from "../../inspect/layouts.ts";
import type { Problem } from "../../problem.ts";
import { problem } from "../../problem.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import { readDumpFile } from "../dump-file.ts";
import { list, some } from "../inspection/page.ts";
import type { Options } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { count, tableLines } from "../text.ts";

const MOST_DEFAULT = 100;

export const diff: Command = Object.freeze<Command>({
  name: "diff",
  summary: "name the fields in which two dumps differ",
  description: `Compares two dumps of machines that are laid out alike (same machine, same settings) and names each
field that differs, with both values. Bytes that are no field - a service's heap, a frame - are named
by runs, as offsets in their part.
Exit code, as of diff(1) and grep(1): 0 if they are equal, 1 if they differ, 2 if one cannot be read or
they are machines of different shape.`,
  positionals: ["A", "B"],
  options: [
    { name: "most", value: "N", help: `list so many, count the rest (without it: ${MOST_DEFAULT})` },
    { name: "json", help: "print it as one JSON object" },
  ],
  examples: [
    ["veridian run --dump a.dump --at 100", "a machine at tick 100"],
    ["veridian run --dump b.dump --at 101", "and a tick later"],
    ["veridian diff a.dump b.dump", "what the tick changed"],
    ["veridian diff a.dump b.dump --most 1000 --json", "for another program"],
  ],
  run: runDiff,
});

function runDiff(options: Options, terminal: Terminal): Exit {
  const [first, second] = options.positionals;
  const problems: Problem[] = [];
  const most = readMost(options, problems);
  const a = readDumpFile(first, readParts, problems);
  const b = readDumpFile(second, readParts, problems);
  if (a !== null && b !== null) {
    const fault = shapeFault(a, b);
    if (fault !== "") problems.push(problem(second, fault, `a machine laid out like that in ${first}`));
  }
  if (a === null || b === null || problems.length > 0) return refuse(terminal, "diff", problems);
  const differences = differencesOf(a.ram, b.ram, a.parts, LAYOUTS, most);
  terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, a: first, b: second, ...differences })}\n` : diffText(terminal, first, second, differences));
  return differences.count === 0 ? Exit.fine : Exit.failed;
}

/** Why two dumps cannot be compared field by field; "" if they can. */
function shapeFault(a: ReturnType<typeof readParts>, b: ReturnType<typeof readParts>): string {
  if (a.ram.bytes !== b.ram.bytes) return `it has ${b.ram.bytes} bytes of RAM, the other has ${a.ram.bytes}`;
  if (a.parts.length !== b.parts.length) return `it has ${b.parts.length} parts, the other has ${a.parts.length}`;
  const other = a.directory.parts.find((part, index) => JSON.stringify(part) !== JSON.stringify(b.directory.parts[index]));
  return other === undefined ? "" : `the part ${other.name} is laid out otherwise`;
}

function readMost(options: Options, problems: Problem[]): number {
  const text = options.text("most");
  if (text === undefined) return MOST_DEFAULT;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  problems.push(problem(`--most ${text}`, "this is no number of fields", "a whole number"));
  return MOST_DEFAULT;
}

function diffText({ paintOut, columns }: Terminal, first: string, second: string, { listed, count: all, parts }: Differences): string {
  if (all === 0) return `${first} and ${second} are equal\n`;
  const rows = listed.map(({ name, kind, a, b, bytes }) => [name, paintOut("dim", kind === "bytes" ? some(bytes, "byte") : kind), paintOut("red", a), paintOut("green", b)]);
  const head = ["field", "kind", first, second].map((text) => paintOut("dim", text));
  const rest = all - listed.length;
  return [
    ...tableLines([head, ...rows], ["left", "left", "left", "left"], columns),
    ...(rest > 0 ? [paintOut("dim", `and ${some(rest, "more place")} (--most N lists more)`)] : []),
    "",
    `${some(all, "place")} differ: ${list(parts.map((part) => `${part.part} ${count(part.count)}`))}`,
    "",
  ].join("\n");
}
