/**
 * A finding as the text of a file, and the input in such a text. The file is as hostile as any: whatever it holds, the
 * answer is an input whose every number is in range, or a list of what is wrong with it.
 */

import type { Problem } from "../problem.ts";
import { PROBLEMS_MAX, problem } from "../problem.ts";
import { hexOf } from "../registers/hex.ts";
import { brief, MemberReader } from "../registers/member-reader.ts";
import type { Finding } from "./fuzzer.ts";
import type { FuzzAction, FuzzInput } from "./input.ts";
import { FuzzLimit } from "./input.ts";
import { STAGE_NAMES } from "./stages.ts";

const WORD_MIN = -0x8000_0000;
const WORD_MAX = 0xffff_ffff;
const NAME_CHARACTERS_MAX = 100;
/** No NIC has a larger window. */
const REGISTERS_BYTES_MAX = 0x2_0000;
const MEMORY_ADDRESS_MAX = 0xff_ffff;
const PROCESSES_MAX = 64;

/** JSON, one action a line. */
export function replayText({ kind, seed, execution, input, problems }: Finding): string {
  const head = { schema: 1, kind, seed, execution, stage: input.stage, problems };
  const lines = input.actions.map((action) => JSON.stringify(written(action)));
  return `${JSON.stringify(head).slice(0, -1)},"actions":[\n${lines.join(",\n")}\n]}\n`;
}

function written(action: FuzzAction): object {
  if (!("bytes" in action)) return action;
  const { bytes, ...rest } = action;
  return { ...rest, hex: hexOf(bytes) };
}

/** Null, and problems in the list, if the text is no input. */
export function readReplay(text: string, problems: Problem[]): FuzzInput | null {
  const value = parse(text, problems);
  if (value === null) return null;
  const found: Problem[] = [];
  const file = new MemberReader(value, "", found);
  const stage = file.text("stage", NAME_CHARACTERS_MAX);
  if (!STAGE_NAMES.includes(stage)) file.complain("stage", `one of ${STAGE_NAMES.join(", ")}`);
  const list = file.get("actions");
  const actions = Array.isArray(list) && list.length <= FuzzLimit.actions ? readActions(list as unknown[], found) : [];
  if (!Array.isArray(list) || list.length > FuzzLimit.actions) file.complain("actions", `a list of at most ${FuzzLimit.actions} actions`);
  problems.push(...found);
  return found.length > 0 ? null : Object.freeze({ stage, actions: Object.freeze(actions) });
}

function parse(text: string, problems: Problem[]): object | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    problems.push(problem("", `this is ${brief(value)}`, "an object with stage and actions"));
  } catch (error) {
    problems.push(problem("", `this is no JSON (${error instanceof Error ? error.message : String(error)})`, "a finding of the fuzzer"));
  }
  return null;
}

function readActions(list: readonly unknown[], problems: Problem[]): FuzzAction[] {
  const actions: FuzzAction[] = [];
  let cycles = 0;
  for (const [index, item] of list.entries()) {
    if (problems.length >= PROBLEMS_MAX) break;
    const place = `actions[${index}]`;
    if (typeof item !== "object" || item === null || Array.isArray(item)) {
      problems.push(problem(place, `this is ${brief(item)}`, "an object with op"));
      continue;
    }
    const action = readAction(new MemberReader(item, place, problems));
    if (action === null) continue;
    actions.push(Object.freeze(action));
    if (action.op !== "wait") continue;
    cycles += action.cycles;
    if (cycles <= FuzzLimit.allWaitCycles) continue;
    problems.push(problem(place, `by now ${cycles} cycles have been waited`, `at most ${FuzzLimit.allWaitCycles}`));
    break;
  }
  return actions;
}

function readAction(action: MemberReader): FuzzAction | null {
  const op = action.get("op");
  switch (op) {
    case "frame":
      return { op, bytes: action.bytes("hex", 0, FuzzLimit.frameBytes) };
    case "wait":
      return { op, cycles: action.whole("cycles", 0, FuzzLimit.waitCycles) };
    case "plug":
      return { op, value: action.whole("value", 0, 1) };
    case "write":
      return { op, offset: action.whole("offset", 0, REGISTERS_BYTES_MAX - 4, 4), value: action.whole("value", WORD_MIN, WORD_MAX) | 0 };
    case "read":
      return { op, offset: action.whole("offset", 0, REGISTERS_BYTES_MAX - 4, 4) };
    case "memory":
      return { op, address: action.whole("address", 0, MEMORY_ADDRESS_MAX), bytes: action.bytes("hex", 1, FuzzLimit.memoryBytes), after: action.whole("after", 0, FuzzLimit.crossings) };
    case "crash":
      return { op, process: action.whole("process", 0, PROCESSES_MAX), after: action.whole("after", 0, FuzzLimit.crossings) };
    case "shutdown":
    case "request":
      return { op };
    default:
      action.complain("op", "one of frame, wait, plug, write, read, memory, crash, shutdown, request");
      return null;
  }
}
