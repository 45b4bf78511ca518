/** `veridian fuzz`: plays hostile inputs on machines and devices for a while, and writes the first that breaks something to a file. */

import type { Finding } from "../../fuzz/fuzzer.ts";
import { Fuzzer } from "../../fuzz/fuzzer.ts";
import type { FuzzInput, FuzzKind } from "../../fuzz/input.ts";
import { FUZZ_KINDS } from "../../fuzz/input.ts";
import { readReplay, replayText } from "../../fuzz/replay-file.ts";
import { Stages, stagesFor } from "../../fuzz/stages.ts";
import type { Problem } from "../../problem.ts";
import { problem, problemsIn } from "../../problem.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import { judgeOutput, readSoundText, writeOutput } from "../files.ts";
import type { Options } from "../options.ts";
import { openCapture, readNumber } from "../run-setup.ts";
import type { Terminal } from "../terminal.ts";

const SECONDS = 10;
const SECONDS_MAX = 1_000_000;
const SEED_MAX = 0xffff_ffff;
const EXECUTIONS_MAX = 1_000_000_000;
const FILE_BYTES_MAX = 64 * 1024 * 1024;
const OUTPUT = "fuzz-finding.json";
const MILLIS = 1000;

export const fuzz: Command = Object.freeze<Command>({
  name: "fuzz",
  summary: "play hostile frames, register and ring writes on machines and devices, and see that nothing breaks",
  description: `KIND is "frames": damaged captures and frames that nobody would send come in at machines with each NIC;
"registers": a mad driver at bare devices, and writes behind the driver's back on machines;
"descriptors": a mad device that writes to the rings of a driver at work. Each execution begins at the
same snapshot; after it nothing may have panicked, the account's laws and the kernel's invariants must
hold, and no byte and no buffer may be left behind. The same seed makes the same inputs.
The first input that breaks something is made smaller and written to a file, and --replay plays it again.
The last line says how many executions were made in a second, and how many of the reasons for which
something is refused were reached. Exit code 1 if something broke.`,
  positionals: ["[KIND]"],
  options: [
    { name: "seconds", value: "S", help: `how long (without it and --executions: ${SECONDS})` },
    { name: "executions", value: "N", help: "end after so many" },
    { name: "seed", value: "N", help: "of all inputs (without it: 1)" },
    { name: "manifest", value: "NAME", help: "on one stage only, by name (without it: all that KIND has, in turn)" },
    { name: "capture", value: "FILE", help: "frames to damage (without it: the bundled capture)" },
    { name: "out", value: "FILE", help: `where to write what broke something (without it: ${OUTPUT})` },
    { name: "replay", value: "FILE", help: "instead of all this, play what was written" },
    { name: "json", help: "print the outcome as one JSON object" },
  ],
  examples: [
    ["veridian fuzz frames --seconds 60 --seed 7", "a minute of hostile frames"],
    ["veridian fuzz registers --executions 1000 --manifest board-virtio", "a mad driver at one device"],
    [`veridian fuzz --replay ${OUTPUT}`, "the same input once more"],
  ],
  run: fuzzCommand,
});

interface Plan {
  readonly fuzzer: Fuzzer;
  readonly kind: FuzzKind;
  readonly seed: number;
  readonly executions: number;
  readonly millis: number;
  readonly out: string;
}

function fuzzCommand(options: Options, terminal: Terminal): Exit {
  const replay = options.text("replay");
  if (replay !== undefined) return replayFile(replay, options, terminal);
  const problems: Problem[] = [];
  const plan = readPlan(options, problems);
  if (plan === null || problems.length > 0) return refuse(terminal, "fuzz", problems);
  const began = performance.now();
  const finding = search(plan);
  const seconds = (performance.now() - began) / MILLIS;
  if (finding !== null) writeOutput("--out", plan.out, replayText(finding), problems);
  report(plan, finding, seconds, options, terminal);
  if (problems.length > 0) return refuse(terminal, "fuzz", problems);
  return finding === null ? Exit.fine : Exit.failed;
}

