/** Whatever an operator asks in the middle of everything has one end: an answer that such an operation may have, or none since whoever should answer has died. */

import type { Address } from "../../hal/field.ts";
import { DeskState } from "../faults/operator/desk.ts";
import type { World } from "../world.ts";
import type { Checker, Watched } from "./checker.ts";

export const operatorAnswers: Checker = Object.freeze<Checker>({
  name: "operator-answers",
  law: "whatever an operator asks is answered once, by something that such an operation may be answered",
  fits: (world) => deskAt(world) !== undefined,
  begin: (watched) => ({
    healed: () => check(watched),
    end: () => check(watched),
    keep: () => null,
    recall: () => {},
  }),
});

function deskAt({ parts }: World): Address<"DeskState"> | undefined {
  return parts.find(({ name }) => name === "desk")?.base as Address<"DeskState"> | undefined;
}

function check({ world, fail }: Watched): void {
  const { asked, answered, unanswered, unexpected, waiting } = DeskState.view(world.memory, deskAt(world)!);
  if (unexpected > 0) fail("the operator", `${unexpected} answers are none that such an operation may have`);
  if (asked !== answered + unanswered + waiting) fail("the operator", `of ${asked} things that were asked ${answered} are answered, ${unanswered} are not, and ${waiting} wait`);
  if (world.quiet() && waiting > 0) fail("the operator", `${waiting} answers are waited for while all is at rest`);
}
