/** A repro file's text, judged: a run that may be played, or a list of what is wrong with the file. */

import { CHANCE_RULES_MAX } from "../chance/chance-state.ts";
import type { Deviation } from "../chance/deviation.ts";
import type { Failure } from "../checkers/checker.ts";
import { faultNamed } from "../faults/catalogue.ts";
import type { FaultRule, Values } from "../faults/fault.ts";
import type { Problem } from "../problem.ts";
import { PROBLEMS_MAX, problem } from "../problem.ts";
import { brief, MemberReader } from "../registers/member-reader.ts";
import type { Repro } from "./repro-file.ts";
import { repeatedKey } from "./repro-file.ts";

export const REPRO_DEVIATIONS_MAX = 100_000;
const EXPERIMENT_CHARACTERS_MAX = 1_000_000;
const NAME_CHARACTERS_MAX = 200;
const TEXT_CHARACTERS_MAX = 10_000;
const WORD_MAX = 0x7fff_ffff;
const SEED_MAX = 0xffff_ffff;
const SITES_MAX = 1000;
const ENTITIES_MAX = 1000;
const FRAMES_MAX = 1_000_000;
const PARTS_MAX = 1_000_000;
const DIGEST = /^[0-9a-f]{16}$/;
const HASH = /^[0-9a-f]{32}$/;

/** Null, and problems in the list, if the text is no repro. */
export function readRepro(text: string, problems: Problem[]): Repro | null {
  const value = parse(text, problems);
  if (value === null) return null;
  const found: Problem[] = [];
  const file = new MemberReader(value, "", found);
  file.whole("schema", 1, 1);
  const repro = Object.freeze<Repro>({
    schema: 1,
    experiment: file.text("experiment", EXPERIMENT_CHARACTERS_MAX),
    build: file.text("build", NAME_CHARACTERS_MAX),
    layouts: digits(file, "layouts", DIGEST, 16),
    costs: digits(file, "costs", DIGEST, 16),
    seed: file.whole("seed", 0, SEED_MAX),
    rules: listOf(file, "rules", CHANCE_RULES_MAX, found, readRule),
    sites: wholes(file, "sites", SITES_MAX),
    troubleTicks: file.whole("troubleTicks", 0, WORD_MAX),
    configuration: file.text("configuration", EXPERIMENT_CHARACTERS_MAX, true),
    frames: readFrames(file),
    deviations: listOf(file, "deviations", REPRO_DEVIATIONS_MAX, found, readDeviation),
    failure: file.get("failure") === null ? null : readFailure(file, found),
    hash: digits(file, "hash", HASH, 32),
    ticks: file.whole("ticks", -1, Number.MAX_SAFE_INTEGER),
  });
  const twice = repeatedKey(repro.deviations);
  if (twice !== "") found.push(problem("deviations", `question ${twice} has two answers`, "one"));
  problems.push(...found.slice(0, PROBLEMS_MAX));
  return found.length > 0 ? null : repro;
}

function parse(text: string, problems: Problem[]): object | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    problems.push(problem("", `this is ${brief(value)}`, "an object with experiment and deviations"));
  } catch (error) {
    problems.push(problem("", `this is no JSON (${error instanceof Error ? error.message : String(error)})`, "a file that `veridian explore` wrote"));
  }
  return null;
}

function digits(file: MemberReader, name: string, pattern: RegExp, count: number): string {
  const value = file.text(name, NAME_CHARACTERS_MAX);
  if (pattern.test(value)) return value;
  file.complain(name, `${count} digits 0-9 a-f`);
  return "";
}

