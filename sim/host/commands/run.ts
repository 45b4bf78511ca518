/** `veridian run`: replays a capture into a machine, or lets a scenario live around it, and prints what became of it. */

import { createHash } from "node:crypto";
import { Errno, errnoName } from "../../../kernel/errno.ts";
import { brokenLaws, total } from "../../account.ts";
import { DecisionRecorder } from "../../decisions.ts";
import type { Observer } from "../../observer.ts";
import type { Problem } from "../../problem.ts";
import { problem, problemText } from "../../problem.ts";
import type { RunSetup } from "../../run.ts";
import { expositionText } from "../../metrics/exposition.ts";
import { familiesOf } from "../../metrics/families.ts";
import { scenarioFamilies } from "../../metrics/scenario-families.ts";
import { startRun } from "../../run.ts";
import { TransmitRecorder } from "../../transmitted.ts";
import type { Divergence } from "../../verify.ts";
import { TickRecorder, verify } from "../../verify.ts";
import type { World } from "../../world.ts";
import type { DumpRecorder, InvariantWatcher } from "../../inspect/watchers.ts";
import { InvariantViolation } from "../../inspect/watchers.ts";
import type { Command } from "../command.ts";
import { CommandFailure, Exit, refuse } from "../command.ts";
import { judgeOutput, writeOutput } from "../files.ts";
import type { Options } from "../options.ts";
import { manifestProblems, readSetup, SETUP_OPTIONS } from "../run-setup.ts";
import { readWatch, tellViolation } from "../run-watch.ts";
import type { Finished, Scene } from "../scenario-run.ts";
import { finish, resultText, sceneOf } from "../scenario-run.ts";
import { readScenarioSetup, SCENARIO_OPTIONS } from "../scenario-setup.ts";
import type { Terminal } from "../terminal.ts";
import { shellWord } from "../text.ts";

export const run: Command = Object.freeze<Command>({
  name: "run",
  summary: "run a machine with a capture or a scenario and print what became of it",
  description: `Boots a machine, hands the load balancer its configuration, lets the frames of a capture arrive at
the NIC, and prints the account: frames, requests by outcome, share per backend, messages, memory,
time, and a hash over every byte of the machine. The same arguments give the same hash, always.
With --scenario clients and backends live around a machine that serves, and the account says what they saw.`,
  positionals: [],
  options: [
    ...SETUP_OPTIONS,
    ...SCENARIO_OPTIONS,
    { name: "json", help: "print the account as one JSON object" },
    { name: "decisions", value: "FILE", help: "write each request and its decision, one JSON object a line" },
    { name: "pcap-out", value: "FILE", help: "write the frames that the NIC sent, as a capture" },
    { name: "metrics", value: "FILE", help: "write what was counted and measured, as OpenMetrics text" },
    { name: "dump", value: "FILE", help: "write the machine's RAM as it is at the end (see veridian inspect)" },
    { name: "at", value: "TICK", help: "with --dump: as it is when that tick has passed; 0 is before its first step" },
    { name: "check", value: "N", help: "every N ticks, and at the end, check all invariants of the machine:\nexit code 1 at the first that does not hold" },
    { name: "verify", help: "run it twice more, once with a snapshot in the middle, and compare:\nexit code 3 if anything differs" },
  ],
  examples: [
    ["veridian run", "the bundled capture on the standard machine"],
    ["veridian run --capture day.pcap --decisions day.jsonl", "a capture of one's own, each decision written down"],
    ["veridian run --config lb.conf --verify", "another configuration, and the proof that the run repeats"],
    ["veridian run --check 10 --dump t300.dump --at 300", "every invariant every ten ticks, and the machine at tick 300"],
    ["veridian run --set rx.posted=2 --set arena.lb=64K --json", "a machine that is short of everything"],
    ["veridian run --scenario slow-backend --ticks 20000", "clients and backends around a machine that serves, for 20 seconds of its time"],
  ],
  run: runCommand,
});

