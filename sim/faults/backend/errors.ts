/** A backend answers a request with an error of its own: 500, 502, 503 or 504. */

import { SimSite } from "../../chance/site.ts";
import { FAILURES } from "../../inhabitants/backends/answer.ts";
import type { Fault } from "../fault.ts";

export const errors: Fault = Object.freeze<Fault>({
  name: "backend.errors",
  layer: "backend",
  summary: "a backend answers a request with an error of its own (5xx)",
  site: SimSite.answerFails,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(0, n - 1),
  words: (answer) => `it answers ${FAILURES[answer] ?? 500}`,
});
