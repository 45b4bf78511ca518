/**
 * Loading a configuration: all of the text, or nothing.
 *
 * Rules, groups, virtual IPs and policy are built beside those in force, in the balancer's `attempt` and its neighbours,
 * and exchanged with them when the whole text is sound (attempt.ts); so both must fit into the arena for a moment. A
 * faulty text is read to its end, and its faults are listed in the order of its lines, notes behind them. Whatever fails,
 * what was built is freed and nothing has changed.
 *
 * The text is read several times: for its semantics, since they decide how everything else is read; for groups and virtual
 * IPs, so that whatever speaks of them may stand before them; for everything; and, if it is sound, for what all lines of
 * a group together ask for, and for notes.
 *
 * What a configuration says nothing about has its default: nothing of the one before is left, but what carry-over.ts says.
 */

import { Errno } from "../../../kernel/errno.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { writerRewind } from "../codec/operand-writer.ts";
import { LbErrno } from "../control.ts";
import { Semantics } from "../policy.ts";
import { attemptCommit, attemptDrop, attemptOpen } from "./attempt.ts";
import { createGroup } from "./groups.ts";
import { CONFIG_ENTRIES, ConfigKey, identifyKey } from "./keys.ts";
import { ConfigLine, LineKind, fault, lineNext, linesOpen } from "./line.ts";
import { listNotes } from "./notes.ts";
import { prepareGroup } from "./prepare.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { problemAdd, problemsClose, problemsOpen } from "./problems.ts";
import { closeRule } from "./routes.ts";
import { findSemantics } from "./semantics.ts";
import { createVip } from "./transport.ts";

/** Loads the `bytes` bytes at `at`, and writes the answer of ControlOperation.configure. 0, badConfiguration, or outOfMemory. */
export function configure(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, at: number, bytes: number): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  problemsOpen(memory, balancer, shared);
  linesOpen(memory, line, at, bytes);
  findSemantics(memory, line, shared);
  attemptOpen(memory, balancer, ConfigLine.semantics.get(memory, line));
  const status = build(heap, limits, balancer, shared, at, bytes);
  linesOpen(memory, line, at, bytes);
  if (status !== Errno.outOfMemory) listNotes(memory, limits, balancer, shared, status === 0);
  if (status === 0) attemptCommit(heap, balancer);
  attemptDrop(heap, balancer);
  if (status === Errno.outOfMemory) writerRewind(memory, Balancer.writer.at(balancer));
  else problemsClose(memory, balancer, shared);
  return status;
}

/** Everything that may fail. 0, badConfiguration, or outOfMemory. */
function build(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, at: number, bytes: number): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  linesOpen(memory, line, at, bytes);
  let status = buildContainers(heap, limits, balancer, shared);
  if (status !== 0) return status;
  linesOpen(memory, line, at, bytes);
  status = buildAll(heap, limits, balancer, shared);
  if (status !== 0) return status;
  if (Balancer.problemCount.get(memory, balancer) > 0) return LbErrno.badConfiguration;
  if (ConfigLine.semantics.get(memory, line) !== Semantics.strict) return 0;
  linesOpen(memory, line, at, bytes);
  status = prepareAll(heap, limits, balancer, shared);
  return status === 0 && Balancer.problemCount.get(memory, balancer) > 0 ? LbErrno.badConfiguration : status;
}

/** First all groups and virtual IPs. Faulty lines are left to buildAll(). */
function buildContainers(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  for (let kind = lineNext(memory, line, shared); kind !== LineKind.end; kind = lineNext(memory, line, shared)) {
    if (kind !== LineKind.entry) continue;
    const key = identifyKey(memory, line, shared);
    const status = key === ConfigKey.group ? createGroup(heap, limits, balancer, shared) : key === ConfigKey.vip ? createVip(heap, limits, balancer, shared) : 0;
    if (status !== 0) return status;
  }
  return 0;
}

/** Judges every line, lists what is wrong, and builds what is right. 0 or outOfMemory. */
function buildAll(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  ConfigLine.met.set(memory, line, 0);
  ConfigLine.route.set(memory, line, 0);
  for (let kind = lineNext(memory, line, shared); kind !== LineKind.end; kind = lineNext(memory, line, shared)) {
    if (kind !== LineKind.entry) continue;
    const status = buildLine(heap, limits, balancer, shared);
    if (status === Errno.outOfMemory) return status;
    if (status !== 0) addProblem(memory, limits, balancer, shared, status);
  }
  const status = Balancer.draftOpen.get(memory, balancer) === 0 ? 0 : closeRule(heap, limits, balancer);
  if (status === 0 || status === Errno.outOfMemory) return status;
  addProblem(memory, limits, balancer, shared, status);
  return 0;
}

/** 0, a ConfigProblem with `fault` set, or the negative errno of a table or the heap. */
function buildLine(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const entry = CONFIG_ENTRIES[identifyKey(memory, line, shared)];
  const strict = ConfigLine.semantics.get(memory, line) === Semantics.strict;
  if (entry.strictOnly && !strict) return fault(memory, line, ConfigLine.key.at(line), ConfigProblem.needsStrict);
  const problem = entry.judge(memory, line, shared);
  if (problem !== 0) return problem;
  return limits.parts?.readsKey?.(entry.name) === false ? 0 : entry.build(heap, limits, balancer, shared);
}

/** What all lines together ask for under semantics=strict: names of members, tables of algorithms. 0 or outOfMemory. */
function prepareAll(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  for (let kind = lineNext(memory, line, shared); kind !== LineKind.end; kind = lineNext(memory, line, shared)) {
    if (kind !== LineKind.entry) continue;
    const status = prepareGroup(heap, limits, balancer, shared, identifyKey(memory, line, shared));
    if (status < 0) return status;
    if (status > 0) problemAdd(memory, limits, balancer, shared, status);
  }
  return 0;
}

/** Lists a problem of the present line, or what an errno of a table means. */
function addProblem(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory, status: number): void {
  const line = Balancer.line.at(balancer);
  const tooLong = status === Errno.messageTooLarge;
  problemAdd(memory, limits, balancer, shared, status > 0 ? status : fault(memory, line, ConfigLine.key.at(line), tooLong ? ConfigProblem.textTooLong : ConfigProblem.tooMany));
}