function listOf<T>(file: MemberReader, name: string, most: number, found: Problem[], read: (item: MemberReader, found: Problem[]) => T): readonly T[] {
  const list = file.get(name);
  if (!Array.isArray(list) || list.length > most) {
    file.complain(name, `a list of at most ${most}`);
    return [];
  }
  const items: T[] = [];
  for (const [index, item] of (list as unknown[]).entries()) {
    if (found.length >= PROBLEMS_MAX) break;
    const place = `${name}[${index}]`;
    if (typeof item === "object" && item !== null && !Array.isArray(item)) items.push(read(new MemberReader(item, place, found), found));
    else found.push(problem(place, `this is ${brief(item)}`, "an object"));
  }
  return Object.freeze(items);
}

function wholes(file: MemberReader, name: string, most: number): readonly number[] {
  const list = file.get(name);
  const sound = Array.isArray(list) && list.length <= most && (list as unknown[]).every((item) => typeof item === "number" && Number.isInteger(item) && item >= 0 && item <= WORD_MAX);
  if (sound) return Object.freeze([...(list as number[])]);
  file.complain(name, `a list of at most ${most} whole numbers`);
  return [];
}

/** Numbers of frames, each larger than the one before, the first 1. */
function readFrames(file: MemberReader): readonly number[] | null {
  if (file.get("frames") === null) return null;
  const frames = wholes(file, "frames", FRAMES_MAX);
  if (frames[0] !== 1 || frames.some((frame, i) => i > 0 && frame <= frames[i - 1])) file.complain("frames", "null, or numbers of frames in order, from 1 on");
  return frames;
}

function readDeviation(item: MemberReader): Deviation {
  return Object.freeze<Deviation>({
    site: item.whole("site", 1, WORD_MAX),
    entity: item.whole("entity", 0, WORD_MAX),
    ordinal: item.whole("ordinal", 0, WORD_MAX),
    answer: item.whole("answer", 1, WORD_MAX),
    rule: item.whole("rule", 0, CHANCE_RULES_MAX - 1),
    tick: item.whole("tick", 0, Number.MAX_SAFE_INTEGER),
  });
}

function readFailure(file: MemberReader, found: Problem[]): Failure | null {
  const value = file.get("failure");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    file.complain("failure", "what did not hold, or null");
    return null;
  }
  const item = new MemberReader(value, "failure", found);
  return Object.freeze<Failure>({ checker: item.text("checker", NAME_CHARACTERS_MAX), place: item.text("place", TEXT_CHARACTERS_MAX), text: item.text("text", TEXT_CHARACTERS_MAX), tick: item.whole("tick", -1, Number.MAX_SAFE_INTEGER) });
}

function readRule(item: MemberReader, found: Problem[]): FaultRule {
  const fault = item.text("fault", NAME_CHARACTERS_MAX);
  if (fault !== "" && faultNamed(fault) === undefined) item.complain("fault", "a fault that this version has");
  const whole = (name: "fromTick" | "toTick" | "most"): object => (item.has(name) ? { [name]: item.whole(name, 0, Number.MAX_SAFE_INTEGER) } : {});
  return Object.freeze<FaultRule>({
    fault,
    parts: item.whole("parts", 0, PARTS_MAX),
    ...(item.has("parameters") ? { parameters: readParameters(item, fault, found) } : {}),
    ...(item.has("entities") ? { entities: wholes(item, "entities", ENTITIES_MAX) } : {}),
    ...whole("fromTick"),
    ...whole("toTick"),
    ...whole("most"),
  });
}

function readParameters(item: MemberReader, fault: string, found: Problem[]): Values {
  const value = item.get("parameters");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    item.complain("parameters", "an object of numbers");
    return {};
  }
  const known = faultNamed(fault)?.parameters ?? {};
  const members = new MemberReader(value, `parameters of ${fault}`, found);
  const entries = Object.keys(value).map((name) => {
    const parameter = Object.hasOwn(known, name) ? known[name] : undefined;
    if (parameter === undefined) members.complain(name, `one of ${Object.keys(known).join(", ") || "none"}`);
    return [name, parameter === undefined ? 0 : members.whole(name, parameter.least, parameter.most)] as const;
  });
  return Object.freeze(Object.fromEntries(entries));
}
