/**
 * What comes in at the mailbox, and what goes out. A mailbox record is this header and its payload; the operator is the
 * only process that reads them, and it speaks for the outside through endpoints that its manifest line grants.
 */

import { i32, u16, u32 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";

export const OperatorTarget = Object.freeze({
  /** The payload is one control operation of services/lb/control.ts; the answer's payload is its answer. */
  loadBalancer: 1,
  /** Orderly shutdown: net closes its flows, then the driver stops its device. No payload. */
  shutdown: 2,
  /**
   * Where net ends connections itself: no new ones from now on, those that there are end with their requests. No payload;
   * answered at once. Invalid message where net only looks on.
   */
  drain: 3,
});

export const MailboxRequest = layout("MailboxRequest", 16, {
  /** Chosen by the sender, returned in the answer. */
  requestId: i32("identity"),
  target: u16,
  reserved: u16,
  payloadBytes: u32,
  reserved1: u32,
});

export const MailboxAnswer = layout("MailboxAnswer", 16, {
  requestId: i32("identity"),
  /** 0 or an errno. */
  status: i32,
  payloadBytes: u32,
  reserved: u32,
});
