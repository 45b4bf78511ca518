/** The NIC's line is high for a time without a cause. */

import { SimSite } from "../../chance/site.ts";
import type { Act, Fault } from "../fault.ts";
import { nicAt, nicsOf } from "./nics.ts";

const UNIT_CYCLES = 256;
const ANSWERS = 1 << 16;
const LANE = 1;

const act: Act = Object.freeze<Act>({
  entities: nicsOf,
  answers: () => ANSWERS,
  perform: (world, entity, answer) => nicAt(world, entity).pulseLine(answer * UNIT_CYCLES),
});

export const spuriousInterrupt: Fault = Object.freeze<Fault>({
  name: "nic.spurious-interrupt",
  layer: "nic",
  summary: "the NIC's line is high for a time without a cause; asked once in each tick",
  site: SimSite.interruptSpurious,
  parameters: Object.freeze({
    highCyclesMost: Object.freeze({ value: 5_000, unit: "cycles", least: 1, most: (ANSWERS - 1) * UNIT_CYCLES, help: "how long it is high at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, Math.ceil(values["highCyclesMost"] / UNIT_CYCLES))),
  act,
  words: (answer) => `the NIC's line is high for ${answer * UNIT_CYCLES} cycles without a cause`,
});
