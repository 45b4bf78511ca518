/**
 * Seams: a few small parts of the kernel that somebody may put something else in place of at boot, to see what would break.
 * The kernel's own part is what stands beside the place where the seam is asked; null: nothing else was chosen. Who chooses
 * is outside: the kernel knows none of the alternatives, and a machine without any pays one comparison with a constant.
 *
 * The choice is fixed for a machine's life. Its number stands in RAM, beside the kernel's words: dumps and snapshots say
 * by which parts they came to be, and a snapshot is not restored into a machine with others.
 */

import type { Address } from "../hal/field.ts";
import { bytes, u8 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";
import type { Memory } from "../hal/memory.ts";
import type { BatchAddress } from "./ipc/batch.ts";
import type { Kernel } from "./kernel.ts";

export interface Seams {
  /** The endpoint to which the token at RAM address `tokenAt` lets `process` send, or an errno (decodeEndpoint in ipc.ts). */
  readonly sendTarget: ((kernel: Kernel, process: number, tokenAt: number) => number) | null;
  /** The same for a call (prepare in message-calls.ts); without it a call is decoded as a message is. */
  readonly callTarget: ((kernel: Kernel, process: number, tokenAt: number) => number) | null;
  /** Which process takes the next message to the endpoint in its registers; NONE: it is queued (deliver in ipc.ts). */
  readonly receiver: ((kernel: Kernel, endpoint: number) => number) | null;
  /**
   * Gives the 48 bytes at RAM address `message` to `receiver`, who becomes ready afterwards (give in ipc.ts). Not asked for
   * messages that carry a capability or a buffer.
   */
  readonly give: ((kernel: Kernel, receiver: number, endpoint: number, sender: number, message: number, callSequence: number, need: number) => void) | null;
  /** The limit of a process that waits for whatever comes has passed: makes it ready (concludeReceive in ipc/outcome.ts). */
  readonly receiveExpired: ((kernel: Kernel, process: number) => void) | null;
  /** Answers a caller that waits for it (answer in ipc/outcome.ts). */
  readonly answerCall: ((kernel: Kernel, caller: number, status: number, data0: number, data1: number, data2: number, data3: number) => void) | null;
  /** Sends the batch of `process` to the endpoint; 0, or why not all of it (flush in ipc/batch-flush.ts). */
  readonly flushBatch: ((kernel: Kernel, process: number, batch: BatchAddress, endpoint: number, grant: number) => number) | null;
  /** Fires what is due at `tick` (fireTimers in dispatcher.ts). */
  readonly fireTimers: ((kernel: Kernel, tick: number) => void) | null;
  /** Writes the token of a slot whose type and rights are set (writeToken in capability/token.ts). */
  readonly writeToken: ((kernel: Kernel, slot: number) => void) | null;
  /** Whether the rate with this number allows the message at this RAM address now, and charges it (bucketsAllow in ipc/rate.ts). */
  readonly rateAllows: ((kernel: Kernel, rate: number, message: Address<"SmallMessage">) => boolean) | null;
  /** Lets go of a reference that `process` says it holds: 0 or an errno (releaseReference in buffer-calls.ts). */
  readonly releaseBuffer: ((kernel: Kernel, process: number, handle: number) => number) | null;
  /** `process` has ended: those who wait for it are told, its endpoints close (endWaits in process-end.ts). */
  readonly endWaits: ((kernel: Kernel, process: number) => void) | null;
}

export type SeamName = keyof Seams;

/** The parts that are not the kernel's own, all under one number from 1 to 255. */
export interface SeamChoice {
  readonly number: number;
  readonly parts: Partial<Seams>;
}

/** Of each seam the number of what was chosen; 0: the kernel's own. Written at boot, never read by the kernel. */
export const SeamRecord = layout("SeamRecord", 16, {
  sendTarget: u8,
  callTarget: u8,
  receiver: u8,
  give: u8,
  receiveExpired: u8,
  answerCall: u8,
  flushBatch: u8,
  fireTimers: u8,
  writeToken: u8,
  rateAllows: u8,
  releaseBuffer: u8,
  endWaits: u8,
  reserved: bytes(4)("scratch"),
});

/** Nothing is chosen: every part is the kernel's own. */
export const OWN_PARTS: Seams = Object.freeze<Seams>({
  sendTarget: null,
  callTarget: null,
  receiver: null,
  give: null,
  receiveExpired: null,
  answerCall: null,
  flushBatch: null,
  fireTimers: null,
  writeToken: null,
  rateAllows: null,
  releaseBuffer: null,
  endWaits: null,
});

export const SEAM_NAMES: readonly SeamName[] = Object.freeze(Object.keys(OWN_PARTS) as SeamName[]);

/** Those that are not the kernel's own, by what stands in RAM: "receiver 24". */
export function seamWords(ram: Memory, at: Address<"SeamRecord">): string[] {
  return SEAM_NAMES.flatMap((name) => (SeamRecord[name].get(ram, at) === 0 ? [] : [`${name} ${SeamRecord[name].get(ram, at)}`]));
}

/** Throws a RangeError for a number that does not fit, and for a seam that there is none of. */
export function seamsOf(choice: SeamChoice | undefined): Seams {
  if (choice === undefined) return OWN_PARTS;
  if (!(Number.isInteger(choice.number) && choice.number >= 1 && choice.number <= 255)) throw new RangeError(`seams are chosen under a number from 1 to 255; this one is ${choice.number}`);
  for (const name of Object.keys(choice.parts)) if (!Object.hasOwn(OWN_PARTS, name)) throw new RangeError(`the kernel has no seam ${name}; it has ${SEAM_NAMES.join(", ")}`);
  return Object.freeze({ ...OWN_PARTS, ...choice.parts });
}

export function writeSeams(ram: Memory, at: Address<"SeamRecord">, choice: SeamChoice | undefined): void {
  if (choice === undefined) return;
  for (const name of SEAM_NAMES) if ((choice.parts[name] ?? null) !== null) SeamRecord[name].set(ram, at, choice.number);
}

/** What boot chose, seam by seam: a constant of the machine, whatever becomes of the record in RAM. */
export function chosenSeams(ram: Memory, at: Address<"SeamRecord">): readonly number[] {
  return Object.freeze([...ram.u8.subarray(at, at + SeamRecord.size)]);
}

/** Throws a RangeError unless the snapshot is of a machine with the same choice: its parts lie in no buffer. */
export function requireSeams(chosen: readonly number[], snapshot: Uint8Array, at: Address<"SeamRecord">): void {
  for (let offset = 0; offset < SeamRecord.size; offset++) {
    if (at + offset >= snapshot.length || snapshot[at + offset] === chosen[offset]) continue;
    const name = SEAM_NAMES[offset] ?? "reserved";
    throw new RangeError(`the snapshot is of a machine whose seam ${name} has part ${snapshot[at + offset]}; this one has part ${chosen[offset]}: boot it with the same seams`);
  }
}
