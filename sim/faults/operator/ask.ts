/** The operator asks for reports and lists in the middle of everything: nothing changes, but the balancer is busy answering. */

import { SimSite } from "../../chance/site.ts";
import type { World } from "../../world.ts";
import type { Fault } from "../fault.ts";
import { Operation } from "./operations.ts";

const ASKED = Object.freeze([Operation.report, Operation.list]);

export const ask: Fault = Object.freeze<Fault>({
  name: "operator.ask",
  layer: "operator",
  summary: "the operator asks the balancer for reports and lists",
  site: SimSite.operatorAsks,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(0, n - 1),
  act: Object.freeze({
    entities: (world: World) => (world.mailbox === "" ? [] : [0]),
    answers: () => ASKED.length + 1,
    perform: (world: World, _entity: number, answer: number) => world.disturbance?.desk.begin(ASKED[answer - 1], 0),
  }),
  words: (answer) => (ASKED[answer - 1] === Operation.list ? "the operator asks for all groups" : "the operator asks for a report"),
});
