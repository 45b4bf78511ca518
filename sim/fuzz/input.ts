/**
 * What one execution of the fuzzer does to a machine or a device: a stage to begin on, and actions one after the other.
 * An input says everything: played on its stage it does the same again, whoever thought of it.
 */

export const FUZZ_KINDS = Object.freeze(["frames", "registers", "descriptors"] as const);
export type FuzzKind = (typeof FUZZ_KINDS)[number];

export type FuzzAction =
  /** A frame comes in on the wire, behind those that are on it already. */
  | { readonly op: "frame"; readonly bytes: Uint8Array }
  /** Time passes. */
  | { readonly op: "wait"; readonly cycles: number }
  /** The cable is plugged in (1) or pulled out (0). */
  | { readonly op: "plug"; readonly value: number }
  /** A register of the NIC is written, or read, behind the driver's back. */
  | { readonly op: "write"; readonly offset: number; readonly value: number }
  | { readonly op: "read"; readonly offset: number }
  /**
   * Bytes are written where driver and device meet: on a machine the rings, and from BUFFERS_AT (ambush.ts) on the DMA
   * buffers; on a board its memory. `address` is taken modulo the size. After so many crossings from now on, in the
   * middle of somebody's work; 0: at once.
   */
  | { readonly op: "memory"; readonly address: number; readonly bytes: Uint8Array; readonly after: number }
  /** A process (its number) dies at its crossing number `after`, from 1. */
  | { readonly op: "crash"; readonly process: number; readonly after: number }
  /** The operator shuts net and driver down. */
  | { readonly op: "shutdown" }
  /**
   * In 2.5 s, when a driver has seen to its device, a client sends a request: it must be received, and
   * decided. What lies in wait is called off before. */
  | { readonly op: "request" };

export interface FuzzInput {
  /** Name of the stage: stages.ts. */
  readonly stage: string;
  readonly actions: readonly FuzzAction[];
}

/** Bounds of an input, also of one that is read from a file. */
export const FuzzLimit = Object.freeze({
  actions: 4096,
  frameBytes: 16_384,
  memoryBytes: 4096,
  /** Of one wait: 10 s, ten times the slowest watch of a driver. */
  waitCycles: 10_000_000_000,
  /** Of all waits: as long as it takes a driver to give a silent device up, twice. */
  allWaitCycles: 60_000_000_000,
  crossings: 1_000_000,
});
