/** Reads requests as a backend does: a head that must be whole and sound, then its body, compared with what it says of itself. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { HeaderEntry, Outcome, RequestDescriptor } from "../../../services/lb/api.ts";
import { BodyFraming, BodyPhase } from "../../../services/net/http/body.ts";
import { HeadScan, ScanResult, clearHeadScan, scanHead } from "../../../services/net/http/head-scan.ts";
import { parseHead } from "../../../services/net/http/head.ts";
import { putText } from "../../../services/net/http/head-writer.ts";
import { HEADER_LINES_MAX } from "../../../services/net/http/limits.ts";
import { nameIs } from "../../../services/net/http/search.ts";
import { hasToken } from "../../../services/net/http/token-list.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { TcpStack, tcpAbort, tcpRead, tcpReadAt, tcpReadBytes, tcpWrite, tcpWriteRoom } from "../../../services/net/tcp/api.ts";
import { checkBegin, checkBody, checkEnd, checkSaid } from "../content-check.ts";
import { CONTENT_FIELD, contentBytes, contentWord } from "../content.ts";
import { LABEL_FIELD, isLabel, labelClient, labelRequest } from "../label.ts";
import type { BackendConnectionAddress } from "./records.ts";
import { BackendConnection, BackendRecord, BackendsState } from "./records.ts";
import type { BackendsSite } from "./site.ts";
import { memoryOf } from "./site.ts";
import { backendOf } from "./tables.ts";

/** What reading has come to. */
export const Reading = Object.freeze({ more: 0, whole: 1, bad: 2, tooLarge: 3 });

/** User-Agent of whoever looks after a backend's health: services/net/proxy/probes.ts. */
export const PROBE_AGENT = "veridian-health";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** Goes on with the head. `whole`: it has been taken, and the record says what it says. */
export function readHead(site: BackendsSite, record: BackendConnectionAddress): number {
  const memory = memoryOf(site);
  const connection = BackendConnection.connection.get(memory, record) as ConnectionAddress;
  const bytes = tcpReadBytes(memory, connection);
  if (bytes === 0) return Reading.more;
  const at = tcpReadAt(memory, connection);
  const scan = BackendConnection.scan.at(record);
  const result = scanHead(memory, at, bytes, memory, scan);
  // A head that does not fit into the window will never be whole.
  if (result === ScanResult.more) return bytes < TcpStack.receiveBytesMax.get(memory, site.hosts.stack) ? Reading.more : Reading.tooLarge;
  if (result === ScanResult.headTooLarge) return Reading.tooLarge;
  if (result < 0) return Reading.bad;
  const skipped = HeadScan.skippedBytes.get(memory, scan);
  const sound = parse(site, record, at + skipped, result);
  clearHeadScan(memory, scan);
  BackendRecord.bytesIn.add(memory, backendOf(memory, site.state, record), skipped + result);
  tcpRead(site.hosts.heap, site.hosts.port, site.hosts.stack, connection, skipped + result);
  if (sound && BackendConnection.expects.get(memory, record) !== 0) sayContinue(site, record);
  return sound ? Reading.whole : Reading.bad;
}

/** Goes on with the body. `whole`: BackendConnection.received says what it was. */
export function readBody(site: BackendsSite, record: BackendConnectionAddress): number {
  const memory = memoryOf(site);
  const connection = BackendConnection.connection.get(memory, record) as ConnectionAddress;
  const framing = BackendConnection.body.at(record);
  const check = BackendConnection.check.at(record);
  const backend = backendOf(memory, site.state, record);
  const bytes = tcpReadBytes(memory, connection);
  const taken = checkBody(memory, check, memory, tcpReadAt(memory, connection), bytes, framing);
  BackendRecord.bytesIn.add(memory, backend, taken);
  tcpRead(site.hosts.heap, site.hosts.port, site.hosts.stack, connection, taken);
  const phase = BodyFraming.phase.get(memory, framing);
  if (phase !== BodyPhase.done) return phase === BodyPhase.bad ? Reading.bad : Reading.more;
  BackendConnection.received.set(memory, record, checkEnd(memory, check));
  return Reading.whole;
}

/** What comes after the last answer. */
export function throwAway(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const connection = BackendConnection.connection.get(memory, record) as ConnectionAddress;
  tcpRead(site.hosts.heap, site.hosts.port, site.hosts.stack, connection, tcpReadBytes(memory, connection));
}

