/** What chance remembers between two questions, in the world's memory. All-zero: nothing was asked yet, and nobody may ask. */

import { i32, u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";

/** Of one run: sites times entities that are asked about. A crossing's entity is its process, a frame's its client. */
export const CHANCE_KEYS_MAX = 512;
export const CHANCE_RULES_MAX = 64;

export const ChanceState = layout("ChanceState", {
  /** 1: chance is asked; 0: everything is benign, and nothing is counted. */
  armed: i32,
  /** Tick at which it was armed: ticks of rules count from there. */
  beganTick: i32("time"),
  /** Keys in use. */
  keys: i32,
  /** Questions about a key for which there was no room: answered 0. */
  crowded: u32("statistic"),
});

/** How often a site has been asked about an entity. */
export const ChanceKey = layout("ChanceKey", 16, {
  /** 0: free. */
  site: i32,
  entity: i32,
  /** Ordinal of the next question. */
  ordinal: i32,
  reserved: i32,
});

export const ChanceRule = layout("ChanceRule", 16, {
  /** How often the rule struck. */
  strikes: i32,
  reserved0: i32,
  /** The rule's own: what a fault must remember from one time to the next. */
  data0: i32,
  data1: i32,
});

export const CHANCE_BYTES = (ChanceState.size + CHANCE_KEYS_MAX * ChanceKey.size + CHANCE_RULES_MAX * ChanceRule.size + 63) & ~63;
