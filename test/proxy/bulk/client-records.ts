/** What bulk clients remember, in the world's arena. */

import { i32, nested } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { FlowKey } from "../../../services/net/segment.ts";
import { BulkBody } from "./body.ts";

export const Phase = Object.freeze({ away: 0, request: 1, requestBody: 2, answer: 3, over: 4 });

export const BulkClient = layout("BulkClient", {
  phase: i32,
  id: i32,
  /** 1: a request is at hand that has not been answered. */
  pending: i32,
  /** 1: the head of the answer has come; and the connection closes behind it. */
  headDone: i32,
  closes: i32,
  number: i32,
  write: nested(BulkBody),
  read: nested(BulkBody),
  /** What the answer's head says of both bodies. */
  toldLow: i32,
  toldHigh: i32,
  toldBytes: i32,
  reserved: i32,
});

export const BulkClientState = layout("BulkClientState", {
  scratch: i32,
  clientsAt: i32,
  /** Requests begun, answered well, answered with anything else, and answers whose digests are wrong. */
  begun: i32,
  answered: i32,
  refused: i32,
  wrong: i32,
  /** Connections made, and those that broke with a request at hand, which is then made again. */
  connections: i32,
  broken: i32,
  /** Body bytes written and read of requests that were answered; kibibytes and the rest. */
  requestKibibytes: i32,
  requestBytes: i32,
  answerKibibytes: i32,
  answerBytes: i32,
  /** Connections that are not gone. */
  open: i32,
  /** When somebody comes who is away; 0 for never. */
  dueTick: i32,
  key: nested(FlowKey),
});
