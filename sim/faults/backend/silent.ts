/** A backend falls silent: connections stay open, nothing is answered until it speaks again. */

import { SimSite } from "../../chance/site.ts";
import { BackendAilment } from "../../inhabitants/backends/records.ts";
import type { Fault } from "../fault.ts";
import { ailingAct, lastingParameters, lastingTicks } from "./lasting.ts";

export const silent: Fault = Object.freeze<Fault>({
  name: "backend.silent",
  layer: "backend",
  summary: "a backend answers nothing for a time, neither SYNs nor requests",
  site: SimSite.backendSilent,
  parameters: lastingParameters,
  answer: (values, _n, draw) => lastingTicks(values, draw),
  act: ailingAct(BackendAilment.silent),
  bearable: true,
  words: (answer) => `it is silent for ${answer} ticks`,
});
