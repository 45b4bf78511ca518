/** `veridian hazards`: lists upstream's hazards, or plays them: with upstream's part, then with ours. */

import { EXPERIMENTS } from "../../experiments/catalogue.ts";
import type { Experiment } from "../../explore/experiment.ts";
import { HAZARDS, hazardNamed } from "../../hazards/catalogue.ts";
import type { Hazard } from "../../hazards/hazard.ts";
import type { HazardRun, HazardVerdict } from "../../hazards/run-hazard.ts";
import { runHazard } from "../../hazards/run-hazard.ts";
import type { Sought } from "../../hazards/seek-hazard.ts";
import { seekHazard } from "../../hazards/seek-hazard.ts";
import { problem } from "../../problem.ts";
import { closest } from "../../suggest.ts";
import type { Command } from "../command.ts";
import { CommandFailure, Exit, refuse } from "../command.ts";
import type { Options } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { tableLines } from "../text.ts";

const SEEDS = 20;
const MINIMISER_RUNS = 400;

export const hazards: Command = Object.freeze<Command>({
  name: "hazards",
  summary: "list upstream's hazards, or see one break, and hold with our part",
  description: `A hazard is a behaviour of VeridianOS that works on a good day and fails under load, faults or time.
"list" names all of them. "run ID" boots a small machine with upstream's part in the place of ours and
tells, tick by tick, how a law breaks; then it plays the same scenario with our part, which must hold.
"run --all" does so for each, a line each. Exit code 1 if one does not break, or ours does.
"seek ID" puts upstream's part under the bundled experiments, which know nothing of hazards, plays seed
after seed until something does not hold, and makes the run small. Exit code 1 if nothing is found.`,
  positionals: ["list|run|seek", "[ID]"],
  options: [
    { name: "all", help: "with run: every hazard, a line each" },
    { name: "experiment", value: "NAME", help: "with seek: only this one of the bundled experiments" },
    { name: "seeds", value: "N", help: `with seek: seeds of each experiment (${SEEDS})` },
    { name: "json", help: "print everything as one JSON object" },
  ],
  examples: [
    ["veridian hazards list", "which hazards are there?"],
    ["veridian hazards run H9", "see one break, and hold"],
    ["veridian hazards run --all", "all of them, a line each"],
    ["veridian hazards seek H9 --experiment crowd", "is it found by who does not look for it?"],
  ],
  run: runHazards,
});

function runHazards(options: Options, terminal: Terminal): Exit {
  const [verb, id] = options.positionals;
  if (verb === "list" && id === undefined && !options.has("all")) return list(options, terminal);
  if (verb === "seek" && id !== undefined && !options.has("all")) return seek(id, options, terminal);
  if (verb !== "run") return refuse(terminal, "hazards", [problem(`"${[verb, id].join(" ").trim()}"`, "there is nothing like that to do", "list, run ID, run --all or seek ID")]);
  if (options.has("all") !== (id === undefined)) return refuse(terminal, "hazards", [problem("run", id === undefined ? "which hazard?" : `it is either ${id} or all of them`, "run ID or run --all")]);
  if (id === undefined) return runAll(options, terminal);
  const hazard = hazardNamed(id);
  return hazard === undefined ? unknown(id, terminal) : runOne(hazard, options, terminal);
}

function unknown(id: string, terminal: Terminal): Exit {
  const ids = HAZARDS.map((hazard) => hazard.id);
  const meant = closest(id, ids);
  return refuse(terminal, "hazards", [problem(`"${id}"`, "there is no such hazard", meant === "" ? `one of ${ids.join(", ")}` : `${meant}, perhaps`)]);
}

function list(options: Options, terminal: Terminal): Exit {
  if (options.has("json")) {
    terminal.out(`${JSON.stringify({ schema: 1, hazards: HAZARDS.map(factsOf) })}\n`);
    return Exit.fine;
  }
  const rows = HAZARDS.map(({ id, place, reach, ran, does }) => [terminal.paintOut("cyan", id), `${reach}${ran ? ", ran" : ""}`, place, does]);
  terminal.out(`${tableLines([["id", "reach", "upstream", "what it does there"], ...rows], ["left", "left", "left", "left"], terminal.columns).join("\n")}\n
live: on a running kernel's path; module: inside a module that nothing calls yet; latent: code without a
caller yet; ran: reproduced by running upstream's own file. See one: ${terminal.program} hazards run H9\n`);
  return Exit.fine;
}

function verdictOf(hazard: Hazard): HazardVerdict {
  try {
    return runHazard(hazard);
  } catch (error) {
    throw new CommandFailure(`hazard ${hazard.id}`, error);
  }
}

function exitOf(verdicts: readonly HazardVerdict[]): Exit {
  return verdicts.every(({ broken, holding }) => broken && holding) ? Exit.fine : Exit.failed;
}

