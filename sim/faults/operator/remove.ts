/** The operator removes a backend, whatever it is doing, and adds it again. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { lastingParameters, lastingTicks, memberAct } from "./members.ts";
import { Operation } from "./operations.ts";

export const remove: Fault = Object.freeze<Fault>({
  name: "operator.remove",
  layer: "operator",
  summary: "the operator removes a backend, whatever it is doing, for a time",
  site: SimSite.memberRemoved,
  parameters: lastingParameters,
  answer: (values, _n, draw) => lastingTicks(values, draw),
  act: memberAct(Operation.remove, [Operation.add]),
  words: (answer) => `it is removed, and added again after ${answer} ticks`,
});
