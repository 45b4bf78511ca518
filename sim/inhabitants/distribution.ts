/**
 * Drawing whole numbers from a table of steps: which step by its share of a million, which of its values with equal chance.
 * A draw is a hash of who asks for what (draw.ts); nothing here allocates, divides unevenly or depends on the host.
 */

import type { Distribution } from "../scenario/plan.ts";
import { drawBelow } from "../chance/draw.ts";

const MILLION = 1_000_000;
/** Steps are drawn at the site itself, values at a site of their own, so that one does not tell the other. */
const VALUE_SITE = 0x1000;

/** A distribution that is always one value. */
export function constantly(value: number): Distribution {
  return Object.freeze({ steps: Object.freeze([Object.freeze({ parts: MILLION, from: value, to: value })]) });
}

/**
 * The value of the `ordinal`th draw of `entity` at `site` (one of DrawSite): 0 for a distribution without steps. Steps that
 * add up to less than a million leave the rest to the last one.
 */
export function drawFrom(distribution: Distribution, seed: number, site: number, entity: number, ordinal: number): number {
  const { steps } = distribution;
  const last = steps.length - 1;
  if (last < 0) return 0;
  let number = 0;
  if (last > 0) {
    let place = drawBelow(MILLION, seed, site, entity, ordinal);
    while (number < last && place >= steps[number].parts) place -= steps[number++].parts;
  }
  const { from, to } = steps[number];
  return to <= from ? from : from + drawBelow(to - from + 1, seed, site + VALUE_SITE, entity, ordinal);
}

/** The largest value that can be drawn. */
export function largestOf(distribution: Distribution): number {
  let largest = 0;
  for (const step of distribution.steps) if (step.parts > 0 || distribution.steps.length === 1) largest = Math.max(largest, step.from, step.to);
  return largest;
}
