/**
 * Reads a register script from the text of a file. The file is hostile: whatever it holds, the answer is a script whose
 * every number is in range, or a list of what is wrong with it, each with its step. Members that mean nothing here
 * (descriptions, notes) are passed over.
 */

import { E1000_REGISTER_BYTES } from "../../hal/nic/e1000-registers.ts";
import { VIRTIO_REGISTER_BYTES, VirtioRegister } from "../../hal/nic/virtio/mmio-registers.ts";
import type { Problem } from "../problem.ts";
import { PROBLEMS_MAX, problem } from "../problem.ts";
import { brief, MemberReader } from "./member-reader.ts";
import type { RegisterScript, ScriptDevice, Step, StepNotes } from "./script.ts";
import { SCRIPT_DEVICES, SCRIPT_MEMORY } from "./script.ts";

/** About 40 MB of script text; the longest that is known has 521 steps. */
export const STEPS_MAX = 100_000;
/** The longest frame that an IPv4 total length can fill, and then some: what is longer than the device takes is its affair. */
export const FRAME_BYTES_MAX = 70_000;
/** One minute: 60,000 ticks, some milliseconds of ours. All steps of a script together may take ten. */
export const CLOCK_STEP_CYCLES_MAX = 60_000_000_000;
export const SCRIPT_CYCLES_MAX = 10 * CLOCK_STEP_CYCLES_MAX;

const WORD_MAX = 0xffff_ffff;
const NAME_CHARACTERS_MAX = 200;
const NOTE_CHARACTERS_MAX = 1000;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

const REGISTER_BYTES: Readonly<Record<ScriptDevice, number>> = Object.freeze({ e1000: E1000_REGISTER_BYTES, "virtio-net-mmio": VIRTIO_REGISTER_BYTES });

/** Null, and problems in the list, if the text is no sound script. */
export function readRegisterScript(text: string, problems: Problem[]): RegisterScript | null {
  const value = parse(text, problems);
  if (value === null) return null;
  const found: Problem[] = [];
  const script = new MemberReader(value, "", found);
  const device = readDevice(script);
  const mac = script.text("mac", NAME_CHARACTERS_MAX);
  if (!MAC.test(mac)) script.complain("mac", "an address as in 02:00:00:00:00:01");
  const name = script.text("name", NAME_CHARACTERS_MAX);
  const deviceOptions = script.text("device_options", NAME_CHARACTERS_MAX, true);
  const steps = readSteps(script, device, found);
  problems.push(...found);
  return found.length > 0 ? null : Object.freeze({ name, device, mac, deviceOptions, steps });
}

function parse(text: string, problems: Problem[]): object | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    problems.push(problem("", `this is ${brief(value)}`, "an object with name, device, mac and steps"));
  } catch (error) {
    problems.push(problem("", `this is no JSON (${error instanceof Error ? error.message : String(error)})`, "a register script"));
  }
  return null;
}

function readDevice(script: MemberReader): ScriptDevice {
  const device = SCRIPT_DEVICES.find((known) => known === script.get("device"));
  if (device === undefined) script.complain("device", SCRIPT_DEVICES.join(" or "));
  return device ?? SCRIPT_DEVICES[0];
}

function readSteps(script: MemberReader, device: ScriptDevice, problems: Problem[]): readonly Step[] {
  const list = script.get("steps");
  if (!Array.isArray(list) || list.length > STEPS_MAX) {
    script.complain("steps", `a list of at most ${STEPS_MAX} steps`);
    return [];
  }
  const steps: Step[] = [];
  let cycles = 0;
  for (const [index, item] of (list as unknown[]).entries()) {
    if (problems.length >= PROBLEMS_MAX) break;
    const place = `steps[${index}]`;
    const step = readStep(item, place, device, problems);
    if (step === null) continue;
    steps.push(step);
    if (step.op !== "clock_step") continue;
    cycles += step.cycles;
    if (cycles > SCRIPT_CYCLES_MAX) {
      problems.push(problem(place, `by now ${cycles} ns have passed`, `at most ${SCRIPT_CYCLES_MAX} in one script`));
      break;
    }
  }
  return Object.freeze(steps);
}

function readStep(item: unknown, place: string, device: ScriptDevice, problems: Problem[]): Step | null {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    problems.push(problem(place, `this is ${brief(item)}`, "an object with op"));
    return null;
  }
  const before = problems.length;
  const step = new MemberReader(item, place, problems);
  const notes: StepNotes = { register: step.text("reg", NAME_CHARACTERS_MAX, true), departs: step.text("departs", NOTE_CHARACTERS_MAX, true) !== "" };
  const read = readOperation(step, notes, device);
  return problems.length > before ? null : read;
}

function readOperation(step: MemberReader, notes: StepNotes, device: ScriptDevice): Step | null {
  const op = step.get("op");
  switch (op) {
    case "writel":
    case "readl":
      return Object.freeze({ ...notes, op, offset: step.whole("offset", 0, REGISTER_BYTES[device] - 4, 4), value: step.whole("value", 0, WORD_MAX) });
    case "readw":
    case "readb":
      return readNarrow(step, notes, op, device);
    case "mem_write":
    case "mem_read":
      return readMemory(step, notes, op);
    case "inject":
      return Object.freeze({ ...notes, op, bytes: step.bytes("hex", 1, FRAME_BYTES_MAX) });
    case "expect_tx":
      return Object.freeze({ ...notes, op, bytes: step.get("hex") === null ? null : step.bytes("hex", 1, FRAME_BYTES_MAX) });
    case "clock_step":
      return Object.freeze({ ...notes, op, cycles: step.whole("ns", 0, CLOCK_STEP_CYCLES_MAX) });
    case "irq":
      return Object.freeze({ ...notes, op, level: step.whole("level", 0, 1) });
    default:
      step.complain("op", "one of writel, readl, readw, readb, mem_write, mem_read, inject, expect_tx, clock_step, irq");
      return null;
  }
}

/** 8 and 16 bits: only a virtio device's configuration space is read so. */
function readNarrow(step: MemberReader, notes: StepNotes, op: "readw" | "readb", device: ScriptDevice): Step | null {
  if (device === "e1000") {
    step.complain("op", "readl: every register of an e1000 is 32 bits wide");
    return null;
  }
  const width = op === "readw" ? 2 : 1;
  const offset = step.whole("offset", VirtioRegister.Config, VIRTIO_REGISTER_BYTES - width, width);
  return Object.freeze({ ...notes, op, offset, value: step.whole("value", 0, op === "readw" ? 0xffff : 0xff) });
}

function readMemory(step: MemberReader, notes: StepNotes, op: "mem_write" | "mem_read"): Step | null {
  const address = step.whole("addr", SCRIPT_MEMORY.base, SCRIPT_MEMORY.end - 1);
  const bytes = step.bytes("hex", 1, SCRIPT_MEMORY.end - address);
  if (op === "mem_read" && step.get("len") !== bytes.length) step.complain("len", `${bytes.length}, as many bytes as hex has`);
  return Object.freeze({ ...notes, op, address, bytes });
}
