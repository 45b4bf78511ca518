/** Plays a register script on our model of its device and compares every answer that is not marked as departing. */

import { hexOf } from "./hex.ts";
import type { RegisterScript, Step } from "./script.ts";
import { scriptDevice } from "./script-device.ts";
import { ScriptBoard } from "./script-board.ts";

export interface ScriptDifference {
  /** Index in the script's steps. */
  readonly step: number;
  readonly op: string;
  /** What was asked: a register by name or offset, a range of memory, a frame, the line. */
  readonly asked: string;
  readonly wanted: string;
  readonly got: string;
}

export interface ScriptOutcome {
  /** Answers compared. */
  readonly answers: number;
  readonly differences: readonly ScriptDifference[];
  /** Answers that could have been compared if the device, as the script has it configured, were modelled. */
  readonly notModelled: number;
}

export function playRegisterScript(script: RegisterScript): ScriptOutcome {
  const config = scriptDevice(script);
  if (config === null) return Object.freeze({ answers: 0, differences: [], notModelled: script.steps.filter(isCompared).length });
  const board = new ScriptBoard(config);
  const differences: ScriptDifference[] = [];
  let answers = 0;
  for (const [index, step] of script.steps.entries()) {
    const got = carryOut(board, step);
    if (!isCompared(step)) continue;
    answers += 1;
    const wanted = answerOf(step);
    if (got !== wanted) differences.push(Object.freeze({ step: index, op: step.op, asked: askedOf(step), wanted, got }));
  }
  return Object.freeze({ answers, differences: Object.freeze(differences), notModelled: 0 });
}

/** Has the step a recorded answer that ours must equal? */
function isCompared(step: Step): boolean {
  return !step.departs && answerOf(step) !== "";
}

/** Does what the step says; the answer in words, empty where there is none. */
function carryOut(board: ScriptBoard, step: Step): string {
  switch (step.op) {
    case "writel":
      board.write(step.offset, step.value);
      return "";
    case "readl":
      return numberText(board.read(step.offset, 4));
    case "readw":
      return numberText(board.read(step.offset, 2));
    case "readb":
      return numberText(board.read(step.offset, 1));
    case "mem_write":
      board.writeMemory(step.address, step.bytes);
      return "";
    case "mem_read":
      return hexOf(board.readMemory(step.address, step.bytes.length));
    case "inject":
      board.offer(step.bytes);
      return "";
    case "expect_tx":
      return frameText(board.takeSent());
    case "clock_step":
      board.stepClock(step.cycles);
      return "";
    case "irq":
      return levelText(board.lineLevel());
  }
}

/** The recorded answer in the same words. */
function answerOf(step: Step): string {
  switch (step.op) {
    case "readl":
    case "readw":
    case "readb":
      return numberText(step.value);
    case "mem_read":
      return hexOf(step.bytes);
    case "expect_tx":
      return frameText(step.bytes);
    case "irq":
      return levelText(step.level);
    default:
      return "";
  }
}

function askedOf(step: Step): string {
  switch (step.op) {
    case "readl":
    case "readw":
    case "readb":
      return step.register === "" ? numberText(step.offset) : `${step.register} (${numberText(step.offset)})`;
    case "mem_read":
      return `${step.bytes.length} bytes at ${numberText(step.address)}`;
    case "expect_tx":
      return "the next frame sent";
    default:
      return "the interrupt line";
  }
}

const numberText = (value: number): string => `0x${value.toString(16)}`;
const frameText = (frame: Uint8Array | null): string => (frame === null ? "no frame" : hexOf(frame));
const levelText = (level: number): string => (level === 1 ? "high" : "low");
