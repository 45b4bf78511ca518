/**
 * A connection's course at its backend: a request is read, waits for somebody to work on it, is worked on, and answered; then
 * the next one. What a peer sends ahead waits in its window.
 */

import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { TcpConnection, TcpFate, TcpStack, tcpAbort, tcpClose, tcpEnded, tcpReadBytes, tcpRelease } from "../../../services/net/tcp/api.ts";
import { ContentCheck, Received } from "../content-check.ts";
import { decideAnswer, prepareAnswer, pumpAnswer } from "./answer.ts";
import { duePut, dueTake } from "./due.ts";
import { CLOSING_TICKS } from "./limits.ts";
import { loadAdd, loadCount } from "./load.ts";
import type { BackendConnectionAddress } from "./records.ts";
import { AnswerCoding, AnswerEnd, AnswerKind, BackendConnection, BackendMode, BackendRecord, BackendsState, ConnectionPhase, LoadSample, NO_TICK } from "./records.ts";
import { Reading, readBody, readHead, throwAway } from "./request.ts";
import type { BackendsSite } from "./site.ts";
import { memoryOf, nowTick, planOf } from "./site.ts";
import { backendOf, giveConnection } from "./tables.ts";
import { enterWork, leaveWork, startWaiting } from "./work.ts";

/** Goes on with the connection as far as it goes. A silent backend does not. */
export function advance(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  if (BackendRecord.mode.get(memory, backendOf(memory, site.state, record)) === BackendMode.silent) return;
  for (;;) {
    const phase = BackendConnection.phase.get(memory, record);
    if (phase === ConnectionPhase.reading) takeHead(site, record);
    else if (phase === ConnectionPhase.receiving) takeBody(site, record);
    else if (phase === ConnectionPhase.answering) sendAnswer(site, record);
    else if (phase === ConnectionPhase.closing || phase === ConnectionPhase.mute) throwAway(site, record);
    if (BackendConnection.phase.get(memory, record) === phase) return;
  }
}

/** The work on the request is done: it is answered, or will never be. */
export function endWork(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  leaveWork(site, record);
  const kind = decideAnswer(site, record);
  BackendConnection.phase.set(memory, record, kind === AnswerKind.silent ? ConnectionPhase.mute : ConnectionPhase.answering);
  if (kind === AnswerKind.silent) bePatient(site, record);
  startWaiting(site, backendOf(memory, site.state, record));
  advance(site, record);
}

/** The connection is over, whoever ended it: everything that it had is given back. */
export function connectionOver(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const backend = backendOf(memory, site.state, record);
  const connection = BackendConnection.connection.get(memory, record) as ConnectionAddress;
  const phase = BackendConnection.phase.get(memory, record);
  const idle = phase === ConnectionPhase.reading && tcpReadBytes(memory, connection) === 0;
  loadAdd(memory, backend, nowTick(site));
  if (!idle && phase !== ConnectionPhase.closing) BackendRecord.brokenOff.add(memory, backend, 1);
  if (TcpConnection.fate.get(memory, connection) === TcpFate.reset) {
    BackendRecord.resetByPeer.add(memory, backend, 1);
    loadCount(memory, backend, LoadSample.faults);
  }
  dueTake(memory, site.state, record);
  leaveWork(site, record);
  BackendRecord.closed.add(memory, backend, 1);
  BackendRecord.open.add(memory, backend, -1);
  tcpRelease(site.hosts.heap, site.hosts.port, site.hosts.stack, connection);
  giveConnection(memory, site.state, record);
  startWaiting(site, backend);
}

/** The backend resets the connection, whatever is under way on it. */
export function resetConnection(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const backend = backendOf(memory, site.state, record);
  const phase = BackendConnection.phase.get(memory, record);
  const idle = phase === ConnectionPhase.reading || phase === ConnectionPhase.closing;
  loadAdd(memory, backend, nowTick(site));
  loadCount(memory, backend, LoadSample.faults);
  BackendRecord.resetByBackend.add(memory, backend, 1);
  if (!idle) BackendRecord.brokenOff.add(memory, backend, 1);
  dueTake(memory, site.state, record);
  leaveWork(site, record);
  BackendConnection.phase.set(memory, record, ConnectionPhase.closing);
  tcpAbort(site.hosts.heap, site.hosts.port, site.hosts.stack, BackendConnection.connection.get(memory, record) as ConnectionAddress);
}

/** This side is done: what the peer still sends is thrown away until it has closed too, for a while. */
export function closeConnection(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  dueTake(memory, site.state, record);
  BackendConnection.phase.set(memory, record, ConnectionPhase.closing);
  duePut(memory, site.state, record, nowTick(site) + Math.min(CLOSING_TICKS, TcpStack.finWaitTicks.get(memory, site.hosts.stack)));
  tcpClose(site.hosts.heap, site.hosts.port, site.hosts.stack, BackendConnection.connection.get(memory, record) as ConnectionAddress);
}

