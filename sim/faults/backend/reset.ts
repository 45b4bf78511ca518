/** A backend resets the connection in the middle of an answer, or before its first byte. */

import { SimSite } from "../../chance/site.ts";
import { BREAKS_AT_MOST } from "../../inhabitants/backends/limits.ts";
import type { Fault } from "../fault.ts";

export const reset: Fault = Object.freeze<Fault>({
  name: "backend.reset",
  layer: "backend",
  summary: "a backend resets the connection in the middle of an answer",
  site: SimSite.answerBreaks,
  parameters: Object.freeze({
    mostBytes: Object.freeze({ value: 1000, unit: "bytes", least: 1, most: BREAKS_AT_MOST, help: "it does so within so many bytes of the answer, head included, and before its last" }),
  }),
  answer: ({ mostBytes }, n, draw) => 1 + draw(0, Math.min(mostBytes, n - 1)),
  words: (answer) => `it resets the connection behind byte ${answer - 1} of its answer, or before its end`,
});
