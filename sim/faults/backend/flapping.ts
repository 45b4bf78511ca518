/**
 * A backend flaps: it goes down and comes back several times in a row. While it is down nobody asks, so that ordinals count the
 * ticks in which it is up: whether it flaps is drawn for each stretch of them, and within one it goes down in even steps.
 */

import { SimSite } from "../../chance/site.ts";
import { BackendAilment } from "../../inhabitants/backends/records.ts";
import type { Fault } from "../fault.ts";
import { LASTS_TICKS_MAX, ailingAct } from "./lasting.ts";

const MILLION = 1_000_000;
const TIMES_MAX = 100;
/** A lane of draws of its own. */
const LANE = 1;

export const flapping: Fault = Object.freeze<Fault>({
  name: "backend.flapping",
  layer: "backend",
  summary: "a backend goes down and comes back again and again",
  site: SimSite.backendFlaps,
  parameters: Object.freeze({
    upTicks: Object.freeze({ value: 12, unit: "ticks", least: 1, most: LASTS_TICKS_MAX, help: "it is up for so long in between" }),
    downTicks: Object.freeze({ value: 8, unit: "ticks", least: 1, most: LASTS_TICKS_MAX, help: "and down for so long" }),
    times: Object.freeze({ value: 4, unit: "count", least: 1, most: TIMES_MAX, help: "so often" }),
  }),
  strikes: ({ ordinal, parts, values: { upTicks, times }, drawAt }) => {
    // It is asked when it comes back, and so many ticks later.
    const step = upTicks + 1;
    if (ordinal % step !== 0) return false;
    return parts >= MILLION || drawAt(ordinal - (ordinal % (step * times)))(LANE, MILLION) < parts;
  },
  answer: ({ downTicks }) => downTicks,
  act: ailingAct(BackendAilment.flaps),
  words: (answer) => `it flaps: down for ${answer} ticks`,
});
