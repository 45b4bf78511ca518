/**
 * Memory is constant whatever clients send: a service that has served everybody uses what it used before the first frame.
 * Only the balancer may remember clients, up to its bounds.
 */

import { ADDRESS_TEXT_BYTES } from "../../services/lb/codec/address-text.ts";
import { PendingEntry, Connection, DirectorySlot } from "../../services/lb/connection/records.ts";
import { Limiter } from "../../services/lb/rate/limiter-table.ts";
import { Session } from "../../services/lb/session/session.ts";
import type { LbLimits } from "../../services/limits.ts";
import type { MachineReport } from "../../kernel/machine-report.ts";
import type { Checker, Watched } from "./checker.ts";
import { remembering } from "./remembering.ts";
import { whyUnrecoverable } from "./recoverable.ts";

export const memory: Checker = Object.freeze<Checker>({
  name: "memory",
  law: "memory is constant: services use at the end what they used before the first frame, the balancer as much more as its bounds say",
  fits: ({ machine }) => machine.manifest.processes["lb"] !== undefined,
  begin: (watched) => {
    const { machine } = watched.world;
    const state = { used: usedBytes(machine.report()) };
    return remembering(state, { end: () => check(watched, state.used) });
  },
});

function usedBytes({ processes }: MachineReport): Map<string, number> {
  return new Map(processes.map(({ name, usedBytes: used }) => [name, used]));
}

function check({ world, fail }: Watched, before: ReadonlyMap<string, number>): void {
  const { machine } = world;
  if (whyUnrecoverable(world).length > 0) return;
  const most = remembered(machine.manifest.processes["lb"].parameters as LbLimits);
  for (const { name, usedBytes: used, state } of machine.report().processes) {
    if (state === "zombie" || state === "dead") continue;
    const allowed = (before.get(name) ?? 0) + (name === "lb" ? most : 0);
    if (used > allowed) fail(`process ${name}`, `it keeps ${used} bytes when all is over, and used ${before.get(name)} before the first frame${name === "lb" ? ` (${most} more are for whom it remembers)` : ""}`);
  }
}

/** Allocations carry a header, keys lie apart, and tables double: twice, and a header each. */
const HEADER_BYTES = 16;

/** What the balancer may remember of clients: a limiter, a session, a connection and a request that waits, as many as there may be. */
function remembered({ limitersMax, sessionsMax, sessionBytesMax, connectionsMax, pendingMax, directoryMax }: LbLimits): number {
  const entry = (bytes: number): number => 2 * (bytes + 2 * HEADER_BYTES);
  return limitersMax * entry(Limiter.size + ADDRESS_TEXT_BYTES) + sessionsMax * entry(Session.size + sessionBytesMax) + connectionsMax * Connection.size + pendingMax * PendingEntry.size + directoryMax * DirectorySlot.size + 512;
}
