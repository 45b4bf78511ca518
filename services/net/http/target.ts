/**
 * The request target's form (RFC 9112, 3.2). `scanHead` has made sure that it is not empty and holds no SP, CR, LF.
 *
 *   origin-form      begins with "/"; what the path says (dot segments, bad escapes) is not net's
 *   asterisk-form    "*", with any method: which methods may is policy
 *   authority-form   for CONNECT only, and CONNECT takes nothing else: host ":" port, the port from 1 to 65535
 *   absolute-form    scheme "://" host [ ":" port ], then nothing, a path or a query. An authority other than the Host
 *                    line's is let through: a proxy takes the target's (3.2.2), and the copy that is sent on says both
 *   none of these    Malformed, also a fragment (no form has "#") and control bytes; bytes of 0x80 and more, and printable
 *                    ones that a URI should escape, are let through as sent
 */

import type { Memory } from "../../../hal/memory.ts";
import { PortRule, isAuthority } from "./authority.ts";
import { COLON, isDigit, isLetter } from "./characters.ts";
import { controlOrHashAt } from "./search.ts";

const SLASH = 0x2f;
const QUESTION = 0x3f;
const ASTERISK = 0x2a;

/** Whether `from..end` is a target that the method of `methodBytes` bytes at `methodAt` may have. */
export function isTarget(source: Memory, methodAt: number, methodBytes: number, from: number, end: number): boolean {
  const u8 = source.u8;
  if (controlOrHashAt(source, from, end) < end) return false;
  if (isConnect(source, methodAt, methodBytes)) return isAuthority(source, from, end, PortRule.required);
  if (u8[from] === SLASH) return true;
  if (u8[from] === ASTERISK) return end - from === 1;
  return isAbsoluteForm(source, from, end);
}

function isConnect(source: Memory, at: number, bytes: number): boolean {
  if (bytes !== 7) return false;
  for (let i = 0; i < 7; i++) if (source.u8[at + i] !== "CONNECT".charCodeAt(i)) return false;
  return true;
}

function isAbsoluteForm(source: Memory, from: number, end: number): boolean {
  const u8 = source.u8;
  let at = from;
  while (at < end && isSchemeByte(u8[at])) at++;
  if (at === from || !isLetter(u8[from]) || at + 2 >= end) return false;
  if (u8[at] !== COLON || u8[at + 1] !== SLASH || u8[at + 2] !== SLASH) return false;
  const authorityAt = at + 3;
  at = authorityAt;
  while (at < end && u8[at] !== SLASH && u8[at] !== QUESTION) at++;
  return isAuthority(source, authorityAt, at, PortRule.optional);
}

/** RFC 3986, 3.1. */
function isSchemeByte(byte: number): boolean {
  return isLetter(byte) || isDigit(byte) || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}
