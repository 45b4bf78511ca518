/** Plays the beginning of a capture on a machine of which one process dies at one crossing, and looks at what is left. */

import { createHash } from "node:crypto";
import { KernelChoice } from "../../kernel/crossing.ts";
import type { Account } from "../../sim/account.ts";
import { brokenLaws } from "../../sim/account.ts";
import { configure } from "../../sim/balancer.ts";
import type { Decision } from "../../sim/decisions.ts";
import { DecisionRecorder } from "../../sim/decisions.ts";
import type { MachineModel } from "../../sim/machines/model.ts";
import { standard } from "../../sim/machines/standard.ts";
import type { Observer } from "../../sim/observer.ts";
import type { RunSetup } from "../../sim/run.ts";
import { finishRun, startRun } from "../../sim/run.ts";
import type { World } from "../../sim/world.ts";
import { setupFor } from "./playing.ts";

export interface CrashRun {
  readonly account: Account;
  /** Decided before the crash, and all. */
  readonly before: readonly Decision[];
  readonly decisions: readonly Decision[];
  /** Crossings of the process that were counted. */
  readonly crossings: number;
  readonly world: World;
}

export interface CrashPlan {
  readonly capture: string;
  /** Frames of it that are played. */
  readonly frames: number;
  readonly process: string;
  /** The standard one, if nothing is said. */
  readonly model?: MachineModel;
  /** Settings of the machine. */
  readonly settings?: Readonly<Record<string, number>>;
}

const CONFIGURATIONS_MAX = 5;

function sha1(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

/** Until the crash, what it watches goes to the recorder. */
class Before implements Observer {
  readonly recorder = new DecisionRecorder();
  over = false;

  attach(world: World): void {
    this.recorder.attach(world);
  }

  readonly probe: Observer["probe"] = (...record) => {
    if (!this.over) this.recorder.probe(...record);
  };
}

/** The process dies at its crossing number `at`, from 1; 0: nobody dies. */
export function crashAt(plan: CrashPlan, at: number): CrashRun {
  const whole = setupFor(plan.capture, plan.model ?? standard, plan.settings);
  const processes = Object.keys(whole.manifest.processes);
  const before = new Before();
  const seen = { crossings: 0 };
  const choose = (site: number, entity: number): number => {
    if (site !== KernelChoice.processDies || processes[entity] !== plan.process) return 0;
    seen.crossings += 1;
    if (seen.crossings !== at) return 0;
    before.over = true;
    return 1;
  };
  const setup: RunSetup = { ...whole, capture: whole.capture.cutAfter(plan.frames), choose, crashes: true };
  const all = new DecisionRecorder();
  const { world, problems } = startRun(setup, [before, all]);
  // Who sent the configuration sends it again when nobody took it.
  for (let tries = 0, status = problems.length; status !== 0 && tries < CONFIGURATIONS_MAX; tries++) {
    world.runUntilTick(world.machine.tick() + 10);
    status = configure(world, setup.configuration).status;
  }
  const { account, groups } = finishRun(world, setup);
  return { account, before: before.recorder.decisions(sha1, groups), decisions: all.decisions(sha1, groups), crossings: seen.crossings, world };
}

/** What is wrong at the end of a run in which the process died once, in words. */
export function brokenPromises(run: CrashRun, plan: CrashPlan, truth: readonly Decision[]): string[] {
  const { account, world } = run;
  const broken = brokenLaws(account);
  for (const { name, state, restarts, fault } of world.machine.report().processes) {
    if (state !== "blocked") broken.push(`${name} is ${state}`);
    if (restarts !== (name === plan.process ? 1 : 0)) broken.push(`${name} was restarted ${restarts} times`);
    if (name !== plan.process && fault !== null) broken.push(`${name} ${fault}`);
  }
  world.machine.processNames.forEach((name, index) => {
    const { waitsFor } = world.machine.inspect("processes", index);
    if (waitsFor !== 1) broken.push(`${name} waits for ${String(waitsFor)}`);
  });
  const supervisor = world.machine.inspect("state.supervisor");
  if (supervisor.restarts !== 1 || supervisor.givenUp !== 0) broken.push(`the supervisor counts ${JSON.stringify(supervisor)}`);
  const exact = new Set(truth.map((decision) => JSON.stringify(decision)));
  for (const decision of run.before) if (!exact.has(JSON.stringify(decision))) broken.push(`decided before, and not so in truth: ${JSON.stringify(decision)}`);
  const known = new Set(truth.map(requestOf));
  for (const decision of run.decisions) if (!known.has(requestOf(decision))) broken.push(`decided, and there is no such request: ${JSON.stringify(decision)}`);
  return broken;
}

/** What must be right of a request whatever has died before: where it came from, and what it asks for. */
function requestOf({ frame, tsUs, src, sport, method, target, host, headBytes, headSha1 }: Decision): string {
  return JSON.stringify([frame, tsUs, src, sport, method, target, host, headBytes, headSha1]);
}
