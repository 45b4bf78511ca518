/** A request brings a key that was never seen before in its field X-Key: limits and hashes by that field meet ever new keys. */

import { SimSite } from "../../chance/site.ts";
import { KEYS_MAX } from "../../inhabitants/clients/limits.ts";
import type { Fault } from "../fault.ts";

export const rotate: Fault = Object.freeze<Fault>({
  name: "client.rotate",
  layer: "client",
  summary: "a request brings one of very many keys in its field X-Key",
  site: SimSite.keyRotates,
  parameters: Object.freeze({
    keys: Object.freeze({ value: KEYS_MAX, unit: "count", least: 1, most: KEYS_MAX, help: "there are so many" }),
  }),
  answer: ({ keys }, n, draw) => 1 + draw(0, Math.min(keys, n - 1)),
  words: (answer) => `the request brings the key ${answer.toString(16)}`,
});
