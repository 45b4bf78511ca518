/** A request makes no sense, or two kinds of sense (sim/inhabitants/clients/malformed.ts). */

import { SimSite } from "../../chance/site.ts";
import { malformedWords } from "../../inhabitants/clients/malformed.ts";
import type { Fault } from "../fault.ts";

export const malformed: Fault = Object.freeze<Fault>({
  name: "client.malformed",
  layer: "client",
  summary: "a client sends a request that makes no sense, or two kinds of sense",
  site: SimSite.requestMalformed,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(0, n - 1),
  words: (answer) => `it sends ${malformedWords(answer)}`,
});
