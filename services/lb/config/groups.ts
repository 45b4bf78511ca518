/** Keys that make groups: group, member, hash, bounded_load. */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { LbErrno, UPSTREAM_ALGORITHMS } from "../control.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { GroupPolicy, HashKey } from "../group/group-policy.ts";
import { Group, groupAddBackend, groupCreate, groupFree } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { memberFind } from "../group/member.ts";
import { Semantics } from "../policy.ts";
import { routingAddGroup } from "../routing/routing.ts";
import { textCreate } from "../text.ts";
import { STRICT_WEIGHT_MAX, judgeTarget } from "./address.ts";
import { configEntry, isEmpty, missing } from "./entry.ts";
import { GroupOption, groupNamed, numberOption, optionOnce } from "./group-option.ts";
import { ConfigLine, TextSpan, fault, findByte } from "./line.ts";
import type { ConfigLineAddress, SpanAddress } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { ALGORITHM_NAMES, algorithmNamed, isToken, partsOpen, takeRest, takeToColon, wordNamed } from "./value.ts";

const COMMA = 0x2c;
const AT = 0x40;

/** `first` is its name, `algorithm` its algorithm. */
export const group = configEntry({
  name: "group",
  missing: "group requires name:algorithm",
  words: Object.freeze(ALGORITHM_NAMES.map((entry) => entry.name)),
  judge: judgeGroup,
  build: checkGroup,
});

/** `first` is the group, `second` the address without brackets; port and weight are read. */
export const member = configEntry({
  name: "member",
  missing: "member requires group:address:port",
  numbers: Object.freeze([Object.freeze({ name: "weight", least: 0, most: STRICT_WEIGHT_MAX })]),
  numbersFrom: 3,
  judge(memory, line, source) {
    partsOpen(memory, line);
    if (!takeToColon(memory, line, source, ConfigLine.first.at(line))) return missing(memory, line);
    return judgeTarget(memory, line, source);
  },
  build: addMember,
});

/** By position as HashKey; the last two take a name. */
const HASH_WORDS: readonly string[] = Object.freeze(["address", "path", "host", "header", "cookie"]);

/** `first` is the group, `word` the kind of key, `second` the name of header or cookie. */
export const hash = configEntry({
  name: "hash",
  missing: "hash requires group:key, and a name behind header or cookie",
  strictOnly: true,
  words: Object.freeze(["address", "path", "host", "header:NAME", "cookie:NAME"]),
  judge: judgeHash,
  build: setHash,
});

export const boundedLoad = numberOption({
  name: "bounded_load",
  missing: "bounded_load requires group:percent",
  bit: GroupOption.boundedLoad,
  numbers: Object.freeze([Object.freeze({ name: "percentage", least: 100, most: 10_000 })]),
  fields: Object.freeze([GroupPolicy.boundedPercent]),
});

/**
 * Makes the group that the present line names, so that members, options and routes may stand before it. Also if its
 * algorithm is faulty: what else is said about the group is not at fault then. 0 or outOfMemory; all other problems are
 * left to checkGroup().
 */
export function createGroup(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const name = ConfigLine.first.at(line);
  const problem = judgeGroup(memory, line, shared);
  if (problem !== 0 && problem !== ConfigProblem.unknownAlgorithm && problem !== ConfigProblem.needsStrict) return 0;
  if (groupNamed(memory, balancer, shared, name) !== 0) return 0;
  const algorithm = problem === 0 ? ConfigLine.algorithm.get(memory, line) : 0;
  const created = groupCreate(heap, limits, shared, TextSpan.at.get(memory, name), TextSpan.bytes.get(memory, name), algorithm);
  if (created < 0) return created === Errno.messageTooLarge ? 0 : created;
  Group.line.set(memory, created as GroupAddress, ConfigLine.line.get(memory, line));
  const added = routingAddGroup(heap, limits, Balancer.attempt.at(balancer), created as GroupAddress);
  if (added < 0) groupFree(heap, created as GroupAddress);
  return added === Errno.outOfMemory ? added : 0;
}

/** 0, and `algorithm` is the one that the span names; or unknownAlgorithm, needsStrict. */
export function judgeAlgorithm(memory: Memory, line: ConfigLineAddress, source: Memory, span: SpanAddress): number {
  const named = algorithmNamed(memory, span, source);
  if (named < 0) return fault(memory, line, span, ConfigProblem.unknownAlgorithm);
  if (named >= UPSTREAM_ALGORITHMS && ConfigLine.semantics.get(memory, line) !== Semantics.strict) return fault(memory, line, span, ConfigProblem.needsStrict);
  ConfigLine.algorithm.set(memory, line, named);
  return 0;
}

