/**
 * Goal: what the machine decides about a capture does not depend on its NIC. Method: replay each capture on the machine
 * of each NIC; every request is as true as on the first, and every decision is the same, the chosen backend included.
 */

import { describe, expect, test } from "vitest";
import { brokenLaws } from "../sim/account.ts";
import type { Decision } from "../sim/decisions.ts";
import { e1000, standard, virtio, virtio2, virtio4 } from "../sim/machines/index.ts";
import type { MachineModel } from "../sim/machines/model.ts";
import { brokenPromises, crashAt } from "./captures/crashing.ts";
import { CAPTURES, loadTruth } from "./captures/index.ts";
import { firstDifference, playCapture, trueRequests } from "./captures/playing.ts";

const MODELS: readonly MachineModel[] = [e1000, virtio, virtio2, virtio4];

interface Played {
  readonly decisions: readonly Decision[];
  readonly dropped: Readonly<Record<string, number>>;
  readonly ignored: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
}

function play(name: string, model: MachineModel): Played {
  const { decisions, account } = playCapture(name, model);
  return { decisions, dropped: account.frames.dropped, ignored: account.net.ignored, broken: brokenLaws(account) };
}

describe.each(CAPTURES)("%s", (name) => {
  const truth = loadTruth(name);
  const isPlain = ({ sport }: { sport: number }): boolean => !truth.ambiguousPorts.includes(sport);
  const first = play(name, MODELS[0]);

  test("decided on e1000 as it is true", () => {
    expect(firstDifference(first.decisions.filter(isPlain), trueRequests(truth, isPlain))).toBe("");
    expect(first.broken).toEqual([]);
  });

  test.each(MODELS.slice(1))("decided on $name as on e1000: outcome, group and backend too; no other frame is dropped or left aside", (model) => {
    expect(play(name, model)).toEqual(first);
  });
});

test("the machine called e1000 is the standard one", () => {
  expect(e1000.manifest()).toEqual({ ...standard.manifest(), name: "e1000" });
});

describe("the driver of several queues dies in the middle of a capture", () => {
  const plan = { capture: "13b-200-clients", frames: 300, process: "driver", model: virtio4 };
  const whole = crashAt(plan, 0);

  test.each([0.1, 0.3, 0.5, 0.7, 0.9])("after %f of its crossings: it is begun anew, and what is decided then is told of the right frames", (part) => {
    const run = crashAt(plan, Math.floor(whole.crossings * part));
    expect(brokenPromises(run, plan, whole.decisions)).toEqual([]);
    const frames = new Map(whole.decisions.map(({ sport, src, nthInFlow, frame }) => [`${src} ${sport} ${nthInFlow}`, frame]));
    const wrong = run.decisions.filter(({ sport, src, nthInFlow, frame }) => frames.get(`${src} ${sport} ${nthInFlow}`) !== frame);
    expect(wrong).toEqual([]);
    expect(run.decisions.length).toBeGreaterThan(whole.decisions.length - 10);
  });
});
