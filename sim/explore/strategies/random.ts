/** The experiment's own rules, drawn by the seed. */

import type { Strategy } from "../strategy.ts";
import { playedOnce } from "../strategy.ts";
import { sitesOf } from "./sites.ts";

export const random: Strategy = Object.freeze<Strategy>({
  name: "random",
  play: (theatre, seed) => {
    const rules = theatre.experiment.faults;
    return playedOnce({ rules, sites: sitesOf(rules), outcome: theatre.play({ seed }) });
  },
});
