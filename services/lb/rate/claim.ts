/** What one request wants of one limiter: which bucket, and what it is made like if there is none. Scratch. */

import type { Address } from "../../../hal/field.ts";
import { i32, u32, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";

export const LimiterClaim = layout("LimiterClaim", 32, {
  /** Number of the rule: each has keys of its own. 0 for the limit by client that always applies. */
  number: i32,
  /** One of BucketKind. */
  kind: u8,
  /** The rule applies to the present request. */
  applies: u8("scratch"),
  /** The key lies in the balancer's memory, not with the request. */
  keyKept: u8("scratch"),
  reserved0: u8("scratch"),
  rate: u32,
  burst: u32,
  keyAt: i32("scratch"),
  keyBytes: i32("scratch"),
  /** Slot of the limiter, -1 while there is none. */
  slot: i32("scratch"),
  reserved: i32("scratch"),
});
export type ClaimAddress = Address<"LimiterClaim">;
