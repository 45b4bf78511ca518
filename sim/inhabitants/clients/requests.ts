/** Requests begin, and are written as far as there is room. */

import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { TcpConnection, tcpWrite } from "../../../services/net/tcp/api.ts";
import { putHex, putText } from "../../../services/net/http/head-writer.ts";
import { writeContent } from "../content.ts";
import { drawFrom } from "../distribution.ts";
import { SimSite } from "../../chance/site.ts";
import { DrawSite, drawBelow, drawChance } from "../../chance/draw.ts";
import { ABUSES } from "./cookies.ts";
import { KEYS_MAX, PAUSE_TICKS_MAX, PIECE_BYTES, REQUEST_BODY_BYTES_MAX, SLOW_PIECE_BYTES } from "./limits.ts";
import { MALFORMED_WAYS } from "./malformed.ts";
import { abortRequest, deadlineOf, isIdempotent, rewind } from "./outcome.ts";
import type { ClientAddress, PendingAddress } from "./records.ts";
import { AbortAt, Client, ClientsState, PendingRequest, Population, RequestPart } from "./records.ts";
import { contentWordOf, isChunked, writeRequestHead } from "./request-head.ts";
import type { ClientSide } from "./side.ts";
import { pendingAt, planOf, populationOf, requestPlanOf } from "./side.ts";

/** Ways to give a request up. */
const ABORTS = 3;

/** Begins as many requests as may be under way now. */
export function beginRequests(side: ClientSide, client: ClientAddress): void {
  const { memory } = side;
  const now = side.hosts.nowCycle();
  const most = Client.keepAlive.get(memory, client) === 0 ? 1 : Client.pendingMax.get(memory, client);
  while (Client.requestsLeft.get(memory, client) > 0 && Client.pendingCount.get(memory, client) < most && Client.resumeCycle.get(memory, client) <= now) {
    const plan = nextPlan(side, client);
    // A request that must not be made twice is under way alone (RFC 9112, 9.3.2).
    if (Client.pendingCount.get(memory, client) > 0 && !(isIdempotent(methodOf(side, client, plan)) && newestIsIdempotent(side, client))) return;
    beginRequest(side, client, plan, now);
  }
}

/** Writes what there is room for. True if a request was given up meanwhile: then there is more to do. */
export function writeRequests(side: ClientSide, client: ClientAddress): boolean {
  const { memory } = side;
  Client.stuck.set(memory, client, 0);
  while (Client.written.get(memory, client) < Client.pendingCount.get(memory, client)) {
    const place = Client.written.get(memory, client);
    const pending = pendingAt(side, client, place);
    const abortAt = PendingRequest.abortAt.get(memory, pending);
    // One that is given up in its middle goes alone: it takes its connection with it.
    if (abortAt === AbortAt.within && place > 0) return false;
    const whole = writeRequest(side, client, pending);
    const cut = abortAt === AbortAt.within && isCut(side, client, pending);
    if (cut || (whole && place === 0 && abortAt === AbortAt.written)) {
      abortRequest(side, client);
      return true;
    }
    if (!whole) return false;
    Client.written.set(memory, client, place + 1);
    rewind(side, client);
  }
  return false;
}

/** Whether as much of the request has been written as ever will be. */
function isCut({ memory }: ClientSide, client: ClientAddress, pending: PendingAddress): boolean {
  return Client.requestBytes.get(memory, client) >= PendingRequest.abortBytes.get(memory, pending);
}

/** Number of the plan's request that comes next. */
function nextPlan(side: ClientSide, client: ClientAddress): number {
  const { memory, seed } = side;
  const { requests, requestOrder } = planOf(side, client);
  if (requestOrder === "inTurn") return Population.turn.get(memory, populationOf(side, client));
  if (requests.length === 1) return 0;
  let total = 0;
  for (const request of requests) total += request.weight;
  let place = drawBelow(total, seed, DrawSite.clientRequest, Client.number.get(memory, client), Client.requests.get(memory, client));
  let number = 0;
  while (number < requests.length - 1 && place >= requests[number].weight) place -= requests[number++].weight;
  return number;
}

