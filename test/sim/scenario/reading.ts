/** Reads scenarios in tests: what is wrong with a text, and the plan of one with which nothing is. */

import { problemText } from "../../../sim/problem.ts";
import type { ScenarioPlan } from "../../../sim/scenario/plan.ts";
import { readScenario } from "../../../sim/scenario/read-scenario.ts";
import type { ScenarioFiles } from "../../../sim/scenario/scenario-files.ts";
import { NO_FILES } from "../../../sim/scenario/scenario-files.ts";

export interface Reading {
  readonly plan: ScenarioPlan | null;
  /** One line each. */
  readonly problems: readonly string[];
}

export function readText(text: string, files: ScenarioFiles = NO_FILES): Reading {
  const problems: { place: string; found: string; expected: string }[] = [];
  const plan = readScenario(text, "unnamed", files, problems);
  return { plan, problems: problems.map((one) => problemText(one)) };
}

/** A scenario of one kind of client and two backends, with these members besides, or in place of those. */
export function readWith(members: object, files: ScenarioFiles = NO_FILES): Reading {
  return readText(JSON.stringify({ schema: 1, clients: [{}], backends: [{ count: 2 }], ...members }), files);
}

/** The plan of the same; throws if something is wrong with it. */
export function planWith(members: object, files: ScenarioFiles = NO_FILES): ScenarioPlan {
  const { plan, problems } = readWith(members, files);
  if (plan === null) throw new Error(problems.join("\n"));
  return plan;
}

/** A folder of such files. */
export function filesOf(contents: Readonly<Record<string, string | Uint8Array>>): ScenarioFiles {
  return {
    bytes: (name, place, problems) => {
      const content = contents[name];
      if (content === undefined) problems.push({ place, found: `there is no ${name}`, expected: "another" });
      return content === undefined ? null : typeof content === "string" ? new TextEncoder().encode(content) : content;
    },
  };
}
