/** What `veridian run` does otherwise when it is given a scenario: tells how far it is, ends it, prints its account. */

import type { Account } from "../account.ts";
import type { RunEnd, RunSetup } from "../run.ts";
import { finishRun } from "../run.ts";
import type { ScenarioPlan } from "../scenario/plan.ts";
import { ProgressWatcher } from "../scenario/progress.ts";
import type { ScenarioAccount } from "../scenario/scenario-account.ts";
import { finishScenario, seenBy } from "../scenario/scenario-account.ts";
import type { World } from "../world.ts";
import type { ReportOptions } from "./report.ts";
import { reportText } from "./report.ts";
import { scenarioReportText } from "./scenario-report.ts";
import type { Terminal } from "./terminal.ts";
import { count } from "./text.ts";

/** A scenario's plan and who watches its run; of a capture's run there is none. */
export interface Scene {
  readonly plan: ScenarioPlan;
  readonly progress: ProgressWatcher;
}

export interface Finished {
  readonly end: RunEnd;
  readonly account: Account & { readonly scenario?: ScenarioAccount };
}

/** Lines of a live account in a run as long as planned. */
const LINES = 10;

export function sceneOf(plan: ScenarioPlan, terminal: Terminal): Scene {
  const everyTicks = Math.max(1, Math.floor(plan.ticks / LINES));
  return { plan, progress: new ProgressWatcher(everyTicks, (world, tick) => terminal.err(progressLine(world, tick, plan))) };
}

/** Runs a started world to its end. `watched`: the scene's watcher was attached to it. */
export function finish(world: World, setup: RunSetup, scene: Scene | null, watched: boolean): Finished {
  if (scene !== null) return finishScenario(world, setup, scene.plan, watched ? scene.progress : null);
  const end = finishRun(world, setup);
  return { end, account: end.account };
}

export function resultText({ account }: Finished, json: boolean, options: ReportOptions): string {
  if (json) return `${JSON.stringify(account)}\n`;
  return account.scenario === undefined ? reportText(account, options) : scenarioReportText({ ...account, scenario: account.scenario }, options);
}

/** One line: where the run is, and what clients and backends have seen by now. */
function progressLine(world: World, tick: number, plan: ScenarioPlan): string {
  const seen = seenBy(world);
  if (seen === null) return "";
  const { counters, latency, busy } = seen.clients;
  const working = seen.backends.backends.map((backend) => backend.working + backend.waiting).join(" ");
  const errors = counters.failures === 0 ? "" : `, ${count(counters.failures)} failed`;
  return `tick ${count(tick).padStart(count(plan.ticks).length)} of ${count(plan.ticks)}: ${count(counters.answers)} answers${errors}, ${count(busy)} clients busy, 99 % within ${(latency.p99Micros / 1000).toFixed(1)} ticks, at the backends ${working}\n`;
}
