/**
 * The target of a request under semantics=strict (RFC 9112 3.2): which path it asks for, and on which host.
 *
 * - origin-form `/path?query`: the path, and the Host line's host.
 * - absolute-form `scheme://authority/path?query`: the authority is the host, whatever the Host line says (3.2.2); the
 *   path is what follows it, "/" if nothing does (RFC 9110 4.2.3).
 * - asterisk-form `*` and authority-form `host:port`: a path that does not begin with "/"; only routes whose prefix is
 *   empty take it.
 *
 * The path ends before the first "?" or "#". It is compared as sent: nothing is decoded, no dot segment removed.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { bytesEqual } from "../../../kernel/collections/byte-string.ts";
import { RequestView } from "../request-view.ts";
import type { RequestViewAddress } from "../request-view.ts";

/** Addresses in the memory of the request's texts. */
export const RequestTarget = layout("RequestTarget", 16, {
  pathAt: i32("scratch"),
  pathBytes: i32("scratch"),
  /** As sent: hostRead() makes sense of it. */
  hostAt: i32("scratch"),
  hostBytes: i32("scratch"),
});
export type RequestTargetAddress = Address<"RequestTarget">;

const SLASH = 0x2f;
const COLON = 0x3a;
const QUERY = 0x3f;
const FRAGMENT = 0x23;

/** Fills `target` from the request's target and host. */
export function requestTargetRead(memory: Memory, target: RequestTargetAddress, source: Memory, request: RequestViewAddress): void {
  const at = RequestView.pathAt.get(memory, request);
  const end = at + RequestView.pathBytes.get(memory, request);
  const authority = end > at && source.u8[at] !== SLASH ? authorityAt(source, at, end) : -1;
  if (authority < 0) {
    setHost(memory, target, RequestView.hostAt.get(memory, request), RequestView.hostBytes.get(memory, request));
    setPath(memory, target, at, pathEnd(source, at, end) - at);
    return;
  }
  let authorityEnd = authority;
  while (authorityEnd < end && !endsAuthority(source.u8[authorityEnd])) authorityEnd++;
  setHost(memory, target, authority, authorityEnd - authority);
  const pathBytes = pathEnd(source, authorityEnd, end) - authorityEnd;
  // Where there is no path, the second slash of "://" stands for "/".
  if (pathBytes === 0) setPath(memory, target, authority - 1, 1);
  else setPath(memory, target, authorityEnd, pathBytes);
}

/**
 * Whether a path falls under a prefix by segments: the prefix is empty, or the path begins with it and, unless the prefix
 * ends with "/", goes on with "/" or not at all.
 */
export function pathFallsUnder(memory: Memory, prefixAt: number, prefixBytes: number, source: Memory, pathAt: number, pathBytes: number): boolean {
  if (prefixBytes > pathBytes || !bytesEqual(memory, prefixAt, source, pathAt, prefixBytes)) return false;
  return isSegmentEnd(source, pathAt, pathBytes, prefixBytes);
}

/** Whether the first `length` bytes of the path are whole segments. */
export function isSegmentEnd(source: Memory, pathAt: number, pathBytes: number, length: number): boolean {
  return length === 0 || length === pathBytes || source.u8[pathAt + length] === SLASH || source.u8[pathAt + length - 1] === SLASH;
}

/** Where the authority of an absolute-form begins, behind `scheme "://"` (RFC 3986 3.1); -1 if this is no absolute-form. */
function authorityAt(source: Memory, at: number, end: number): number {
  const u8 = source.u8;
  if (!isLetter(u8[at])) return -1;
  let i = at + 1;
  while (i < end && isSchemeByte(u8[i])) i++;
  return i + 2 < end && u8[i] === COLON && u8[i + 1] === SLASH && u8[i + 2] === SLASH ? i + 3 : -1;
}

function pathEnd(source: Memory, at: number, end: number): number {
  const u8 = source.u8;
  let i = at;
  while (i < end && u8[i] !== QUERY && u8[i] !== FRAGMENT) i++;
  return i;
}

function endsAuthority(byte: number): boolean {
  return byte === SLASH || byte === QUERY || byte === FRAGMENT;
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Letters, digits, "+", "-", ".". */
function isSchemeByte(byte: number): boolean {
  return isLetter(byte) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}

function setPath(memory: Memory, target: RequestTargetAddress, at: number, length: number): void {
  RequestTarget.pathAt.set(memory, target, at);
  RequestTarget.pathBytes.set(memory, target, length);
}

function setHost(memory: Memory, target: RequestTargetAddress, at: number, length: number): void {
  RequestTarget.hostAt.set(memory, target, at);
  RequestTarget.hostBytes.set(memory, target, length);
}
