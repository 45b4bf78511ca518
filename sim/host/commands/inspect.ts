/** `veridian inspect`: what a machine was doing, read from its dump. */

import type { Dump } from "../../inspect/dump.ts";
import { readDump } from "../../inspect/dump.ts";
import type { Topic } from "../../inspect/topics.ts";
import { TOPICS } from "../../inspect/topics.ts";
import type { Problem } from "../../problem.ts";
import { problem } from "../../problem.ts";
import { closest } from "../../suggest.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import { readDumpFile } from "../dump-file.ts";
import { capsPage, memoryPage, nicPage } from "../inspection/memory-page.ts";
import { overviewPage } from "../inspection/overview-page.ts";
import { endpointsPage, processesPage, timersPage } from "../inspection/process-page.ts";
import { tracePage } from "../inspection/trace-page.ts";
import type { Options } from "../options.ts";
import type { Terminal } from "../terminal.ts";

const LAST_DEFAULT = 40;

export const inspect: Command = Object.freeze<Command>({
  name: "inspect",
  summary: "read a dump: who waits for whom, who holds what, what lies where",
  description: `Reads a dump that "veridian run --dump FILE" wrote; nothing is needed but the file. Without a TOPIC
it prints one page. Topics:
  processes  states, who waits for whom and since when, what lies there for each
  endpoints  queues and the messages in them
  caps       who holds which right, and from whom
  timers     in the order in which they will fire
  memory     arenas, regions and who maps them, DMA buffers and who holds them
  nic        the rings, descriptor by descriptor
  trace      the last things that happened, in words
Exit code 0 if the file could be read, 2 if it is no dump. A dump that is damaged inside is shown as it is.`,
  positionals: ["FILE", "[TOPIC]"],
  options: [
    { name: "json", help: "print it as one JSON object" },
    { name: "last", value: "N", help: `of the trace: how many records (without it: ${LAST_DEFAULT})` },
  ],
  examples: [
    ["veridian run --dump end.dump --at 300", "the machine as it was at tick 300"],
    ["veridian inspect end.dump", "what it was doing, on one page"],
    ["veridian inspect end.dump endpoints", "which messages wait where"],
    ["veridian inspect end.dump trace --last 200", "what happened before"],
    ["veridian inspect end.dump caps --json", "for another program"],
  ],
  run: runInspect,
});

function runInspect(options: Options, terminal: Terminal): Exit {
  const [file, topic = "overview"] = options.positionals;
  const problems: Problem[] = [];
  const last = readLast(options, problems);
  if (!isTopic(topic)) problems.push(unknownTopic(topic));
  const dump = readDumpFile(file, readDump, problems);
  if (dump === null || !isTopic(topic) || problems.length > 0) return refuse(terminal, "inspect", problems);
  terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, file, topic, [topic]: TOPICS[topic](dump) })}\n` : `${pageOf(terminal, file, topic, dump, last).join("\n").trimEnd()}\n`);
  return Exit.fine;
}

function isTopic(name: string): name is Topic {
  return Object.hasOwn(TOPICS, name);
}

function unknownTopic(name: string): Problem {
  const names = Object.keys(TOPICS);
  const meant = closest(name, names);
  return problem(name, "there is no such topic", meant === "" ? `one of ${names.join(", ")}` : `${meant}, perhaps`);
}

function readLast(options: Options, problems: Problem[]): number {
  const text = options.text("last");
  if (text === undefined) return LAST_DEFAULT;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  problems.push(problem(`--last ${text}`, "this is no number of records", "a whole number"));
  return LAST_DEFAULT;
}

function pageOf(terminal: Terminal, file: string, topic: Topic, dump: Dump, last: number): string[] {
  switch (topic) {
    case "overview":
      return overviewPage(terminal, file, TOPICS.overview(dump));
    case "processes":
      return processesPage(terminal, TOPICS.processes(dump));
    case "endpoints":
      return endpointsPage(terminal, TOPICS.endpoints(dump));
    case "caps":
      return capsPage(terminal, TOPICS.caps(dump));
    case "timers":
      return timersPage(terminal, TOPICS.timers(dump));
    case "memory":
      return memoryPage(terminal, TOPICS.memory(dump));
    case "nic":
      return nicPage(terminal, TOPICS.nic(dump));
    case "trace":
      return tracePage(terminal, TOPICS.trace(dump), last);
  }
}