function judgeGroup(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const name = ConfigLine.first.at(line);
  const algorithm = ConfigLine.third.at(line);
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, name)) return missing(memory, line);
  takeRest(memory, line, algorithm);
  if (isEmpty(memory, name)) return fault(memory, line, name, ConfigProblem.emptyName);
  if (ConfigLine.semantics.get(memory, line) === Semantics.strict && !isTargetName(memory, source, name)) return fault(memory, line, name, ConfigProblem.invalidName);
  return judgeAlgorithm(memory, line, source, algorithm);
}

/** Whether a target can name it: a list of shares is cut at commas, and a share at "@". */
export function isTargetName(memory: Memory, source: Memory, name: SpanAddress): boolean {
  const at = TextSpan.at.get(memory, name);
  const end = at + TextSpan.bytes.get(memory, name);
  return findByte(source, at, end, COMMA) === end && findByte(source, at, end, AT) === end;
}

/** The group of this line was made by createGroup(), unless another line's has its name or there was no room. */
function checkGroup(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const name = ConfigLine.first.at(line);
  const found = groupNamed(memory, balancer, shared, name);
  if (found === 0) return TextSpan.bytes.get(memory, name) > limits.textBytesMax ? Errno.messageTooLarge : LbErrno.tableFull;
  return Group.line.get(memory, found) === ConfigLine.line.get(memory, line) ? 0 : fault(memory, line, name, ConfigProblem.duplicateGroup);
}

function addMember(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const line = Balancer.line.at(balancer);
  const name = ConfigLine.first.at(line);
  const found = groupNamed(heap.memory, balancer, shared, name);
  return found === 0 ? fault(heap.memory, line, name, ConfigProblem.unknownGroup) : addBackendTo(heap, limits, balancer, shared, found);
}

/** Adds the backend that judgeTarget() found to a group under construction. Under strict semantics each has its own address and port. */
export function addBackendTo(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, to: GroupAddress): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const address = ConfigLine.second.at(line);
  const at = TextSpan.at.get(memory, address);
  const bytes = TextSpan.bytes.get(memory, address);
  const port = ConfigLine.port.get(memory, line);
  const strict = ConfigLine.semantics.get(memory, line) === Semantics.strict;
  if (strict && memberFind(memory, balancer, to, shared, at, bytes, port) >= 0) return fault(memory, line, address, ConfigProblem.duplicateMember);
  const added = groupAddBackend(heap, limits, to, shared, at, bytes);
  if (added < 0) return added;
  Backend.port.set(memory, added as BackendAddress, port);
  Backend.weight.set(memory, added as BackendAddress, ConfigLine.weight.get(memory, line));
  return 0;
}

function judgeHash(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const word = ConfigLine.second.at(line);
  partsOpen(memory, line);
  if (!takeToColon(memory, line, source, ConfigLine.first.at(line))) return missing(memory, line);
  const named = takeToColon(memory, line, source, word);
  if (!named) takeRest(memory, line, word);
  const kind = wordNamed(memory, word, source, HASH_WORDS);
  if (kind < 0) return fault(memory, line, word, ConfigProblem.invalidWord);
  ConfigLine.word.set(memory, line, kind);
  const takesName = kind === HashKey.header || kind === HashKey.cookie;
  if (!named) return takesName ? missing(memory, line) : 0;
  takeRest(memory, line, ConfigLine.second.at(line));
  if (!takesName) return fault(memory, line, word, ConfigProblem.invalidWord);
  return isToken(memory, source, word) ? 0 : fault(memory, line, word, ConfigProblem.invalidToken);
}

function setHash(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const problem = optionOnce(memory, balancer, shared, GroupOption.hash);
  if (problem !== 0) return problem;
  const policy = Group.policy.at(groupNamed(memory, balancer, shared, ConfigLine.first.at(line)) as GroupAddress);
  const kind = ConfigLine.word.get(memory, line);
  const name = ConfigLine.second.at(line);
  GroupPolicy.hashKey.set(memory, policy, kind);
  if (kind !== HashKey.header && kind !== HashKey.cookie) return 0;
  const kept = textCreate(heap, limits, shared, TextSpan.at.get(memory, name), TextSpan.bytes.get(memory, name));
  if (kept < 0) return kept;
  GroupPolicy.hashName.set(memory, policy, kept);
  return 0;
}
