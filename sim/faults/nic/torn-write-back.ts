/** Of what the NIC writes back only a part reaches memory: the length is missing, or that all is done, or both. */

import { ChoiceSite } from "../../../hal/chance.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;
/** By answer: bits of Torn. */
const WORDS: readonly string[] = Object.freeze(["all is written back", "the length is not written back", "that it is done is not written back", "nothing is written back"]);

export const tornWriteBack: Fault = Object.freeze<Fault>({
  name: "nic.torn-write-back",
  layer: "nic",
  summary: "only a part of what the NIC writes back reaches memory",
  site: ChoiceSite.writeBackTorn,
  // Who is told of a buffer too early gives it to others while the NIC may still write to it.
  excuses: Object.freeze(["one-writer", "posted-not-free"]),
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(LANE, n - 1),
  words: (answer) => WORDS[answer] ?? WORDS[0],
});
