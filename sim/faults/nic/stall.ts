/** A transfer between the NIC and memory takes longer; the frames behind it wait. */

import { ChoiceSite } from "../../../hal/chance.ts";
import { TRANSFER_UNIT_CYCLES } from "../../../hal/nic/out-of-order.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;

export const stall: Fault = Object.freeze<Fault>({
  name: "nic.stall",
  layer: "nic",
  summary: "a transfer of the NIC, to or from memory, takes longer",
  site: ChoiceSite.transferLate,
  parameters: Object.freeze({
    lateCyclesMost: Object.freeze({ value: 500_000, unit: "cycles", least: 1, most: 100_000_000, help: "how much longer it takes at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, Math.ceil(values["lateCyclesMost"] / TRANSFER_UNIT_CYCLES))),
  words: (answer) => `the transfer takes ${answer * TRANSFER_UNIT_CYCLES} cycles longer`,
});
