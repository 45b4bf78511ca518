/** Trace kinds of the kernel: 16 to 63 (hal's are below, services' above). Arguments as said here. */

export const KernelTrace = Object.freeze({
  /** A handler starts: Delivery, then the opcode, the notification bits or the reply's status. */
  dispatch: 16,
  /** A message goes into the receiver's registers: endpoint, opcode. */
  sendFast: 17,
  /** A message goes into the endpoint's queue: endpoint, opcode. */
  sendQueued: 18,
  /** A kernel call is refused: errno, what it was about (an endpoint, a handle, 0). */
  refused: 19,
  /** A call is answered: the caller's process, status. */
  reply: 20,
  /** The running process is stopped: FaultCode, an argument of the fault. */
  fault: 21,
  exit: 22,
  /** An interrupt becomes a notification: line, process. */
  interrupt: 23,
  /** A timer fires: process, bits. */
  timer: 24,
  /** An endpoint is closed: endpoint, messages that were still queued. */
  closed: 25,
  /** A process begins anew: process, its generation. */
  restarted: 26,
  /** A capability arrives with a message: receiver, ObjectType. */
  delegated: 27,
  /** One arrives and finds no room: receiver, ObjectType. */
  capabilityLost: 28,
  /** What was derived from a capability is taken away: who asked, how many. */
  revoked: 29,
  /** DMA buffers of a process that has ended went home: process, how many. */
  buffersHome: 30,
  /** A region under copy-on-write is written to: region, the spare that holds the writer's copy. */
  regionCopied: 31,
  /** A process that waited for room in a queue has sent, or is told why not: process, status. */
  sent: 34,
  /** A message goes into a channel: channel, opcode. */
  channelSent: 35,
});
