/** Whoever receives a message does not get round to it for some ticks; what comes meanwhile queues up. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import { HELD_TICKS_MAX } from "../../../kernel/process/hold.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;

export const slowReceiver: Fault = Object.freeze<Fault>({
  name: "ipc.slow-receiver",
  layer: "ipc",
  summary: "the receiver of a message does not run for some ticks",
  site: KernelChoice.receiverSlow,
  parameters: Object.freeze({
    ticksMost: Object.freeze({ value: 10, unit: "ticks", least: 1, most: HELD_TICKS_MAX, help: "for how long at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, values["ticksMost"])),
  words: (answer) => `its receiver does not run for ${answer} ticks`,
});
