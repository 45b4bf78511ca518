/** A backend goes down: it resets all its connections, and refuses others until it is back. */

import { SimSite } from "../../chance/site.ts";
import { BackendAilment } from "../../inhabitants/backends/records.ts";
import type { Fault } from "../fault.ts";
import { ailingAct, lastingParameters, lastingTicks } from "./lasting.ts";

export const down: Fault = Object.freeze<Fault>({
  name: "backend.down",
  layer: "backend",
  summary: "a backend goes down and refuses connections for a time",
  site: SimSite.backendDown,
  parameters: lastingParameters,
  answer: (values, _n, draw) => lastingTicks(values, draw),
  act: ailingAct(BackendAilment.down),
  bearable: true,
  words: (answer) => `it is down for ${answer} ticks`,
});
