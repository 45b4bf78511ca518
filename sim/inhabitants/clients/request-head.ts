/** The head of a request as a client writes it. Content of plans is taken as it is: a scenario's reader lets no line breaks in. */

import type { ClientPlan, RequestPlan } from "../../scenario/plan.ts";
import { CONTENT_LINE_BYTES_MAX, putContentLine } from "../content.ts";
import { drawWord, DrawSite } from "../../chance/draw.ts";
import { LABEL_LINE_BYTES, putLabelLine } from "../label.ts";
import { putHex, putNumber, putText } from "../../../services/net/http/head-writer.ts";
import { putCookies } from "./cookies.ts";
import { JAR_BYTES, REQUEST_HEAD_BYTES_MAX } from "./limits.ts";
import { putMalformed } from "./malformed.ts";
import type { ClientAddress, PendingAddress } from "./records.ts";
import { Client, ClientsState, PendingRequest } from "./records.ts";
import type { ClientSide } from "./side.ts";
import { requestPlanOf } from "./side.ts";

/** "Content-Length: 2147483647", "Transfer-Encoding: chunked", "Connection: keep-alive", versions and line ends. */
const FIXED_BYTES = 160;

/** Bytes of the longest head that requests of this plan have. Throws a RangeError if that is too long for any server of ours. */
export function headBytesMax(plan: ClientPlan): number {
  let most = 0;
  for (const request of plan.requests) {
    const own = request.method.length + request.target.length + request.host.length + request.headers.reduce((sum, line) => sum + line.length + 2, 0);
    most = Math.max(most, own + FIXED_BYTES + LABEL_LINE_BYTES + CONTENT_LINE_BYTES_MAX + (plan.keepsCookies ? JAR_BYTES : 0));
  }
  if (most > REQUEST_HEAD_BYTES_MAX) throw new RangeError(`a request's head has at most ${REQUEST_HEAD_BYTES_MAX} bytes, cookies included`);
  return most;
}

/** Writes the head of this request into the room for pieces; its bytes. */
export function writeRequestHead(side: ClientSide, client: ClientAddress, pending: PendingAddress): number {
  const { memory, state } = side;
  const request = requestPlanOf(side, client, pending);
  const begin = ClientsState.pieceAt.get(memory, state);
  const malformed = PendingRequest.malformed.get(memory, pending);
  if (malformed !== 0) return putMalformed(memory, begin, malformed) - begin;
  let at = putText(memory, begin, request.method);
  at = putText(memory, at, " ");
  at = putText(memory, at, request.target);
  at = putText(memory, at, Client.http10.get(memory, client) !== 0 ? " HTTP/1.0\r\nHost: " : " HTTP/1.1\r\nHost: ");
  at = putText(memory, at, request.host);
  at = putText(memory, at, "\r\n");
  at = putLabelLine(memory, at, Client.number.get(memory, client), PendingRequest.ordinal.get(memory, pending));
  for (const line of request.headers) at = putText(memory, putText(memory, at, line), "\r\n");
  const key = PendingRequest.key.get(memory, pending);
  if (key !== 0) at = putText(memory, putHex(memory, putText(memory, at, "X-Key: "), key), "\r\n");
  at = putCookies(side, client, pending, at);
  at = putBody(side, client, pending, request, at);
  return putText(memory, putConnection(side, client, at), "\r\n") - begin;
}

/** The word that the body of this request is made of. */
export function contentWordOf({ memory, seed }: ClientSide, client: ClientAddress, pending: PendingAddress): number {
  return drawWord(seed, DrawSite.clientContent, Client.number.get(memory, client), PendingRequest.ordinal.get(memory, pending));
}

/** Whether the body of this request goes in chunks: HTTP/1.0 has none (RFC 9112, 6.1). */
export function isChunked({ memory }: ClientSide, client: ClientAddress, pending: PendingAddress, request: RequestPlan): boolean {
  return request.chunked && Client.http10.get(memory, client) === 0 && PendingRequest.bodyBytes.get(memory, pending) > 0;
}

function putBody(side: ClientSide, client: ClientAddress, pending: PendingAddress, request: RequestPlan, at: number): number {
  const { memory } = side;
  const bytes = PendingRequest.bodyBytes.get(memory, pending);
  // RFC 9110, 8.6: a method that means something by a body says that there is none.
  if (bytes === 0) return meansBody(request.method) ? putText(memory, at, "Content-Length: 0\r\n") : at;
  const cursor = isChunked(side, client, pending, request)
    ? putText(memory, at, "Transfer-Encoding: chunked\r\n")
    : putText(memory, putNumber(memory, putText(memory, at, "Content-Length: "), bytes), "\r\n");
  return putContentLine(memory, cursor, contentWordOf(side, client, pending), bytes);
}

function meansBody(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}

function putConnection({ memory }: ClientSide, client: ClientAddress, at: number): number {
  if (Client.keepAlive.get(memory, client) === 0) return Client.http10.get(memory, client) === 0 ? putText(memory, at, "Connection: close\r\n") : at;
  return Client.http10.get(memory, client) === 0 ? at : putText(memory, at, "Connection: keep-alive\r\n");
}