/** False if the head makes no sense. */
function parse(site: BackendsSite, record: BackendConnectionAddress, at: number, headBytes: number): boolean {
  const memory = memoryOf(site);
  const descriptor = BackendsState.descriptorAt.get(memory, site.state) as Address<"RequestDescriptor">;
  const lines = Math.min(HEADER_LINES_MAX, HeadScan.lines.get(memory, BackendConnection.scan.at(record)));
  checkBegin(memory, BackendConnection.check.at(record));
  BackendConnection.labelled.set(memory, record, 0);
  BackendConnection.headOnly.set(memory, record, 0);
  BackendConnection.expects.set(memory, record, 0);
  BackendConnection.closesAfter.set(memory, record, 1);
  if (parseHead(memory, at, headBytes, memory, descriptor, lines, memory, BackendConnection.body.at(record)) !== Outcome.routed) return false;
  BackendConnection.headOnly.set(memory, record, RequestDescriptor.methodBytes.get(memory, descriptor) === 4 && nameIs(memory, at, "head") ? 1 : 0);
  BackendConnection.closesAfter.set(memory, record, RequestDescriptor.versionMinor.get(memory, descriptor) === 0 ? 1 : 0);
  const count = RequestDescriptor.headerCount.get(memory, descriptor);
  for (let index = 0; index < count; index++) readField(site, record, at, (descriptor + RequestDescriptor.size + index * HeaderEntry.size) as unknown as Address<"HeaderEntry">);
  return true;
}

function readField(site: BackendsSite, record: BackendConnectionAddress, at: number, entry: Address<"HeaderEntry">): void {
  const memory = memoryOf(site);
  const nameAt = at + HeaderEntry.nameOffset.get(memory, entry);
  const nameBytes = HeaderEntry.nameBytes.get(memory, entry);
  const valueAt = at + HeaderEntry.valueOffset.get(memory, entry);
  const valueBytes = HeaderEntry.valueBytes.get(memory, entry);
  if (isText(memory, nameAt, nameBytes, "connection")) {
    if (hasToken(memory, valueAt, valueAt + valueBytes, "close")) BackendConnection.closesAfter.set(memory, record, 1);
  } else if (isText(memory, nameAt, nameBytes, CONTENT_FIELD)) {
    const said = contentBytes(memory, valueAt, valueBytes);
    if (said >= 0) checkSaid(memory, BackendConnection.check.at(record), contentWord(memory, valueAt), said);
  } else if (isText(memory, nameAt, nameBytes, LABEL_FIELD)) {
    if (isLabel(memory, valueAt, valueBytes)) takeLabel(site, record, valueAt);
  } else if (isText(memory, nameAt, nameBytes, "expect")) {
    if (hasToken(memory, valueAt, valueAt + valueBytes, "100-continue")) BackendConnection.expects.set(memory, record, 1);
  } else if (isText(memory, nameAt, nameBytes, "user-agent") && isText(memory, valueAt, valueBytes, PROBE_AGENT)) {
    BackendRecord.probes.add(memory, backendOf(memory, site.state, record), 1);
  }
}

/** Whether these bytes are this text, given in lower case. */
function isText(memory: Memory, at: number, bytes: number, text: string): boolean {
  return bytes === text.length && nameIs(memory, at, text);
}

function takeLabel(site: BackendsSite, record: BackendConnectionAddress, at: number): void {
  const memory = memoryOf(site);
  BackendConnection.labelled.set(memory, record, 1);
  BackendConnection.labelClient.set(memory, record, labelClient(memory, at));
  BackendConnection.labelRequest.set(memory, record, labelRequest(memory, at));
}

/** Asks for the body that the client holds back, unless there is none (RFC 9110, 10.1.1). */
function sayContinue(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const { heap, port, stack } = site.hosts;
  const connection = BackendConnection.connection.get(memory, record) as ConnectionAddress;
  // Whoever waits in vain sends its body in the end.
  if (BodyFraming.phase.get(memory, BackendConnection.body.at(record)) === BodyPhase.done || tcpWriteRoom(memory, stack, connection) < CONTINUE.length) return;
  const piece = BackendsState.pieceAt.get(memory, site.state);
  putText(memory, piece, CONTINUE);
  const taken = tcpWrite(heap, port, stack, connection, memory, piece, CONTINUE.length);
  BackendRecord.bytesOut.add(memory, backendOf(memory, site.state, record), taken);
  // Memory is full: a part of it must not be taken for an answer.
  if (taken > 0 && taken < CONTINUE.length) tcpAbort(heap, port, stack, connection);
}
