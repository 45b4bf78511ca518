/**
 * What each crossing costs, in cycles (1 cycle = 1 ns of machine time). One table: a recorded run names it, since other
 * costs make another run. The figures are chosen, not measured on silicon: the order of magnitude of a microkernel on a
 * 1 GHz core, with register accesses over a bus and everything else in cache.
 */

export const Cost = Object.freeze({
  /** Choosing a process, loading its message, entering its handler. */
  dispatch: 120,
  /** Send: check of the capability, and the copy into the receiver's registers or a queue slot. */
  sendFast: 80,
  sendQueued: 120,
  /** Any refused call: the check that found it. */
  refused: 40,
  reply: 80,
  waitAtMost: 20,
  /** Into the batch; the flush costs what its sends cost. */
  batchAdd: 20,
  channelSend: 60,
  channelReceive: 40,
  channelSubscribe: 40,
  allocate: 30,
  free: 25,
  resize: 45,
  /** Proof of a span of a region or a buffer. */
  span: 10,
  bufferAllocate: 25,
  bufferAcquire: 10,
  bufferRelease: 20,
  /** An uncached read waits for the bus; a write is posted. */
  registerRead: 200,
  registerWrite: 60,
  interruptBind: 100,
  interruptAcknowledge: 40,
  /** Reading the clock: in ticks, or in cycles. */
  uptime: 5,
  uptimeCycles: 5,
  timerStart: 50,
  timerCancel: 40,
  notifySelf: 20,
  trace: 10,
  /** Delegating: what a message that carries a capability costs more. */
  capabilityTake: 10,
  capabilityDerive: 60,
  capabilityRevoke: 60,
  capabilityRestrict: 60,
  capabilityDelete: 50,
  capabilityIdentify: 10,
  /** For each capability that a revocation takes away, or that a restriction lessens. */
  capabilityEach: 20,
  /** Handing a region on, besides what the message costs. */
  regionShare: 60,
  regionMove: 80,
  regionCopyOnWrite: 60,
  /** The first write under copy-on-write, and one cycle more for each 8 bytes copied. */
  regionCopy: 200,
  /** Summing a payload up, and one cycle more for each 8 bytes. */
  checksum: 20,
  exit: 200,
  sleep: 40,
  /** Clearing an arena and minting rights anew. */
  processRestart: 2000,
  /** Kernel work outside handlers: taking an interrupt, a tick, a due timer. */
  interrupt: 80,
  tick: 50,
  timerFired: 40,
});
