/**
 * Sequence numbers (RFC 9293, 3.4): words modulo 2^32, kept signed. Only differences mean anything, and only while they
 * are below 2^31 in size.
 */

/** How far `later` lies behind `earlier` in the stream: negative when it comes before. */
export function sequenceDistance(earlier: number, later: number): number {
  return (later - earlier) | 0;
}

/** `bytes` further on. */
export function sequenceAdd(sequence: number, bytes: number): number {
  return (sequence + bytes) | 0;
}
