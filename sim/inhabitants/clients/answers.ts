/**
 * Reads answers strictly: a head and a body that net's own parsers take, of exactly the length that was said, with nothing
 * behind it that nobody asked for. Whatever else comes is an error, counted by kind, and ends the connection.
 */

import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { Address } from "../../../hal/field.ts";
import { BodyFraming, BodyPhase, clearBody, expectChunks, expectLength } from "../../../services/net/http/body.ts";
import { RESPONSE_HEAD_BYTES_MAX, ResponseBody, ResponseHead, ResponseScan, parseResponseHead, scanResponseHead } from "../../../services/net/http/response-head.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { TcpStack, tcpEnded, tcpEndedWell, tcpRead, tcpReadAt, tcpReadBytes } from "../../../services/net/tcp/api.ts";
import { ContentCheck, Received, checkBegin, checkBody, checkBytes, checkEnd } from "../content-check.ts";
import { Told, readAnswerFields } from "./answer-fields.ts";
import { abortRequest, answered, dropConnection, fail, isAsked } from "./outcome.ts";
import type { ClientAddress, PendingAddress } from "./records.ts";
import { AbortAt, AnswerPhase, Client, PendingRequest, Population } from "./records.ts";
import type { ClientSide } from "./side.ts";
import { pendingAt, planOf, populationOf, requestPlanOf } from "./side.ts";

type Response = Address<"ResponseHead">;
type Framing = Address<"BodyFraming">;
type Check = Address<"ContentCheck">;

/** The only interim answers that make sense without having been asked for (RFC 9110, 15.2; RFC 8297): 101 needs an Upgrade. */
const SWITCHING = 101;
const INTERIM_END = 200;
/** What a reader that is not slow may read: more than there is. */
const ANYTHING = 2 ** 30;

/** Reads what has come: all of it, if `all`, else as much as a slow reader takes now. */
export function readAnswers(side: ClientSide, client: ClientAddress, all: boolean): void {
  const { memory } = side;
  while (Client.connection.get(memory, client) !== 0) {
    const bytes = unread(side, client);
    const allowed = all ? ANYTHING : allowance(side, client);
    if (allowed <= 0 && bytes > 0) return;
    const isBody = Client.phase.get(memory, client) === AnswerPhase.body;
    const goesOn = isBody ? readBody(side, client, Math.min(bytes, allowed)) : readHead(side, client, bytes);
    if (!goesOn) break;
  }
  const connection = Client.connection.get(memory, client) as ConnectionAddress;
  if (connection !== 0 && tcpEnded(memory, connection) && (unread(side, client) === 0 || Client.phase.get(memory, client) === AnswerPhase.head)) ended(side, client, connection);
}

/** Whether a slow reader has left bytes lie. */
export function leavesBytes(side: ClientSide, client: ClientAddress): boolean {
  return Client.slow.get(side.memory, client) !== 0 && Client.connection.get(side.memory, client) !== 0 && unread(side, client) > 0;
}

function unread({ memory }: ClientSide, client: ClientAddress): number {
  return tcpReadBytes(memory, Client.connection.get(memory, client) as ConnectionAddress);
}

/** Bytes that the client reads now. A head is read whole: what it takes too much lacks afterwards. */
function allowance(side: ClientSide, client: ClientAddress): number {
  const { memory } = side;
  if (Client.slow.get(memory, client) === 0) return ANYTHING;
  const { slowBytesPerTick } = planOf(side, client);
  const tick = Math.floor(side.hosts.nowCycle() / CYCLES_PER_TICK);
  const passed = tick - Client.readTick.get(memory, client);
  if (passed > 0) {
    Client.readTick.set(memory, client, tick);
    Client.readBytes.set(memory, client, Math.min(slowBytesPerTick, Client.readBytes.get(memory, client) + passed * slowBytesPerTick));
  }
  return Client.readBytes.get(memory, client);
}

function take(side: ClientSide, client: ClientAddress, bytes: number): void {
  const { memory, hosts } = side;
  tcpRead(hosts.heap, hosts.port, hosts.stack, Client.connection.get(memory, client) as ConnectionAddress, bytes);
  Population.bytesIn.add(memory, populationOf(side, client), bytes);
  if (Client.slow.get(memory, client) !== 0) Client.readBytes.add(memory, client, -bytes);
}

/** Looks for a head in the `bytes` bytes that are there. Whether there may be more to read. */
function readHead(side: ClientSide, client: ClientAddress, bytes: number): boolean {
  const { memory } = side;
  if (bytes === 0) return false;
  if (!isAsked(memory, client)) return broken(side, client, "unasked");
  const at = tcpReadAt(memory, Client.connection.get(memory, client) as ConnectionAddress);
  const headBytes = scanResponseHead(memory, at, bytes, Client.scanned.get(memory, client));
  if (headBytes === ResponseScan.more) {
    Client.scanned.set(memory, client, bytes);
    return bytes >= Math.min(RESPONSE_HEAD_BYTES_MAX, TcpStack.receiveBytesMax.get(memory, side.hosts.stack)) && broken(side, client, "headTooLarge");
  }
  if (headBytes === ResponseScan.tooLarge) return broken(side, client, "headTooLarge");
  const pending = pendingAt(side, client, 0);
  const response = Client.response.at(client) as Response;
  const headOnly = PendingRequest.malformed.get(memory, pending) === 0 && requestPlanOf(side, client, pending).method === "HEAD";
  if (headBytes < 0 || !parseResponseHead(memory, at, headBytes, memory, response, headOnly)) return broken(side, client, "badHead");
  return beginAnswer(side, client, pending, at, headBytes);
}

