/** The head of a backend's answer: status, who answers, what the request's body was, the label, what the body is made of, how it is delimited. */

import type { Memory } from "../../../hal/memory.ts";
import { putNumber, putText } from "../../../services/net/http/head-writer.ts";
import { putContentLine } from "../content.ts";
import { putLabelLine } from "../label.ts";
import type { BackendConnectionAddress } from "./records.ts";
import { AnswerCoding, BackendConnection } from "./records.ts";

/** In lower case: the number of the backend that answers, and whether the request's body was as it said: none, same, other. */
export const BACKEND_FIELD = "x-backend";
export const RECEIVED_FIELD = "x-received";

/** By Received. */
const RECEIVED_LINES: readonly string[] = Object.freeze(["X-Received: none\r\n", "X-Received: same\r\n", "X-Received: other\r\n"]);

/** Writes the head; the address behind it. */
export function putAnswerHead(memory: Memory, at: number, record: BackendConnectionAddress): number {
  let cursor = putText(memory, at, "HTTP/1.1 ");
  cursor = putNumber(memory, cursor, BackendConnection.status.get(memory, record));
  cursor = putText(memory, cursor, reasonOf(BackendConnection.status.get(memory, record)));
  cursor = putText(memory, cursor, "Server: veridian-world\r\nX-Backend: ");
  cursor = putText(memory, putNumber(memory, cursor, BackendConnection.backend.get(memory, record)), "\r\n");
  cursor = putText(memory, cursor, RECEIVED_LINES[BackendConnection.received.get(memory, record)]);
  if (BackendConnection.labelled.get(memory, record) !== 0) cursor = putLabelLine(memory, cursor, BackendConnection.labelClient.get(memory, record), BackendConnection.labelRequest.get(memory, record));
  const bodyBytes = BackendConnection.bodyBytes.get(memory, record);
  cursor = putContentLine(memory, cursor, BackendConnection.word.get(memory, record), bodyBytes);
  const coding = BackendConnection.coding.get(memory, record);
  if (coding === AnswerCoding.length) cursor = putText(memory, putNumber(memory, putText(memory, cursor, "Content-Length: "), bodyBytes), "\r\n");
  if (coding === AnswerCoding.chunked) cursor = putText(memory, cursor, "Transfer-Encoding: chunked\r\n");
  if (BackendConnection.closesAfter.get(memory, record) !== 0) cursor = putText(memory, cursor, "Connection: close\r\n");
  return putText(memory, cursor, "\r\n");
}

function reasonOf(status: number): string {
  switch (status) {
    case 200:
      return " OK\r\n";
    case 400:
      return " Bad Request\r\n";
    case 431:
      return " Request Header Fields Too Large\r\n";
    case 500:
      return " Internal Server Error\r\n";
    case 502:
      return " Bad Gateway\r\n";
    case 504:
      return " Gateway Timeout\r\n";
    default:
      return " Service Unavailable\r\n";
  }
}
