/** What an algorithm may know of a request: filled before it is asked, kept by a request that waits. */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32, u16, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";

export const PickRequest = layout("PickRequest", 32, {
  /** The key's hash, by the algorithm's own hash function (Algorithm.keyHash). */
  key: i32,
  /** A backend that may not be chosen: the one that a retry comes from. 0 for none. */
  excluded: i32("identity"),
  /** The client's address in network order, as in RequestDescriptor. */
  client: bytes(16),
  /** 4 or 6; 0 if the client has no address. */
  family: u8,
  /** 1: the request has nothing to hash (no such header or cookie, or an empty one), and algorithms that hash take turns. */
  keyless: u8,
  reserved1: u16,
  reserved2: i32,
});
export type PickRequestAddress = Address<"PickRequest">;
