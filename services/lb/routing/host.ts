/**
 * Hosts under semantics=strict: what a request names (RFC 9110 4.2.3 and 7.2, RFC 3986 3.2.2) and what a route asks for.
 *
 * A host is a name, an IPv4 literal, or an IPv6 literal in brackets. The case of ASCII letters does not count, one dot at
 * the end is dropped, a request's port is left aside, IPv6 literals are compared as addresses. Percent-encoded bytes are
 * not decoded: no pattern holds any. A name has no empty label, and its last label is not all digits, unless the whole is
 * an IPv4 literal (RFC 1123 2.1). A request whose host is none of these, one with user information included, matches
 * only routes for any host; so does one without a host.
 */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { parseAddressLiteral } from "../codec/address-literal.ts";

/** What a host or a host pattern is. */
export const HostKind = Object.freeze({
  /** No sound host. */
  invalid: -1,
  /** Empty: of a route, any host; of a request, none. */
  any: 0,
  name: 1,
  /** `*.suffix`: one or more labels before the suffix. Of routes only. */
  wildcard: 2,
  version4: 3,
  /** In brackets. */
  version6: 4,
});

/** A host that was read: for a wildcard its suffix, otherwise without port, brackets and the dot at its end. */
export const HostText = layout("HostText", 24, {
  at: i32("scratch"),
  bytes: i32("scratch"),
  /** An IP literal's bytes in network order. */
  literal: bytes(16)("scratch"),
});
export type HostTextAddress = Address<"HostText">;

/** Judges a route's host. One of HostKind; `host` then says what it asks for. Routes are built of sound hosts only. */
export function hostPatternJudge(memory: Memory, host: HostTextAddress, source: Memory, at: number, length: number): number {
  if (length > 2 && source.u8[at] === STAR && source.u8[at + 1] === DOT) {
    return nameKind(memory, host, source, at + 2, at + length, true) === HostKind.name ? HostKind.wildcard : HostKind.invalid;
  }
  if (length > 0 && source.u8[at] === OPEN) return source.u8[at + length - 1] === CLOSE ? literalKind(memory, host, source, at + 1, at + length - 1) : HostKind.invalid;
  return nameKind(memory, host, source, at, at + length, true);
}

/** Reads a request's host: `uri-host [ ":" port ]`. One of HostKind but wildcard; `host` then holds it. */
export function hostRead(memory: Memory, host: HostTextAddress, source: Memory, at: number, length: number): number {
  const u8 = source.u8;
  const end = at + length;
  if (length > 0 && u8[at] === OPEN) {
    let close = at + 1;
    while (close < end && close - at <= LITERAL_BYTES_MAX && u8[close] !== CLOSE) close++;
    if (close >= end || u8[close] !== CLOSE || !isPort(source, close + 1, end)) return HostKind.invalid;
    return literalKind(memory, host, source, at + 1, close);
  }
  let nameEnd = at;
  while (nameEnd < end && u8[nameEnd] !== COLON) nameEnd++;
  return isPort(source, nameEnd, end) ? nameKind(memory, host, source, at, nameEnd, false) : HostKind.invalid;
}

const COLON = 0x3a;
const DOT = 0x2e;
const STAR = 0x2a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Six full groups and a dotted address. */
const LITERAL_BYTES_MAX = 45;

/** Nothing, or a colon and any number of digits (RFC 3986 3.2.3). */
function isPort(source: Memory, at: number, end: number): boolean {
  if (at === end) return true;
  if (source.u8[at] !== COLON) return false;
  for (let i = at + 1; i < end; i++) if (!isDigit(source.u8[i])) return false;
  return true;
}

function literalKind(memory: Memory, host: HostTextAddress, source: Memory, at: number, end: number): number {
  const literal = HostText.literal.at(host);
  if (end - at > LITERAL_BYTES_MAX || parseAddressLiteral(memory, literal, source, at, end - at) !== 6) return HostKind.invalid;
  HostText.at.set(memory, host, literal);
  HostText.bytes.set(memory, host, HostText.literal.width);
  return HostKind.version6;
}

/** A name or an IPv4 literal; nothing at all is HostKind.any. */
function nameKind(memory: Memory, host: HostTextAddress, source: Memory, at: number, dotted: number, pattern: boolean): number {
  if (at === dotted) return HostKind.any;
  const u8 = source.u8;
  const end = u8[dotted - 1] === DOT ? dotted - 1 : dotted;
  HostText.at.set(memory, host, at);
  HostText.bytes.set(memory, host, end - at);
  let label = at;
  let letters = false;
  for (let i = at; i < end; i++) {
    const byte = u8[i];
    if (byte === DOT) {
      if (i === label) return HostKind.invalid;
      label = i + 1;
      letters = false;
    } else if (!isDigit(byte)) {
      if (!isNameByte(byte) && (pattern || !isRarelyName(byte))) return HostKind.invalid;
      letters = true;
    }
  }
  if (label === end) return HostKind.invalid;
  if (letters) return HostKind.name;
  return parseAddressLiteral(memory, HostText.literal.at(host), source, at, end - at) === 4 ? HostKind.version4 : HostKind.invalid;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Letters, "-" and "_": what names are made of. */
function isNameByte(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || byte === 0x2d || byte === 0x5f;
}

/** What else RFC 3986 lets into a registered name: "~", "%" and its sub-delimiters. */
function isRarelyName(byte: number): boolean {
  if (byte === 0x7e || byte === 0x3b || byte === 0x3d || byte === 0x21) return true;
  return byte >= 0x24 && byte <= 0x2c;
}
