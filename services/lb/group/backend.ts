/**
 * A backend: upstream's record, and its address in network order where the text is an IP literal, parsed once when the
 * backend is made. A record never moves while its group has it.
 *
 * Under semantics=veridian `activeConnections` only ever grows and wraps at 2^32, as the seed's does, and nothing below
 * `literal` is used. Under semantics=strict it is the number of connections that are open, and the rest is what health,
 * ejection, draining, slow start and the algorithms remember.
 */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32, u16, u32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";

export const Backend = layout("Backend", {
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

  /** Its name for others, in the directory (directory.ts); 0 for none. */
  handle: i32("identity"),
  /** The group that has it; 0 while it is under construction. */
  group: i32("identity"),
  /** Hash of address and port: what hashing algorithms know it by, whatever its position. */
  mark: i32,
  /** Requests that wait for this very backend. */
  pending: i32,
  /** Smooth weighted round robin's running sum. */
  currentWeight: i32,
  /** Failed requests and failed probes in a row, successful probes in a row. */
  failures: u16,
  probesFailed: u8,
  probesPassed: u8,
  /** Whether requests may go there: healthy, neither ejected nor draining (availability.ts keeps it). */
  available: u8,
  ejected: u8,
  draining: u8,
  /** A probe was handed out and its result is awaited. */
  probing: u8,
  slowStarting: u8,
  /** Whether `nextProbeTick` is set: not before somebody asks for probes. */
  probePlanned: u8,
  /** Times it was ejected lately: each makes the next time longer (ejection.ts). */
  ejections: u16,
  ejectedUntilTick: u64("time"),
  /** Since when it is in service without a failure: the end of its last ejection, or the last failure after it. */
  calmSinceTick: u64("time"),
  drainUntilTick: u64("time"),
  slowStartTick: u64("time"),
  nextProbeTick: u64("time"),
  probeDeadlineTick: u64("time"),
  /** Peak EWMA: the estimate's part below one cycle, in 2^-20 of it (algorithm/peak-ewma.ts). */
  latencyParts: u32,
  reserved1: u32,
  /** Peak EWMA: the estimate, in cycles, and when it was made. */
  latencyCycles: u32,
  /** Retries among its connections. */
  retries: u32,
  latencyAtCycle: u64("time"),
  finished: u64("statistic"),
  failed: u64("statistic"),
  timesEjected: u32("statistic"),
  peakConnections: u32("statistic"),
});
export type BackendAddress = Address<"Backend">;

/** An item of a group's list. */
export const BackendReference = layout("BackendReference", 4, { backend: i32 });