/** The connection waits for a request: not for ever, if so planned. */
export function beginReading(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const ticks = planOf(site, record).idleTicks ?? 0;
  BackendConnection.phase.set(memory, record, ConnectionPhase.reading);
  if (ticks > 0) duePut(memory, site.state, record, nowTick(site) + ticks);
  else bePatient(site, record);
}

/** Something has come, or nothing will be said any more: from now on the connection waits as long as its backend's patience lasts. */
function bePatient(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const ticks = planOf(site, record).patienceTicks ?? 0;
  dueTake(memory, site.state, record);
  if (ticks > 0) duePut(memory, site.state, record, nowTick(site) + ticks);
}

function takeHead(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const connection = BackendConnection.connection.get(memory, record) as ConnectionAddress;
  const reading = readHead(site, record);
  if (reading === Reading.more) {
    if (tcpReadBytes(memory, connection) > 0) bePatient(site, record);
    if (!tcpEnded(memory, connection)) return;
    if (tcpReadBytes(memory, connection) > 0) BackendRecord.brokenOff.add(memory, backendOf(memory, site.state, record), 1);
    return closeConnection(site, record);
  }
  dueTake(memory, site.state, record);
  countRequest(site, record);
  if (reading === Reading.whole) BackendConnection.phase.set(memory, record, ConnectionPhase.receiving);
  else answerAtOnce(site, record, AnswerKind.bad, reading === Reading.tooLarge ? 431 : 400);
}

function countRequest(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const backend = backendOf(memory, site.state, record);
  loadAdd(memory, backend, nowTick(site));
  loadCount(memory, backend, LoadSample.requests);
  BackendRecord.requests.add(memory, backend, 1);
  BackendConnection.received.set(memory, record, Received.unsaid);
  BackendConnection.ordinal.set(memory, record, BackendRecord.ordinals.get(memory, backend));
  BackendRecord.ordinals.set(memory, backend, (BackendRecord.ordinals.get(memory, backend) + 1) | 0);
}

function takeBody(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const reading = readBody(site, record);
  if (reading !== Reading.more) dueTake(memory, site.state, record);
  if (reading === Reading.bad) return answerAtOnce(site, record, AnswerKind.bad, 400);
  if (reading === Reading.more) {
    if (tcpEnded(memory, BackendConnection.connection.get(memory, record) as ConnectionAddress)) resetConnection(site, record);
    else bePatient(site, record);
    return;
  }
  const backend = backendOf(memory, site.state, record);
  BackendRecord.bodyBytesIn.add(memory, backend, ContentCheck.bytes.get(memory, BackendConnection.check.at(record)));
  if (BackendConnection.received.get(memory, record) === Received.other) BackendRecord.bodiesWrong.add(memory, backend, 1);
  if (!enterWork(site, record)) answerAtOnce(site, record, AnswerKind.refused, 0);
}

function answerAtOnce(site: BackendsSite, record: BackendConnectionAddress, kind: number, status: number): void {
  prepareAnswer(site, record, kind, status);
  BackendConnection.phase.set(memoryOf(site), record, ConnectionPhase.answering);
}

function sendAnswer(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  if (!pumpAnswer(site, record)) return;
  const backend = backendOf(memory, site.state, record);
  const end = BackendConnection.end.get(memory, record);
  if (end === AnswerEnd.reset) {
    BackendRecord.reset.add(memory, backend, 1);
    return resetConnection(site, record);
  }
  if (end === AnswerEnd.half) BackendRecord.half.add(memory, backend, 1);
  else {
    BackendRecord.answered.add(memory, backend, 1);
    if (BackendConnection.headOnly.get(memory, record) === 0) BackendRecord.bodyBytesOut.add(memory, backend, BackendConnection.bodyBytes.get(memory, record));
  }
  const closes = BackendConnection.closesAfter.get(memory, record) !== 0 || end !== AnswerEnd.whole || BackendConnection.coding.get(memory, record) === AnswerCoding.untilClose;
  if (closes) closeConnection(site, record);
  else beginReading(site, record);
}

/** Whether nothing is under way that ends by itself: a silent backend's answers do so if it comes back. */
export function atRest(site: BackendsSite): boolean {
  const memory = memoryOf(site);
  if (BackendsState.working.get(memory, site.state) !== 0) return false;
  return BackendsState.held.get(memory, site.state) === 0 || BackendsState.nextEventTick.get(memory, site.state) === NO_TICK;
}
