/** The operator adds a backend at whose port nobody listens, and takes it away again. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";
import { lastingParameters, lastingTicks, memberAct } from "./members.ts";
import { Operation } from "./operations.ts";

export const add: Fault = Object.freeze<Fault>({
  name: "operator.add",
  layer: "operator",
  summary: "the operator adds a backend that nobody is, for a time",
  site: SimSite.memberAdded,
  parameters: lastingParameters,
  answer: (values, _n, draw) => lastingTicks(values, draw),
  act: memberAct(Operation.addStranger, [Operation.removeStranger]),
  words: (answer) => `a backend at the port above this member's is added, and removed after ${answer} ticks`,
});
