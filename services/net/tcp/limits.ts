/** Bounds of a TCP stack, in two sets. */

/** Bounds of a TCP stack: of net where it ends connections, and of the hosts around the machine. */
export interface TcpLimits {
  /** Connections at once, those in TIME-WAIT included. */
  readonly connectionsMax: number;
  /** Half-open connections that a peer began; beyond, SYNs are answered with cookies. */
  readonly backlogMax: number;
  /** Bytes of all buffers together. */
  readonly bufferBytesMax: number;
  /**
   * Of one connection: bytes written and not acknowledged, a power of two; bytes received and not read. A space of as
   * many bytes and 31 more (../space.ts) should not be larger than it need be.
   */
  readonly sendBytesMax: number;
  readonly receiveBytesMax: number;
  /** Largest segment taken over IPv4, options not counted: what goes into the MSS option. */
  readonly segmentBytesMax: number;
  /** Twice the longest life of a segment (RFC 9293, 3.4.2), and how long a peer may take to close its side. */
  readonly timeWaitTicks: number;
  readonly finWaitTicks: number;
  /** Bounds of the retransmission time-out (RFC 6298, 2.4 and 2.5). */
  readonly retransmitTicksMin: number;
  readonly retransmitTicksMax: number;
  /** How long an acknowledgement may wait (RFC 9293, 3.8.6.3: below half a second). */
  readonly acknowledgeTicks: number;
  /** Time-outs in a row after which a SYN, and anything else, is given up (RFC 9293, 3.8.3); at most 255. */
  readonly connectTriesMax: number;
  readonly triesMax: number;
}

export const tcpStandard: TcpLimits = Object.freeze({
  /** A client connection for each of net's 1,024 flows, and as many to backends. */
  connectionsMax: 2048,
  backlogMax: 256,
  /** 61 connections that fill their window each way (32 KiB, and 36 KiB with the bits), or all of them 2 KiB. */
  bufferBytesMax: 4 * 1024 * 1024,
  sendBytesMax: 32 * 1024,
  receiveBytesMax: 32 * 1024 - 32,
  /** An Ethernet frame without options: 1500 - 20 - 20. Over IPv6 it is 20 less. */
  segmentBytesMax: 1460,
  /** Linux takes as long. */
  timeWaitTicks: 60_000,
  finWaitTicks: 60_000,
  retransmitTicksMin: 200,
  retransmitTicksMax: 60_000,
  acknowledgeTicks: 40,
  /** 1 + 2 + 4 + ... + 32 + 60 + 60 s: at least three minutes (RFC 9293, 3.8.3); whoever connects may give up sooner. */
  connectTriesMax: 7,
  /** Nearly five minutes from 200 ms on, at least 100 s. */
  triesMax: 12,
});

export const tcpTiny: TcpLimits = Object.freeze({
  connectionsMax: 4,
  backlogMax: 2,
  bufferBytesMax: 16 * 1024,
  sendBytesMax: 2048,
  receiveBytesMax: 2048,
  segmentBytesMax: 536,
  timeWaitTicks: 50,
  finWaitTicks: 100,
  retransmitTicksMin: 10,
  retransmitTicksMax: 1000,
  acknowledgeTicks: 4,
  connectTriesMax: 2,
  triesMax: 4,
});
