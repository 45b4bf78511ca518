/** `veridian replay`: plays the run of a repro file again, as a whole or up to a tick, and tells or writes what happened in it. */

import { HalTrace } from "../../../hal/trace.ts";
import type { Watch } from "../../checkers/checker.ts";
import { Chronicle } from "../../explore/chronicle.ts";
import { courseOf, replay as replayRun } from "../../explore/replay.ts";
import { PerfettoRecorder } from "../../explore/perfetto/recorder.ts";
import { savedWorldBytes } from "../../explore/saved-world.ts";
import { TimeTravel } from "../../explore/time-travel.ts";
import type { Problem } from "../../problem.ts";
import { problem } from "../../problem.ts";
import { TransmitRecorder } from "../../transmitted.ts";
import type { Command } from "../command.ts";
import { CommandFailure, Exit, refuse } from "../command.ts";
import { judgeOutput, writeOutput } from "../files.ts";
import type { Options } from "../options.ts";
import { replayedExit, replayedJson, replayedPage } from "../replay-page.ts";
import type { OpenedRepro } from "../repro-stage.ts";
import { openRepro, readTick } from "../repro-stage.ts";
import type { Terminal } from "../terminal.ts";
import { eventsPage } from "../events-page.ts";
import { packageVersion } from "../version.ts";

const LAST_DEFAULT = 60;
const OUTPUTS = ["dump", "save", "pcap-out", "perfetto"];

export const replay: Command = Object.freeze<Command>({
  name: "replay",
  summary: "play the run of a repro file again: the same run, byte for byte",
  description: `FILE is what "veridian explore" wrote for a run that failed: experiment, seed, and all that went otherwise
than on a good day. It is played twice, and must come to the same hash both times, and to the file's.
If version, records or costs are others than those that wrote the file, it is checked by invariant, not
by hash. With --until it stops when that tick has passed, with --step behind that step: the outputs are
of that moment.
Exit code 1 if it still fails, 0 if it does not any more, 3 if it comes out otherwise than it did.`,
  positionals: ["FILE"],
  options: [
    { name: "trace", help: "print the last events in plain words" },
    { name: "last", value: "N", help: `with --trace: how many (without it: ${LAST_DEFAULT})` },
    { name: "until", value: "TICK", help: "stop when that tick has passed" },
    { name: "step", value: "N", help: "stop when so many steps are done, as veridian why counts them: single events" },
    { name: "dump", value: "FILE", help: "write the machine's RAM as it is then (see veridian inspect)" },
    { name: "save", value: "FILE", help: "write machine and world as they are then, to be put back by a program" },
    { name: "pcap-out", value: "FILE", help: "write the frames that the NIC sent, as a capture" },
    { name: "perfetto", value: "FILE", help: "write handlers, messages and counters for ui.perfetto.dev" },
    { name: "json", help: "print what came of it as one JSON object" },
  ],
  examples: [
    ["veridian replay repro.json", "does it still fail?"],
    ["veridian replay repro.json --trace --last 200", "and what happened before"],
    ["veridian replay repro.json --until 120 --dump t120.dump", "the machine at tick 120, for veridian inspect"],
    ["veridian replay repro.json --perfetto run.pftrace", "the whole run, to look at"],
  ],
  run: replayCommand,
});

/** Who watches; null where it was not asked for. */
interface Recorders {
  readonly chronicle: Chronicle | null;
  readonly perfetto: PerfettoRecorder | null;
  readonly transmitted: TransmitRecorder | null;
}

function replayCommand(options: Options, terminal: Terminal): Exit {
  const problems: Problem[] = [];
  const until = readTick("until", options.text("until"), problems);
  const step = readTick("step", options.text("step"), problems);
  if (until !== null && step !== null) problems.push(problem("--step", "the run stops at one place", "either --until or --step"));
  const last = readTick("last", options.text("last"), problems) ?? LAST_DEFAULT;
  for (const output of OUTPUTS) judgeOutput(`--${output}`, options.text(output), problems);
  const opened = openRepro(options.positionals[0], problems);
  if (opened === null || problems.length > 0) return refuse(terminal, "replay", problems);
  const recorders = recordersOf(opened, options);
  const exit = until === null && step === null ? whole(opened, recorders, options, terminal) : upTo(opened, { until, step }, recorders, options, terminal, problems);
  if (recorders.chronicle !== null) terminal.out(`${eventsPage(terminal, opened.stage.theatre.world, recorders.chronicle, last).join("\n")}\n`);
  writeOutputs(opened, recorders, options, problems);
  return problems.length > 0 ? refuse(terminal, "replay", problems) : exit;
}

