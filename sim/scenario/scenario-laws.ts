/**
 * What must hold of every run of a scenario, whatever its clients, backends and link do: what was opened is closed, no limit
 * was exceeded, every request has one end, every answer belongs to its request, nothing is left in a buffer. The broken
 * ones, in words; those of the machine's own account are account.ts's affair.
 */

import { addressPortText } from "../address-text.ts";
import type { RunEnd } from "../run.ts";
import type { BackendPlan, ScenarioPlan } from "./plan.ts";
import type { ScenarioAccount } from "./scenario-account.ts";

type Judged = Omit<ScenarioAccount, "broken">;

export function brokenScenarioLaws(plan: ScenarioPlan, account: Judged, end: Pick<RunEnd, "metrics">): string[] {
  return [...clientLaws(plan, account), ...backendLaws(plan, account), ...balancerLaws(plan, account, end), ...connectionLaws(account)];
}

/** Each request ends once; no answer is somebody else's, and none arrives altered. */
function clientLaws({ backends }: ScenarioPlan, { clients }: Judged): string[] {
  const { counters, busy, pending } = clients;
  const broken: string[] = [];
  const ended = counters.answers + counters.failures + counters.aborted;
  if (counters.requests !== ended + pending) broken.push(`clients began ${counters.requests} requests, and ${ended} were answered, failed or were given up`);
  if (busy > 0 || pending > 0) broken.push(`${busy} clients are still in a session, with ${pending} requests`);
  if (counters.foreign > 0) broken.push(`clients got ${counters.foreign} answers to somebody else's request`);
  if (counters.unasked > 0) broken.push(`clients got answers to nothing ${counters.unasked} times`);
  if (counters.bodiesWrong > 0 && !backends.some(breaksBodies)) broken.push(`clients got ${counters.bodiesWrong} bodies that are not what their backend wrote`);
  return broken;
}

/** Whether a backend's answers may end in the middle, so that what a client gets is not what was announced. */
function breaksBodies({ halfParts = 0, garbledParts = 0, resetParts }: BackendPlan): boolean {
  return halfParts > 0 || garbledParts > 0 || resetParts > 0;
}

/** Connections that a backend had are over; it worked on no more requests at once than it can; no request's body came altered. */
function backendLaws(plan: ScenarioPlan, account: Judged): string[] {
  const aborting = plan.clients.some(({ abortParts = 0 }) => abortParts > 0);
  return account.backends.backends.flatMap((backend, number) => {
    const { name, connections, workingMost, waitingMost, working, waiting, bodiesWrong } = backend;
    const { concurrency, queueMax } = plan.backends[number];
    const broken: string[] = [];
    if (connections.opened !== connections.closed + connections.open) broken.push(`${name}: ${connections.opened} connections were opened, ${connections.closed} closed, and ${connections.open} are open`);
    if (connections.open > 0 || working > 0 || waiting > 0) broken.push(`${name}: ${connections.open} connections are open at the end, ${working + waiting} requests unanswered`);
    if (workingMost > concurrency) broken.push(`${name}: it worked on ${workingMost} requests at once, and can on ${concurrency}`);
    if (waitingMost > queueMax) broken.push(`${name}: ${waitingMost} requests waited, and ${queueMax} may`);
    if (bodiesWrong > 0 && !aborting) broken.push(`${name}: ${bodiesWrong} bodies are not what their client wrote`);
    return broken;
  });
}

/** Active connections are those opened and not closed: at rest none, in no backend. None ever had more than it may. */
function balancerLaws({ machine }: ScenarioPlan, { groups }: Judged, { metrics }: Pick<RunEnd, "metrics">): string[] {
  const broken: string[] = [];
  for (const group of metrics.groups) {
    for (const { address, port, activeConnections } of group.backends) {
      // Under the seed's semantics they are never counted down.
      if (activeConnections > 0 && groups.length > 0) broken.push(`group ${group.name}: ${addressPortText(address, port)} has ${activeConnections} connections while all is at rest`);
    }
  }
  for (const { name, members } of groups) {
    const most = limitOf(machine.configuration, "backend_max_connections", name);
    for (const member of members) {
      const who = `group ${name}: ${addressPortText(member.address, member.port)}`;
      if (member.connectionsPeak > most) broken.push(`${who} had ${member.connectionsPeak} connections at once, and may have ${most}`);
      if (member.connections !== 0 || member.requests < member.finished + member.failed) broken.push(`${who}: ${member.requests} requests, ${member.finished} finished, ${member.failed} failed, ${member.connections} open`);
      if (member.waiting !== 0) broken.push(`${who}: ${member.waiting} requests wait while all is at rest`);
    }
  }
  return broken;
}

/** The number of a line such as `backend_max_connections=app:20`; infinity where there is none. */
function limitOf(configuration: string, key: string, group: string): number {
  for (const line of configuration.split("\n")) {
    const [name, value = ""] = line.trim().split("=", 2);
    const colon = value.lastIndexOf(":");
    if (name.trim() === key && value.slice(0, colon).trim() === group) return Number(value.slice(colon + 1));
  }
  return Number.POSITIVE_INFINITY;
}

/** Nothing is left in a buffer of any connection, and what proxy and balancer opened they have closed. */
function connectionLaws({ tcp, proxy }: Judged): string[] {
  const broken: string[] = [];
  for (const [side, numbers] of Object.entries(tcp)) if ((numbers["bufferBytes"] ?? 0) > 0) broken.push(`TCP of ${side === "machine" ? "the machine" : `the ${side}`} still holds ${numbers["bufferBytes"]} bytes`);
  const clients = (proxy["clientsClosed"] ?? 0) + (proxy["clientsBroken"] ?? 0);
  if ((proxy["clientsOpened"] ?? 0) !== clients) broken.push(`the proxy had ${proxy["clientsOpened"]} clients, and ${clients} have left`);
  if ((proxy["upstreamsOpened"] ?? 0) !== (proxy["upstreamsClosed"] ?? 0)) broken.push(`the proxy opened ${proxy["upstreamsOpened"]} connections to backends, and closed ${proxy["upstreamsClosed"]}`);
  return broken;
}
