/** Goal: who asks in the middle of everything is answered, and a balancer that answers wrongly is caught. Method: a violation is planted into the desk's memory. */

import { expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { operatorAnswers } from "../../../sim/checkers/operator-answers.ts";
import { DeskState } from "../../../sim/faults/operator/desk.ts";
import { Operation } from "../../../sim/faults/operator/operations.ts";
import { LbErrno } from "../../../services/lb/control.ts";
import { SmallStage } from "../faults/small-stage.ts";

const stage = new SmallStage();

/** What the checker says of a world in which one thing is asked and answered, and then something is done to the desk's counts. */
function saidOf(spoil: (name: keyof ReturnType<typeof DeskState.view>) => void, name: "unexpected" | "answered" | "waiting"): readonly string[] {
  const { theatre } = stage;
  theatre.open({ seed: 1, rules: [] });
  const { world, turmoil } = theatre;
  turmoil.desk.begin(Operation.list, 0);
  world.runUntil(() => world.quiet(), 5000);
  const said: string[] = [];
  expect(operatorAnswers.fits(world)).toBe(true);
  const watch = operatorAnswers.begin({ world, calm: () => true, fail: (place, text) => said.push(`${place}: ${text}`) });
  watch.healed?.();
  expect(said).toEqual([]);
  spoil(name);
  watch.end?.();
  return said;
}

const desk = (): Address<"DeskState"> => stage.theatre.world.parts.find(({ name }) => name === "desk")!.base as Address<"DeskState">;
const more = (name: keyof ReturnType<typeof DeskState.view>): void => {
  const view = DeskState.view(stage.theatre.world.memory, desk());
  view[name] += 1;
};

test.each([["unexpected", 1], ["answered", 1], ["waiting", 1]] as const)("one too many of those that are %s is seen", (name, count) => {
  expect(saidOf(more, name).length).toBe(count);
});

test("an answer that such an operation never has is seen, and so is a desk that nobody answers", () => {
  const { theatre } = stage;
  theatre.open({ seed: 1, rules: [] });
  const { world, turmoil } = theatre;
  turmoil.desk.begin(Operation.remove, 0);
  turmoil.desk.answered(world.state.nextRequestId - 1, LbErrno.connectionNotFound);
  expect([turmoil.desk.state.unexpected, turmoil.desk.state.answered]).toEqual([1, 1]);
});
