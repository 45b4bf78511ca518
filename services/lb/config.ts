/**
 * Upstream's configuration parser, exactly: its keys, its order of checks, its errors. It reads text and changes
 * nothing; keys that it does not know are skipped, ours included (config/keys.ts has those).
 *
 * `judgeUpstream()` looks at one line and leaves in the ConfigLine what it found; `parseConfiguration()` reads a whole
 * text, stops at the first faulty line and writes what upstream's parser would answer.
 */

import { Errno } from "../../kernel/errno.ts";
import type { Memory } from "../../hal/memory.ts";
import { writeAscii, writeText, writeU16, writeU32, writeU8, writeWords, writerFail, writerFailed, writerRewind, patchU16 } from "./codec/operand-writer.ts";
import type { WriterAddress } from "./codec/operand-writer.ts";
import { ConfigLine, LineKind, TextSpan, fault, lineNext, linesOpen } from "./config/line.ts";
import type { ConfigLineAddress, SpanAddress } from "./config/line.ts";
import { numberAtMost, numberLow, partsOpen, readNumber, spanIs, takeRest, takeToColon, upstreamAlgorithm } from "./config/value.ts";
import { LbErrno } from "./control.ts";
import { ConfigProblem } from "./config/problem-codes.ts";

/** Positions of upstream's keys; the table of all keys (config/keys.ts) begins with the same. */
export const UpstreamKey = Object.freeze({
  unknown: 0,
  healthCheckInterval: 1,
  rateLimitRps: 2,
  rateLimitBurst: 3,
  vip: 4,
  route: 5,
});

/** Upstream's keys as written, by position; what a value with too few parts is answered. */
export const UPSTREAM_KEYS: readonly { readonly name: string; readonly missing: string }[] = Object.freeze(
  [
    { name: "", missing: "" },
    { name: "health_check_interval", missing: "" },
    { name: "rate_limit_rps", missing: "" },
    { name: "rate_limit_burst", missing: "" },
    { name: "vip", missing: "vip requires addr:port:algorithm" },
    { name: "route", missing: "route requires path:host:group" },
  ].map((entry) => Object.freeze(entry)),
);

/** What holds when the text does not say. */
export const HEALTH_CHECK_INTERVAL_TICKS = 30;
export const DEFAULT_REQUESTS_PER_TICK = 100;
export const DEFAULT_BURST = 200;

const PORT_MAX = 0xffff;
const COUNT_MAX = 0xffff;
const U32_MAX = 0xffff_ffff;

/** Which of upstream's keys the present line has, into `keyNumber`; 0 for any other. */
export function identifyUpstream(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  let number = UPSTREAM_KEYS.length - 1;
  while (number > 0 && !spanIs(memory, ConfigLine.key.at(line), source, UPSTREAM_KEYS[number].name)) number--;
  ConfigLine.keyNumber.set(memory, line, number);
  return number;
}

/**
 * Judges the present line's value, its key identified. 0, or upstream's error as a ConfigProblem with `fault` saying
 * what it is about. Then the number is read, or the parts stand in first, second, third, port and algorithm.
 */
export function judgeUpstream(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  switch (ConfigLine.keyNumber.get(memory, line)) {
    case UpstreamKey.healthCheckInterval:
      return judgeNumber(memory, line, source, false);
    case UpstreamKey.rateLimitRps:
    case UpstreamKey.rateLimitBurst:
      return judgeNumber(memory, line, source, true);
    case UpstreamKey.vip:
      return judgeVip(memory, line, source);
    case UpstreamKey.route:
      return judgeRoute(memory, line, source);
    default:
      return 0;
  }
}

function judgeNumber(memory: Memory, line: ConfigLineAddress, source: Memory, narrow: boolean): number {
  const value = ConfigLine.value.at(line);
  if (!readNumber(memory, line, source, value)) return fault(memory, line, value, ConfigProblem.invalidLine);
  if (narrow && !numberAtMost(memory, line, U32_MAX)) return fault(memory, line, value, ConfigProblem.invalidLine);
  return 0;
}

function judgeVip(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const port = ConfigLine.second.at(line);
  const algorithm = ConfigLine.third.at(line);
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, ConfigLine.first.at(line)) || !takeToColon(memory, line, source, port)) {
    return fault(memory, line, ConfigLine.value.at(line), ConfigProblem.missingField);
  }
  takeRest(memory, line, algorithm);
  if (!readNumber(memory, line, source, port)) return fault(memory, line, port, ConfigProblem.invalidLine);
  if (!numberAtMost(memory, line, PORT_MAX)) return fault(memory, line, port, ConfigProblem.invalidPort);
  ConfigLine.port.set(memory, line, numberLow(memory, line));
  const named = upstreamAlgorithm(memory, algorithm, source);
  if (named < 0) return fault(memory, line, algorithm, ConfigProblem.unknownAlgorithm);
  ConfigLine.algorithm.set(memory, line, named);
  return 0;
}

