/** `veridian why`: who wrote a word last in the run of a repro file, when, in which handler, because of which message. */

import { fieldPlace } from "../../explore/field-place.ts";
import { courseOf } from "../../explore/replay.ts";
import { TimeTravel } from "../../explore/time-travel.ts";
import type { Why, WhyLink } from "../../explore/why.ts";
import { WHY_DEPTH, why as explain } from "../../explore/why.ts";
import type { Problem } from "../../problem.ts";
import { problem } from "../../problem.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import { timeText } from "../events-page.ts";
import type { Options } from "../options.ts";
import { openRepro, readTick } from "../repro-stage.ts";
import type { Terminal } from "../terminal.ts";
import { tableLines } from "../text.ts";

const DEPTH_MAX = 1000;

export const why: Command = Object.freeze<Command>({
  name: "why",
  summary: "who wrote this word last, when, in which handler, because of which message",
  description: `Plays the run of a repro file, goes back in it to the step that changed FIELD last, and says what wrote it,
what that handler was run for, who had sent that, and so on. FIELD is a part and a field of machine or
world, as "veridian diff" names them: endpoints[3].count, processes[net].state, state.lb.routed,
chance.armed; or PART+OFFSET for a word of plain bytes. Without --at it is asked about the run's end:
the moment of the failure. A write that changes nothing is not seen.
Exit code 0 if FIELD is one, 2 if not.`,
  positionals: ["FILE", "FIELD"],
  options: [
    { name: "at", value: "TICK", help: "as it is when that tick has passed (without it: at the run's end)" },
    { name: "depth", value: "N", help: `how many handlers back (without it: ${WHY_DEPTH})` },
    { name: "json", help: "print it as one JSON object" },
  ],
  examples: [
    ["veridian why repro.json endpoints[net.frames].count", "who put the last message there, or took it"],
    ["veridian why repro.json processes[lb].faultCode --at 120", "what lb had died of at tick 120"],
    ["veridian why repro.json pool.inUse --depth 20 --json", "for another program, further back"],
  ],
  run: whyCommand,
});

function whyCommand(options: Options, terminal: Terminal): Exit {
  const [file, field = ""] = options.positionals;
  const problems: Problem[] = [];
  const at = readTick("at", options.text("at"), problems);
  const depth = readDepth(options.text("depth"), problems);
  const opened = openRepro(file, problems);
  const place = opened === null ? null : fieldPlace(opened.stage.theatre.world, field, problems);
  if (opened === null || place === null || problems.length > 0) return refuse(terminal, "why", problems);
  const { stage, repro } = opened;
  // Judged once, to know where the run ends; then it is only looked at.
  stage.theatre.play(stage.run, { troubleTicks: stage.troubleTicks });
  const travel = new TimeTravel(courseOf(stage), stage.theatre.position());
  const lastTick = travel.world.machine.tick();
  if (at !== null && at > lastTick) return refuse(terminal, "why", [problem(`--at ${at}`, `the run ended at tick ${lastTick}`, "a tick before that")]);
  const answer = explain(travel, place, at === null ? travel.end : travel.stepOfTick(at), { deviations: repro.deviations, rules: repro.rules, depth });
  terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, file, at: at ?? lastTick, ...answer })}\n` : `${whyPage(terminal, answer, at ?? lastTick).join("\n")}\n`);
  return Exit.fine;
}

function readDepth(text: string | undefined, problems: Problem[]): number {
  const depth = text === undefined ? WHY_DEPTH : /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (depth >= 1 && depth <= DEPTH_MAX) return depth;
  problems.push(problem(`--depth ${text}`, "this is no depth", `a whole number from 1 to ${DEPTH_MAX}`));
  return WHY_DEPTH;
}

export function whyPage(terminal: Terminal, answer: Why, atTick: number): string[] {
  const { paintOut, columns } = terminal;
  const head = `${paintOut("bold", `${answer.field} is ${answer.value}`)} at tick ${atTick}`;
  if (answer.step === 0) return [`${head}; nothing has changed it since the run began`];
  const writer = answer.writer === "" ? "written outside of handlers, by the board or the kernel" : `written by ${paintOut("cyan", answer.writer)}`;
  const rows = answer.chain.map((link) => [timeText(link), meaning(link), `${link.process === "" ? "" : `${link.process} `}${link.words}`]);
  return [
    `${head}, and was ${answer.before} before`,
    `${writer} at ${timeText(answer)} (tick.cycle), in step ${answer.step}${between(answer)}`,
    ...tableLines(rows, ["right", "left", "left"], columns),
  ];
}

function between({ after, until }: Why): string {
  const parts = [after === "" ? "" : `after "${after}"`, until === "" ? "" : `before "${until}"`].filter((part) => part !== "");
  return parts.length === 0 ? "" : `, ${parts.join(" and ")}`;
}

function meaning({ kind }: WhyLink): string {
  return kind === "handler" ? "while" : kind === "cause" ? "because" : "since";
}
