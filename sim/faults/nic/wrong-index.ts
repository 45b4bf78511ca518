/** What the NIC writes back goes to the wrong descriptor of its ring, or names it. */

import { ChoiceSite } from "../../../hal/chance.ts";
import { INDEX_ANSWERS } from "../../../hal/nic/out-of-order.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;

export const wrongIndex: Fault = Object.freeze<Fault>({
  name: "nic.wrong-index",
  layer: "nic",
  summary: "the NIC writes back to the wrong descriptor",
  site: ChoiceSite.indexWrong,
  // Who is told of a buffer too early gives it to others while the NIC may still write to it.
  excuses: Object.freeze(["one-writer", "posted-not-free"]),
  parameters: Object.freeze({
    aheadMost: Object.freeze({ value: 7, unit: "count", least: 1, most: INDEX_ANSWERS - 1, help: "how many descriptors further on at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, values["aheadMost"])),
  words: (answer) => `the NIC writes back ${answer} descriptors too far on`,
});