function judgeRoute(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, ConfigLine.first.at(line)) || !takeToColon(memory, line, source, ConfigLine.second.at(line))) {
    return fault(memory, line, ConfigLine.value.at(line), ConfigProblem.missingField);
  }
  takeRest(memory, line, ConfigLine.third.at(line));
  return 0;
}

/**
 * Reads the `bytes` bytes at `at` as upstream does, and writes the answer of ControlOperation.parse. 0, the LbErrno of
 * the first faulty line, or messageTooLarge if the answer does not fit.
 */
export function parseConfiguration(memory: Memory, line: ConfigLineAddress, shared: Memory, at: number, bytes: number, writer: WriterAddress): number {
  let intervalLow = HEALTH_CHECK_INTERVAL_TICKS;
  let intervalHigh = 0;
  let requestsPerTick = DEFAULT_REQUESTS_PER_TICK;
  let burst = DEFAULT_BURST;
  linesOpen(memory, line, at, bytes);
  for (let kind = lineNext(memory, line, shared); kind !== LineKind.end; kind = lineNext(memory, line, shared)) {
    if (kind !== LineKind.entry) continue;
    const key = identifyUpstream(memory, line, shared);
    const problem = judgeUpstream(memory, line, shared);
    if (problem !== 0) {
      writeFault(memory, line, shared, problem, writer);
      return PROBLEM_ERRNO[problem];
    }
    if (key === UpstreamKey.rateLimitRps) requestsPerTick = numberLow(memory, line);
    if (key === UpstreamKey.rateLimitBurst) burst = numberLow(memory, line);
    if (key !== UpstreamKey.healthCheckInterval) continue;
    intervalLow = ConfigLine.numberLow.get(memory, line);
    intervalHigh = ConfigLine.numberHigh.get(memory, line);
  }
  writeWords(memory, writer, shared, intervalLow, intervalHigh);
  writeU32(memory, writer, shared, requestsPerTick);
  writeU32(memory, writer, shared, burst);
  writeEntries(memory, line, shared, at, bytes, writer, UpstreamKey.vip);
  writeEntries(memory, line, shared, at, bytes, writer, UpstreamKey.route);
  if (!writerFailed(memory, writer)) return 0;
  writerRewind(memory, writer);
  return Errno.messageTooLarge;
}

/** Errno by ConfigProblem, for upstream's four. */
const PROBLEM_ERRNO: readonly number[] = Object.freeze([
  Errno.ok,
  LbErrno.invalidLine,
  LbErrno.invalidPort,
  LbErrno.unknownAlgorithm,
  LbErrno.missingField,
]);

/** Writes the text that goes with the present line's problem. */
function writeFault(memory: Memory, line: ConfigLineAddress, shared: Memory, problem: number, writer: WriterAddress): void {
  if (problem === ConfigProblem.missingField) {
    writeAscii(memory, writer, shared, UPSTREAM_KEYS[ConfigLine.keyNumber.get(memory, line)].missing);
  } else {
    writeSpan(memory, writer, shared, ConfigLine.fault.at(line));
  }
}

function writeEntries(memory: Memory, line: ConfigLineAddress, shared: Memory, at: number, bytes: number, writer: WriterAddress, key: number): void {
  let count = 0;
  const countAt = writeU16(memory, writer, shared, 0);
  linesOpen(memory, line, at, bytes);
  for (let kind = lineNext(memory, line, shared); kind !== LineKind.end; kind = lineNext(memory, line, shared)) {
    if (kind !== LineKind.entry || identifyUpstream(memory, line, shared) !== key) continue;
    judgeUpstream(memory, line, shared);
    count++;
    writeSpan(memory, writer, shared, ConfigLine.first.at(line));
    if (key === UpstreamKey.vip) {
      writeU16(memory, writer, shared, ConfigLine.port.get(memory, line));
      writeU8(memory, writer, shared, ConfigLine.algorithm.get(memory, line));
    } else {
      writeSpan(memory, writer, shared, ConfigLine.second.at(line));
      writeSpan(memory, writer, shared, ConfigLine.third.at(line));
    }
  }
  if (count > COUNT_MAX) writerFail(memory, writer);
  patchU16(shared, countAt, count);
}

function writeSpan(memory: Memory, writer: WriterAddress, shared: Memory, span: SpanAddress): void {
  writeText(memory, writer, shared, shared, TextSpan.at.get(memory, span), TextSpan.bytes.get(memory, span));
}
