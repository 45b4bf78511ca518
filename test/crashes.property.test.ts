/**
 * Goal: a machine whose processes die at random, as often as they like, goes on and accounts for everything. Method: at
 * each crossing of anybody but the supervisor the process dies with some probability, from boot until the capture has
 * been played; then the machine is shut down in peace, and all invariants and laws must hold.
 */

import { expect, test } from "vitest";
import { KernelChoice } from "../kernel/crossing.ts";
import { checkInvariants } from "../kernel/invariants/invariants.ts";
import { brokenLaws } from "../sim/account.ts";
import { configure } from "../sim/balancer.ts";
import { standard } from "../sim/machines/standard.ts";
import type { RunSetup } from "../sim/run.ts";
import { finishRun, startRun } from "../sim/run.ts";
import { setupFor } from "./captures/playing.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 80);
const CAPTURES = ["01-curl-gets", "08-wrk-burst", "03-pipelined", "10-net-loss"];
const FRAMES = 150;
const REST_TICKS = 10_000;
/** A configuration is sent again while nobody takes it. */
const CONFIGURATIONS_MAX = 8;

/** Numbers from 0 to 1, the same for the same seed. */
function drawsFrom(seed: number): () => number {
  const state = { word: seed };
  return () => (state.word = (Math.imul(state.word, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** What is wrong at the end, and how often somebody died. */
function play(run: number): { broken: string[]; deaths: number } {
  const draw = drawsFrom(run * 7919);
  const whole = setupFor(CAPTURES[run % CAPTURES.length]!, standard, { "restart.most": 40, "restart.delay": run % 2, "restart.delayMost": 4 });
  const supervisor = Object.keys(whole.manifest.processes).indexOf("supervisor");
  const probability = 1 / (200 + 2000 * draw());
  const seen = { deaths: 0, peace: false };
  const choose = (site: number, entity: number): number => {
    if (site !== KernelChoice.processDies || seen.peace || entity === supervisor || draw() >= probability) return 0;
    seen.deaths += 1;
    return 1;
  };
  const configuration = (run % 3 === 0 ? "semantics=strict\n" : "") + whole.configuration;
  const setup: RunSetup = { ...whole, configuration, capture: whole.capture.cutAfter(FRAMES), crashes: true, choose };
  const { world, problems } = startRun(setup);
  for (let tries = 0, status = problems.length; status !== 0 && tries < CONFIGURATIONS_MAX; tries++) {
    world.runUntilTick(world.machine.tick() + 20);
    status = configure(world, configuration).status;
  }
  world.beginReplay();
  const rested = world.run(REST_TICKS);
  const problemsAtRest = checkInvariants(world.machine).map(({ checker, place, text }) => `${checker}: ${place}: ${text}`);
  seen.peace = true;
  const { account } = finishRun(world, setup);
  const stuck = world.machine.report().processes.filter(({ state }) => state !== "blocked").map(({ name, state }) => `${name} is ${state}`);
  const restarts = account.restarted.reduce((sum, { times }) => sum + times, 0);
  const told = restarts === seen.deaths ? [] : [`${seen.deaths} deaths, and ${restarts} restarts`];
  return { broken: [...(rested ? [] : ["it does not come to rest"]), ...problemsAtRest, ...brokenLaws(account), ...stuck, ...told], deaths: seen.deaths };
}

test(`whoever dies, and however often, everything is accounted for (${RUNS} runs)`, () => {
  const total = { deaths: 0 };
  for (let run = 1; run <= RUNS; run++) {
    const { broken, deaths } = play(run);
    expect(broken, `run ${run}`).toEqual([]);
    total.deaths += deaths;
  }
  expect(total.deaths).toBeGreaterThan(RUNS);
});
