/** A backend answers what no client can make sense of, or what it could take for two answers (sim/inhabitants/backends/nonsense.ts). */

import { SimSite } from "../../chance/site.ts";
import { nonsenseWords } from "../../inhabitants/backends/nonsense.ts";
import type { Fault } from "../fault.ts";

export const nonsense: Fault = Object.freeze<Fault>({
  name: "backend.nonsense",
  layer: "backend",
  summary: "a backend answers nonsense: no HTTP, lengths that differ, one answer too many",
  site: SimSite.answerNonsense,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(0, n - 1),
  words: (answer) => `it answers nonsense: ${nonsenseWords(answer)}`,
});
