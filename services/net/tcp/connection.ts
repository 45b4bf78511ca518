/**
 * One end of a TCP connection (RFC 9293, 3.3.1: the transmission control block). What is done with it stands in the other
 * files of this folder; whoever owns it sees only api.ts.
 *
 * Sequence numbers are words modulo 2^32, ticks are absolute and 0 for "not running". A record whose state is closed and
 * that nobody owns is free.
 */

import { i32, nested, u16, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { FlowKey } from "../segment.ts";

/** RFC 9293, 3.3.2. LISTEN is not a connection's: the owner of the stack says what is listened to. */
export const TcpState = Object.freeze({
  closed: 0,
  synSent: 1,
  synReceived: 2,
  established: 3,
  finWait1: 4,
  finWait2: 5,
  closing: 6,
  timeWait: 7,
  closeWait: 8,
  lastAck: 9,
});

/** What has happened since the owner looked last: bits. */
export const TcpEvent = Object.freeze({
  /** Both sides have agreed to talk. */
  opened: 1,
  /** There are bytes to read. */
  readable: 2,
  /** There is room to write again, after a write that was cut. */
  writable: 4,
  /** Behind the bytes that are there nothing more will come: the peer has closed its side. */
  ended: 8,
  /** It is over, `fate` says how. What has come can still be read. */
  gone: 16,
});

/** How a connection ended. */
export const TcpFate = Object.freeze({
  none: 0,
  /** Both sides closed, and heard of it. */
  closed: 1,
  /** The peer reset it. */
  reset: 2,
  /** The peer answered the SYN with a reset. */
  refused: 3,
  /** The peer has not answered for too long. */
  timedOut: 4,
  /** Its owner gave it up, or its stack needed the room. */
  aborted: 5,
});
export type TcpFate = (typeof TcpFate)[keyof typeof TcpFate];

/** What the retransmission timer is for: an acknowledgement, a window, memory for what the owner wants to write, a host that can send. */
export const TcpTimer = Object.freeze({ none: 0, retransmit: 1, persist: 2, room: 3, retry: 4 });

export const TcpConnection = layout("TcpConnection", {
  /** As segments that arrive have it: the peer is the source. */
  key: nested(FlowKey),
  // --- timers ------------------------------------------------------------------------------------------------------
  /** Retransmission or window probe, whichever `timer` says. */
  retransmitTick: u64("time"),
  acknowledgeTick: u64("time"),
  /** End of TIME-WAIT, and of the patience with a peer that does not close. */
  lifeTick: u64("time"),
  /** When the segment that is being timed was sent. */
  timedTick: u64("time"),
  /** When data was sent last. */
  sentTick: u64("time"),
  /** When the challenges began of which `challenges` counts (RFC 5961, 7). */
  challengeTick: u64("time"),
  // --- links -------------------------------------------------------------------------------------------------------
  hashNext: i32("identity"),
  wheelPrevious: i32("identity"),
  wheelNext: i32("identity"),
  /** Slot of the timer wheel it stands in; -1 for none. */
  wheelSlot: i32("identity"),
  readyNext: i32("identity"),
  /** In the list of its state's kind: half-open ones, those in TIME-WAIT. */
  listPrevious: i32("identity"),
  listNext: i32("identity"),
  /** Number of this connection since boot: tells a record's connections apart. */
  serial: i32("identity"),
  /** The owner's word; 0 for nobody: then it frees itself when it is over. */
  owner: i32("identity"),
  // --- sending (RFC 9293, 3.3.1) -----------------------------------------------------------------------------------
  initialSend: i32("identity"),
  sendUnacknowledged: i32("identity"),
  sendNext: i32("identity"),
  /** Behind the last byte ever sent: sendNext goes back to be sent again, this never does. */
  sendMax: i32("identity"),
  /** In bytes, scaled. */
  sendWindow: i32,
  sendWindowMax: i32,
  /** Segment numbers of the last window update (SND.WL1, SND.WL2). */
  windowSequence: i32("identity"),
  windowAcknowledgement: i32("identity"),
  /** Block of the send buffer, 0 for none; its size, a power of two; where its first byte lies; bytes not acknowledged. */
  sendBuffer: i32("identity"),
  sendCapacity: i32,
  sendFirst: i32,
  sendBytes: i32,
  // --- receiving ---------------------------------------------------------------------------------------------------
  initialReceive: i32("identity"),
  receiveNext: i32("identity"),
  /** Right edge of the window that the peer was told. */
  receiveEdge: i32("identity"),
  /** Of the first byte that the owner has not taken. */
  readNext: i32("identity"),
  /** Of the peer's FIN; valid when `finSeen`. */
  finSequence: i32("identity"),
  /** Behind the last byte that has come, beyond a gap or not; valid while `beyondBytes` is above 0. */
  receiveMax: i32("identity"),
  /** Its Space: bytes from readNext on; 0 for none. */
  space: i32("identity"),
  beyondBytes: i32,
  /** Bytes that came since the last acknowledgement was sent. */
  unacknowledgedBytes: i32,
  /** How wide the window may be, if memory allows: it grows as the peer fills it. */
  windowBytes: i32,
  /** Bytes that have come, or been read, since the window was widened last. */
  filledBytes: i32,
  /** What of TcpStack.promisedBytes is this connection's. */
  promisedBytes: i32,
  // --- round trip (RFC 6298) ---------------------------------------------------------------------------------------
  /** In eighths of a tick, and in quarters; -1 before the first measurement. */
  smoothedRoundTrip: i32,
  roundTripVariation: i32,
  retransmitTicks: i32,
  timedSequence: i32("identity"),
  // --- congestion (RFC 5681, 6582) ---------------------------------------------------------------------------------
  congestionWindow: i32,
  slowStartThreshold: i32,
  /** sendMax when the loss was noticed: recovery ends when it is acknowledged. */
  recover: i32("identity"),
  /** Bytes acknowledged since the window grew last, in congestion avoidance. */
  grownBytes: i32,
  // --- small -------------------------------------------------------------------------------------------------------
  /** Largest segment that the peer takes. */
  segmentBytesMax: u16,
  duplicateAcknowledgements: u16,
  /** One of TcpState. */
  state: u8,
  /** One of TcpFate. */
  fate: u8,
  /** Bits of TcpEvent. */
  events: u8,
  /** 1 while it stands in the list of those with events. */
  ready: u8,
  /** Shifts of the window scale option; both 0 unless both sides sent it. */
  sendShift: u8,
  receiveShift: u8,
  /** One of TcpTimer. */
  timer: u8,
  /** Times that the timer expired without an answer. */
  tries: u8,
  /** 1: a segment is being timed. */
  timing: u8,
  /** 1 while fast recovery is under way; 2 once a part of what was lost has arrived. */
  recovering: u8,
  /** 1: the owner has closed, a FIN follows the last byte; and once it has been sent. */
  finQueued: u8,
  finSent: u8,
  finSeen: u8,
  /** 1: an acknowledgement is to be sent with the next segment, or on its own. */
  acknowledgeNow: u8,
  /** 1: a write was cut, the owner waits for room. */
  writeWaits: u8,
  /** 1: it began with a SYN of the peer's. */
  passive: u8,
  /** 1: the peer offered window scaling. */
  scaling: u8,
  /** One of TcpListNumber. */
  list: u8,
  /** 1: the owner reads what comes as far as it can, and waits for nothing to be whole. */
  streaming: u8,
  /** Challenge acknowledgements since challengeTick. */
  challenges: u8,
});

/** Which list a connection stands in. */
export const TcpListNumber = Object.freeze({ none: 0, halfOpen: 1, timeWait: 2 });