interface Observers {
  readonly decisions: DecisionRecorder;
  readonly transmitted: TransmitRecorder;
  readonly ticks: TickRecorder;
  /** Null where it was not asked for. */
  readonly invariants: InvariantWatcher | null;
  readonly dump: DumpRecorder | null;
}

function runCommand(options: Options, terminal: Terminal): Exit {
  const scenario = options.has("scenario") ? readScenarioSetup(options) : null;
  const { setup, problems } = scenario ?? readSetup(options);
  const found = [...problems];
  if (scenario === null && options.has("ticks")) found.push(problem("--ticks", "a capture is as long as it is", "--scenario FILE beside it"));
  for (const output of ["decisions", "pcap-out", "metrics", "dump"]) judgeOutput(`--${output}`, options.text(output), found);
  const watch = readWatch(options, found);
  if (setup === null || found.length > 0) return refuse(terminal, "run", found);
  const observers = { decisions: new DecisionRecorder(), transmitted: new TransmitRecorder(), ticks: new TickRecorder(), ...watch };
  const scene = scenario === null || scenario.plan === null ? null : sceneOf(scenario.plan, terminal);
  const began = performance.now();
  const started = start(options, { ...setup, onException: exceptionTeller(setup, terminal) }, [...watching(options, observers), ...(scene === null ? [] : [scene.progress])]);
  if (started.world === null) return refuse(terminal, "run", started.problems);
  const world = started.world;
  const finished = guarded(world, "the run", () => finishWatched(world, setup, scene, observers.invariants));
  if (finished instanceof InvariantViolation) return tellViolation(finished, terminal);
  const wallMillis = performance.now() - began;
  const unwritten = writeOutputs(options, observers, world, finished);
  if (unwritten.length > 0) return refuse(terminal, "run", unwritten);
  terminal.out(resultText(finished, options.has("json"), { paint: terminal.paintOut, columns: terminal.columns, wallMillis, suggestions: suggestions(options, finished, terminal.program) }));
  const repeated = options.has("verify") ? verifyRun(setup, scene, world, observers.ticks, terminal) : Exit.fine;
  return repeated === Exit.fine ? judgeLaws(finished, terminal) : repeated;
}

