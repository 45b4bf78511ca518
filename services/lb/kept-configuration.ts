/**
 * The region "configuration": the text of the last configuration that was accepted. A balancer that begins anew loads it
 * before it serves anybody, so that a restart needs nobody outside. What operations changed afterwards, counts, sessions
 * and limiters are gone.
 *
 * The text is kept between two crossings: whoever dies in between has kept the one before, or the new one, never a part.
 * One that does not fit is not kept, and neither is the one before: its number says so.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../../kernel/errno.ts";

export const KeptConfiguration = layout("KeptConfiguration", 16, {
  /** Bytes of text behind this record; 0 if none is kept. */
  textBytes: i32,
  /** Configurations that were accepted, and those of them that did not fit. */
  accepted: i32("statistic"),
  unkept: i32("statistic"),
  /** What came of it when a balancer began with it: 0 or an errno. */
  status: i32,
});
export type KeptAddress = Address<"KeptConfiguration">;

/** Bytes of a region that keeps texts of so many bytes. */
export function keptRegionBytes(textBytes: number): number {
  return KeptConfiguration.size + textBytes;
}

/** Keeps the `bytes` bytes at `from`; 0 bytes forget what is kept. 0, or messageTooLarge. */
export function keepConfiguration(shared: Memory, kept: KeptAddress, regionBytes: number, from: number, bytes: number): number {
  const fits = keptRegionBytes(bytes) <= regionBytes;
  KeptConfiguration.textBytes.set(shared, kept, fits ? bytes : 0);
  if (bytes > 0) KeptConfiguration.accepted.add(shared, kept, 1);
  if (fits) shared.copy(kept + KeptConfiguration.size, from, bytes);
  else KeptConfiguration.unkept.add(shared, kept, 1);
  return fits ? Errno.ok : Errno.messageTooLarge;
}
