/** Heads as the proxy reads and writes them, as texts: responses of backends, and requests and responses that are handed on. */

import type { Address } from "../../../../hal/field.ts";
import { RequestDescriptor } from "../../../../services/lb/api.ts";
import { endForwardedResponse, writeForwardedResponse } from "../../../../services/net/http/forwarded-response.ts";
import { forwardsLeft, writeForwardedRequest } from "../../../../services/net/http/forwarded-request.ts";
import { ResponseBody, ResponseHead, parseResponseHead, scanResponseHead } from "../../../../services/net/http/response-head.ts";
import { Memory } from "../../../../hal/memory.ts";
import { STREAM_AT, descriptor, latin1, place, readHead, source, state } from "./harness.ts";

const response = 15_000 as Address<"ResponseHead">;
const out = new Memory(new ArrayBuffer(96 * 1024));
/** Heads are written here, with poison on both sides. */
const OUT_AT = 513;
const POISON = 0xee;

export interface ResponseAnswer {
  readonly status: number;
  readonly body: string;
  readonly keepAlive: boolean;
  readonly headBytes: number;
}

/** Our reading of the response that the stream begins with: null for one that is refused, "more" for one that is not whole. */
export function readResponse(stream: string, headOnly = false): ResponseAnswer | "more" | null {
  place(stream);
  const headBytes = scanResponseHead(source, STREAM_AT, stream.length, 0);
  if (headBytes === 0) return "more";
  if (headBytes < 0 || !parseResponseHead(source, STREAM_AT, headBytes, state, response, headOnly)) return null;
  const head = ResponseHead.view(state, response);
  const body = Object.keys(ResponseBody)[Object.values(ResponseBody).indexOf(head.body as 0)];
  return { status: head.status, body: body === "length" ? `length ${head.bodyBytes}` : body, keepAlive: head.keepAlive === 1, headBytes: head.headBytes };
}

/** The response's head as a client gets it by those rules of ForwardRule. */
export function forwardResponse(head: string, rules = 0): string {
  if (readResponse(head) === null) throw new Error("the head is refused");
  ResponseHead.headBytes.set(out, response, head.length);
  out.fill(0, 64 * 1024, POISON);
  out.u8.set(state.u8.subarray(response, response + ResponseHead.size), 80_000);
  const end = endForwardedResponse(out, writeForwardedResponse(out, OUT_AT, source, STREAM_AT, 80_000 as Address<"ResponseHead">, rules));
  return written(end - OUT_AT);
}

/** The request's head as a backend gets it, from that client. */
export function forwardRequest(head: string, client: readonly number[] = [10, 1, 0, 7]): string {
  describe(head, client);
  out.fill(0, 80 * 1024, POISON);
  return written(writeForwardedRequest(out, OUT_AT, source, STREAM_AT, state, descriptor));
}

export function requestForwardsLeft(head: string): number {
  describe(head, [10, 1, 0, 7]);
  return forwardsLeft(source, STREAM_AT, state, descriptor);
}

function describe(head: string, client: readonly number[]): void {
  place(head);
  const { outcome } = readHead(STREAM_AT, head.length);
  if (outcome !== "routed") throw new Error(`the head is ${outcome}`);
  state.u8.set([...client, ...new Array<number>(16 - client.length).fill(0)], RequestDescriptor.source.at(descriptor));
  RequestDescriptor.family.set(state, descriptor, client.length === 4 ? 4 : 6);
}

/** What was written, after nothing is found beside it. */
function written(bytes: number): string {
  if (out.u8[OUT_AT - 1] !== POISON || out.u8[OUT_AT + bytes] !== POISON) throw new Error("more was written than the head");
  return latin1(out.u8.slice(OUT_AT, OUT_AT + bytes));
}
