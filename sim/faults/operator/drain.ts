/** The operator drains a backend: it gets no new requests, and goes at a deadline; later it is there again. */

import { SimSite } from "../../chance/site.ts";
import type { World } from "../../world.ts";
import type { Fault } from "../fault.ts";
import { LASTS_TICKS_MAX, lastingParameters, lastingTicks, memberNumbers } from "./members.ts";
import { Operation } from "./operations.ts";

/** By when it goes, as a part of the time until it is taken back: before that, about then, or never. */
const DEADLINES = Object.freeze([4, 2, 1, 0.5]);

const ticksOf = (answer: number): number => ((answer - 1) % LASTS_TICKS_MAX) + 1;
const deadlineOf = (answer: number): number => Math.ceil(ticksOf(answer) / DEADLINES[Math.floor((answer - 1) / LASTS_TICKS_MAX)]);

export const drain: Fault = Object.freeze<Fault>({
  name: "operator.drain",
  layer: "operator",
  summary: "the operator drains a backend, and takes it back later, gone or not",
  site: SimSite.memberDrained,
  parameters: lastingParameters,
  answer: (values, _n, draw) => lastingTicks(values, draw) + draw(1, DEADLINES.length) * LASTS_TICKS_MAX,
  act: Object.freeze({
    entities: memberNumbers,
    answers: () => DEADLINES.length * LASTS_TICKS_MAX + 1,
    perform: (world: World, member: number, answer: number) => world.disturbance?.desk.begin(Operation.drain, member, deadlineOf(answer)),
    lastsTicks: ticksOf,
    mend: (world: World, member: number) => {
      world.disturbance?.desk.mend(Operation.undrain, member);
      // It may be gone.
      world.disturbance?.desk.mend(Operation.add, member);
    },
  }),
  words: (answer) => `it is drained, to be gone after ${deadlineOf(answer)} ticks, and taken back after ${ticksOf(answer)}`,
});
