/** What a configuration says about the balancer as a whole, besides its rules and groups. Zeroed: the seed's semantics, and nothing else. */

import type { Address } from "../../hal/field.ts";
import { i32, u32, u8, u16 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";

export const Semantics = Object.freeze({ veridian: 0, strict: 1 });

/** What happens to a new client when the table of limiters is full and no bucket in it would be full again. */
export const LimiterFull = Object.freeze({
  /** The request is refused LimiterFull. */
  refuse: 0,
  /** The entry used longest ago makes room, and is counted. */
  evict: 1,
});

export const Policy = layout("Policy", {
  /** List of RateRule (rate/rate-rule.ts), 0 for none. */
  rateRules: i32,
  /** ByteString: the session cookie; 0 for no sessions. */
  sessionCookie: i32,
  /** Ticks without a request after which a session ends; 0: never. */
  sessionTicks: u32,
  /** One of Semantics. */
  semantics: u8,
  /** One of LimiterFull. */
  limiterFull: u8,
  reserved: u16,
});
export type PolicyAddress = Address<"Policy">;
