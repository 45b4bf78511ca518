/** The operator loads the configuration again in the middle of everything: the same, one that is refused, or one without a member; later the first again. */

import { SimSite } from "../../chance/site.ts";
import type { World } from "../../world.ts";
import type { Fault } from "../fault.ts";
import { LASTS_TICKS_MAX, lastingParameters, lastingTicks, memberNumbers } from "./members.ts";
import { Operation } from "./operations.ts";

/** The same text, a broken one, and texts without one of the first members. */
const MEMBERS = 8;
const WAYS = 2 + MEMBERS;

const ticksOf = (answer: number): number => ((answer - 1) % LASTS_TICKS_MAX) + 1;
const wayOf = (answer: number): number => Math.floor((answer - 1) / LASTS_TICKS_MAX);
const WORDS: readonly string[] = Object.freeze(["the same configuration", "a configuration that is refused"]);

export const reload: Fault = Object.freeze<Fault>({
  name: "operator.reload",
  layer: "operator",
  summary: "the operator loads the configuration again: the same, a broken one, or one without a member for a time",
  site: SimSite.reload,
  parameters: lastingParameters,
  answer: (values, n, draw) => lastingTicks(values, draw) + draw(1, Math.floor((n - 1) / LASTS_TICKS_MAX)) * LASTS_TICKS_MAX,
  act: Object.freeze({
    entities: (world: World) => (world.mailbox === "" || world.configuration === "" ? [] : [0]),
    answers: (world: World) => Math.min(WAYS, 2 + memberNumbers(world).length) * LASTS_TICKS_MAX + 1,
    perform: (world: World, _entity: number, answer: number) => {
      const way = wayOf(answer);
      world.disturbance?.desk.begin([Operation.reload, Operation.reloadBroken][way] ?? Operation.reloadWithout, Math.max(0, way - 2));
    },
    lastsTicks: ticksOf,
    mend: (world: World) => world.disturbance?.desk.mend(Operation.reload, 0),
  }),
  words: (answer) => `it loads ${WORDS[wayOf(answer)] ?? `a configuration without member ${wayOf(answer) - 2}`}, and after ${ticksOf(answer)} ticks the first again`,
});
