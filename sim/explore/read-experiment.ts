/**
 * Reads an experiment from the text of a file (JSON, "schema": 1). The file is hostile: whatever it holds, the answer is an
 * experiment whose every number is in range, or a list of what is wrong, each with its place.
 *
 *     { "schema": 1, "world": "tiny", "faults": [{ "fault": "wire.drop", "parts": 50000 }] }
 *
 * The world is one of two by name, with another configuration if the file gives one: "tiny" (the tiny machine and the small
 * traffic) or "small" (three clients and three backends around a small proxy); or frames for the tiny machine; or a whole
 * scenario. sim/experiments/files/experiment.schema.json says the same for editors.
 */

import { CHECKERS } from "../checkers/catalogue.ts";
import { LIVING_CONFIGURATION, livingSurroundings } from "../experiments/living.ts";
import { SMALL_CONFIGURATION, smallSurroundings } from "../experiments/small.ts";
import type { Problem } from "../problem.ts";
import { ScenarioBounds } from "../scenario/bounds.ts";
import { brief, complain, Members, parseObject } from "../scenario/members.ts";
import { readScenario } from "../scenario/read-scenario.ts";
import { NO_FILES } from "../scenario/scenario-files.ts";
import { scenarioSetup } from "../scenario/surroundings.ts";
import { readEnd } from "./end-condition.ts";
import type { Experiment, Surroundings } from "./experiment.ts";
import { readFrames } from "./read-frames.ts";
import { readRules } from "./read-rules.ts";

export const EXPERIMENT_MEMBERS: readonly string[] = Object.freeze(["schema", "$schema", "name", "summary", "world", "configuration", "frames", "scenario", "faults", "troubleTicks", "recoveryTicks", "checks", "marks", "end"]);

const WORLDS = ["tiny", "small"] as const;
const NAME_CHARACTERS_MAX = 100;
const TROUBLE_TICKS = 150;
const RECOVERY_TICKS = 1_000;
const NAMES_MAX = 256;
const LINES_MAX = 20_000;

/** Null, and problems in the list, if the text is no sound experiment. `name` is what it is called if it does not say. */
export function readExperiment(text: string, name: string, problems: Problem[]): Experiment | null {
  const found: Problem[] = [];
  const value = parseObject(text, 'an object such as {"schema":1,"world":"tiny","faults":[{"fault":"wire.drop","parts":50000}]}', found);
  const experiment = value === null ? null : read(value, name, text, found);
  problems.push(...found);
  return found.length > 0 ? null : experiment;
}

function read(value: object, name: string, text: string, problems: Problem[]): Experiment {
  const file = new Members(value, "", problems, EXPERIMENT_MEMBERS);
  if (file.get("schema") !== 1) file.refuse("schema", "1, which says how the rest is read");
  const { summaryCharactersMax, ticksMax } = ScenarioBounds;
  const checks = readNames(file, "checks", CHECKERS.map((checker) => checker.name));
  return Object.freeze<Experiment>({
    schema: 1,
    name: file.text("name", name, NAME_CHARACTERS_MAX),
    summary: file.text("summary", "", summaryCharactersMax),
    surroundings: readWorld(file, name),
    faults: readRules(file),
    troubleTicks: file.whole("troubleTicks", TROUBLE_TICKS, 0, ticksMax),
    recoveryTicks: file.whole("recoveryTicks", RECOVERY_TICKS, 1, ticksMax),
    ...(checks === undefined ? {} : { checks }),
    marks: readNames(file, "marks", null) ?? Object.freeze([]),
    ...(file.has("end") ? { end: readEnd(file) } : {}),
    text,
  });
}

/** One of the worlds by name, or what the file describes. */
function readWorld(file: Members, name: string): () => Surroundings {
  const described = ["world", "frames", "scenario"].filter((member) => file.has(member));
  if (described.length > 1) file.refuse(described[1], `nothing, where there is ${described[0]}: there is one world`);
  if (file.has("scenario")) return readLiving(file, name);
  const world = file.word("world", "tiny", WORLDS);
  const configuration = readConfiguration(file, world === "small" ? LIVING_CONFIGURATION : SMALL_CONFIGURATION);
  const frames = file.has("frames") ? readFrames(file) : null;
  if (world === "small") return () => livingSurroundings({}, configuration);
  return frames === null ? () => smallSurroundings(configuration) : () => ({ ...smallSurroundings(configuration), capture: frames, captureName: `frames of ${name}` });
}

/** A scenario as a file of its own has it. */
function readLiving(file: Members, name: string): () => Surroundings {
  const found: Problem[] = [];
  const plan = readScenario(JSON.stringify(file.get("scenario")), name, NO_FILES, found);
  for (const { place, found: what, expected } of found) complain(file.problems, place === "" ? file.at("scenario") : `${file.at("scenario")}.${place}`, what, expected);
  if (file.has("configuration")) file.refuse("configuration", "nothing here: a scenario has its own, machine.configuration");
  if (plan === null) return () => smallSurroundings();
  return () => {
    const { seed: _, ...surroundings } = scenarioSetup(plan, name);
    return surroundings;
  };
}

/** A text, or its lines. */
function readConfiguration(file: Members, otherwise: string): string {
  if (!file.has("configuration")) return otherwise;
  if (typeof file.get("configuration") === "string") return file.text("configuration", otherwise, ScenarioBounds.fileCharactersMax);
  const lines = file.list("configuration", 1, LINES_MAX);
  for (const [line, place] of lines) if (typeof line !== "string" || /[\n\r]/.test(line)) complain(file.problems, place, `this is ${brief(line)}`, "one line of a configuration");
  return lines.map(([line]) => `${String(line)}\n`).join("");
}

/** A list of texts, each one of `known` if that is not null; undefined where the member is absent. */
function readNames(file: Members, member: string, known: readonly string[] | null): readonly string[] | undefined {
  if (!file.has(member)) return undefined;
  const names: string[] = [];
  for (const [value, place] of file.list(member, 0, NAMES_MAX)) {
    if (typeof value === "string" && value.length <= NAME_CHARACTERS_MAX && (known === null || known.includes(value))) names.push(value);
    else complain(file.problems, place, `this is ${brief(value)}`, known === null ? "a name" : `one of ${known.join(", ")}`);
  }
  return Object.freeze(names);
}
