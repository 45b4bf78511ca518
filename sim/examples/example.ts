/**
 * An example: a machine around one of services/examples, and a scenario: what is sent to it from outside, in order, and
 * what is expected to come back. Playing it answers what did come back, and what it took.
 */

import { errnoName } from "../../kernel/errno.ts";
import type { Answer, Bench, Prototype } from "../prototype.ts";
import { prototype } from "../prototype.ts";

export interface ExampleStep {
  /** What is done, for people: `put("red", 7)`. */
  readonly text: string;
  /** Empty, or why. */
  readonly note?: string;
  /** "process.endpoint". */
  readonly endpoint: string;
  readonly opcode: number;
  readonly words: readonly number[];
  /** The answer as `answerText` has it. */
  readonly expected: string;
}

export interface Example {
  readonly name: string;
  readonly summary: string;
  /** Files that a reader opens, from the repository's root. */
  readonly files: readonly string[];
  /** The manifest's lines for the processes; mailbox and gateway come with the bench. */
  readonly processes: Readonly<Record<string, Prototype>>;
  readonly steps: readonly ExampleStep[];
}

export interface PlayedStep {
  readonly step: ExampleStep;
  readonly answer: Answer;
  /** What the answer says, for people. */
  readonly text: string;
  /** Machine time from handing the call in to its answer: mailbox and gateway included. */
  readonly cycles: number;
  /** What the process that was called used of it. */
  readonly serviceCycles: number;
}

/** Boots the example's machine and plays its scenario. */
export function playExample(example: Example): { readonly bench: Bench; readonly played: readonly PlayedStep[] } {
  const bench = prototype(example.processes);
  const names = Object.keys(example.processes);
  const played = example.steps.map((step): PlayedStep => {
    const process = names.indexOf(step.endpoint.split(".")[0]!);
    const [before, usedBefore] = [bench.machine.now(), cyclesUsed(bench, process)];
    const answer = bench.call(step.endpoint, step.opcode, ...step.words);
    return { step, answer, text: answerText(answer), cycles: bench.machine.now() - before, serviceCycles: cyclesUsed(bench, process) - usedBefore };
  });
  return { bench, played };
}

function cyclesUsed(bench: Bench, process: number): number {
  return bench.machine.inspect("processes", process)["cyclesUsed"] as number;
}

/** "ok 41, 1" (zeros at the end left out), or the name of the errno. */
export function answerText({ status, data0, data1, data2, data3 }: Answer): string {
  if (status !== 0) return errnoName(status);
  const words = [data0, data1, data2, data3];
  while (words.at(-1) === 0) words.pop();
  return `ok ${words.join(", ")}`.trim();
}

/** The steps of a scenario, fixed. */
export function scenario(steps: readonly ExampleStep[]): readonly ExampleStep[] {
  return Object.freeze(steps.map((step) => Object.freeze({ ...step, words: Object.freeze([...step.words]) })));
}

const BYTES_A_WORD = 6;

/** A text of at most 12 ASCII characters as two words, for keys and names; shorter ones are filled with zeros. */
export function textWords(text: string): readonly [number, number] {
  if (text.length > 2 * BYTES_A_WORD) throw new RangeError(`"${text}" has more than ${2 * BYTES_A_WORD} characters`);
  return [textWord(text.slice(0, BYTES_A_WORD)), textWord(text.slice(BYTES_A_WORD))];
}

function textWord(text: string): number {
  let word = 0;
  for (let i = text.length - 1; i >= 0; i--) word = word * 256 + text.charCodeAt(i);
  return word;
}