function methodOf(side: ClientSide, client: ClientAddress, plan: number): string {
  return planOf(side, client).requests[plan].method;
}

function newestIsIdempotent(side: ClientSide, client: ClientAddress): boolean {
  const newest = pendingAt(side, client, Client.pendingCount.get(side.memory, client) - 1);
  return isIdempotent(requestPlanOf(side, client, newest).method);
}

function beginRequest(side: ClientSide, client: ClientAddress, plan: number, now: number): void {
  const { memory, seed } = side;
  const population = populationOf(side, client);
  const number = Client.number.get(memory, client);
  const ordinal = Client.requests.get(memory, client);
  const { requests, abortParts } = planOf(side, client);
  const pending = pendingAt(side, client, Client.pendingCount.get(memory, client));
  memory.fill(pending, PendingRequest.size, 0);
  PendingRequest.beginCycle.set(memory, pending, now);
  PendingRequest.deadlineCycle.set(memory, pending, deadlineOf(side, client));
  PendingRequest.ordinal.set(memory, pending, ordinal);
  PendingRequest.plan.set(memory, pending, plan);
  PendingRequest.bodyBytes.set(memory, pending, Math.min(REQUEST_BODY_BYTES_MAX, drawFrom(requests[plan].bodyBytes, seed, DrawSite.clientBody, number, ordinal)));
  if (drawChance(abortParts ?? 0, seed, DrawSite.clientAbort, number, ordinal)) PendingRequest.abortAt.set(memory, pending, AbortAt.written + drawBelow(ABORTS, seed, DrawSite.clientAbortAt, number, ordinal));
  drawQuirks(side, number, pending);
  Client.pendingCount.add(memory, client, 1);
  Client.requests.add(memory, client, 1);
  Client.requestsLeft.add(memory, client, -1);
  Population.requests.add(memory, population, 1);
  Population.turn.set(memory, population, (Population.turn.get(memory, population) + 1) % requests.length);
}

/** What is otherwise than planned. */
function drawQuirks({ memory, choose }: ClientSide, number: number, pending: PendingAddress): void {
  const abort = choose(SimSite.requestAborted, number, ABORTS + 1);
  if (abort !== 0) PendingRequest.abortAt.set(memory, pending, abort);
  PendingRequest.pauseTicks.set(memory, pending, choose(SimSite.headSlow, number, PAUSE_TICKS_MAX + 1));
  PendingRequest.key.set(memory, pending, choose(SimSite.keyRotates, number, KEYS_MAX + 1));
  PendingRequest.cookies.set(memory, pending, choose(SimSite.sessionAbused, number, ABUSES));
  const malformed = choose(SimSite.requestMalformed, number, MALFORMED_WAYS);
  if (malformed === 0) return;
  PendingRequest.malformed.set(memory, pending, malformed);
  PendingRequest.bodyBytes.set(memory, pending, 0);
}

/** Writes on at a request; whether it is whole. */
function writeRequest(side: ClientSide, client: ClientAddress, pending: PendingAddress): boolean {
  const { memory, hosts, state } = side;
  const connection = Client.connection.get(memory, client) as ConnectionAddress;
  for (let bytes = writePiece(side, client, pending); bytes > 0; bytes = writePiece(side, client, pending)) {
    const taken = Client.pieceTaken.get(memory, client);
    const slow = Client.part.get(memory, client) === RequestPart.head && PendingRequest.pauseTicks.get(memory, pending) > 0;
    const wanted = Math.min(bytes - taken, leftToWrite(side, client, pending, bytes), slow ? SLOW_PIECE_BYTES : bytes);
    const written = tcpWrite(hosts.heap, hosts.port, hosts.stack, connection, memory, ClientsState.pieceAt.get(memory, state) + taken, wanted);
    Population.bytesOut.add(memory, populationOf(side, client), written);
    Client.pieceTaken.set(memory, client, taken + written);
    Client.requestBytes.add(memory, client, written);
    if (taken + written < bytes) {
      if (slow) Client.retryCycle.set(memory, client, hosts.nowCycle() + PendingRequest.pauseTicks.get(memory, pending) * CYCLES_PER_TICK);
      // Nothing is under way that would make room: the stack's memory is short, and nobody will tell when it no longer is.
      if (written < wanted && TcpConnection.sendBytes.get(memory, connection) === 0) Client.stuck.set(memory, client, 1);
      return false;
    }
    nextPiece(side, client, pending);
  }
  return true;
}

