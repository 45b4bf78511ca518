/** Describes a request to a balancer on a desk, as net or as the operator would: its texts in shared memory, its RequestView filled. */

import { HeaderEntry, RequestDescriptor } from "../../../services/lb/api.ts";
import type { Address } from "../../../hal/field.ts";
import { Balancer } from "../../../services/lb/balancer.ts";
import { parseAddressLiteral } from "../../../services/lb/codec/address-literal.ts";
import { HeaderForm, RequestView } from "../../../services/lb/request-view.ts";
import type { Desk } from "./desk.ts";

type Headers = readonly (readonly [string, string])[];

export interface AskedRequest {
  readonly client?: string;
  readonly path?: string;
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Headers;
}

/** Where the texts begin: not at a multiple of anything. */
const TEXTS_AT = 4097;

/** Latin-1: one byte a character. */
export function putText(desk: Desk, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) desk.shared.u8[at + i] = text.charCodeAt(i);
  return at + text.length;
}

export function ask(desk: Desk, request: AskedRequest, form: number = HeaderForm.operands): void {
  const { memory, shared } = desk;
  const view = Balancer.request.at(desk.balancer);
  const { client = "10.0.0.1", path = "/", host = "", method = "GET", headers = [] } = request;
  memory.fill(view, RequestView.size, 0);
  shared.fill(0, shared.bytes, 0xee);
  RequestView.family.set(memory, view, parseAddressLiteral(memory, RequestView.client.at(view), shared, TEXTS_AT, putText(desk, TEXTS_AT, client) - TEXTS_AT));
  let at = TEXTS_AT;
  for (const [text, atField, bytesField] of [
    [client, RequestView.clientAt, RequestView.clientBytes],
    [method, RequestView.methodAt, RequestView.methodBytes],
    [path, RequestView.pathAt, RequestView.pathBytes],
    [host, RequestView.hostAt, RequestView.hostBytes],
  ] as const) {
    atField.set(memory, view, at);
    bytesField.set(memory, view, text.length);
    at = putText(desk, at, text);
  }
  RequestView.headAt.set(memory, view, TEXTS_AT);
  RequestView.headerForm.set(memory, view, form);
  RequestView.headerCount.set(memory, view, headers.length);
  RequestView.headersAt.set(memory, view, form === HeaderForm.entries ? RequestDescriptor.size : at);
  const end = form === HeaderForm.entries ? putEntries(desk, at, headers) : putOperands(desk, at, headers);
  RequestView.headBytes.set(memory, view, end - TEXTS_AT);
}

/** These return where the texts end. */
function putEntries(desk: Desk, from: number, headers: Headers): number {
  let at = from;
  headers.forEach(([name, value], i) => {
    const entry = (RequestDescriptor.size + i * HeaderEntry.size) as Address<"HeaderEntry">;
    HeaderEntry.nameOffset.set(desk.shared, entry, at - TEXTS_AT);
    HeaderEntry.nameBytes.set(desk.shared, entry, name.length);
    at = putText(desk, at, name);
    HeaderEntry.valueOffset.set(desk.shared, entry, at - TEXTS_AT);
    HeaderEntry.valueBytes.set(desk.shared, entry, value.length);
    at = putText(desk, at, value);
  });
  return at;
}

function putOperands(desk: Desk, from: number, headers: Headers): number {
  let at = from;
  for (const text of headers.flat()) {
    desk.shared.view.setInt32(at, text.length, true);
    at = putText(desk, at + 4, text);
  }
  return at;
}