function beginAnswer(side: ClientSide, client: ClientAddress, pending: PendingAddress, at: number, headBytes: number): boolean {
  const { memory } = side;
  const response = Client.response.at(client) as Response;
  const population = populationOf(side, client);
  const status = ResponseHead.status.get(memory, response);
  checkBegin(memory, Client.check.at(client) as Check);
  const told = readAnswerFields(side, client, pending, at, headBytes);
  Client.scanned.set(memory, client, 0);
  take(side, client, headBytes);
  if (status < INTERIM_END) {
    Population.interim.add(memory, population, 1);
    return status !== SWITCHING || broken(side, client, "badHead");
  }
  if ((told & Told.foreign) !== 0) return broken(side, client, "foreign");
  if ((told & Told.labelled) === 0) Population.unlabelled.add(memory, population, 1);
  if ((told & Told.requestWrong) !== 0) Population.requestsWrong.add(memory, population, 1);
  if (PendingRequest.abortAt.get(memory, pending) === AbortAt.answered) {
    abortRequest(side, client);
    return false;
  }
  const framing = Client.framing.at(client) as Framing;
  const body = ResponseHead.body.get(memory, response);
  clearBody(memory, framing);
  BodyFraming.remainingBytes.set(memory, framing, body === ResponseBody.length ? ResponseHead.bodyBytes.get(memory, response) : 0);
  if (body === ResponseBody.length) expectLength(memory, framing);
  if (body === ResponseBody.chunked) expectChunks(memory, framing);
  Client.phase.set(memory, client, AnswerPhase.body);
  return true;
}

/** Reads up to `bytes` bytes of the body. Whether there may be more to read. */
function readBody(side: ClientSide, client: ClientAddress, bytes: number): boolean {
  const { memory } = side;
  const framing = Client.framing.at(client) as Framing;
  const check = Client.check.at(client) as Check;
  const at = bytes > 0 ? tcpReadAt(memory, Client.connection.get(memory, client) as ConnectionAddress) : 0;
  if (ResponseHead.body.get(memory, Client.response.at(client) as Response) === ResponseBody.untilClose) {
    if (bytes === 0) return false;
    checkBytes(memory, check, memory, at, bytes);
    take(side, client, bytes);
    return true;
  }
  const taken = checkBody(memory, check, memory, at, bytes, framing);
  take(side, client, taken);
  const phase = BodyFraming.phase.get(memory, framing);
  if (phase === BodyPhase.bad) return broken(side, client, "badBody");
  if (phase === BodyPhase.more) return false;
  endAnswer(side, client);
  return true;
}

function endAnswer(side: ClientSide, client: ClientAddress): void {
  const { memory } = side;
  const population = populationOf(side, client);
  const check = Client.check.at(client) as Check;
  if (hasBody(side, client)) {
    const received = checkEnd(memory, check);
    const counter = received === Received.same ? Population.bodiesRight : received === Received.other ? Population.bodiesWrong : Population.bodiesUnsaid;
    counter.add(memory, population, 1);
    Population.bodyBytesIn.add(memory, population, ContentCheck.bytes.get(memory, check));
  }
  answered(side, client);
}

function hasBody({ memory }: ClientSide, client: ClientAddress): boolean {
  return ResponseHead.body.get(memory, Client.response.at(client) as Response) !== ResponseBody.none;
}

/** The server sends nothing more, and all that it sent has been read. */
function ended(side: ClientSide, client: ClientAddress, connection: ConnectionAddress): void {
  const { memory } = side;
  const inBody = Client.phase.get(memory, client) === AnswerPhase.body;
  const well = tcpEndedWell(memory, connection);
  if (inBody && well && ResponseHead.body.get(memory, Client.response.at(client) as Response) === ResponseBody.untilClose) return endAnswer(side, client);
  // A reset is told as such.
  if (!well) return;
  if (inBody || unread(side, client) > 0) return fail(side, client, "truncated");
  if (Client.pendingCount.get(memory, client) > 0) return fail(side, client, "endedEarly");
  Population.idleCloses.add(memory, populationOf(side, client), 1);
  dropConnection(side, client, false);
}

/** An error after which nothing more is read. */
function broken(side: ClientSide, client: ClientAddress, kind: "unasked" | "headTooLarge" | "badHead" | "badBody" | "foreign"): false {
  fail(side, client, kind);
  return false;
}
