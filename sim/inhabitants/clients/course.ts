/**
 * The course of a client: sessions, connections, and what it does when something happens to one, or when time has passed.
 * proceed() goes on as far as one gets at a moment and sets the alarm for the next; nothing here calls itself.
 */

import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { ConnectionAddress } from "../../../services/net/tcp/api.ts";
import { NO_CONNECTION, TcpConnection, TcpEvent, TcpFate, tcpConnect } from "../../../services/net/tcp/api.ts";
import { FlowKey } from "../../../services/net/segment.ts";
import { alarmClear, alarmSet } from "../alarms.ts";
import { HostAddress } from "../addresses.ts";
import { drawFrom } from "../distribution.ts";
import { SimSite } from "../../chance/site.ts";
import { DrawSite, drawChance } from "../../chance/draw.ts";
import { leavesBytes, readAnswers } from "./answers.ts";
import { MOVES_MAX } from "./limits.ts";
import type { ErrorKind } from "./outcome.ts";
import { dropConnection, fail } from "./outcome.ts";
import { queueIdle } from "./population.ts";
import type { ClientAddress, PopulationAddress } from "./records.ts";
import { Client, ClientsState, PendingRequest, Population } from "./records.ts";
import { beginRequests, writeRequests } from "./requests.ts";
import type { ClientSide } from "./side.ts";
import { pendingAt, planOf, populationOf } from "./side.ts";

/** Clients that move come from another network of as many bits. */
const ADDRESS_BITS = 8;

/** A free client begins a session. */
export function beginSession(side: ClientSide, client: ClientAddress): void {
  const { memory, seed } = side;
  const { requestsPerSession, keepAliveParts, http10Parts } = planOf(side, client);
  const number = Client.number.get(memory, client);
  const session = Client.sessions.get(memory, client);
  Client.sessions.set(memory, client, session + 1);
  Client.requestsLeft.set(memory, client, Math.max(1, drawFrom(requestsPerSession, seed, DrawSite.clientSession, number, session)));
  Client.keepAlive.set(memory, client, drawChance(keepAliveParts, seed, DrawSite.clientKeepAlive, number, session) ? 1 : 0);
  Client.http10.set(memory, client, drawChance(http10Parts ?? 0, seed, DrawSite.clientVersion, number, session) ? 1 : 0);
  Client.resumeCycle.set(memory, client, side.hosts.nowCycle());
  Client.busy.set(memory, client, 1);
  ClientsState.busy.add(memory, side.state, 1);
  Population.sessions.add(memory, populationOf(side, client), 1);
}

/** Goes on with a client's session as far as it goes now. */
export function proceed(side: ClientSide, client: ClientAddress): void {
  const { memory } = side;
  while (Client.busy.get(memory, client) !== 0) {
    beginRequests(side, client);
    if (Client.pendingCount.get(memory, client) === 0) {
      if (Client.requestsLeft.get(memory, client) > 0) break;
      endSession(side, client);
      continue;
    }
    if (Client.retryCycle.get(memory, client) > side.hosts.nowCycle()) break;
    if (Client.connection.get(memory, client) === NO_CONNECTION && !connect(side, client)) continue;
    if (Client.opened.get(memory, client) === 0 || !writeRequests(side, client)) break;
  }
  setAlarm(side, client);
}

/** Something has happened to the client's connection: bits of TcpEvent. */
export function hearOf(side: ClientSide, client: ClientAddress, connection: ConnectionAddress, events: number): void {
  const { memory } = side;
  if (Client.connection.get(memory, client) !== connection) return;
  if ((events & TcpEvent.opened) !== 0) Client.opened.set(memory, client, 1);
  const gone = (events & TcpEvent.gone) !== 0;
  if ((events & (TcpEvent.readable | TcpEvent.ended | TcpEvent.gone)) !== 0) readAnswers(side, client, gone);
  if (gone && Client.connection.get(memory, client) === connection) lost(side, client, connection);
  proceed(side, client);
}

/** The client's alarm has gone off. */
export function wake(side: ClientSide, client: ClientAddress): void {
  if (leavesBytes(side, client)) readAnswers(side, client, false);
  const deadline = headDeadline(side, client);
  if (deadline > 0 && deadline <= side.hosts.nowCycle()) fail(side, client, "timedOut");
  proceed(side, client);
}

