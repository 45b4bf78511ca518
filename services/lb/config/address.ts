/** Addresses and ports between colons, judged as strictly as they can be: no empty numbers, no port 0, no address that only looks like one. */

import type { Memory } from "../../../hal/memory.ts";
import { parseAddressLiteral } from "../codec/address-literal.ts";
import { Semantics } from "../policy.ts";
import { HostText } from "../routing/host.ts";
import { missing } from "./entry.ts";
import { ConfigLine, TextSpan, fault } from "./line.ts";
import type { ConfigLineAddress, SpanAddress } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { isBracketed, isNumber, numberLow, takeAddress, takeRest, takeToColon } from "./value.ts";

export const PORT_MAX = 0xffff;
export const STRICT_WEIGHT_MAX = 1000;
const WEIGHT_MAX = 0xffff_ffff;
const DOT = 0x2e;

/** ADDRESS:PORT[:WEIGHT], the rest of the value: `second` is the address without brackets, port and weight are read. */
export function judgeTarget(memory: Memory, line: ConfigLineAddress, source: Memory): number {
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
  const most = ConfigLine.semantics.get(memory, line) === Semantics.strict ? STRICT_WEIGHT_MAX : WEIGHT_MAX;
  if (!isNumber(memory, line, source, port, 0, most)) return fault(memory, line, port, ConfigProblem.invalidWeight);
  ConfigLine.weight.set(memory, line, numberLow(memory, line));
  return 0;
}

/** VIP_ADDRESS:VIP_PORT:, the beginning of the value: `first` is the address without brackets, vipPort is read. */
export function judgeVipName(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const address = ConfigLine.first.at(line);
  const port = ConfigLine.third.at(line);
  if (!takeAddress(memory, line, source, address) || !takeToColon(memory, line, source, port)) return missing(memory, line);
  if (!isAddress(memory, line, source, address)) return fault(memory, line, address, ConfigProblem.invalidAddress);
  if (!isPort(memory, line, source, port)) return fault(memory, line, port, ConfigProblem.invalidPort);
  ConfigLine.vipPort.set(memory, line, numberLow(memory, line));
  return 0;
}

/** The family of the literal that the span is, 4 or 6; 0 if it is none. */
export function literalFamily(memory: Memory, line: ConfigLineAddress, source: Memory, span: SpanAddress): number {
  return parseAddressLiteral(memory, HostText.literal.at(ConfigLine.host.at(line)), source, TextSpan.at.get(memory, span), TextSpan.bytes.get(memory, span));
}

/** Only digits and dots: meant as IPv4. */
export function isNumeric(memory: Memory, source: Memory, span: SpanAddress): boolean {
  const at = TextSpan.at.get(memory, span);
  const end = at + TextSpan.bytes.get(memory, span);
  for (let i = at; i < end; i++) if (source.u8[i] !== DOT && !(source.u8[i] >= 48 && source.u8[i] <= 57)) return false;
  return true;
}

function isPort(memory: Memory, line: ConfigLineAddress, source: Memory, span: SpanAddress): boolean {
  return isNumber(memory, line, source, span, 1, PORT_MAX);
}

/** A literal of the family that its form claims, or a name. */
function isAddress(memory: Memory, line: ConfigLineAddress, source: Memory, span: SpanAddress): boolean {
  const family = literalFamily(memory, line, source, span);
  if (isBracketed(memory, source, span)) return family === 6;
  return family === 4 || (TextSpan.bytes.get(memory, span) > 0 && !isNumeric(memory, source, span));
}
