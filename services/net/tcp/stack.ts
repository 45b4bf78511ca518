/**
 * A TCP stack: the connections of one host, in one heap. Made once, never moved. Whoever runs it says what time it is
 * (`TcpStack.nowTick`, before every call), takes what it sends, and is asked whether a port is served.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u16, u32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { FlowKey } from "../segment.ts";
import { TcpConnection } from "./connection.ts";
import type { TcpLimits } from "./limits.ts";

/** A segment to be sent: what the stack asks its host to put in a frame. */
export const TcpOutput = layout("TcpOutput", 88, {
  /** The peer is the source: whoever sends turns it round. */
  key: nested(FlowKey),
  sequence: i32("identity"),
  acknowledgement: i32("identity"),
  /** The data in the stack's memory, in up to two pieces. */
  dataAt: i32,
  dataBytes: i32,
  moreAt: i32,
  moreBytes: i32,
  /** Unscaled, as it stands in the header. */
  window: u16,
  /** TcpFlag bits. */
  flags: u8,
  /** Shift of the window scale option plus 1; 0: no option. Only with SYN. */
  windowScale: u8,
  /** Value of the MSS option; 0: no option. Only with SYN. */
  segmentBytesMax: u16,
  reserved0: u16,
  /** The connection that sends; 0 for an answer to a segment of none. */
  connection: i32("identity"),
  reserved1: i32,
  reserved2: i32,
  reserved3: i32,
});

/** Two ends of a chain. */
export const TcpList = layout("TcpList", 16, { first: i32("identity"), last: i32("identity"), count: i32, reserved: i32 });

const count = u32("statistic");

/** What a stack counts. */
export const tcpCounterTypes = Object.freeze({
  segmentsIn: count,
  segmentsOut: count,
  bytesIn: count,
  bytesOut: count,
  /** Segments that the host could not send. */
  notSent: count,
  opened: count,
  accepted: count,
  closed: count,
  resetsIn: count,
  resetsOut: count,
  refused: count,
  timedOut: count,
  /** Connections given up for want of a record: half-open ones, those in TIME-WAIT. */
  evicted: count,
  /** SYNs for which there was no record. */
  synsDropped: count,
  cookiesSent: count,
  cookiesTaken: count,
  cookiesBad: count,
  retransmissions: count,
  fastRetransmissions: count,
  timeouts: count,
  duplicateAcknowledgements: count,
  outOfOrder: count,
  /** Segments outside the window, or whose bytes had come before. */
  unacceptable: count,
  challenges: count,
  windowProbes: count,
  delayedAcknowledgements: count,
  /** Segments whose data found no room in memory. */
  crowded: count,
});

export const TcpStack = layout("TcpStack", {
  nowTick: u64("time"),
  /** Tick up to which timers have been looked at. */
  wheelTick: u64("time"),
  /** Last tick in which a SYN was answered with a cookie; 0 for never. */
  cookieTick: u64("time"),
  halfOpen: nested(TcpList),
  timeWait: nested(TcpList),
  output: nested(TcpOutput)("scratch"),
  /** For whoever opens a connection: room for its key. */
  key: nested(FlowKey)("scratch"),
  ...tcpCounterTypes,
  /** Secret of initial sequence numbers, cookies and hashing: four words that nobody outside can guess. */
  secret0: i32,
  secret1: i32,
  secret2: i32,
  secret3: i32,
  bucketsAt: i32,
  bucketMask: i32,
  connectionsAt: i32,
  connectionsMax: i32,
  /** Chained by hashNext. */
  freeFirst: i32("identity"),
  inUse: i32,
  serial: i32("identity"),
  wheelAt: i32,
  /** Connections with events. */
  readyFirst: i32("identity"),
  readyLast: i32("identity"),
  /** Bytes of all buffers now. */
  bufferBytes: i32,
  bufferBytesPeak: i32("statistic"),
  /** Of bufferBytes those for what has come; and what may come, as peers were told, and has no buffer yet. */
  receiveBytes: i32,
  promisedBytes: i32,
  // --- limits, after TcpLimits -------------------------------------------------------------------------------------
  bufferBytesMax: i32,
  sendBytesMax: i32,
  receiveBytesMax: i32,
  segmentBytesMax: i32,
  backlogMax: i32,
  timeWaitTicks: i32,
  finWaitTicks: i32,
  retransmitTicksMin: i32,
  retransmitTicksMax: i32,
  acknowledgeTicks: i32,
  connectTriesMax: i32,
  triesMax: i32,
  /** Next local port to try. */
  nextPort: i32,
});

