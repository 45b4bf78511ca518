/** A client abuses sessions: cookies that nobody gave it, that are somebody else's, or that make no sense. */

import { SimSite } from "../../chance/site.ts";
import { abuseWords } from "../../inhabitants/clients/cookies.ts";
import type { Fault } from "../fault.ts";

export const session: Fault = Object.freeze<Fault>({
  name: "client.session",
  layer: "client",
  summary: "a client sends cookies of a session that is not its own, or of none",
  site: SimSite.sessionAbused,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(0, n - 1),
  words: (answer) => `it sends ${abuseWords(answer)}`,
});
