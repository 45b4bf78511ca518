/** `veridian example`: lists the example services, or plays the scenario of one. */

import { answerText, playExample } from "../../examples/example.ts";
import type { Example, PlayedStep } from "../../examples/example.ts";
import { EXAMPLES } from "../../examples/index.ts";
import { problem } from "../../problem.ts";
import { closest } from "../../suggest.ts";
import type { Command } from "../command.ts";
import { CommandFailure, Exit, refuse } from "../command.ts";
import type { Options } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { count, tableLines } from "../text.ts";

export const example: Command = Object.freeze<Command>({
  name: "example",
  summary: "list the example services, or play the scenario of one",
  description: `Without NAME: which examples there are. With NAME: boots a machine that runs the service, calls it from
outside, by way of mailbox, gateway and kernel, and prints what was sent, what came back, and the
cycles of machine time that it took. Exit code 1 if an answer is not the expected one.`,
  positionals: ["[NAME]"],
  options: [{ name: "json", help: "print everything as one JSON object" }],
  examples: [
    ["veridian example", "which examples are there?"],
    ["veridian example key-value-store", "play one"],
  ],
  run: runExample,
});

function runExample(options: Options, terminal: Terminal): Exit {
  const name = options.positionals[0];
  if (name === undefined) {
    terminal.out(options.has("json") ? `${JSON.stringify({ schema: 1, examples: EXAMPLES.map(({ name, summary, files }) => ({ name, summary, files })) })}\n` : listText(terminal));
    return Exit.fine;
  }
  const chosen = EXAMPLES.find((one) => one.name === name);
  if (chosen === undefined) return unknownExample(name, terminal);
  const played = play(chosen);
  terminal.out(options.has("json") ? jsonText(chosen, played) : playedText(chosen, played, terminal));
  const odd = played.filter(isUnexpected);
  for (const { step, text } of odd) terminal.err(`${terminal.paintErr("red", "check failed:")} ${step.text} was answered ${text}; expected ${step.expected}\n`);
  return odd.length === 0 ? Exit.fine : Exit.failed;
}

function play(chosen: Example): readonly PlayedStep[] {
  try {
    return playExample(chosen).played;
  } catch (error) {
    throw new CommandFailure(`the example ${chosen.name}`, error);
  }
}

function isUnexpected({ step, answer }: PlayedStep): boolean {
  return answerText(answer) !== step.expected;
}

function unknownExample(name: string, terminal: Terminal): Exit {
  const names = EXAMPLES.map((one) => one.name);
  const meant = closest(name, names);
  return refuse(terminal, "example", [problem(`"${name}"`, "there is no such example", meant === "" ? `one of ${names.join(", ")}` : `${meant}, perhaps`)]);
}

function listText(terminal: Terminal): string {
  const rows = EXAMPLES.map(({ name, summary, files }) => [`  ${terminal.paintOut("cyan", name)}`, summary, files[0]!]);
  return `${tableLines(rows, ["left", "left", "left"], terminal.columns).join("\n")}\n\nPlay one: ${terminal.program} example ${EXAMPLES[0]!.name}\n`;
}

function playedText({ name, summary, files }: Example, played: readonly PlayedStep[], terminal: Terminal): string {
  const rows = played.map((one) => [
    `  ${one.step.text}`,
    isUnexpected(one) ? terminal.paintOut("red", one.text) : one.text,
    count(one.cycles),
    count(one.serviceCycles),
  ]);
  const [head, ...lines] = tableLines([["  sent", "came back", "cycles", "its own"], ...rows], ["left", "left", "right", "right"], terminal.columns);
  const noted = lines.flatMap((line, i) => {
    const note = played[i]!.step.note ?? "";
    return note === "" ? [line] : [line, terminal.paintOut("dim", `      ${note}`)];
  });
  return `${[
    `${terminal.paintOut("bold", name)}: ${summary}`,
    `  ${files.join(", ")}`,
    "",
    head,
    ...noted,
    "",
    "cycles: machine time until the answer was outside; its own: what the called service took of it (1 cycle = 1 ns)",
  ].join("\n")}\n`;
}

function jsonText({ name }: Example, played: readonly PlayedStep[]): string {
  const steps = played.map(({ step, answer, cycles, serviceCycles }) => ({ text: step.text, endpoint: step.endpoint, opcode: step.opcode, words: step.words, answer, expected: step.expected, cycles, serviceCycles }));
  return `${JSON.stringify({ schema: 1, example: name, steps })}\n`;
}
