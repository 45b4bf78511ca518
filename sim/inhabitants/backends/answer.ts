/**
 * What a backend answers, drawn when the work is done, and how it goes out. An answer is a stream of bytes each of which
 * follows from the record, so that any part of it can be written at any time: nothing is kept but how much has gone.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { tcpWrite } from "../../../services/net/tcp/api.ts";
import { drawFrom } from "../distribution.ts";
import { DrawSite, drawBelow, drawChance, drawWord } from "../../chance/draw.ts";
import { SimSite } from "../../chance/site.ts";
import { putAnswerHead } from "./answer-head.ts";
import { chunkBegin, chunkedBytes, writeChunk, writeData } from "./answer-body.ts";
import { ANSWER_BODY_BYTES_MAX, BREAKS_AT_MOST } from "./limits.ts";
import { NONSENSE_WAYS, closesBehind, putNonsense } from "./nonsense.ts";
import type { BackendConnectionAddress } from "./records.ts";
import { AnswerCoding, AnswerEnd, AnswerKind, BackendConnection, BackendRecord, BackendsState } from "./records.ts";
import type { BackendsSite } from "./site.ts";
import { memoryOf, planOf } from "./site.ts";
import { backendOf } from "./tables.ts";

/** Status by AnswerKind. */
const STATUSES: readonly number[] = Object.freeze([200, 500, 503, 503, 400, 0, 0]);

/** Statuses that SimSite.answerFails answers with; the first is that of a plan's failures. */
export const FAILURES: readonly number[] = Object.freeze([500, 500, 502, 503, 504]);

const COUNTERS = Object.freeze([BackendRecord.ok, BackendRecord.failed, BackendRecord.error, BackendRecord.overloaded, BackendRecord.bad, BackendRecord.silent, BackendRecord.garbled]);

/** The work on the request is done: what it comes to, with all about it; one of AnswerKind. */
export function decideAnswer(site: BackendsSite, record: BackendConnectionAddress): number {
  const number = BackendConnection.backend.get(memoryOf(site), record);
  const unanswered = site.choose(SimSite.requestUnanswered, number, 2);
  const nonsense = site.choose(SimSite.answerNonsense, number, NONSENSE_WAYS);
  const failure = site.choose(SimSite.answerFails, number, FAILURES.length);
  const kind = unanswered !== 0 ? AnswerKind.silent : nonsense !== 0 ? AnswerKind.garbled : failure !== 0 ? AnswerKind.failed : drawKind(site, record);
  prepareAnswer(site, record, kind, kind === AnswerKind.garbled ? nonsense : kind === AnswerKind.failed ? FAILURES[failure] : 0);
  return kind;
}

/** As the plan has it: one of AnswerKind. */
function drawKind(site: BackendsSite, record: BackendConnectionAddress): number {
  const memory = memoryOf(site);
  const plan = planOf(site, record);
  if (happens(site, record, plan.silentParts ?? 0, DrawSite.backendSilent)) return AnswerKind.silent;
  if (happens(site, record, plan.garbledParts ?? 0, DrawSite.backendGarbled)) return AnswerKind.garbled;
  if (happens(site, record, BackendRecord.errorParts.get(memory, backendOf(memory, site.state, record)), DrawSite.backendErrors)) return AnswerKind.error;
  return happens(site, record, plan.failureParts, DrawSite.backendFailure) ? AnswerKind.failed : AnswerKind.ok;
}

/** Settles everything about the answer; `status` overrides that of its kind unless it is 0. */
export function prepareAnswer(site: BackendsSite, record: BackendConnectionAddress, kind: number, status = 0): void {
  const memory = memoryOf(site);
  BackendConnection.kind.set(memory, record, kind);
  BackendConnection.status.set(memory, record, status === 0 ? STATUSES[kind] : status);
  BackendConnection.sentBytes.set(memory, record, 0);
  BackendConnection.end.set(memory, record, AnswerEnd.whole);
  BackendConnection.coding.set(memory, record, AnswerCoding.length);
  BackendConnection.bodyBytes.set(memory, record, 0);
  BackendConnection.word.set(memory, record, 0);
  if (kind === AnswerKind.ok) drawBody(site, record);
  if (kind === AnswerKind.bad || (kind === AnswerKind.garbled && closesBehind(status))) BackendConnection.closesAfter.set(memory, record, 1);
  measure(site, record);
  if (kind === AnswerKind.ok || kind === AnswerKind.failed) drawEnd(site, record);
  COUNTERS[kind].add(memory, backendOf(memory, site.state, record), 1);
}

