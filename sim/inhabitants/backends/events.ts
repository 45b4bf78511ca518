/** What changes at backends at given ticks: they go down, fall silent, slow down, answer errors, and come back. */

import type { BackendEvent } from "../../scenario/plan.ts";
import { advance, endWork, resetConnection } from "./course.ts";
import { BackendAilment, BackendConnection, BackendMode, BackendRecord, BackendsState, ConnectionPhase, NO_TICK } from "./records.ts";
import type { BackendsSite } from "./site.ts";
import { memoryOf } from "./site.ts";
import { PLANNED_HUNDREDTHS, backendAt, connectionAt } from "./tables.ts";

/** Lets everything happen that is planned up to this tick. */
export function applyEvents(site: BackendsSite, tick: number): void {
  const memory = memoryOf(site);
  if (BackendsState.nextEventTick.get(memory, site.state) > tick) return;
  for (let number = 0; number < site.events.length; number++) {
    const backend = backendAt(memory, site.state, number);
    const events = site.events[number];
    for (let next = BackendRecord.nextEvent.get(memory, backend); next < events.length && events[next].tick <= tick; next++) {
      BackendRecord.nextEvent.set(memory, backend, next + 1);
      apply(site, number, events[next]);
    }
  }
  planNextEvent(site);
}

/** Brings BackendsState.nextEventTick up to date. */
export function planNextEvent(site: BackendsSite): void {
  const memory = memoryOf(site);
  let tick = NO_TICK;
  for (let number = 0; number < site.events.length; number++) {
    const next = BackendRecord.nextEvent.get(memory, backendAt(memory, site.state, number));
    if (next < site.events[number].length) tick = Math.min(tick, site.events[number][next].tick);
  }
  BackendsState.nextEventTick.set(memory, site.state, tick);
}

function apply(site: BackendsSite, number: number, event: BackendEvent): void {
  const memory = memoryOf(site);
  const backend = backendAt(memory, site.state, number);
  if (event.kind === "slow") BackendRecord.slowHundredths.set(memory, backend, event.value);
  if (event.kind === "errors") BackendRecord.errorParts.set(memory, backend, event.value);
  if (event.kind === "up") {
    BackendRecord.slowHundredths.set(memory, backend, PLANNED_HUNDREDTHS);
    BackendRecord.errorParts.set(memory, backend, 0);
  }
  settleMode(site, number);
}

/** A backend falls ill: bits of BackendAilment. */
export function ail(site: BackendsSite, number: number, ailments: number): void {
  const backend = backendAt(memoryOf(site), site.state, number);
  BackendRecord.ailing.set(memoryOf(site), backend, BackendRecord.ailing.get(memoryOf(site), backend) | ailments);
  settleMode(site, number);
}

/** It recovers from these, and behaves as planned if nothing else ails it. */
export function recover(site: BackendsSite, number: number, ailments: number): void {
  const backend = backendAt(memoryOf(site), site.state, number);
  BackendRecord.ailing.set(memoryOf(site), backend, BackendRecord.ailing.get(memoryOf(site), backend) & ~ailments);
  settleMode(site, number);
}

/** What a backend does follows from its plan, and from what ails it. */
function settleMode(site: BackendsSite, number: number): void {
  const memory = memoryOf(site);
  const backend = backendAt(memory, site.state, number);
  const before = BackendRecord.mode.get(memory, backend);
  const mode = modeOf(site.events[number][BackendRecord.nextEvent.get(memory, backend) - 1], BackendRecord.ailing.get(memory, backend));
  BackendRecord.mode.set(memory, backend, mode);
  if (mode === BackendMode.down) resetAll(site, number);
  else if (before === BackendMode.silent && mode === BackendMode.up) wakeAll(site, number);
}

/** By the last event that there was, if any. */
function modeOf(event: BackendEvent | undefined, ailing: number): number {
  if ((ailing & (BackendAilment.down | BackendAilment.flaps)) !== 0 || event?.kind === "down") return BackendMode.down;
  return (ailing & BackendAilment.silent) !== 0 || event?.kind === "silent" ? BackendMode.silent : BackendMode.up;
}

function resetAll(site: BackendsSite, number: number): void {
  const memory = memoryOf(site);
  const count = BackendsState.connections.get(memory, site.state);
  for (let index = 0; index < count; index++) {
    const record = connectionAt(memory, site.state, index);
    if (BackendConnection.phase.get(memory, record) !== ConnectionPhase.free && BackendConnection.backend.get(memory, record) === number) resetConnection(site, record);
  }
}

/** What was held back is answered, and what came in the meantime is looked at. */
function wakeAll(site: BackendsSite, number: number): void {
  const memory = memoryOf(site);
  const count = BackendsState.connections.get(memory, site.state);
  for (let index = 0; index < count; index++) {
    const record = connectionAt(memory, site.state, index);
    const phase = BackendConnection.phase.get(memory, record);
    if (phase === ConnectionPhase.free || BackendConnection.backend.get(memory, record) !== number) continue;
    if (phase === ConnectionPhase.held) endWork(site, record);
    else advance(site, record);
  }
}