export type StackAddress = Address<"TcpStack">;
export type ConnectionAddress = Address<"TcpConnection">;

export const NO_CONNECTION = 0 as ConnectionAddress;

/** Slots of the timer wheel, one a tick; a power of two. Behind them lies a bit for each that says whether it is occupied. */
export const WHEEL_SLOTS = 256;

/** What a stack asks of the host it runs on. `C` is what the host hands through: a process's context, a world. */
export interface TcpHost<C extends Heap> {
  /** Sends the segment in `TcpStack.output`. False if it could not be sent: data and acknowledgements are tried again a little later, all else is as good as lost. */
  send(context: C, stack: StackAddress): boolean;
  /** A SYN has come for this key. The owner of a connection for it (not 0), 0 to refuse it with a reset, -1 to stay silent. */
  accept(context: C, stack: StackAddress, key: Address<"FlowKey">): number;
}

/**
 * Makes a stack of `limits.connectionsMax` connections in the heap. Its address, or -5. `secret` are 16 bytes at `secretAt`
 * in the heap's memory; the host sets nowTick before its first use.
 */
export function tcpCreate(heap: Heap, limits: TcpLimits, secretAt: number): number {
  const { memory } = heap;
  let buckets = 8;
  while (buckets < limits.connectionsMax) buckets *= 2;
  const recordsAt = (TcpStack.size + 7) & ~7;
  const bucketsAt = recordsAt + limits.connectionsMax * TcpConnection.size;
  const wheelAt = bucketsAt + buckets * 4;
  const bytes = wheelAt + WHEEL_SLOTS * 4 + (WHEEL_SLOTS >> 3);
  const at = heap.allocate(bytes);
  if (at < 0) return at;
  const stack = at as StackAddress;
  memory.fill(at, bytes, 0);
  memory.copy(at + TcpStack.secret0.offset, secretAt, 16);
  TcpStack.connectionsAt.set(memory, stack, at + recordsAt);
  TcpStack.connectionsMax.set(memory, stack, limits.connectionsMax);
  TcpStack.bucketsAt.set(memory, stack, at + bucketsAt);
  TcpStack.bucketMask.set(memory, stack, buckets - 1);
  TcpStack.wheelAt.set(memory, stack, at + wheelAt);
  TcpStack.nextPort.set(memory, stack, FIRST_PORT);
  setLimits(heap, stack, limits);
  // Backwards, so that the first free record is the first.
  for (let index = limits.connectionsMax - 1; index >= 0; index--) {
    const connection = (at + recordsAt + index * TcpConnection.size) as ConnectionAddress;
    TcpConnection.wheelSlot.set(memory, connection, -1);
    TcpConnection.hashNext.set(memory, connection, TcpStack.freeFirst.get(memory, stack));
    TcpStack.freeFirst.set(memory, stack, connection);
  }
  return at;
}

/** Dynamic ports (RFC 6335, 6). */
export const FIRST_PORT = 49_152;
export const LAST_PORT = 65_535;

function setLimits({ memory }: Heap, stack: StackAddress, limits: TcpLimits): void {
  TcpStack.bufferBytesMax.set(memory, stack, limits.bufferBytesMax);
  TcpStack.sendBytesMax.set(memory, stack, limits.sendBytesMax);
  TcpStack.receiveBytesMax.set(memory, stack, limits.receiveBytesMax);
  TcpStack.segmentBytesMax.set(memory, stack, limits.segmentBytesMax);
  TcpStack.backlogMax.set(memory, stack, limits.backlogMax);
  TcpStack.timeWaitTicks.set(memory, stack, limits.timeWaitTicks);
  TcpStack.finWaitTicks.set(memory, stack, limits.finWaitTicks);
  TcpStack.retransmitTicksMin.set(memory, stack, limits.retransmitTicksMin);
  TcpStack.retransmitTicksMax.set(memory, stack, limits.retransmitTicksMax);
  TcpStack.acknowledgeTicks.set(memory, stack, limits.acknowledgeTicks);
  TcpStack.connectTriesMax.set(memory, stack, limits.connectTriesMax);
  TcpStack.triesMax.set(memory, stack, limits.triesMax);
}
