/**
 * The keys that upstream does not have: group, member, default, rule, backend, semantics. Judged as strictly as they can
 * be, since nobody relies on quirks here: no empty numbers, no port 0, no address that only looks like one.
 */

import type { Memory } from "../../../hal/memory.ts";
import { parseAddressLiteral } from "../codec/address-literal.ts";
import { ConfigLine, TextSpan } from "./line.ts";
import type { ConfigLineAddress, SpanAddress } from "./line.ts";
import { algorithmNamed, isBracketed, numberAtMost, numberLow, partsOpen, readNumber, spanIs, takeAddress, takeRest, takeToColon } from "./value.ts";
import { ConfigKey, fault } from "../config.ts";
import { ConfigProblem } from "./problem-codes.ts";

const PORT_MAX = 0xffff;
const WEIGHT_MAX = 0xffff_ffff;
const DOT = 0x2e;

/**
 * Judges the present line's value. 0, or a ConfigProblem with `fault` saying what it is about. Then
 * - group: first is its name, algorithm its algorithm;
 * - member: first is the group, second the address without brackets, port and weight are read;
 * - backend: first is the VIP's address, second the backend's, port and weight are the backend's.
 */
export function judgeExtension(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  switch (ConfigLine.keyNumber.get(memory, line)) {
    case ConfigKey.group:
      return judgeGroup(memory, line, source);
    case ConfigKey.member:
      return judgeMember(memory, line, source);
    case ConfigKey.backend:
      return judgeBackend(memory, line, source);
    case ConfigKey.semantics:
      return spanIs(memory, ConfigLine.value.at(line), source, "veridian") ? 0 : fault(memory, line, ConfigLine.value.at(line), ConfigProblem.unknownSemantics);
    default:
      return 0;
  }
}

function judgeGroup(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const name = ConfigLine.first.at(line);
  const algorithm = ConfigLine.third.at(line);
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, name)) return missing(memory, line);
  takeRest(memory, line, algorithm);
  if (TextSpan.bytes.get(memory, name) === 0) return fault(memory, line, name, ConfigProblem.emptyName);
  const named = algorithmNamed(memory, algorithm, source);
  if (named < 0) return fault(memory, line, algorithm, ConfigProblem.unknownAlgorithm);
  ConfigLine.algorithm.set(memory, line, named);
  return 0;
}

function judgeMember(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, ConfigLine.first.at(line))) return missing(memory, line);
  return judgeTarget(memory, line, source);
}

function judgeBackend(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const vip = ConfigLine.first.at(line);
  const vipPort = ConfigLine.third.at(line);
  partsOpen(memory, line);
  if (!takeAddress(memory, line, source, vip) || !takeToColon(memory, line, source, vipPort)) return missing(memory, line);
  if (!isAddress(memory, line, source, vip)) return fault(memory, line, vip, ConfigProblem.invalidAddress);
  if (!isPort(memory, line, source, vipPort)) return fault(memory, line, vipPort, ConfigProblem.invalidPort);
  return judgeTarget(memory, line, source);
}

/** ADDRESS:PORT[:WEIGHT], the rest of the value. */
function judgeTarget(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const address = ConfigLine.second.at(line);
  const port = ConfigLine.third.at(line);
  if (!takeAddress(memory, line, source, address)) return missing(memory, line);
  const weighted = takeToColon(memory, line, source, port);
  if (!weighted) takeRest(memory, line, port);
  if (!isAddress(memory, line, source, address)) return fault(memory, line, address, ConfigProblem.invalidAddress);
  if (!isPort(memory, line, source, port)) return fault(memory, line, port, ConfigProblem.invalidPort);
  ConfigLine.port.set(memory, line, numberLow(memory, line));
  ConfigLine.weight.set(memory, line, 1);
  if (!weighted) return 0;
  takeRest(memory, line, port);
  if (!isNumber(memory, line, source, port, WEIGHT_MAX)) return fault(memory, line, port, ConfigProblem.invalidWeight);
  ConfigLine.weight.set(memory, line, numberLow(memory, line));
  return 0;
}

function missing(memory: Memory, line: ConfigLineAddress): number {
  return fault(memory, line, ConfigLine.value.at(line), ConfigProblem.missingField);
}

function isNumber(memory: Memory, line: ConfigLineAddress, source: Memory, span: SpanAddress, maximum: number): boolean {
  return TextSpan.bytes.get(memory, span) > 0 && readNumber(memory, line, source, span) && numberAtMost(memory, line, maximum);
}

function isPort(memory: Memory, line: ConfigLineAddress, source: Memory, span: SpanAddress): boolean {
  return isNumber(memory, line, source, span, PORT_MAX) && numberLow(memory, line) > 0;
}

/** A literal of the family that its form claims, or a name. */
function isAddress(memory: Memory, line: ConfigLineAddress, source: Memory, span: SpanAddress): boolean {
  const at = TextSpan.at.get(memory, span);
  const bytes = TextSpan.bytes.get(memory, span);
  const family = parseAddressLiteral(memory, ConfigLine.literal.at(line), source, at, bytes);
  if (isBracketed(memory, source, span)) return family === 6;
  return family === 4 || (bytes > 0 && !isNumeric(source, at, bytes));
}

/** Only digits and dots: meant as IPv4. */
function isNumeric(source: Memory, at: number, bytes: number): boolean {
  for (let i = at; i < at + bytes; i++) if (source.u8[i] !== DOT && !(source.u8[i] >= 48 && source.u8[i] <= 57)) return false;
  return true;
}
