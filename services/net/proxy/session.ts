/**
 * Sessions: the balancer binds a client to a backend by a cookie, whose name stands in the region "vips". A client that
 * brings none is given one: net draws a name for the session, the balancer binds it (RequestDescriptor.session), and the
 * first response from the backend sets it.
 */

import type { Address } from "../../../hal/field.ts";
import { RequestDescriptor, VipTableHeader } from "../../lb/api.ts";
import { hasCookie } from "../http/cookie.ts";
import { putBytes, putText } from "../http/head-writer.ts";
import { FlowKey } from "../segment.ts";
import type { NetContext } from "../state.ts";
import { NetState, stateOf } from "../state.ts";
import type { ConnectionAddress } from "../tcp/api.ts";
import { TcpConnection, TcpStack } from "../tcp/api.ts";
import { keyedHash } from "../tcp/keyed-hash.ts";
import type { ClientAddress } from "./records.ts";
import { ProxyClient, ProxyState } from "./records.ts";
import { count, stackOf } from "./state.ts";

const NAME_DIGITS = 16;

/** If the request, whose head lies at `at` in net's arena, brings no session although there are some: draws a name for one. */
export function proposeSession(context: NetContext, client: ClientAddress, descriptor: Address<"RequestDescriptor">, at: number): void {
  const { memory, shared } = context;
  const table = tableOf(context);
  ProxyClient.session.setWords(memory, client, 0, 0);
  if (table === 0) return;
  const bytes = VipTableHeader.sessionCookieBytes.get(shared, table);
  // The table is another process's memory.
  if (bytes === 0 || bytes > VipTableHeader.sessionCookie.width) return;
  if (hasCookie(memory, at, shared, descriptor, VipTableHeader.sessionCookie.at(table), bytes)) return;
  ProxyClient.session.setWords(memory, client, draw(context, client, 0), draw(context, client, 1));
  putName(context, client, shared.u8, RequestDescriptor.session.at(descriptor));
}

/** Writes the field that sets the session's cookie, if one begins with this response. The address behind it. */
export function putSession(context: NetContext, client: ClientAddress, at: number): number {
  const { memory, shared } = context;
  if (!begins(context, client)) return at;
  const table = tableOf(context);
  if (table === 0) return at;
  const bytes = Math.min(VipTableHeader.sessionCookieBytes.get(shared, table), VipTableHeader.sessionCookie.width);
  if (bytes === 0) return at;
  let cursor = putText(memory, at, "Set-Cookie: ");
  cursor = putBytes(memory, cursor, shared, VipTableHeader.sessionCookie.at(table), bytes);
  cursor = putText(memory, cursor, "=");
  putName(context, client, memory.u8, cursor);
  return putText(memory, cursor + NAME_DIGITS, "; Path=/; HttpOnly; SameSite=Lax\r\n");
}

/** The response's head has gone out. */
export function sessionSet(context: NetContext, client: ClientAddress): void {
  if (!begins(context, client)) return;
  ProxyClient.session.setWords(context.memory, client, 0, 0);
  count(context, ProxyState.sessionsBegun);
}

function begins({ memory }: NetContext, client: ClientAddress): boolean {
  return ProxyClient.session.low(memory, client) !== 0 || ProxyClient.session.high(memory, client) !== 0;
}

/** 0 where the region has no room for its header. */
function tableOf(context: NetContext): Address<"VipTableHeader"> | 0 {
  const bytes = NetState.vipsBytes.get(context.memory, stateOf(context));
  return bytes < VipTableHeader.size ? 0 : (context.span(context.needs.vips, 0, VipTableHeader.size) as Address<"VipTableHeader">);
}

/** Nobody outside can guess it: the stack's secret is in it. Never 0. */
function draw(context: NetContext, client: ClientAddress, word: number): number {
  const { memory } = context;
  const stack = stackOf(context);
  const key = TcpConnection.key.at(ProxyClient.connection.get(memory, client) as ConnectionAddress);
  const use = Math.imul(ProxyClient.serial.get(memory, client), 0x10001) ^ (ProxyClient.requests.get(memory, client) << 1) ^ word;
  const first = keyedHash(memory, key, FlowKey.size >> 2, use, TcpStack.secret0.get(memory, stack), TcpStack.secret3.get(memory, stack));
  return keyedHash(memory, key, FlowKey.size >> 2, first, TcpStack.secret1.get(memory, stack), TcpStack.secret2.get(memory, stack)) | 1;
}

function putName({ memory }: NetContext, client: ClientAddress, to: Uint8Array, at: number): void {
  for (let digit = 0; digit < NAME_DIGITS; digit++) {
    const word = digit < 8 ? ProxyClient.session.high(memory, client) : ProxyClient.session.low(memory, client);
    const value = (word >>> (28 - 4 * (digit & 7))) & 15;
    to[at + digit] = value < 10 ? 0x30 + value : 0x57 + value;
  }
}
