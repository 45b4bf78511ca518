/** Who is worked on and who waits: so many requests at once, so many that wait in their order, no more. */

import { drawFrom } from "../distribution.ts";
import { SimSite } from "../../chance/site.ts";
import { DrawSite } from "../../chance/draw.ts";
import { duePut, dueTake } from "./due.ts";
import { LATE_TICKS_MAX } from "./limits.ts";
import { loadAdd } from "./load.ts";
import type { BackendAddress, BackendConnectionAddress } from "./records.ts";
import { BackendConnection, BackendRecord, BackendsState, ConnectionPhase, NO_BACKEND_CONNECTION } from "./records.ts";
import type { BackendsSite } from "./site.ts";
import { memoryOf, nowTick, planOf } from "./site.ts";
import { PLANNED_HUNDREDTHS, backendOf, waitingPut, waitingTake } from "./tables.ts";

/** Longest service time, after multiplication. */
const SERVICE_TICKS_MAX = 2 ** 31 - 1;

/** The request is whole: somebody works on it, or it waits. False if there is room for neither. */
export function enterWork(site: BackendsSite, record: BackendConnectionAddress): boolean {
  const memory = memoryOf(site);
  const backend = backendOf(memory, site.state, record);
  const plan = planOf(site, record);
  if (BackendRecord.working.get(memory, backend) < plan.concurrency) {
    startWork(site, backend, record);
    return true;
  }
  if (BackendRecord.waiting.get(memory, backend) >= plan.queueMax) return false;
  loadAdd(memory, backend, nowTick(site));
  waitingPut(memory, backend, record);
  BackendConnection.phase.set(memory, record, ConnectionPhase.waiting);
  return true;
}

/** Nobody works on the connection's request any more, and it does not wait; others are not begun yet (startWaiting). */
export function leaveWork(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  const backend = backendOf(memory, site.state, record);
  const phase = BackendConnection.phase.get(memory, record);
  if (phase !== ConnectionPhase.waiting && phase !== ConnectionPhase.working && phase !== ConnectionPhase.held) return;
  loadAdd(memory, backend, nowTick(site));
  dueTake(memory, site.state, record);
  if (phase === ConnectionPhase.waiting) return waitingTake(memory, backend, record);
  BackendRecord.working.add(memory, backend, -1);
  if (phase === ConnectionPhase.working) BackendsState.working.add(memory, site.state, -1);
  else BackendsState.held.add(memory, site.state, -1);
}

/** As many of those who wait are begun as there is room for. */
export function startWaiting(site: BackendsSite, backend: BackendAddress): void {
  const memory = memoryOf(site);
  for (;;) {
    const record = BackendRecord.waitingFirst.get(memory, backend) as BackendConnectionAddress;
    if (record === NO_BACKEND_CONNECTION || BackendRecord.working.get(memory, backend) >= planOf(site, record).concurrency) return;
    loadAdd(memory, backend, nowTick(site));
    waitingTake(memory, backend, record);
    startWork(site, backend, record);
  }
}

/** The work is done, but the backend is silent. */
export function holdBack(site: BackendsSite, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  BackendConnection.phase.set(memory, record, ConnectionPhase.held);
  BackendsState.working.add(memory, site.state, -1);
  BackendsState.held.add(memory, site.state, 1);
}

function startWork(site: BackendsSite, backend: BackendAddress, record: BackendConnectionAddress): void {
  const memory = memoryOf(site);
  loadAdd(memory, backend, nowTick(site));
  const drawn = drawFrom(planOf(site, record).serviceTicks, site.seed, DrawSite.backendService, BackendConnection.backend.get(memory, record), BackendConnection.ordinal.get(memory, record));
  const planned = Math.floor((drawn * BackendRecord.slowHundredths.get(memory, backend)) / PLANNED_HUNDREDTHS);
  const ailing = BackendRecord.ailingHundredths.get(memory, backend);
  const late = site.choose(SimSite.answerLate, BackendConnection.backend.get(memory, record), LATE_TICKS_MAX + 1);
  const ticks = Math.min(SERVICE_TICKS_MAX, (ailing === 0 ? planned : Math.floor((planned * ailing) / PLANNED_HUNDREDTHS)) + late);
  const working = BackendRecord.working.get(memory, backend) + 1;
  BackendRecord.working.set(memory, backend, working);
  if (working > BackendRecord.workingMost.get(memory, backend)) BackendRecord.workingMost.set(memory, backend, working);
  BackendsState.working.add(memory, site.state, 1);
  BackendConnection.phase.set(memory, record, ConnectionPhase.working);
  duePut(memory, site.state, record, nowTick(site) + ticks);
}
