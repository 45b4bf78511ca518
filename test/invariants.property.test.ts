/**
 * Goal: what must always hold of a machine does, in the middle of real work: all invariants every ten ticks of captures,
 * whole and damaged, on the standard machine and on the tiny one. In `npm test` a few captures; all of them in
 * `npm run test:properties`.
 */

import { describe, expect, test } from "vitest";
import { InvariantWatcher } from "../sim/inspect/watchers.ts";
import { standard, tiny } from "../sim/machines/index.ts";
import type { MachineModel } from "../sim/machines/model.ts";
import type { RunSetup } from "../sim/run.ts";
import { finishRun, startRun } from "../sim/run.ts";
import { draws, mutated } from "./captures/damage.ts";
import { CAPTURES, loadCapture } from "./captures/index.ts";
import { setupFor } from "./captures/playing.ts";

const EVERY_TICKS = 10;
const LONG = process.env["PROPERTY_RUNS"] !== undefined;
/** Keep-alive, a burst, loss and reordering at once, noise: one of each kind. */
const FEW: readonly string[] = ["02-keepalive", "08-wrk-burst", "10-net-all", "12b-vlan"];
const NAMES = CAPTURES.filter((name) => LONG || FEW.includes(name));
const SEEDS = LONG ? 6 : 1;

/** How often all invariants were found to hold. */
function watched(setup: RunSetup): number {
  const watcher = new InvariantWatcher(EVERY_TICKS);
  const { world, problems } = startRun(setup, [watcher]);
  expect(problems).toEqual([]);
  const { account } = finishRun(world, setup);
  watcher.check(world);
  expect(watcher.checks).toBeGreaterThan(account.ticks / EVERY_TICKS / 2);
  return watcher.checks;
}

describe.each([standard, tiny])("every ten ticks on the $name machine", (model: MachineModel) => {
  test.each(NAMES)("of %s", (name) => void watched(setupFor(name, model)));

  test.each(NAMES)("of %s with damage", (name) => {
    const { mac } = setupFor(name);
    for (let seed = 0; seed < SEEDS; seed++) watched({ ...setupFor(name, model), capture: mutated(loadCapture(name), draws(seed)), mac });
  });
});
