/** Options of one group that are numbers: `KEY=GROUP:NUMBER...`, kept in its policy. */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import type { GroupPolicyAddress } from "../group/group-policy.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { routingGroup } from "../routing/routing.ts";
import type { ConfigEntry, NumberPart } from "./entry.ts";
import { configEntry, foundNumber, missing, takeNumbers } from "./entry.ts";
import { ConfigLine, TextSpan, fault } from "./line.ts";
import type { ConfigLineAddress, SpanAddress } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { partsOpen, takeToColon } from "./value.ts";

/** Bits of `GroupPolicy.given`: which options of the group a line has set. */
export const GroupOption = Object.freeze({
  hash: 1 << 0,
  boundedLoad: 1 << 1,
  maxConnections: 1 << 2,
  backendMaxConnections: 1 << 3,
  maxPending: 1 << 4,
  backendMaxPending: 1 << 5,
  retryBudget: 1 << 6,
  panic: 1 << 7,
  slowStart: 1 << 8,
  health: 1 << 9,
  eject: 1 << 10,
});

type PolicyField = { readonly set: (memory: Memory, at: GroupPolicyAddress, value: number) => void };

export interface NumberOption {
  readonly name: string;
  /** As `missing` of ConfigEntry. */
  readonly missing: string;
  /** One of GroupOption. */
  readonly bit: number;
  readonly numbers: readonly NumberPart[];
  /** Where each of the numbers goes. */
  readonly fields: readonly PolicyField[];
  /** How many must be there; the others hold `without` if they are not. */
  readonly required?: number;
  readonly without?: readonly number[];
}

export function numberOption(option: NumberOption): ConfigEntry {
  const required = option.required ?? option.numbers.length;
  return configEntry({
    name: option.name,
    missing: option.missing,
    strictOnly: true,
    numbers: option.numbers,
    numbersFrom: 1,
    judge: (memory, line, source) => judgeOption(memory, line, source, option.numbers, required),
    build: (heap, _limits, balancer, shared) => setNumbers(heap, balancer, shared, option),
  });
}

/** Judges GROUP:NUMBER...: `first` is the group. */
function judgeOption(memory: Memory, line: ConfigLineAddress, source: Memory, numbers: readonly NumberPart[], required: number): number {
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, ConfigLine.first.at(line))) return missing(memory, line);
  return takeNumbers(memory, line, source, numbers, required);
}

function setNumbers(heap: Heap, balancer: BalancerAddress, shared: Memory, option: NumberOption): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const problem = optionOnce(memory, balancer, shared, option.bit);
  if (problem !== 0) return problem;
  const policy = Group.policy.at(groupNamed(memory, balancer, shared, ConfigLine.first.at(line)) as GroupAddress);
  for (let i = 0; i < option.fields.length; i++) {
    const found = foundNumber(memory, line, i);
    const leftOut = found === 0 && i >= (option.required ?? option.numbers.length);
    option.fields[i].set(memory, policy, leftOut ? (option.without?.[i] ?? 0) : found);
  }
  return 0;
}

/** Whether the group that `first` names is there and has no such option yet: 0, unknownGroup or duplicateKey. From now on it has. */
export function optionOnce(memory: Memory, balancer: BalancerAddress, shared: Memory, bit: number): number {
  const line = Balancer.line.at(balancer);
  const name = ConfigLine.first.at(line);
  const group = groupNamed(memory, balancer, shared, name);
  if (group === 0) return fault(memory, line, name, ConfigProblem.unknownGroup);
  const policy = Group.policy.at(group);
  const given = GroupPolicy.given.get(memory, policy);
  if ((given & bit) !== 0) return fault(memory, line, ConfigLine.key.at(line), ConfigProblem.duplicateKey);
  GroupPolicy.given.set(memory, policy, given | bit);
  return 0;
}

/** The group under construction that the span names, or 0. */
export function groupNamed(memory: Memory, balancer: BalancerAddress, shared: Memory, name: SpanAddress): GroupAddress | 0 {
  return routingGroup(memory, Balancer.attempt.at(balancer), shared, TextSpan.at.get(memory, name), TextSpan.bytes.get(memory, name));
}