/** How much is written of a request that is given up in its middle; of others, anything. `headBytes` are those of its head, while that is written. */
function leftToWrite(side: ClientSide, client: ClientAddress, pending: PendingAddress, headBytes: number): number {
  const { memory, seed } = side;
  if (PendingRequest.abortAt.get(memory, pending) !== AbortAt.within) return REQUEST_BODY_BYTES_MAX;
  if (Client.part.get(memory, client) === RequestPart.head) {
    const most = headBytes + PendingRequest.bodyBytes.get(memory, pending) - 1;
    PendingRequest.abortBytes.set(memory, pending, 1 + drawBelow(most, seed, DrawSite.clientAbortAt, contentWordOf(side, client, pending), 1));
  }
  return PendingRequest.abortBytes.get(memory, pending) - Client.requestBytes.get(memory, client);
}

/** Puts the piece that is to be written into its room, the same one each time until nextPiece(); its bytes, 0 behind the last. */
function writePiece(side: ClientSide, client: ClientAddress, pending: PendingAddress): number {
  const { memory, state } = side;
  const part = Client.part.get(memory, client);
  if (part === RequestPart.head) return writeRequestHead(side, client, pending);
  const at = ClientsState.pieceAt.get(memory, state);
  const chunked = isChunked(side, client, pending, requestPlanOf(side, client, pending));
  if (part === RequestPart.lastChunk) return chunked && Client.bodyAt.get(memory, client) >= 0 ? putText(memory, at, "0\r\n\r\n") - at : 0;
  const bytes = dataBytes(side, client, pending);
  if (bytes === 0) return 0;
  const dataAt = chunked ? putText(memory, putHex(memory, at, bytes), "\r\n") : at;
  writeContent(memory, dataAt, bytes, contentWordOf(side, client, pending), Client.bodyAt.get(memory, client));
  return (chunked ? putText(memory, dataAt + bytes, "\r\n") : dataAt + bytes) - at;
}

/** Data of the piece at hand: chunks are of all lengths. */
function dataBytes(side: ClientSide, client: ClientAddress, pending: PendingAddress): number {
  const { memory, seed } = side;
  const offset = Client.bodyAt.get(memory, client);
  const left = Math.min(PIECE_BYTES, PendingRequest.bodyBytes.get(memory, pending) - offset);
  if (left <= 1 || !isChunked(side, client, pending, requestPlanOf(side, client, pending))) return left;
  return 1 + drawBelow(left, seed, DrawSite.clientPipeline, contentWordOf(side, client, pending), offset);
}

/** The piece at hand has been written. */
function nextPiece(side: ClientSide, client: ClientAddress, pending: PendingAddress): void {
  const { memory } = side;
  const part = Client.part.get(memory, client);
  Client.pieceTaken.set(memory, client, 0);
  if (part === RequestPart.data) Client.bodyAt.add(memory, client, dataBytes(side, client, pending));
  const through = Client.bodyAt.get(memory, client) >= PendingRequest.bodyBytes.get(memory, pending);
  if (part === RequestPart.lastChunk) Client.bodyAt.set(memory, client, -1);
  else Client.part.set(memory, client, through ? RequestPart.lastChunk : RequestPart.data);
}
