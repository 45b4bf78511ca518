/** Describes a request to a balancer on a desk, as net or as the operator would: its texts in shared memory, its RequestView filled. */

import { HeaderEntry, RequestDescriptor } from "../../../services/lb/api.ts";
import type { Address } from "../../../hal/field.ts";
import { Balancer } from "../../../services/lb/balancer.ts";
import { parseAddressLiteral } from "../../../services/lb/codec/address-literal.ts";
import { HeaderForm, RequestView } from "../../../services/lb/request-view.ts";
import type { Desk } from "./desk.ts";

export interface AskedRequest {
  readonly client?: string;
  readonly path?: string;
  readonly host?: string;
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
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
  let at = TEXTS_AT;
  const put = (text: string): number => {
    const from = at;
    at = putText(desk, at, text);
    return from;
  };
  RequestView.headAt.set(memory, view, TEXTS_AT);
  RequestView.clientAt.set(memory, view, put(client));
  RequestView.clientBytes.set(memory, view, client.length);
  RequestView.family.set(memory, view, parseAddressLiteral(memory, RequestView.client.at(view), shared, TEXTS_AT, client.length));
  RequestView.methodAt.set(memory, view, put(method));
  RequestView.methodBytes.set(memory, view, method.length);
  RequestView.pathAt.set(memory, view, put(path));
  RequestView.pathBytes.set(memory, view, path.length);
  RequestView.hostAt.set(memory, view, put(host));
  RequestView.hostBytes.set(memory, view, host.length);
  RequestView.headerForm.set(memory, view, form);
  RequestView.headerCount.set(memory, view, headers.length);
  if (form === HeaderForm.entries) {
    RequestView.headersAt.set(memory, view, RequestDescriptor.size);
    headers.forEach(([name, value], i) => {
      const entry = (RequestDescriptor.size + i * HeaderEntry.size) as Address<"HeaderEntry">;
      HeaderEntry.nameOffset.set(shared, entry, put(name) - TEXTS_AT);
      HeaderEntry.nameBytes.set(shared, entry, name.length);
      HeaderEntry.valueOffset.set(shared, entry, put(value) - TEXTS_AT);
      HeaderEntry.valueBytes.set(shared, entry, value.length);
    });
  } else {
    RequestView.headersAt.set(memory, view, at);
    for (const text of headers.flat()) {
      shared.view.setInt32(at, text.length, true);
      at = putText(desk, at + 4, text);
    }
  }
  RequestView.headBytes.set(memory, view, at - TEXTS_AT);
}
