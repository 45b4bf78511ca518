/**
 * Goal: whoever dies, at whatever crossing, nobody hangs and nothing is lost silently. Method: play the beginning of a
 * capture as often as a process has crossings in it, and let it die at another one each time. Each run must end with
 * total = routed + refused + lost, every frame accounted for, all DMA buffers at home, every process waiting for messages
 * only, one restart by the supervisor, and every decision before the death the true one.
 *
 * `npm test` takes every STEP-th crossing; `npm run test:crashes` takes all of them, and longer captures.
 */

import { describe, expect, test } from "vitest";
import { standard } from "../sim/machines/standard.ts";
import { tiny } from "../sim/machines/tiny.ts";
import { virtio4 } from "../sim/machines/virtio.ts";
import type { CrashPlan } from "./captures/crashing.ts";
import { brokenPromises, crashAt } from "./captures/crashing.ts";

const all = process.env.CRASHES === "all";
const STEP = all ? 1 : 23;

const plans: readonly CrashPlan[] = [
  ...["driver", "lb", "net", "operator"].map((process) => ({ capture: "01-curl-gets", frames: 60, process })),
  ...["driver", "lb", "net"].map((process) => ({ capture: "01-curl-gets", frames: 60, process, model: tiny })),
  { capture: "01-curl-gets", frames: 60, process: "driver", model: virtio4 },
  ...(all ? ["driver", "lb", "net"].flatMap((process) => ["03-pipelined", "04-post"].map((capture) => ({ capture, frames: 60, process }))) : []),
];

describe(`a process dies at ${STEP === 1 ? "every crossing" : `every ${STEP}th crossing`}`, () => {
  test.each(plans.map((plan) => ({ ...plan, machine: (plan.model ?? standard).name })))("$process of the $machine machine, in the first $frames frames of $capture", (plan) => {
    const truth = crashAt(plan, 0);
    expect(truth.account.requests.total).toBeGreaterThan(3);
    expect(truth.crossings).toBeGreaterThan(20);
    const broken: string[] = [];
    for (let at = 1; at <= truth.crossings; at += STEP) {
      broken.push(...brokenPromises(crashAt(plan, at), plan, truth.decisions).map((words) => `crossing ${at} of ${truth.crossings}: ${words}`));
    }
    expect(broken).toEqual([]);
  });
});

test("the sweep bites: a process that nobody restarts is told of", () => {
  const plan: CrashPlan = { capture: "01-curl-gets", frames: 60, process: "net", settings: { "restart.net": 0 } };
  const truth = crashAt({ ...plan, settings: {} }, 0);
  const run = crashAt(plan, Math.floor(truth.crossings / 2));
  expect(brokenPromises(run, plan, truth.decisions)).toEqual(
    expect.arrayContaining(["net was restarted 0 times", expect.stringContaining("process net runs no more: was made to crash")]),
  );
});
