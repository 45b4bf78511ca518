/** From a command line to the run of a scenario: reads the file, lets options have the last word, and finds all that is wrong. */

import { readdirSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSettings, readRamBytes } from "../machines/settings.ts";
import type { Problem } from "../problem.ts";
import { problem, problemsIn } from "../problem.ts";
import type { RunSetup } from "../run.ts";
import { ScenarioBounds } from "../scenario/bounds.ts";
import type { ScenarioPlan } from "../scenario/plan.ts";
import { readScenario } from "../scenario/read-scenario.ts";
import { servingMachines } from "../scenario/read-machine.ts";
import type { ScenarioFiles } from "../scenario/scenario-files.ts";
import { scenarioSetup } from "../scenario/surroundings.ts";
import { closest } from "../suggest.ts";
import { readBoundedBytes, readSoundText } from "./files.ts";
import type { OptionSpec, Options } from "./options.ts";

export const SCENARIO_OPTIONS: readonly OptionSpec[] = Object.freeze([
  { name: "scenario", value: "NAME|FILE", help: "instead of a capture: clients and backends around a machine that serves, as a\nJSON file says; first-steps, slow-backend, dying-backend and others come along" },
  { name: "ticks", value: "N", help: "with --scenario: no session begins after N ticks (without it: as the file says)" },
]);

/** What a scenario says itself, or what has no meaning without a capture. */
const FOREIGN_OPTIONS = ["capture", "manifest", "mac", "cut-at-frame", "decisions"];
const BUNDLED = fileURLToPath(new URL("../scenarios", import.meta.url));
const LOG_BYTES_MAX = 64 * 1024 * 1024;

export interface ScenarioReading {
  readonly setup: RunSetup | null;
  readonly plan: ScenarioPlan | null;
  readonly problems: readonly Problem[];
}

export function readScenarioSetup(options: Options): ScenarioReading {
  const problems: Problem[] = FOREIGN_OPTIONS.filter((name) => options.has(name)).map((name) => problem(`--${name}`, "it means nothing with --scenario", "a run of a capture"));
  const found: Problem[] = [];
  const path = pathOf(options.text("scenario") ?? "", problems);
  const text = path === "" ? null : readSoundText(path, path, ScenarioBounds.fileCharactersMax, problems);
  const plan = text === null ? null : readScenario(text, basename(path, ".json"), filesBeside(path), found);
  problems.push(...problemsIn(path, found));
  const chosen = plan === null ? null : choose(plan, options, problems);
  if (problems.length > 0 || chosen === null) return { setup: null, plan: null, problems };
  const setup = scenarioSetup(chosen, options.text("config") ?? path);
  return { setup: options.has("config") ? { ...setup, configurationName: options.text("config") ?? "" } : setup, plan: chosen, problems };
}

/** A file as it was named, or one that comes along; empty, and a problem in the list, if there is none of that name. */
function pathOf(name: string, problems: Problem[]): string {
  if (/[./\\]/.test(name)) return name;
  const names = bundledScenarios();
  if (names.includes(name)) return join(BUNDLED, `${name}.json`);
  const meant = closest(name, names);
  problems.push(problem(`--scenario ${name}`, "there is no scenario of that name", meant === "" ? `${names.join(", ")}, or a JSON file` : `${meant}, perhaps`));
  return "";
}

/** Names of the scenarios that come along. */
export function bundledScenarios(): string[] {
  return readdirSync(BUNDLED).filter((name) => name.endsWith(".json")).map((name) => basename(name, ".json")).sort();
}

/** The plan as the options change it. */
function choose(plan: ScenarioPlan, options: Options, problems: Problem[]): ScenarioPlan {
  const model = servingMachines().find(({ name }) => name === plan.machine.model);
  const ram = options.text("ram");
  const config = options.text("config");
  const ramBytes = ram === undefined ? plan.machine.ramBytes : readRamBytes(ram, problems);
  const settings = model === undefined ? {} : readSettings(model, options.list("set"), problems);
  const configuration = config === undefined ? plan.machine.configuration : (readSoundText(config, config, ScenarioBounds.fileCharactersMax, problems) ?? "");
  return {
    ...plan,
    ticks: wholeOption(options, "ticks", plan.ticks, 1, ScenarioBounds.ticksMax, problems),
    seed: wholeOption(options, "seed", plan.seed, 0, ScenarioBounds.seedMax, problems),
    machine: { ...plan.machine, settings: { ...plan.machine.settings, ...settings }, configuration, ...(ramBytes === undefined ? {} : { ramBytes }) },
  };
}

function wholeOption(options: Options, name: string, otherwise: number, least: number, most: number, problems: Problem[]): number {
  const text = options.text(name);
  if (text === undefined) return otherwise;
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  problems.push(problem(`--${name} ${text}`, "this is no number that fits", `a whole number of ${least} to ${most}`));
  return otherwise;
}

/** Files that a scenario names lie where it lies, or below: whoever writes one does not choose what else is read. */
function filesBeside(path: string): ScenarioFiles {
  return {
    bytes: (name, place, problems) => {
      if (!isAbsolute(name) && !name.split(/[/\\]/).includes("..")) return readBoundedBytes(join(dirname(path), name), place, LOG_BYTES_MAX, problems);
      problems.push(problem(place, `"${name}" lies elsewhere`, "a file where the scenario lies, or below"));
      return null;
    },
  };
}
