/** Plays scenarios in tests: from members of a file to the account of the run. */

import type { Account } from "../../../sim/account.ts";
import { brokenLaws } from "../../../sim/account.ts";
import { startRun } from "../../../sim/run.ts";
import type { ScenarioPlan } from "../../../sim/scenario/plan.ts";
import { ProgressWatcher } from "../../../sim/scenario/progress.ts";
import type { ScenarioAccount } from "../../../sim/scenario/scenario-account.ts";
import { finishScenario } from "../../../sim/scenario/scenario-account.ts";
import { scenarioSetup } from "../../../sim/scenario/surroundings.ts";
import { planWith } from "./reading.ts";

export interface PlayedScenario {
  readonly account: Account & { readonly scenario: ScenarioAccount };
  /** What should hold of every run and does not. */
  readonly broken: readonly string[];
}

export function playPlan(plan: ScenarioPlan): PlayedScenario {
  const setup = scenarioSetup(plan, plan.name);
  const progress = new ProgressWatcher(1000, () => {});
  const { world, problems } = startRun(setup, [progress]);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const { account } = finishScenario(world, setup, plan, progress);
  const died = account.restarted.map(({ process, why }) => `${process} died: ${why}`);
  return { account, broken: [...brokenLaws(account), ...account.scenario.broken, ...died] };
}

/** Settings with which a machine is at rest soon after its last client: connections are not kept for half a minute, nor remembered for one. */
export const QUICK: Readonly<Record<string, number>> = Object.freeze({ "proxy.upstreamIdle": 400, "proxy.finWait": 400, "proxy.timeWait": 100 });

/** The plan of a file with these members, on a machine that is quickly at rest. */
export function quickPlan(members: object): ScenarioPlan {
  const plan = planWith(members);
  return { ...plan, machine: { ...plan.machine, settings: { ...QUICK, ...plan.machine.settings } } };
}

export function playMembers(members: object): PlayedScenario {
  return playPlan(quickPlan(members));
}

/** A configuration under strict semantics with one group of these members, no limits of rate, and further lines. */
export function configuring(algorithm: string, members: number, ...lines: readonly string[]): readonly string[] {
  const named = Array.from({ length: members }, (_, i) => `member=app:10.30.0.${i + 1}:8080`);
  return ["semantics=strict", "rate_limit_rps=100000", "rate_limit_burst=100000", `group=app:${algorithm}`, ...lines, ...named, "default=app"];
}
