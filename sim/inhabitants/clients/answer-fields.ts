/** What the fields of an answer tell a client beyond framing: whose answer it is, what its body is made of, cookies. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { blanksEnd, lineFeedAt, nameIs, tokenEnd, trimmedEnd } from "../../../services/net/http/search.ts";
import { checkSaid } from "../content-check.ts";
import { CONTENT_FIELD, contentBytes, contentWord } from "../content.ts";
import { LABEL_FIELD, isLabel, labelClient, labelRequest } from "../label.ts";
import type { JarAddress } from "./jar.ts";
import { Kept, jarKeep } from "./jar.ts";
import type { ClientAddress, PendingAddress } from "./records.ts";
import { Client, PendingRequest, Population, RequestPart } from "./records.ts";
import type { ClientSide } from "./side.ts";
import { populationOf } from "./side.ts";

/** What they tell: bits. */
export const Told = Object.freeze({
  /** The label is there; it is another request's. */
  labelled: 1,
  foreign: 2,
  /** The backend says that the request's body was not what the client sent. */
  requestWrong: 4,
});

/** What a backend says in this field of the request's body; "other" is bad news. */
const RECEIVED_FIELD = "x-received";
const RECEIVED_OTHER = "other";
const SET_COOKIE_FIELD = "set-cookie";

/** Reads the fields of the head of `headBytes` bytes at `at`, which parseResponseHead() has accepted: an answer to `pending`. Bits of Told. */
export function readAnswerFields(side: ClientSide, client: ClientAddress, pending: PendingAddress, at: number, headBytes: number): number {
  const { memory } = side;
  const end = at + headBytes - 2;
  let told = 0;
  for (let line = lineFeedAt(memory, at, end) + 1; line < end; ) {
    const next = lineFeedAt(memory, line, end) + 1;
    const nameBytes = tokenEnd(memory, line, end) - line;
    const valueAt = blanksEnd(memory, line + nameBytes + 1, next - 2);
    told |= readField(side, client, pending, line, nameBytes, valueAt, trimmedEnd(memory, valueAt, next - 2));
    line = next;
  }
  return told;
}

function readField(side: ClientSide, client: ClientAddress, pending: PendingAddress, nameAt: number, nameBytes: number, valueAt: number, stop: number): number {
  const { memory } = side;
  const valueBytes = stop - valueAt;
  if (isField(memory, nameAt, nameBytes, LABEL_FIELD)) {
    const own = isLabel(memory, valueAt, valueBytes) && labelClient(memory, valueAt) === Client.number.get(memory, client) && labelRequest(memory, valueAt) === PendingRequest.ordinal.get(memory, pending);
    return own ? Told.labelled : Told.labelled | Told.foreign;
  }
  if (isField(memory, nameAt, nameBytes, CONTENT_FIELD)) {
    const bytes = contentBytes(memory, valueAt, valueBytes);
    if (bytes >= 0) checkSaid(memory, Client.check.at(client) as Address<"ContentCheck">, contentWord(memory, valueAt), bytes);
    return 0;
  }
  if (isField(memory, nameAt, nameBytes, RECEIVED_FIELD)) return valueBytes === RECEIVED_OTHER.length && nameIs(memory, valueAt, RECEIVED_OTHER) ? Told.requestWrong : 0;
  if (isField(memory, nameAt, nameBytes, SET_COOKIE_FIELD)) keepCookie(side, client, valueAt, stop);
  return 0;
}

function isField(memory: Memory, nameAt: number, nameBytes: number, name: string): boolean {
  return nameBytes === name.length && nameIs(memory, nameAt, name);
}

/** A head that is half written says what it says: a cookie that comes meanwhile is not kept. */
function keepCookie(side: ClientSide, client: ClientAddress, valueAt: number, stop: number): void {
  const { memory } = side;
  const jar = Client.jar.get(memory, client) as JarAddress;
  if (jar === 0) return;
  const writing = Client.part.get(memory, client) === RequestPart.head && Client.pieceTaken.get(memory, client) > 0;
  const kept = writing ? Kept.dropped : jarKeep(memory, jar, memory, valueAt, stop);
  if (kept === Kept.kept) Population.cookiesKept.add(memory, populationOf(side, client), 1);
  if (kept === Kept.dropped) Population.cookiesDropped.add(memory, populationOf(side, client), 1);
}
