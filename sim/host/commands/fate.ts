/** `veridian fate`: when the failure of a repro file's run became inevitable. */

import type { Fate, FatePoint } from "../../explore/fate.ts";
import { fate as foretell } from "../../explore/fate.ts";
import { entityNames } from "../../explore/entity-names.ts";
import { deviationWords } from "../../explore/repro-file.ts";
import type { Problem } from "../../problem.ts";
import { problem } from "../../problem.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import type { Options } from "../options.ts";
import type { OpenedRepro } from "../repro-stage.ts";
import { openRepro } from "../repro-stage.ts";
import type { Terminal } from "../terminal.ts";
import { bar, percent, tableLines } from "../text.ts";

const FUTURES = 40;
const FUTURES_MAX = 100_000;
const POINTS = 12;
const POINTS_MAX = 1000;
const BAR_COLUMNS = 24;

export const fate: Command = Object.freeze<Command>({
  name: "fate",
  summary: "how probable the failure was at each moment, and when it became inevitable",
  description: `Plays the run of a repro file up to a tick as it was, and from there on with fresh draws of the same
faults, many times; at ticks all along the run, and at more of them around the moment from which no
future escapes. Prints how many futures fail as the run did, and between which bounds the probability
lies (95 %). The same file gives the same numbers.
Exit code 0 if that could be said, 1 if the run does not fail any more.`,
  positionals: ["FILE"],
  options: [
    { name: "futures", value: "N", help: `at each tick (without it: ${FUTURES})` },
    { name: "points", value: "N", help: `ticks along the run (without it: ${POINTS})` },
    { name: "json", help: "print it as one JSON object" },
  ],
  examples: [
    ["veridian fate repro.json", "when was it too late?"],
    ["veridian fate repro.json --futures 400 --points 30", "more exactly"],
  ],
  run: fateCommand,
});

function fateCommand(options: Options, terminal: Terminal): Exit {
  const [file] = options.positionals;
  const problems: Problem[] = [];
  const futures = readCount("futures", options, FUTURES, FUTURES_MAX, problems);
  const points = readCount("points", options, POINTS, POINTS_MAX, problems);
  const opened = openRepro(file, problems);
  if (opened === null || problems.length > 0) return refuse(terminal, "fate", problems);
  const told = foretell(opened.stage, opened.repro, { futures, points });
  if (told === null) {
    terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, file, fails: false })}\n` : "the run does not fail as its file says: there is nothing to foretell\n");
    return Exit.failed;
  }
  terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, file, fails: true, ...told })}\n` : `${fatePage(terminal, opened, told).join("\n")}\n`);
  return Exit.fine;
}

function readCount(name: string, options: Options, otherwise: number, most: number, problems: Problem[]): number {
  const text = options.text(name);
  if (text === undefined) return otherwise;
  const value = /^[0-9]{1,7}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  problems.push(problem(`--${name} ${text}`, "this is no such number", `a whole number from 1 to ${most}`));
  return otherwise;
}

function fatePage(terminal: Terminal, { repro, stage }: OpenedRepro, told: Fate): string[] {
  const { paintOut, columns } = terminal;
  const rows = told.points.map((point) => [String(point.tick), percent(point.failed, point.futures), boundsText(point), bar(point.failed, point.futures, BAR_COLUMNS)]);
  const head = ["ticks in", "fails", "95 %", ""].map((text) => (text === "" ? "" : paintOut("dim", text)));
  const others = told.points.reduce((sum, { otherwise }) => sum + otherwise, 0);
  const names = entityNames(stage.theatre.world);
  return [
    ...tableLines([head, ...rows], ["right", "right", "right", "left"], columns),
    ...(others === 0 ? [] : [`${others} futures failed in another way, and do not count`]),
    "",
    inevitableText(terminal, told),
    ...told.sealedBy.map((deviation) => `  ${deviationWords(deviation, repro.rules, names)}`),
  ];
}

function boundsText({ least, most }: FatePoint): string {
  return `${(least * 100).toFixed(0)} to ${(most * 100).toFixed(0)} %`;
}

function inevitableText({ paintOut }: Terminal, { points, inevitableTick, sealedBy, failureTick }: Fate): string {
  const futures = points[0]?.futures ?? 0;
  if (inevitableTick < 0) return `some of ${futures} futures escaped up to the failure itself, ${failureTick} ticks in`;
  if (inevitableTick === 0) return paintOut("bold", `all of ${futures} futures fail from the beginning: it takes none of what chance did`);
  return `${paintOut("bold", `inevitable from ${inevitableTick} ticks in`)}: none of ${futures} futures escapes any more; the failure shows ${failureTick} ticks in${sealedBy.length === 0 ? "" : ". What sealed it:"}`;
}