function runAll(options: Options, terminal: Terminal): Exit {
  const verdicts = HAZARDS.map(verdictOf);
  const [broken, holding] = [verdicts.filter((one) => one.broken).length, verdicts.filter((one) => one.holding).length];
  if (options.has("json")) {
    terminal.out(`${JSON.stringify({ schema: 1, hazards: verdicts.map(jsonOf), broken, holding, of: HAZARDS.length })}\n`);
    return exitOf(verdicts);
  }
  const rows = verdicts.map((verdict) => [
    terminal.paintOut("cyan", verdict.hazard.id),
    verdict.broken ? "breaks" : terminal.paintOut("red", "does not break"),
    verdict.holding ? "ours holds" : terminal.paintOut("red", "ours breaks too"),
    verdict.hazard.breaks,
    verdict.hazard.invariant,
  ]);
  terminal.out(`${tableLines(rows, ["left", "left", "left", "left", "left"], terminal.columns).join("\n")}\n
${broken} of ${HAZARDS.length} broken with the upstream part, ${holding} of ${HAZARDS.length} holding with ours\n`);
  return exitOf(verdicts);
}

function runOne(hazard: Hazard, options: Options, terminal: Terminal): Exit {
  const verdict = verdictOf(hazard);
  terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, ...jsonOf(verdict) })}\n` : verdictText(verdict, terminal));
  return exitOf([verdict]);
}

function verdictText({ hazard, upstream, ours, broken, holding }: HazardVerdict, terminal: Terminal): string {
  const facts = [
    ["upstream", `${hazard.place} (${hazard.reach}${hazard.ran ? ", ran" : ""})`],
    ["does", hazard.does],
    ["seen", hazard.seen],
    ["law", hazard.invariant],
    ["part", hazard.chosenBy],
    ["scenario", hazard.scenario.text],
    ...(hazard.note === "" ? [] : [["note", hazard.note]]),
  ];
  return `${[
    terminal.paintOut("bold", `${hazard.id}: ${hazard.invariant}`),
    ...tableLines(facts.map(([name, text]) => [`  ${name}`, text!]), ["left", "left"], terminal.columns),
    "",
    terminal.paintOut("bold", "With upstream's part"),
    ...runLines(upstream, terminal),
    broken ? `  ${hazard.breaks} is broken, as stated.` : terminal.paintOut("red", `  ${hazard.breaks} is not broken.`),
    "",
    terminal.paintOut("bold", "With our part"),
    ...runLines(ours, terminal),
    holding ? `  Everything holds, to tick ${ours.ticks}.` : terminal.paintOut("red", "  It does not hold."),
  ].join("\n")}\n`;
}

function runLines({ lines, linesBefore }: HazardRun, terminal: Terminal): string[] {
  const left = linesBefore === 0 ? [] : [`  (${linesBefore} lines before)`];
  return [...left, ...lines.map((line) => (line.includes(": BROKEN ") ? terminal.paintOut("red", `  ${line}`) : `  ${line}`))];
}

function seek(id: string, options: Options, terminal: Terminal): Exit {
  const hazard = hazardNamed(id);
  if (hazard === undefined) return unknown(id, terminal);
  const name = options.text("experiment");
  const experiments = EXPERIMENTS.filter((experiment) => name === undefined || experiment.name === name);
  if (experiments.length === 0) return refuse(terminal, "hazards", [problem(`--experiment ${name}`, "there is no such experiment", `one of ${EXPERIMENTS.map((one) => one.name).join(", ")}`)]);
  const said = options.text("seeds") ?? String(SEEDS);
  if (!/^[1-9][0-9]{0,5}$/.test(said)) return refuse(terminal, "hazards", [problem(`--seeds ${said}`, "it says no number of seeds", "1 to 999999")]);
  for (const experiment of experiments) {
    terminal.err(`${experiment.name}, up to ${said} seeds\n`);
    const sought = soughtIn(hazard, experiment, Number(said));
    if (sought === null) continue;
    terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, ...sought })}\n` : soughtText(sought));
    return Exit.fine;
  }
  terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, hazard: hazard.id, experiment: null })}\n` : `${hazard.id} is not found within ${said} seeds of ${experiments.map((one) => one.name).join(", ")}\n`);
  return Exit.failed;
}

function soughtIn(hazard: Hazard, experiment: Experiment, seedsMax: number): Sought | null {
  try {
    return seekHazard(hazard, experiment, { seedsMax, minimiserRunsMax: MINIMISER_RUNS });
  } catch (error) {
    throw new CommandFailure(`hazard ${hazard.id} in the experiment ${experiment.name}`, error);
  }
}

function soughtText({ hazard, experiment, seed, checker, text, tick, found, left, runs }: Sought): string {
  if (seed === 0) return `${hazard} is found by ${experiment} before its first seed: ${text}\n`;
  return `${[
    `${hazard} is found by ${experiment}, seed ${seed}, tick ${tick}`,
    `  ${checker}: ${text}`,
    `  ${found} deviations, and after ${runs} smaller runs ${left.length}:`,
    ...left.map((line) => `    ${line}`),
  ].join("\n")}\n`;
}

function factsOf({ id, place, reach, ran, does, seen, invariant, chosenBy, breaks, note, scenario }: Hazard): object {
  return { id, place, reach, ran, does, seen, invariant, chosenBy, breaks, note, scenario: scenario.text };
}

function jsonOf({ hazard, upstream, ours, broken, holding }: HazardVerdict): object {
  return { ...factsOf(hazard), broken, holding, upstream, ours };
}
