/** A client connects from another address than its own: keys of rate limits and hashes by address change with each connection. */

import { SimSite } from "../../chance/site.ts";
import { MOVES_MAX } from "../../inhabitants/clients/limits.ts";
import type { Fault } from "../fault.ts";

export const move: Fault = Object.freeze<Fault>({
  name: "client.move",
  layer: "client",
  summary: "a client connects from another address than its own",
  site: SimSite.callerMoves,
  parameters: Object.freeze({
    addresses: Object.freeze({ value: MOVES_MAX, unit: "count", least: 1, most: MOVES_MAX, help: "it has so many others" }),
  }),
  answer: ({ addresses }, n, draw) => 1 + draw(0, Math.min(addresses, n - 1)),
  words: (answer) => `it connects from its address in network number ${answer} beside its own`,
});
