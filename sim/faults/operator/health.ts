/** The operator says that a sound backend is not, and later that it is. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { lastingParameters, lastingTicks, memberAct } from "./members.ts";
import { Operation } from "./operations.ts";

export const health: Fault = Object.freeze<Fault>({
  name: "operator.health",
  layer: "operator",
  summary: "the operator calls a backend unhealthy for a time",
  site: SimSite.memberJudged,
  parameters: lastingParameters,
  answer: (values, _n, draw) => lastingTicks(values, draw),
  act: memberAct(Operation.sick, [Operation.well]),
  words: (answer) => `it is called unhealthy for ${answer} ticks`,
});
