/** What a person asks of a machine while it runs or when it has run: plain values, read from RAM. */

/** What a person asks of a process. Sizes in bytes. */
export interface ProcessReport {
  readonly name: string;
  readonly service: string;
  readonly state: string;
  readonly priority: number;
  /** Of the process's own arena, its heap's bookkeeping left out. */
  readonly usedBytes: number;
  readonly peakBytes: number;
  readonly arenaBytes: number;
  /** Free bytes of the heap, the most of them that one block can have, and requests that were refused for want of memory. */
  readonly freeBytes: number;
  readonly largestFreeBytes: number;
  readonly refusedRequests: number;
  /** DMA buffers that it allocated and that are not home. */
  readonly buffersHeld: number;
  readonly buffersPeak: number;
  readonly handled: number;
  readonly cyclesUsed: number;
  /** Times it was restarted. */
  readonly restarts: number;
  /** The last fault in words, of whatever generation; null if there was none. */
  readonly fault: string | null;
}

export interface MachineReport {
  readonly processes: readonly ProcessReport[];
  readonly ipc: { readonly fast: number; readonly queued: number; readonly refused: number; readonly replies: number };
  readonly buffers: { readonly inUse: number; readonly peak: number; readonly count: number; readonly failures: number; readonly takenHome: number };
}
