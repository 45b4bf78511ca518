/**
 * Goal: a frame with a routed request costs at most 5,000 cycles, from its write-back until everything that it caused
 * is done: driver, net, balancer, the copy sent on, the refilled descriptor. Method: take the frames that come alone.
 */

import { describe, expect, test } from "vitest";
import { HalTrace } from "../hal/trace.ts";
import { NetTrace } from "../services/net/api.ts";
import { standard, virtio, virtio4 } from "../sim/machines/index.ts";
import type { MachineModel } from "../sim/machines/model.ts";
import { startRun } from "../sim/run.ts";
import { setupFor } from "./captures/playing.ts";

/** How long nothing may happen before a frame counts as done: longer than the way of its copy to the wire. */
const REST_CYCLES = 20_000;

/** Cycles of each frame that came alone and brought one request. */
function costsOf(name: string, model: MachineModel): number[] {
  const costs: number[] = [];
  const seen = { startCycle: -1, frames: 0, requests: 0 };
  const { world } = startRun(setupFor(name, model), [
    {
      attach: () => {},
      probe: (kind) => {
        if (kind === HalTrace.frameReceived && seen.frames++ === 0) seen.startCycle = world.machine.now();
        if (kind === NetTrace.requestDecided) seen.requests++;
      },
    },
  ]);
  const { machine } = world;
  world.beginReplay();
  while (!world.quiet()) {
    world.step();
    const next = machine.board.nextDeviceEventCycle();
    if (seen.frames === 0 || machine.busy() || (next >= 0 && next <= machine.now() + REST_CYCLES)) continue;
    if (seen.frames === 1 && seen.requests === 1) costs.push(machine.now() - seen.startCycle);
    Object.assign(seen, { startCycle: -1, frames: 0, requests: 0 });
  }
  return costs;
}

describe.each([standard, virtio, virtio4])("$name", (model) => {
  test.each([
    ["01-curl-gets", 40],
    ["08-wrk-burst", 300],
    ["12b-vlan", 30],
  ])("%s: at least %i frames are looked at, none costs more", (name, least) => {
    const costs = costsOf(name, model);
    expect(costs.length).toBeGreaterThanOrEqual(least);
    expect(Math.min(...costs)).toBeGreaterThan(500);
    expect(Math.max(...costs)).toBeLessThanOrEqual(5_000);
  });
});
