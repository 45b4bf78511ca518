/** The mailbox's register map: what the operator reads and writes; mailbox.ts has the device itself. */

/** Register offsets. */
export const MailboxRegister = Object.freeze({
  /** Read: bytes of the first inbound record, 0 if there is none. */
  inboundBytes: 0x00,
  /** Write n: copies at most n bytes of the first record to `inboundAddress` and drops the record; 0 only drops it. */
  take: 0x04,
  inboundAddress: 0x08,
  /** Read: bytes of the longest record that `send` would take now. Below 0: none. */
  outboundSpace: 0x0c,
  /** Write n: sends n bytes (> 0) from `outboundAddress` as one record. */
  send: 0x10,
  outboundAddress: 0x14,
  /** Read: one of MailboxStatus, how the last `take` or `send` ended. */
  status: 0x18,
});

export const MailboxStatus = Object.freeze({
  ok: 0,
  /** There is no record to take; a record of 0 bytes or fewer cannot be sent. */
  noRecord: 1,
  /** The IOMMU table refused the copy. The record stays. */
  dmaRefused: 2,
  /** The outside must receive something first: the line goes high when it has. */
  noRoom: 3,
  /** Longer than the outbound ring can ever hold. */
  tooLong: 4,
});