function endSession(side: ClientSide, client: ClientAddress): void {
  const { memory } = side;
  const population = populationOf(side, client);
  dropConnection(side, client, false);
  Client.busy.set(memory, client, 0);
  ClientsState.busy.add(memory, side.state, -1);
  if (Population.waiting.get(memory, population) > 0) dropLate(side, population);
  if (Population.waiting.get(memory, population) === 0) return queueIdle(memory, population, client);
  Population.waiting.add(memory, population, -1);
  beginSession(side, client);
}

/** Sessions that waited until it was too late do not begin. */
function dropLate(side: ClientSide, population: PopulationAddress): void {
  const { memory, state, stopTick } = side;
  if (side.hosts.nowCycle() <= (ClientsState.beginTick.get(memory, state) + stopTick) * CYCLES_PER_TICK) return;
  Population.sessionsDropped.add(memory, population, Population.waiting.get(memory, population));
  Population.waiting.set(memory, population, 0);
}

/** Begins a connection. False if that cannot be: the request has failed, or waits. */
function connect(side: ClientSide, client: ClientAddress): boolean {
  const { memory, state, hosts } = side;
  const population = populationOf(side, client);
  const key = ClientsState.key.at(state);
  memory.fill(key, FlowKey.size, 0);
  const server = Population.server.at(population);
  memory.copy(key + FlowKey.source0.offset, server, 16);
  memory.copy(key + FlowKey.destination0.offset, Population.first.at(population), 16);
  // Addresses follow each other in their last word.
  const last = key + (HostAddress.family.get(memory, server) === 4 ? FlowKey.destination0.offset : FlowKey.destination3.offset);
  const number = Client.number.get(memory, client);
  const moved = side.choose(SimSite.callerMoves, number, MOVES_MAX + 1) << ADDRESS_BITS;
  memory.view.setInt32(last, memory.view.getInt32(last) + number - Population.firstClient.get(memory, population) + moved);
  FlowKey.sourcePort.set(memory, key, Population.serverPort.get(memory, population));
  FlowKey.family.set(memory, key, HostAddress.family.get(memory, server));
  const connection = tcpConnect(hosts.heap, hosts.port, hosts.stack, key, client);
  if (connection < 0) {
    fail(side, client, "connectFailed");
    return false;
  }
  Population.connections.add(memory, population, 1);
  Client.connection.set(memory, client, connection);
  return true;
}

/** The connection is over, and not because both sides closed it. */
function lost(side: ClientSide, client: ClientAddress, connection: ConnectionAddress): void {
  const { memory } = side;
  const idle = Client.pendingCount.get(memory, client) === 0;
  if (idle && Client.opened.get(memory, client) !== 0) {
    Population.idleCloses.add(memory, populationOf(side, client), 1);
    return dropConnection(side, client, false);
  }
  fail(side, client, kindOf(TcpConnection.fate.get(memory, connection), Client.opened.get(memory, client) !== 0));
}

function kindOf(fate: number, opened: boolean): ErrorKind {
  if (fate === TcpFate.refused) return "connectRefused";
  if (fate === TcpFate.timedOut) return opened ? "connectionTimedOut" : "connectTimedOut";
  return "connectionReset";
}

function headDeadline(side: ClientSide, client: ClientAddress): number {
  return Client.pendingCount.get(side.memory, client) === 0 ? 0 : PendingRequest.deadlineCycle.get(side.memory, pendingAt(side, client, 0));
}

/** When the client does something by itself again. */
function setAlarm(side: ClientSide, client: ClientAddress): void {
  const { memory, alarms } = side;
  const now = side.hosts.nowCycle();
  const number = Client.number.get(memory, client);
  let cycle = headDeadline(side, client);
  if (Client.busy.get(memory, client) !== 0) {
    if (Client.requestsLeft.get(memory, client) > 0) cycle = sooner(cycle, Client.resumeCycle.get(memory, client), now);
    cycle = sooner(cycle, Client.retryCycle.get(memory, client), now);
    if (Client.stuck.get(memory, client) !== 0 || leavesBytes(side, client)) cycle = sooner(cycle, (Math.floor(now / CYCLES_PER_TICK) + 1) * CYCLES_PER_TICK, now);
  }
  if (cycle === 0) alarmClear(memory, alarms, number);
  else alarmSet(memory, alarms, number, cycle);
}

/** The sooner of two cycles, of which the first may be 0 for none, and the second counts only if it is to come. */
function sooner(cycle: number, other: number, now: number): number {
  return other > now && (cycle === 0 || other < cycle) ? other : cycle;
}