/** Writes as much of the answer as there is room for. Whether all that shall go out has. */
export function pumpAnswer(site: BackendsSite, record: BackendConnectionAddress): boolean {
  const memory = memoryOf(site);
  const { heap, port, stack } = site.hosts;
  const connection = BackendConnection.connection.get(memory, record) as ConnectionAddress;
  const end = BackendConnection.endBytes.get(memory, record);
  for (let sent = BackendConnection.sentBytes.get(memory, record); sent < end; ) {
    const from = BackendsState.pieceAt.get(memory, site.state);
    const begin = pieceBegin(memory, record, sent);
    const bytes = Math.min(writePiece(memory, record, from, begin) - (sent - begin), end - sent);
    const taken = tcpWrite(heap, port, stack, connection, memory, from + sent - begin, bytes);
    sent += taken;
    BackendConnection.sentBytes.set(memory, record, sent);
    BackendRecord.bytesOut.add(memory, backendOf(memory, site.state, record), taken);
    if (taken < bytes) return false;
  }
  return true;
}

function drawBody(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const plan = planOf(site, record);
  const number = BackendConnection.backend.get(memory, record);
  const ordinal = BackendConnection.ordinal.get(memory, record);
  BackendConnection.bodyBytes.set(memory, record, Math.min(ANSWER_BODY_BYTES_MAX, drawFrom(plan.bodyBytes, site.seed, DrawSite.backendBody, number, ordinal)));
  BackendConnection.word.set(memory, record, drawWord(site.seed, DrawSite.backendContent, number, ordinal));
  const untilClose = happens(site, record, plan.untilCloseParts ?? 0, DrawSite.backendUntilClose);
  if (untilClose) BackendConnection.coding.set(memory, record, AnswerCoding.untilClose);
  else if (happens(site, record, plan.chunkedParts, DrawSite.backendChunked)) BackendConnection.coding.set(memory, record, AnswerCoding.chunked);
  if (untilClose || happens(site, record, plan.closeParts, DrawSite.backendKeepAlive)) BackendConnection.closesAfter.set(memory, record, 1);
}

/** How many bytes the answer has, head and coding included. */
function measure(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const at = BackendsState.pieceAt.get(memory, site.state);
  const head = writeHead(memory, record, at);
  BackendConnection.headBytes.set(memory, record, head);
  const chunked = BackendConnection.coding.get(memory, record) === AnswerCoding.chunked;
  const body = BackendConnection.bodyBytes.get(memory, record);
  const whole = BackendConnection.headOnly.get(memory, record) !== 0 ? head : head + (chunked ? chunkedBytes(body) : body);
  BackendConnection.wholeBytes.set(memory, record, whole);
  BackendConnection.endBytes.set(memory, record, whole);
}

/** Whether the answer breaks off, and where: somewhere between its first byte and its last. */
function drawEnd(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const plan = planOf(site, record);
  const whole = BackendConnection.wholeBytes.get(memory, record);
  const breaks = site.choose(SimSite.answerBreaks, BackendConnection.backend.get(memory, record), BREAKS_AT_MOST + 1);
  if (breaks !== 0) {
    BackendConnection.end.set(memory, record, AnswerEnd.reset);
    return BackendConnection.endBytes.set(memory, record, Math.min(breaks, whole) - 1);
  }
  const end = happens(site, record, plan.resetParts, DrawSite.backendReset) ? AnswerEnd.reset : happens(site, record, plan.halfParts ?? 0, DrawSite.backendHalf) ? AnswerEnd.half : AnswerEnd.whole;
  if (end === AnswerEnd.whole) return;
  BackendConnection.end.set(memory, record, end);
  const bytes = drawBelow(Math.min(whole, ANSWER_BODY_BYTES_MAX), site.seed, DrawSite.backendBreak, BackendConnection.backend.get(memory, record), BackendConnection.ordinal.get(memory, record));
  BackendConnection.endBytes.set(memory, record, bytes);
}

function happens(site: BackendsSite, record: BackendConnectionAddress, parts: number, drawSite: number): boolean {
  const memory = memoryOf(site);
  return drawChance(parts, site.seed, drawSite, BackendConnection.backend.get(memory, record), BackendConnection.ordinal.get(memory, record));
}

/** Where the piece begins in which byte number `sent` of the answer lies. */
function pieceBegin(memory: Memory, record: BackendConnectionAddress, sent: number): number {
  const head = BackendConnection.headBytes.get(memory, record);
  if (sent < head) return 0;
  return BackendConnection.coding.get(memory, record) === AnswerCoding.chunked ? head + chunkBegin(sent - head) : sent;
}

/** Writes the piece that begins there at `at`; its bytes. */
function writePiece(memory: Memory, record: BackendConnectionAddress, at: number, begin: number): number {
  const head = BackendConnection.headBytes.get(memory, record);
  if (begin === 0) return writeHead(memory, record, at);
  const word = BackendConnection.word.get(memory, record);
  const body = BackendConnection.bodyBytes.get(memory, record);
  return BackendConnection.coding.get(memory, record) === AnswerCoding.chunked ? writeChunk(memory, at, word, body, begin - head) : writeData(memory, at, word, body, begin - head);
}

function writeHead(memory: Memory, record: BackendConnectionAddress, at: number): number {
  return (BackendConnection.kind.get(memory, record) === AnswerKind.garbled ? putNonsense(memory, at, BackendConnection.status.get(memory, record)) : putAnswerHead(memory, at, record)) - at;
}
