/**
 * The supervisor: hears of the end of each process that it holds, and starts it again as its rule says: always, after a
 * fault, or never; after a delay that doubles while ends follow each other; and no more after too many in too short a
 * time. What it did stands in its state, one Supervised record a process.
 *
 * Nobody restarts the supervisor: a machine whose supervisor died goes on, and what ends then stays down.
 */

import { i32 } from "../../hal/field.ts";
import type { Address } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Context, Grant, Message, NeedKind, Service } from "../../kernel/service.ts";
import { Delivery, service } from "../../kernel/service.ts";
import type { SupervisionRule, SupervisorParameters } from "./api.ts";
import { RestartPolicy, RestartTick, Supervised, SupervisedPhase } from "./api.ts";

const state = Object.freeze({
  /** Why start failed; 0 if it did not. */
  startStatus: i32,
  /** Address of the Supervised records, and how many. */
  supervisedAt: i32,
  supervised: i32,
  restarts: i32("statistic"),
  /** Processes that ended too often. */
  givenUp: i32("statistic"),
  /** Ends after which the rule left a process down. */
  leftDown: i32("statistic"),
});
export const SupervisorState = layout("SupervisorState", state);

type SupervisorNeeds = { readonly ticks: "timer" } & Readonly<Record<string, NeedKind>>;
type SupervisorContext = Context<typeof state, SupervisorNeeds, readonly [], SupervisorParameters>;

/** Needs before the processes: `ticks`. */
const FIRST = 1;

/** A supervisor of processes that its manifest line grants under these names, at most 30. */
export function supervisor(names: readonly string[]): Service<typeof state, SupervisorNeeds, readonly [], SupervisorParameters> {
  const needs: Record<string, NeedKind> = { ticks: "timer" };
  for (const name of names) needs[name] = "process";
  const order = Object.freeze([...names]);
  return service({
    name: "supervisor",
    state: SupervisorState,
    needs: needs as SupervisorNeeds,
    parameters: undefined as unknown as SupervisorParameters,
    handle: (message, context) => handle(message, context, order),
  });
}

function handle(message: Message, context: SupervisorContext, names: readonly string[]): void {
  if (message.delivery === Delivery.start) start(context, names);
  else if (message.delivery === Delivery.ended) noteEnd(context, message.data0 - FIRST, names, message.data1);
  else if (message.delivery === Delivery.notification) {
    for (let bits = message.bits; bits !== 0; bits &= bits - 1) restart(context, 31 - Math.clz32(bits & -bits), names);
  }
}

/** Without memory for its records, or a sound rule for each process, the supervisor ends, and its state says why. */
function start(context: SupervisorContext, names: readonly string[]): void {
  const status = prepare(context, names);
  context.state.startStatus = status;
  if (status !== Errno.ok) context.exit();
}

function prepare(context: SupervisorContext, names: readonly string[]): number {
  const { memory, parameters } = context;
  for (const name of names) if (!isSound(parameters.rules[name])) return Errno.invalidArgument;
  if (names.length === 0) return Errno.ok;
  const at = context.allocate(names.length * Supervised.size);
  if (at < 0) return at;
  memory.fill(at, names.length * Supervised.size, 0);
  context.state.supervisedAt = at;
  context.state.supervised = names.length;
  for (let index = 0; index < names.length; index++) {
    const ticksAt = context.allocate(Math.max(1, parameters.rules[names[index]].restartsMax) * RestartTick.size);
    if (ticksAt < 0) return ticksAt;
    Supervised.ticksAt.set(memory, supervisedAt(context, index), ticksAt);
  }
  return Errno.ok;
}

function isSound(rule: SupervisionRule | undefined): boolean {
  if (rule === undefined || RestartPolicy[rule.restart] === undefined) return false;
  return rule.delayTicks >= 0 && rule.delayTicksMax >= rule.delayTicks && rule.restartsMax >= 0 && rule.windowTicks >= 1;
}