/** What a service's own code threw, with its place: to the machine it is a fault and nothing more. */
function exceptionTeller({ manifest }: RunSetup, terminal: Terminal): (process: number, thrown: unknown) => void {
  const names = Object.keys(manifest.processes);
  return (process, thrown) => terminal.err(`${terminal.paintErr("red", `process ${names[process]} threw:`)} ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
}

function judgeLaws({ account }: Finished, terminal: Terminal): Exit {
  const broken = [...brokenLaws(account), ...(account.scenario?.broken ?? [])];
  for (const { process, times, why } of account.restarted) broken.push(`process ${process} died and was begun anew ${times === 1 ? "once" : `${times} times`}: ${why}`);
  for (const law of broken) terminal.err(`${terminal.paintErr("red", "check failed:")} ${law}\n`);
  return broken.length === 0 ? Exit.fine : Exit.failed;
}

/** The run's end, or the first invariant that did not hold. */
function finishWatched(world: World, setup: RunSetup, scene: Scene | null, invariants: InvariantWatcher | null): Finished | InvariantViolation {
  try {
    const finished = finish(world, setup, scene, true);
    invariants?.check(world);
    return finished;
  } catch (error) {
    if (error instanceof InvariantViolation) return error;
    throw error;
  }
}

/** The probes that the outputs ask for; the machine is the same with and without. */
function watching(options: Options, { decisions, transmitted, ticks, invariants, dump }: Observers): Observer[] {
  return [
    ...(options.has("decisions") ? [decisions] : []),
    ...(options.has("pcap-out") ? [transmitted] : []),
    ...(options.has("verify") ? [ticks] : []),
    ...(invariants === null ? [] : [invariants]),
    ...(dump === null ? [] : [dump]),
  ];
}

function start(options: Options, setup: RunSetup, observers: readonly Observer[]): { world: World | null; problems: readonly Problem[] } {
  try {
    const { world, problems } = startRun(setup, observers);
    return { world: problems.length > 0 ? null : world, problems };
  } catch (error) {
    // Nobody but those around a machine throws one: their memory is too small for them.
    if (error instanceof RangeError && setup.inhabitants !== undefined) return { world: null, problems: [problem(`${options.text("scenario")}: worldBytes`, error.message, "more")] };
    return { world: null, problems: manifestProblems(error, options) };
  }
}

/** Has a panic say at which tick it was. */
function guarded<T>(world: World, part: string, play: () => T): T {
  try {
    return play();
  } catch (error) {
    throw new CommandFailure(`${part}, tick ${world.machine.tick()}, cycle ${world.machine.now()}`, error);
  }
}

function writeOutputs(options: Options, observers: Observers, world: World, { end, account }: Finished): Problem[] {
  const problems: Problem[] = [];
  const write = (name: string, content: () => string | Uint8Array): void => {
    const path = options.text(name);
    if (path !== undefined) writeOutput(`--${name}`, path, content(), problems);
  };
  write("decisions", () => {
    const decisions = observers.decisions.decisions(sha1, end.groups);
    return decisions.map((decision) => `${JSON.stringify(decision)}\n`).join("");
  });
  write("pcap-out", () => observers.transmitted.file());
  write("metrics", () => expositionText([...familiesOf(end.account, end.metrics), ...(account.scenario === undefined ? [] : scenarioFamilies(account.scenario))]));
  if (options.has("metrics") && end.metrics.status !== Errno.ok) problems.push(problem("--metrics", `the load balancer does not say all it counted (${errnoName(end.metrics.status)})`));
  const dump = observers.dump === null ? world.machine.snapshot() : observers.dump.dump;
  if (dump === null) problems.push(problem(`--at ${options.text("at")}`, `the run ended at tick ${world.machine.tick()}`, "a tick before that"));
  else write("dump", () => dump);
  return problems;
}

function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

function verifyRun(setup: RunSetup, scene: Scene | null, first: World, ticks: TickRecorder, terminal: Terminal): Exit {
  const divergence = verify({ start: (observers) => startRun(setup, observers).world, finish: (world) => void finish(world, setup, scene, false) }, first, ticks, scene?.progress.middleTick);
  if (divergence === null) {
    terminal.err(`${terminal.paintErr("green", "verified:")} two more runs, one of them put back in its middle, were the same at each of ${ticks.ticks} ticks\n`);
    return Exit.fine;
  }
  terminal.err(`${terminal.paintErr("red", "diverged:")} ${divergenceText(divergence)}\n`);
  return Exit.diverged;
}

function divergenceText({ run: name, tick, difference }: Divergence): string {
  const what = difference === null ? "the events before it came in another order" : `${difference.name} is ${difference.b}, in the first run ${difference.a}`;
  return problemText(problem(`${name}, tick ${tick}`, what));
}

function suggestions(options: Options, { account }: Finished, program: string): [string, string][] {
  const given = options.text("capture");
  const scenario = options.text("scenario");
  const base = scenario !== undefined ? `${program} run --scenario ${shellWord(scenario)}` : given === undefined ? `${program} run` : `${program} run --capture ${shellWord(given)}`;
  const verified: [string, string] = [`${base} --verify`, "the same run twice more, compared tick by tick"];
  const sent: [string, string] = [`${base} --pcap-out sent.pcap`, "what the machine sent on, for a packet analyser"];
  if (scenario !== undefined) return [[`${base} --seed 2`, "the same scenario with other draws"], verified, sent];
  const list: [string, string][] = [[`${base} --decisions decisions.jsonl`, "every request with its backend, one JSON object a line"], verified, sent];
  if (total(account.frames.dropped) === 0) list.push([`${base} --set rx.posted=2`, "a NIC that runs out of receive buffers"]);
  return list;
}
