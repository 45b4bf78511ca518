/**
 * Host and port as they stand in a Host line, an absolute target or a CONNECT target: uri-host [ ":" port ] (RFC 9110,
 * 7.2; RFC 3986, 3.2.2 and 3.2.3). Stricter than that grammar in one thing: the host may not be empty (RFC 9110, 4.2.1
 * forbids it in http URIs). User information ("user@") is no part of it (RFC 9110, 4.2.4).
 */

import type { Memory } from "../../../hal/memory.ts";
import { COLON, hexDigit, isDigit, isRegisteredNameByte } from "./characters.ts";

const DOT = 0x2e;
const PERCENT = 0x25;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const LETTER_V = 0x76;
const PORT_MAX = 65535;

export const PortRule = Object.freeze({
  /** May be left out, may be empty, any number of digits (RFC 3986, 3.2.3). */
  optional: 0,
  /** There, and from 1 to 65535 (RFC 9110, 9.3.6). */
  required: 1,
});

/** Whether `from..end` is a host with a port as the rule, one of PortRule, asks. */
export function isAuthority(source: Memory, from: number, end: number, portRule: number): boolean {
  const hostEnd = from < end && source.u8[from] === OPEN ? literalEnd(source, from, end) : registeredNameEnd(source, from, end);
  if (hostEnd <= from) return false;
  if (hostEnd === end) return portRule === PortRule.optional;
  if (source.u8[hostEnd] !== COLON) return false;
  return isPort(source, hostEnd + 1, end, portRule);
}

function isPort(source: Memory, from: number, end: number, portRule: number): boolean {
  let value = 0;
  for (let at = from; at < end; at++) {
    const byte = source.u8[at];
    if (!isDigit(byte)) return false;
    value = Math.min(value * 10 + (byte - 0x30), PORT_MAX + 1);
  }
  return portRule === PortRule.optional || (value > 0 && value <= PORT_MAX);
}

/** Where the registered name ends, `from` if a broken escape is in it. IPv4 addresses are such names too. */
function registeredNameEnd(source: Memory, from: number, end: number): number {
  const u8 = source.u8;
  let at = from;
  while (at < end) {
    const byte = u8[at];
    if (isRegisteredNameByte(byte)) {
      at++;
    } else if (byte === PERCENT) {
      if (at + 2 >= end || hexDigit(u8[at + 1]) < 0 || hexDigit(u8[at + 2]) < 0) return from;
      at += 3;
    } else {
      break;
    }
  }
  return at;
}

/** Where the IP literal in brackets ends, bracket included; `from` if it is none. */
function literalEnd(source: Memory, from: number, end: number): number {
  let close = from + 1;
  while (close < end && source.u8[close] !== CLOSE) close++;
  if (close >= end) return from;
  const future = (source.u8[from + 1] | 0x20) === LETTER_V;
  const holds = future ? isFutureLiteral(source, from + 1, close) : isIpv6Literal(source, from + 1, close);
  return holds ? close + 1 : from;
}

/** "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
function isFutureLiteral(source: Memory, from: number, end: number): boolean {
  const u8 = source.u8;
  let at = from + 1;
  while (at < end && hexDigit(u8[at]) >= 0) at++;
  if (at === from + 1 || at + 1 >= end || u8[at] !== DOT) return false;
  for (at++; at < end; at++) if (!isRegisteredNameByte(u8[at]) && u8[at] !== COLON) return false;
  return true;
}

/** Eight groups of hex digits, the last two perhaps dotted, "::" once for one or more of them. */
function isIpv6Literal(source: Memory, from: number, end: number): boolean {
  const u8 = source.u8;
  let groups = 0;
  let gap = false;
  let at = from;
  if (at + 1 < end && u8[at] === COLON && u8[at + 1] === COLON) {
    gap = true;
    at += 2;
  }
  while (at < end) {
    let groupEnd = at;
    while (groupEnd < end && groupEnd - at < 4 && hexDigit(u8[groupEnd]) >= 0) groupEnd++;
    if (groupEnd === at) return false;
    if (groupEnd < end && u8[groupEnd] === DOT) {
      if (!isDottedQuad(source, at, end)) return false;
      groups += 2;
      break;
    }
    groups++;
    at = groupEnd;
    if (at === end) break;
    if (u8[at++] !== COLON || at === end) return false;
    if (u8[at] !== COLON) continue;
    if (gap) return false;
    gap = true;
    at++;
  }
  return gap ? groups <= 7 : groups === 8;
}

/** Four decimal octets without leading zeros (RFC 3986, 3.2.2: dec-octet). */
function isDottedQuad(source: Memory, from: number, end: number): boolean {
  const u8 = source.u8;
  let at = from;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && (at >= end || u8[at++] !== DOT)) return false;
    const begin = at;
    let value = 0;
    while (at < end && at - begin < 3 && isDigit(u8[at])) value = value * 10 + (u8[at++] - 0x30);
    if (at === begin || value > 255 || (at - begin > 1 && u8[begin] === 0x30)) return false;
  }
  return at === end;
}
