/** The NIC's line rises later than it should; not at all if the driver found the cause by itself. */

import { ChoiceSite } from "../../../hal/chance.ts";
import { INTERRUPT_ANSWERS, INTERRUPT_UNIT_CYCLES } from "../../../hal/nic/out-of-order.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;
const LATE_CYCLES_MAX = (INTERRUPT_ANSWERS - 2) * INTERRUPT_UNIT_CYCLES;

export const lateInterrupt: Fault = Object.freeze<Fault>({
  name: "nic.late-interrupt",
  layer: "nic",
  summary: "an interrupt of the NIC comes late",
  site: ChoiceSite.interruptLate,
  parameters: Object.freeze({
    lateCyclesMost: Object.freeze({ value: 3_000_000, unit: "cycles", least: 1, most: LATE_CYCLES_MAX, help: "how late it comes at most" }),
  }),
  answer: (values, n, draw) => 2 + draw(LANE, Math.min(n - 2, Math.ceil(values["lateCyclesMost"] / INTERRUPT_UNIT_CYCLES))),
  words: (answer) => `the interrupt comes ${(answer - 1) * INTERRUPT_UNIT_CYCLES} cycles late`,
});
