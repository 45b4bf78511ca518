/**
 * The list of what is wrong with a configuration, or worth a note, as ControlOperation.configure answers it. It has a
 * bound, and ends with ConfigProblem.more when there is more than the bound or the answer has room for.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { OperandWriter, patchU16, writeAscii, writeText, writeU16, writeU32, writerFailed, writerRoom } from "../codec/operand-writer.ts";
import { ConfigLine, TextSpan, columnOf } from "./line.ts";
import type { ConfigEntry } from "./entry.ts";
import { CONFIG_ENTRIES } from "./keys.ts";
import { ConfigProblem } from "./problem-codes.ts";

/** Bytes of a problem with an empty argument. */
const PROBLEM_BYTES = 14;

/** Begins the list at the writer's place. */
export function problemsOpen(memory: Memory, balancer: BalancerAddress, shared: Memory): void {
  Balancer.problemCount.set(memory, balancer, 0);
  Balancer.problemsListed.set(memory, balancer, 0);
  writeU16(memory, Balancer.writer.at(balancer), shared, 0);
}

/** Ends it: puts the number of records in front. */
export function problemsClose(memory: Memory, balancer: BalancerAddress, shared: Memory): void {
  const writer = Balancer.writer.at(balancer);
  if (!writerFailed(memory, writer)) patchU16(shared, OperandWriter.start.get(memory, writer), Balancer.problemsListed.get(memory, balancer));
}

/** Lists a problem of the present line; `fault` of the line says what it is about. Room for the last record is kept. */
export function problemAdd(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory, problem: number): void {
  const writer = Balancer.writer.at(balancer);
  const line = Balancer.line.at(balancer);
  const room = writerRoom(memory, writer) - 2 * PROBLEM_BYTES;
  const listed = Balancer.problemsListed.get(memory, balancer);
  const skipped = Balancer.problemCount.get(memory, balancer) > listed;
  Balancer.problemCount.add(memory, balancer, 1);
  if (skipped || room < -PROBLEM_BYTES) return;
  Balancer.problemsListed.set(memory, balancer, listed + 1);
  if (listed >= limits.problemsMax || room < 0) {
    writePlace(memory, balancer, shared, ConfigProblem.more, 0, 0);
    writeAscii(memory, writer, shared, "");
    Balancer.problemCount.add(memory, balancer, 1);
    return;
  }
  const about = ConfigLine.fault.at(line);
  writePlace(memory, balancer, shared, problem, ConfigLine.line.get(memory, line), columnOf(memory, line, shared, TextSpan.at.get(memory, about)));
  if (argumentBytes(memory, balancer, problem) <= room) writeArgument(memory, balancer, shared, problem);
  else writeAscii(memory, writer, shared, "");
}

function writePlace(memory: Memory, balancer: BalancerAddress, shared: Memory, code: number, lineNumber: number, column: number): void {
  const writer = Balancer.writer.at(balancer);
  writeU16(memory, writer, shared, code);
  writeU32(memory, writer, shared, lineNumber);
  writeU32(memory, writer, shared, column);
}

/** What the problem is about: the span in `fault`, or what the key's value must look like. */
function writeArgument(memory: Memory, balancer: BalancerAddress, shared: Memory, problem: number): void {
  const writer = Balancer.writer.at(balancer);
  const about = ConfigLine.fault.at(Balancer.line.at(balancer));
  if (problem === ConfigProblem.missingField) writeAscii(memory, writer, shared, presentEntry(memory, balancer).missing);
  else writeText(memory, writer, shared, shared, TextSpan.at.get(memory, about), TextSpan.bytes.get(memory, about));
}

function argumentBytes(memory: Memory, balancer: BalancerAddress, problem: number): number {
  if (problem === ConfigProblem.missingField) return presentEntry(memory, balancer).missing.length;
  return TextSpan.bytes.get(memory, ConfigLine.fault.at(Balancer.line.at(balancer)));
}

function presentEntry(memory: Memory, balancer: BalancerAddress): ConfigEntry {
  return CONFIG_ENTRIES[ConfigLine.keyNumber.get(memory, Balancer.line.at(balancer))];
}