function recordersOf({ stage }: OpenedRepro, options: Options): Recorders {
  const { world } = stage.theatre;
  const transmitted = options.has("pcap-out") ? new TransmitRecorder() : null;
  transmitted?.attach(world);
  return {
    chronicle: options.has("trace") ? new Chronicle(world, 0) : null,
    perfetto: options.has("perfetto") ? new PerfettoRecorder(world) : null,
    transmitted,
  };
}

function watchesOf({ chronicle, perfetto, transmitted }: Recorders): readonly Watch[] {
  const sent: Watch[] = transmitted === null ? [] : [{ probe: (kind, process, argument0, argument1) => (kind === HalTrace.frameTransmitted ? transmitted.probe(kind, process, argument0, argument1) : undefined) }];
  return [...(chronicle === null ? [] : [chronicle]), ...(perfetto === null ? [] : [perfetto]), ...sent];
}

function whole({ stage, repro }: OpenedRepro, recorders: Recorders, options: Options, terminal: Terminal): Exit {
  const replayed = guarded(stage.theatre.experiment.name, () => replayRun(stage, repro, packageVersion(), watchesOf(recorders)));
  const file = options.positionals[0];
  terminal.out(options.has("json") ? `${JSON.stringify(replayedJson(file, repro, replayed))}\n` : `${replayedPage(terminal, file, repro, replayed, stage.theatre.world).join("\n")}\n`);
  return replayedExit(repro, replayed);
}

/** The run up to a tick or a step: nothing is judged. */
function upTo({ stage }: OpenedRepro, { until, step }: { readonly until: number | null; readonly step: number | null }, recorders: Recorders, options: Options, terminal: Terminal, problems: Problem[]): Exit {
  const { theatre, run, troubleTicks } = stage;
  const haltAt = step ?? guarded(theatre.experiment.name, () => new TimeTravel(courseOf(stage)).stepOfTick(until ?? 0));
  theatre.play(run, { troubleTicks, checked: false, haltAt, watches: watchesOf(recorders) });
  const { world } = theatre;
  if (until !== null && world.machine.tick() < until) problems.push(problem(`--until ${until}`, `the run ended at tick ${world.machine.tick()}`, "a tick before that"));
  if (step !== null && theatre.position() < step) problems.push(problem(`--step ${step}`, `the run has ${theatre.position()} steps`, "one of them"));
  const state = { tick: world.machine.tick(), cycle: world.machine.now(), step: theatre.position(), hash: world.hash() };
  terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, file: options.positionals[0], ...state })}\n` : `stopped at tick ${state.tick}, after ${state.step} steps; hash ${state.hash}\n`);
  return Exit.fine;
}

function writeOutputs({ stage }: OpenedRepro, { perfetto, transmitted }: Recorders, options: Options, problems: Problem[]): void {
  const { world } = stage.theatre;
  const write = (name: string, content: () => Uint8Array): void => {
    const path = options.text(name);
    if (path !== undefined) writeOutput(`--${name}`, path, content(), problems);
  };
  write("dump", () => world.machine.snapshot());
  write("save", () => savedWorldBytes(world, packageVersion()));
  if (transmitted !== null) write("pcap-out", () => transmitted.file());
  if (perfetto !== null) write("perfetto", () => perfetto.bytes());
}

/** A panic that no checker took is ours. */
function guarded<T>(name: string, play: () => T): T {
  try {
    return play();
  } catch (error) {
    throw new CommandFailure(`a run of ${name}`, error);
  }
}
