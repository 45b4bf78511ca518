/**
 * Those who play: this thread alone, or several workers beside it, which are handed one share of the seeds after another.
 * What they did is told in the order of the seeds, whoever was done first.
 */

import type { SeedRange } from "../../explore/seeds.ts";
import type { Order, ShareDone } from "./orders.ts";
import { playShare, startCampaign } from "./play-share.ts";
import { Workers } from "./workers.ts";

/** A share is so many seeds: long enough to be worth a message, short enough that nobody waits for the last one. */
export const SHARE_SEEDS = 20;

/** A range in shares, in order: made when they are asked for, since a range may be as long as it likes. */
export interface Shares {
  readonly count: number;
  /** From 0. */
  at(place: number): SeedRange;
}

export interface Crew {
  /** Plays the shares, as long as `goes()` is true before one begins; tells of each in order. Throws what keeps it from playing. */
  play(shares: Shares, goes: () => boolean, told: (done: ShareDone) => void): void;
}

export function sharesOf([first, last]: SeedRange, seeds = SHARE_SEEDS): Shares {
  return Object.freeze<Shares>({
    count: Math.ceil((last - first + 1) / seeds),
    at: (place) => [first + place * seeds, Math.min(last, first + (place + 1) * seeds - 1)],
  });
}

export function crewOf(order: Order, jobs: number): Crew {
  return jobs === 1 ? alone(order) : Object.freeze<Crew>({ play: (shares, goes, told) => new Workers(order, jobs).play(shares, goes, told) });
}

function alone(order: Order): Crew {
  return Object.freeze<Crew>({
    play: (shares, goes, told) => {
      const campaign = startCampaign(order);
      for (let place = 0; place < shares.count && goes(); place++) told(playShare(campaign, { place, range: shares.at(place) }));
    },
  });
}
