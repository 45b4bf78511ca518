/** Time jumps: the processor stands still for some ticks, while devices and world go on. */

import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import { SimSite } from "../../chance/site.ts";
import type { Act, Fault } from "../fault.ts";

const LANE = 1;
export const JUMP_TICKS_MAX = 1000;

const act: Act = Object.freeze<Act>({
  entities: () => [0],
  answers: () => JUMP_TICKS_MAX + 1,
  perform: ({ machine }, _entity, answer) => machine.board.idleUntil(machine.now() + answer * CYCLES_PER_TICK),
});

export const jump: Fault = Object.freeze<Fault>({
  name: "timer.jump",
  layer: "timer",
  summary: "the processor stands still for some ticks, and finds them passed; asked once in each tick",
  site: SimSite.clockJumps,
  parameters: Object.freeze({
    ticksMost: Object.freeze({ value: 20, unit: "ticks", least: 1, most: JUMP_TICKS_MAX, help: "how far it jumps at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, values["ticksMost"])),
  act,
  words: (answer) => `time jumps ${answer} ticks ahead`,
});
