/**
 * What a route is made of under semantics=strict, judged: paths, host patterns, targets, and what refines a route. These
 * look at spans of the present line and change nothing but the ConfigLine.
 */

import type { Memory } from "../../../hal/memory.ts";
import { HostKind, hostPatternJudge } from "../routing/host.ts";
import { STRICT_WEIGHT_MAX } from "./address.ts";
import { isEmpty, missing } from "./entry.ts";
import { ConfigLine, TextSpan, fault, findByte, setSpan } from "./line.ts";
import type { ConfigLineAddress, SpanAddress } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { isBracketed, isNumber, isToken, numberLow, partsOpen, takeAddress, takeItem, takeRest, takeToColon, wordNamed } from "./value.ts";

const AT = 0x40;
const COMMA = 0x2c;
const QUESTION_MARK = 0x3f;
const SLASH = 0x2f;
const STAR = 0x2a;

/** Conditions on a header, by position; the first two take a value. */
export const HEADER_WORDS: readonly string[] = Object.freeze(["exact", "prefix", "present", "absent"]);
export const HeaderWord = Object.freeze({ exact: 0, prefix: 1, present: 2, absent: 3 });

/** PATH:HOST:TARGET: they stand in `first`, `second` (brackets included) and `third`. */
export function judgeStrictRoute(memory: Memory, line: ConfigLineAddress, source: Memory, exact: boolean): number {
  const path = ConfigLine.first.at(line);
  const host = ConfigLine.second.at(line);
  const target = ConfigLine.third.at(line);
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, path) || !takeHost(memory, line, source, host)) return missing(memory, line);
  takeRest(memory, line, target);
  if (!isPath(memory, source, path, exact)) return fault(memory, line, path, ConfigProblem.invalidPath);
  if (!isEmpty(memory, host) && !isHost(memory, line, source, host)) return fault(memory, line, host, ConfigProblem.invalidHost);
  if (isEmpty(memory, target)) return fault(memory, line, target, ConfigProblem.emptyName);
  return judgeTargetList(memory, line, source);
}

function isHost(memory: Memory, line: ConfigLineAddress, source: Memory, host: SpanAddress): boolean {
  return hostPatternJudge(memory, ConfigLine.host.at(line), source, TextSpan.at.get(memory, host), TextSpan.bytes.get(memory, host)) > HostKind.any;
}

/** GROUP, or GROUP@WEIGHT,... in `third`, the last part of the value, which is not empty. */
export function judgeTargetList(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const target = ConfigLine.third.at(line);
  if (!hasShares(memory, source, target)) return 0;
  let sum = 0;
  ConfigLine.restAt.set(memory, line, TextSpan.at.get(memory, target));
  while (takeItem(memory, line, source)) {
    const problem = judgeShare(memory, line, source);
    if (problem !== 0) return problem;
    sum += ConfigLine.weight.get(memory, line);
  }
  return sum > 0 ? 0 : fault(memory, line, target, ConfigProblem.noShare);
}

/** Whether the target names shares, not a group alone. */
export function hasShares(memory: Memory, source: Memory, target: SpanAddress): boolean {
  const at = TextSpan.at.get(memory, target);
  const end = at + TextSpan.bytes.get(memory, target);
  return findByte(source, at, end, AT) < end || findByte(source, at, end, COMMA) < end;
}

/** GROUP@WEIGHT in `item`: then `item` is the group, and the weight is read. */
export function judgeShare(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const item = ConfigLine.item.at(line);
  const weight = ConfigLine.fault.at(line);
  const begin = TextSpan.at.get(memory, item);
  const end = begin + TextSpan.bytes.get(memory, item);
  const at = findByte(source, begin, end, AT);
  setSpan(memory, item, begin, at - begin);
  if (at === begin) return fault(memory, line, item, ConfigProblem.emptyName);
  const weightAt = Math.min(at + 1, end);
  setSpan(memory, weight, weightAt, end - weightAt);
  if (!isNumber(memory, line, source, weight, 0, STRICT_WEIGHT_MAX)) return ConfigProblem.invalidWeight;
  ConfigLine.weight.set(memory, line, numberLow(memory, line));
  return 0;
}

/** NAME:exact:VALUE and so on: `first` is the name, `word` one of HeaderWord, `second` the value (empty without one). */
export function judgeHeader(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const name = ConfigLine.first.at(line);
  const value = ConfigLine.second.at(line);
  const word = ConfigLine.third.at(line);
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, name)) return missing(memory, line);
  const valued = takeToColon(memory, line, source, word);
  if (!valued) takeRest(memory, line, word);
  if (!isToken(memory, source, name)) return fault(memory, line, name, ConfigProblem.invalidToken);
  const kind = wordNamed(memory, word, source, HEADER_WORDS);
  if (kind < 0) return fault(memory, line, word, ConfigProblem.invalidWord);
  ConfigLine.word.set(memory, line, kind);
  setSpan(memory, value, TextSpan.at.get(memory, word), 0);
  const takesValue = kind === HeaderWord.exact || kind === HeaderWord.prefix;
  if (takesValue !== valued) return takesValue ? missing(memory, line) : fault(memory, line, word, ConfigProblem.invalidWord);
  if (valued) takeRest(memory, line, value);
  return 0;
}

/** Methods between commas. */
export function judgeMethods(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const item = ConfigLine.item.at(line);
  partsOpen(memory, line);
  while (takeItem(memory, line, source)) if (!isToken(memory, source, item)) return fault(memory, line, item, ConfigProblem.invalidToken);
  return 0;
}

/** Whether it is a path that a request can have: "/" and what follows, without a query; "*" of OPTIONS if `exact`, the empty prefix if not. */
export function isPath(memory: Memory, source: Memory, path: SpanAddress, exact: boolean): boolean {
  const at = TextSpan.at.get(memory, path);
  const bytes = TextSpan.bytes.get(memory, path);
  if (bytes === 0) return !exact;
  if (source.u8[at] !== SLASH) return exact && bytes === 1 && source.u8[at] === STAR;
  return findByte(source, at, at + bytes, QUESTION_MARK) === at + bytes;
}

/** What stands before the next colon that is not in brackets; the part keeps its brackets. */
function takeHost(memory: Memory, line: ConfigLineAddress, source: Memory, host: SpanAddress): boolean {
  if (!takeAddress(memory, line, source, host)) return false;
  if (isBracketed(memory, source, host)) setSpan(memory, host, TextSpan.at.get(memory, host) - 1, TextSpan.bytes.get(memory, host) + 2);
  return true;
}
