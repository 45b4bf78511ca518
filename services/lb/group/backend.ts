/**
 * A backend: upstream's record, and its address in network order where the text is an IP literal, parsed once when the
 * backend is made.
 *
 * `activeConnections` only ever grows and wraps at 2^32, as the seed's does.
 */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32, u16, u32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";

export const Backend = layout("Backend", 48, {
  /** ByteString: the address as configured. */
  address: i32,
  weight: u32,
  activeConnections: u32,
  port: u16,
  /** 4 or 6 if the address is an IP literal of that family, else 0. */
  family: u8,
  healthy: u8,
  totalRequests: u64("statistic"),
  /** The literal's bytes; IPv4 uses the first four, the rest is zero. */
  literal: bytes(16),
  reserved: u64("scratch"),
});
export type BackendAddress = Address<"Backend">;