function readPlan(options: Options, problems: Problem[]): Plan | null {
  const kind = FUZZ_KINDS.find((known) => known === options.positionals[0]);
  if (kind === undefined) problems.push(problem("KIND", options.positionals[0] === undefined ? "it is missing" : `this is "${options.positionals[0]}"`, `one of ${FUZZ_KINDS.join(", ")}`));
  const seed = readNumber(options, "seed", 1, SEED_MAX, problems);
  const executions = readNumber(options, "executions", EXECUTIONS_MAX, EXECUTIONS_MAX, problems);
  const seconds = readNumber(options, "seconds", options.has("executions") ? SECONDS_MAX : SECONDS, SECONDS_MAX, problems);
  const out = options.text("out") ?? OUTPUT;
  judgeOutput("--out", out, problems);
  const capture = openCapture(options, problems);
  if (kind === undefined) return null;
  const stages = chosenStages(kind, options.text("manifest"), problems);
  if (capture === null || problems.length > 0) return null;
  return { fuzzer: new Fuzzer({ kind, seed, stages, capture }, new Stages()), kind, seed, executions, millis: seconds * MILLIS, out };
}

/** A model of the standard machine goes by the name of its NIC. */
function chosenStages(kind: FuzzKind, name: string | undefined, problems: Problem[]): readonly string[] {
  const stages = [...new Set(stagesFor(kind))];
  if (name === undefined) return stagesFor(kind);
  const wanted = name === "standard" ? "e1000" : name;
  if (stages.includes(wanted)) return [wanted];
  problems.push(problem(`--manifest ${name}`, `${kind} are not played on a stage of that name`, `one of ${stages.join(", ")}`));
  return [];
}

/** Until the time is over, or enough was played, or something broke. */
function search({ fuzzer, executions, millis }: Plan): Finding | null {
  const end = performance.now() + millis;
  while (fuzzer.executions < executions && performance.now() < end) {
    const finding = fuzzer.step();
    if (finding !== null) return fuzzer.shrink(finding);
  }
  return null;
}

function report({ fuzzer, kind, seed, out }: Plan, finding: Finding | null, seconds: number, options: Options, terminal: Terminal): void {
  const perSecond = Math.round(fuzzer.executions / Math.max(seconds, 1e-3));
  const missed = fuzzer.reasons.filter((reason) => !fuzzer.reached.includes(reason));
  if (options.has("json")) {
    const found = finding === null ? null : { execution: finding.execution, stage: finding.input.stage, actions: finding.input.actions.length, problems: finding.problems, file: out };
    terminal.out(`${JSON.stringify({ schema: 1, kind, seed, executions: fuzzer.executions, seconds, reasons: fuzzer.reasons.length, reached: fuzzer.reached, missed, finding: found })}\n`);
    return;
  }
  if (finding !== null) terminal.out(`${terminal.paintOut("red", `execution ${finding.execution} on ${finding.input.stage} broke something`)}; what is left of it (${finding.input.actions.length} actions) is in ${out}\n${problemLines(finding.problems)}`);
  if (missed.length > 0) terminal.out(`not reached: ${missed.join(", ")}\n`);
  terminal.out(`${fuzzer.executions} executions, ${perSecond} executions a second, ${fuzzer.reached.length} of ${fuzzer.reasons.length} refusal reasons reached\n`);
}

function replayFile(path: string, options: Options, terminal: Terminal): Exit {
  const found: Problem[] = [];
  const text = readSoundText(path, path, FILE_BYTES_MAX, found);
  const inside: Problem[] = [];
  const input = text === null ? null : readReplay(text, inside);
  if (input === null) return refuse(terminal, "fuzz", [...found, ...problemsIn(path, inside)]);
  return playAgain(input, options, terminal);
}

function playAgain(input: FuzzInput, options: Options, terminal: Terminal): Exit {
  const reached = new Set<string>();
  const problems = new Stages().get(input.stage).play(input.actions, reached, true);
  if (options.has("json")) terminal.out(`${JSON.stringify({ schema: 1, stage: input.stage, actions: input.actions.length, problems, reached: [...reached] })}\n`);
  else terminal.out(`${problemLines(problems)}${input.actions.length} actions on ${input.stage}, ${problems.length} problems, refused: ${[...reached].join(", ") || "nothing"}\n`);
  return problems.length === 0 ? Exit.fine : Exit.failed;
}

function problemLines(problems: readonly string[]): string {
  return problems.map((text) => `  ${text}\n`).join("");
}