function noteEnd(context: SupervisorContext, index: number, names: readonly string[], endedCode: number): void {
  const { memory, state: own } = context;
  const at = supervisedAt(context, index);
  const rule = context.parameters.rules[names[index]];
  Supervised.ends.add(memory, at, 1);
  Supervised.endedCode.set(memory, at, endedCode);
  const policy = RestartPolicy[rule.restart];
  if (policy === RestartPolicy.never || (policy === RestartPolicy.onFault && endedCode === 0)) {
    own.leftDown += 1;
    return Supervised.phase.set(memory, at, SupervisedPhase.down);
  }
  const recent = countRecent(context, at, rule);
  if (recent >= rule.restartsMax) {
    own.givenUp += 1;
    return Supervised.phase.set(memory, at, SupervisedPhase.givenUp);
  }
  Supervised.phase.set(memory, at, SupervisedPhase.waiting);
  const delay = delayAfter(rule, recent);
  Supervised.delayTicks.set(memory, at, delay);
  // Without a timer to be had it is better to restart too early than never.
  if (delay === 0 || context.timerStart(context.needs.ticks, delay, 0, 1 << index) < 0) restart(context, index, names);
}

/** Ticks to wait after `recent` restarts within the window. */
export function delayAfter(rule: SupervisionRule, recent: number): number {
  let delay = rule.delayTicks;
  for (let doubled = 0; doubled < recent && delay < rule.delayTicksMax; doubled++) delay = Math.max(1, delay * 2);
  return Math.min(delay, rule.delayTicksMax);
}

/** How many of its last restarts lie within the window; the older ones are forgotten. */
function countRecent(context: SupervisorContext, at: Address<"Supervised">, rule: SupervisionRule): number {
  const { memory } = context;
  const oldestTick = context.uptimeTicks() - rule.windowTicks;
  let recent = 0;
  const known = Supervised.recent.get(memory, at);
  for (let back = 1; back <= known; back++) {
    const place = (Supervised.next.get(memory, at) + rule.restartsMax - back) % rule.restartsMax;
    if (RestartTick.tick.get(memory, tickAt(memory, at, place)) > oldestTick) recent++;
  }
  Supervised.recent.set(memory, at, recent);
  return recent;
}

function restart(context: SupervisorContext, index: number, names: readonly string[]): void {
  const { memory, needs, state: own } = context;
  const at = supervisedAt(context, index);
  const rule = context.parameters.rules[names[index]];
  if (Supervised.phase.get(memory, at) !== SupervisedPhase.waiting) return;
  // Noted first: whoever dies in the middle of this has not restarted too often.
  const next = Supervised.next.get(memory, at);
  RestartTick.tick.set(memory, tickAt(memory, at, next), context.uptimeTicks());
  Supervised.next.set(memory, at, (next + 1) % rule.restartsMax);
  Supervised.recent.set(memory, at, Math.min(rule.restartsMax, Supervised.recent.get(memory, at) + 1));
  const status = context.processRestart(needs[names[index]] as Grant<"process">);
  Supervised.status.set(memory, at, status);
  // Busy: somebody else was faster. Exhausted: it runs, with fewer rights than it should have.
  const runs = status === Errno.ok || status === Errno.resourceExhausted || status === Errno.resourceBusy;
  Supervised.phase.set(memory, at, runs ? SupervisedPhase.up : SupervisedPhase.down);
  if (!runs || status === Errno.resourceBusy) return;
  Supervised.restarts.add(memory, at, 1);
  own.restarts += 1;
}

function supervisedAt(context: SupervisorContext, index: number): Address<"Supervised"> {
  return (context.state.supervisedAt + index * Supervised.size) as Address<"Supervised">;
}

function tickAt(memory: SupervisorContext["memory"], at: Address<"Supervised">, place: number): Address<"RestartTick"> {
  return (Supervised.ticksAt.get(memory, at) + place * RestartTick.size) as Address<"RestartTick">;
}
