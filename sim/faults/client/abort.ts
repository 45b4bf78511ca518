/** A client gives a request up by a reset. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";

const WORDS: readonly string[] = Object.freeze(["", "as soon as it is written", "when its answer begins", "in its middle"]);

export const abort: Fault = Object.freeze<Fault>({
  name: "client.abort",
  layer: "client",
  summary: "a client gives a request up by a reset",
  site: SimSite.requestAborted,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(0, n - 1),
  words: (answer) => `it gives the request up ${WORDS[answer] ?? ""}`,
});
