/**
 * How requests end: with an answer, with an error after which they may be made again, or given up on purpose. Every request
 * that was begun ends exactly once: requests = answers + failures + aborted + those under way.
 *
 * After an error the connection is gone. The request whose answer was awaited has failed; those sent behind it are made
 * again without more ado (RFC 9112, 9.3.2), they are idempotent all.
 */

import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { ResponseHead } from "../../../services/net/http/response-head.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { NO_CONNECTION, tcpAbort, tcpRelease } from "../../../services/net/tcp/api.ts";
import { ContentCheck } from "../content-check.ts";
import { drawFrom } from "../distribution.ts";
import { DrawSite } from "../../chance/draw.ts";
import { CYCLES_PER_MICROSECOND, latencyAdd } from "../latency.ts";
import { RETRY_DOUBLINGS_MAX, RETRY_TICKS, STATUS_MIN } from "./limits.ts";
import type { ClientAddress } from "./records.ts";
import { AnswerPhase, Client, ClientsState, PendingRequest, Population, RequestPart } from "./records.ts";
import type { ClientSide } from "./side.ts";
import { pendingAt, planOf, populationOf, requestPlanOf } from "./side.ts";

/** Names of counters of Population that count errors. */
export type ErrorKind =
  | "connectFailed"
  | "connectRefused"
  | "connectTimedOut"
  | "connectionReset"
  | "connectionTimedOut"
  | "timedOut"
  | "endedEarly"
  | "truncated"
  | "badHead"
  | "headTooLarge"
  | "badBody"
  | "foreign"
  | "unasked";

/** What a digest takes for a request without an answer. */
const FAILED = 1;
const ABORTED = 2;

/** Lets go of the connection, if there is one: in order, or by a reset. What is under way will be written anew. */
export function dropConnection(side: ClientSide, client: ClientAddress, reset: boolean): void {
  const { memory, hosts } = side;
  const connection = Client.connection.get(memory, client) as ConnectionAddress;
  Client.connection.set(memory, client, NO_CONNECTION);
  Client.opened.set(memory, client, 0);
  Client.stuck.set(memory, client, 0);
  Client.written.set(memory, client, 0);
  Client.phase.set(memory, client, AnswerPhase.head);
  Client.scanned.set(memory, client, 0);
  rewind(side, client);
  if (connection === NO_CONNECTION) return;
  if (reset) tcpAbort(hosts.heap, hosts.port, hosts.stack, connection);
  tcpRelease(hosts.heap, hosts.port, hosts.stack, connection);
}

/** The next request is written from its first byte. */
export function rewind({ memory }: ClientSide, client: ClientAddress): void {
  Client.part.set(memory, client, RequestPart.head);
  Client.pieceTaken.set(memory, client, 0);
  Client.bodyAt.set(memory, client, 0);
  Client.requestBytes.set(memory, client, 0);
}

/** An error: the request whose answer is awaited, if one is, is made again, or has failed. */
export function fail(side: ClientSide, client: ClientAddress, kind: ErrorKind): void {
  const { memory } = side;
  const population = populationOf(side, client);
  const wasAsked = isAsked(memory, client);
  Population[kind].add(memory, population, 1);
  dropConnection(side, client, true);
  if (Client.pendingCount.get(memory, client) === 0) return;
  const pending = pendingAt(side, client, 0);
  const failures = PendingRequest.failures.get(memory, pending) + 1;
  PendingRequest.failures.set(memory, pending, failures);
  const now = side.hosts.nowCycle();
  // RFC 9110, 9.2.2: what may have been done already is not done again by itself, unless that does no harm.
  if (failures <= planOf(side, client).retriesMax && (!wasAsked || isIdempotent(requestPlanOf(side, client, pending).method))) {
    Population.retries.add(memory, population, 1);
    Client.retryCycle.set(memory, client, now + delayTicks(side, client, failures) * CYCLES_PER_TICK);
  } else {
    Population.failures.add(memory, population, 1);
    Client.failures.add(memory, client, 1);
    remember(side, client, FAILED);
    pop(side, client);
  }
  renewDeadlines(side, client, 0);
}

/** The client has had enough of the request at hand, whatever its state. */
export function abortRequest(side: ClientSide, client: ClientAddress): void {
  Population.aborted.add(side.memory, populationOf(side, client), 1);
  remember(side, client, ABORTED);
  dropConnection(side, client, true);
  pop(side, client);
  renewDeadlines(side, client, 0);
}

