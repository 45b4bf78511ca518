/** One direction of the NIC does not go on for some ticks: its frames wait, then there is no room for more. */

import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import { ChoiceSite } from "../../../hal/chance.ts";
import { TRANSFER_UNIT_CYCLES } from "../../../hal/nic/out-of-order.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;
const TICKS_MAX = 2000;

const unitsOf = (ticks: number): number => Math.ceil((ticks * CYCLES_PER_TICK) / TRANSFER_UNIT_CYCLES);

export const stuckQueue: Fault = Object.freeze<Fault>({
  name: "nic.stuck-queue",
  layer: "nic",
  summary: "a queue of the NIC does not go on for some ticks, unless the NIC is reset",
  site: ChoiceSite.transferLate,
  parameters: Object.freeze({
    ticksMost: Object.freeze({ value: 50, unit: "ticks", least: 1, most: TICKS_MAX, help: "how long it is stuck at most" }),
  }),
  answer: (values, n, draw) => Math.min(n - 1, unitsOf(1 + draw(LANE, values["ticksMost"]))),
  words: (answer) => `the queue is stuck for ${Math.floor((answer * TRANSFER_UNIT_CYCLES) / CYCLES_PER_TICK)} ticks`,
});
