/**
 * Expected refusals: one table of negative numbers. -1..-16 are VeridianOS's IPC errors (upstream `ipc/error.rs`), down
 * to -63 the kernel's own, from -64 on the services'. 0 is success; results and errors share one number.
 */

export const Errno = Object.freeze({
  ok: 0,
  invalidCapability: -1,
  processNotFound: -2,
  endpointNotFound: -3,
  messageTooLarge: -4,
  outOfMemory: -5,
  wouldBlock: -6,
  rateLimitExceeded: -7,
  timeout: -8,
  permissionDenied: -9,
  invalidMessage: -10,
  channelFull: -11,
  channelEmpty: -12,
  endpointBusy: -13,
  invalidMemoryRegion: -14,
  resourceBusy: -15,
  notInitialized: -16,
  /** An argument outside its range (a zero interval, an alignment that is no power of two). */
  invalidArgument: -17,
  /** A table of fixed size is full (timers, capability slots, DMA buffers). */
  resourceExhausted: -18,
  /** The thing named does not exist (a cancelled timer). */
  notFound: -19,
  /** A block is freed that is not allocated. */
  doubleFree: -20,
  /** An address that this allocator never gave out. */
  foreignPointer: -21,
});

export type Errno = (typeof Errno)[keyof typeof Errno];

/** The name of an errno, for people: `errnoName(-11)` is "channelFull". */
export function errnoName(value: number): string {
  for (const [name, number] of Object.entries(Errno)) if (number === value) return name;
  return value <= -64 ? `service error ${value}` : `errno ${value}`;
}
