/**
 * Goal: what the machine decides about a capture does not depend on its NIC. Method: replay each capture on the machine
 * of each NIC; every request is as true as on the first, and every decision is the same, the chosen backend included.
 */

import { describe, expect, test } from "vitest";
import { brokenLaws } from "../sim/account.ts";
import type { Decision } from "../sim/decisions.ts";
import { e1000, standard, virtio, virtio2, virtio4 } from "../sim/machines/index.ts";
import type { MachineModel } from "../sim/machines/model.ts";
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
