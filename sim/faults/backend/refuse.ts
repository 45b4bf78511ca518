/** A single connection is not taken: it is refused by a reset, or its SYN is not answered. */

import { SimSite } from "../../chance/site.ts";
import type { Fault } from "../fault.ts";

const REFUSED = 1;

export const refuse: Fault = Object.freeze<Fault>({
  name: "backend.refuse",
  layer: "backend",
  summary: "a backend refuses a connection, or does not answer its SYN",
  site: SimSite.connectionRefused,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(0, n - 1),
  words: (answer) => (answer === REFUSED ? "it refuses the connection" : "it does not answer the SYN"),
});
