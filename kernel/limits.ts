/**
 * The kernel's limits, in two sets: `standard` for the machine one works with, `tiny` so that tests reach every edge.
 * Masks of processes and endpoints are one word, so neither count may exceed 32.
 */

export interface KernelLimits {
  /** Most processes a manifest may name. */
  readonly processes: number;
  /** Most endpoints, over all processes. */
  readonly endpoints: number;
  /** Messages an endpoint queues unless its manifest line says less. VeridianOS: MAX_CHANNEL_QUEUE_SIZE. */
  readonly endpointQueue: number;
  /** Capabilities that a process may hold unless its manifest line says otherwise: its quota. VeridianOS: 256. At most 16 tables. */
  readonly capabilities: number;
  /** Slots of a table of capabilities: each process has one such table of its own. A power of two, at most VeridianOS's 256. */
  readonly capabilityTable: number;
  /** Most further tables, over all processes, for those whose quota is above one table. */
  readonly capabilityTables: number;
  /** Capabilities that may lie in queued messages at once. */
  readonly capabilitiesInFlight: number;
  /** Proven tokens that are remembered of each process; a power of two. VeridianOS: 16. */
  readonly tokenCache: number;
  /** Async channels that a manifest may name. */
  readonly channels: number;
  /** Messages that a channel holds unless its line says less. VeridianOS: 256. */
  readonly channelCapacity: number;
  /** Shared regions, the DMA pool's included. */
  readonly regions: number;
  /** Bytes of a DMA buffer, and how far apart two lie. VeridianOS: 2048 bytes, one per 4096-byte frame. */
  readonly bufferBytes: number;
  readonly bufferStrideBytes: number;
  /** Most buffers of a pool. VeridianOS: 512. */
  readonly buffers: number;
  /** Timers armed at once. VeridianOS: 1024. */
  readonly timers: number;
  /** Slots of the timer wheel; a power of two. VeridianOS's name says 256. */
  readonly timerSlots: number;
  /** Cycles that one handler run may take before it is a fault. One that takes longer than a tick hides ticks, which are taken one by one afterwards. */
  readonly handlerCycles: number;
}

export const standardKernelLimits: KernelLimits = Object.freeze({
  processes: 32,
  endpoints: 32,
  endpointQueue: 1024,
  capabilities: 256,
  capabilityTable: 256,
  capabilityTables: 16,
  /** Two for each endpoint that there may be. */
  capabilitiesInFlight: 64,
  tokenCache: 16,
  channels: 32,
  channelCapacity: 256,
  regions: 32,
  bufferBytes: 2048,
  bufferStrideBytes: 4096,
  buffers: 512,
  timers: 1024,
  timerSlots: 256,
  /** The longest operation, a configuration of 64 KiB that replaces another (1,000,000 cycles), doubled. */
  handlerCycles: 2_000_000,
});

/** For services whose operations are larger: a configuration of 20,000 lines. */
export const largeKernelLimits: KernelLimits = Object.freeze({
  ...standardKernelLimits,
  /** 20,000 lines at 500 cycles each, doubled. */
  handlerCycles: 20_000_000,
});

export const tinyKernelLimits: KernelLimits = Object.freeze({
  processes: 8,
  endpoints: 12,
  endpointQueue: 8,
  capabilities: 16,
  capabilityTable: 16,
  capabilityTables: 2,
  capabilitiesInFlight: 2,
  tokenCache: 4,
  channels: 4,
  channelCapacity: 4,
  regions: 8,
  bufferBytes: 2048,
  bufferStrideBytes: 2048,
  buffers: 8,
  timers: 8,
  timerSlots: 8,
  handlerCycles: 500_000,
});
