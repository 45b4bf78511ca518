/** A request's head comes in small pieces with long pauses. */

import { SimSite } from "../../chance/site.ts";
import { PAUSE_TICKS_MAX, SLOW_PIECE_BYTES } from "../../inhabitants/clients/limits.ts";
import type { Fault } from "../fault.ts";

export const slowHead: Fault = Object.freeze<Fault>({
  name: "client.slow-head",
  layer: "client",
  summary: "a client sends a request's head in small pieces, with long pauses",
  site: SimSite.headSlow,
  parameters: Object.freeze({
    mostTicks: Object.freeze({ value: 60, unit: "ticks", least: 1, most: PAUSE_TICKS_MAX, help: "a pause is so long at most" }),
  }),
  answer: ({ mostTicks }, n, draw) => 1 + draw(0, Math.min(mostTicks, n - 1)),
  words: (answer) => `the head comes in pieces of ${SLOW_PIECE_BYTES} bytes, one each ${answer} ticks`,
});