/** The answer to the oldest request is through; the connection goes on, or does not. */
export function answered(side: ClientSide, client: ClientAddress): void {
  const { memory } = side;
  const population = populationOf(side, client);
  const response = Client.response.at(client) as Address<"ResponseHead">;
  const status = ResponseHead.status.get(memory, response);
  const early = Client.written.get(memory, client) === 0;
  const micros = Math.floor((side.hosts.nowCycle() - PendingRequest.beginCycle.get(memory, pendingAt(side, client, 0))) / CYCLES_PER_MICROSECOND);
  latencyAdd(memory, ClientsState.latency.get(memory, side.state) as Address<"Latency">, micros);
  latencyAdd(memory, Population.latency.get(memory, population) as Address<"Latency">, micros);
  memory.i32[(Population.statusesAt.get(memory, population) >> 2) + status - STATUS_MIN] += 1;
  Population.answers.add(memory, population, 1);
  Client.answers.add(memory, client, 1);
  Client.lastStatus.set(memory, client, status);
  remember(side, client, status);
  if (!early) Client.written.add(memory, client, -1);
  Client.phase.set(memory, client, AnswerPhase.head);
  pop(side, client);
  // An answer that came before its request was whole leaves the rest of it in the way of the next one.
  if (!early && Client.keepAlive.get(memory, client) !== 0 && ResponseHead.keepAlive.get(memory, response) !== 0) return;
  const left = Client.pendingCount.get(memory, client);
  Population.resent.add(memory, population, Math.min(left, Client.written.get(memory, client)));
  dropConnection(side, client, false);
  renewDeadlines(side, client, 0);
}

/** Whether the oldest request has been sent on this connection, at least in part. */
export function isAsked(memory: Memory, client: ClientAddress): boolean {
  if (Client.pendingCount.get(memory, client) === 0) return false;
  return Client.written.get(memory, client) > 0 || Client.part.get(memory, client) !== RequestPart.head || Client.pieceTaken.get(memory, client) > 0;
}

/** RFC 9110, 9.2.2. */
export function isIdempotent(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "TRACE" || method === "PUT" || method === "DELETE";
}

/** By when a request must be answered that is made now, or when the client goes on; 0: whenever. */
export function deadlineOf(side: ClientSide, client: ClientAddress): number {
  const { timeoutTicks } = planOf(side, client);
  const from = Math.max(side.hosts.nowCycle(), Client.retryCycle.get(side.memory, client));
  return timeoutTicks === 0 ? 0 : from + timeoutTicks * CYCLES_PER_TICK;
}

/** The time of those from `place` on begins anew: they are made again. */
function renewDeadlines(side: ClientSide, client: ClientAddress, place: number): void {
  const deadline = deadlineOf(side, client);
  const count = Client.pendingCount.get(side.memory, client);
  for (let at = place; at < count; at++) PendingRequest.deadlineCycle.set(side.memory, pendingAt(side, client, at), deadline);
}

/** The oldest request has ended; the next one begins after a pause. */
function pop(side: ClientSide, client: ClientAddress): void {
  const { memory, seed } = side;
  const ordinal = PendingRequest.ordinal.get(memory, pendingAt(side, client, 0));
  Client.pendingFirst.set(memory, client, (Client.pendingFirst.get(memory, client) + 1) % Client.pendingMax.get(memory, client));
  Client.pendingCount.add(memory, client, -1);
  const pause = drawFrom(planOf(side, client).thinkTicks, seed, DrawSite.clientThink, Client.number.get(memory, client), ordinal);
  Client.resumeCycle.set(memory, client, Math.max(Client.resumeCycle.get(memory, client), side.hosts.nowCycle() + pause * CYCLES_PER_TICK));
}

/** Takes down how the oldest request ended: what came of it, and of which body. */
function remember(side: ClientSide, client: ClientAddress, outcome: number): void {
  const { memory } = side;
  const check = Client.check.at(client) as Address<"ContentCheck">;
  let digest = fold(Client.digest.get(memory, client), PendingRequest.ordinal.get(memory, pendingAt(side, client, 0)));
  digest = fold(digest, outcome);
  if (outcome >= STATUS_MIN) digest = fold(fold(digest, ContentCheck.word.get(memory, check)), ContentCheck.bytes.low(memory, check));
  Client.digest.set(memory, client, digest);
}

/** Constants after MurmurHash3 (Appleby, public domain). */
function fold(digest: number, word: number): number {
  const mixed = Math.imul(digest ^ Math.imul(word, 0xcc9e_2d51), 0x1b87_3593);
  return (mixed ^ (mixed >>> 15)) + 0x6b64;
}

/** How long to wait before the request is made for the (failures + 1)th time. */
function delayTicks(side: ClientSide, client: ClientAddress, failures: number): number {
  return (planOf(side, client).retryTicks ?? RETRY_TICKS) * 2 ** Math.min(failures - 1, RETRY_DOUBLINGS_MAX);
}
