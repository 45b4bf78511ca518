/** When sessions begin: each population has one alarm, for its next arrival. A session for which no client is free waits. */

import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import { alarmSet } from "../alarms.ts";
import { drawFrom } from "../distribution.ts";
import { DrawSite } from "../../chance/draw.ts";
import { beginSession, proceed } from "./course.ts";
import { ARRIVALS_PER_TICK_MAX } from "./limits.ts";
import { takeIdle } from "./population.ts";
import type { PopulationAddress } from "./records.ts";
import { ClientsState, Population } from "./records.ts";
import type { ClientSide } from "./side.ts";
import { populationAt } from "./side.ts";

/** Ticks of plans count from the first tick at which anybody may do anything. */
export function awaitBeginning(side: ClientSide): void {
  const { memory, state, alarms, plans } = side;
  for (let number = 0; number < plans.length; number++) alarmSet(memory, alarms, ClientsState.clients.get(memory, state) + number, CYCLES_PER_TICK);
}

/** The alarm of a population has gone off: its next sessions begin, unless it is the first alarm. */
export function arrive(side: ClientSide, number: number): void {
  const { memory, state, plans } = side;
  const population = populationAt(side, number);
  if (ClientsState.beginTick.get(memory, state) === 0) ClientsState.beginTick.set(memory, state, Math.floor(side.hosts.nowCycle() / CYCLES_PER_TICK));
  if (Population.arrivalTick.get(memory, population) === 0) return scheduleFirst(side, number, population);
  const { arrival } = plans[number];
  const sessions = arrival.kind === "bursty" ? arrival.sessions : 1;
  for (let i = 0; i < sessions; i++) beginArrival(side, population);
  schedule(side, number, population, gapBehind(side, number, population));
}

/** So many sessions begin at once, whatever is planned: nothing happens before the first alarm, and when no session begins any more. */
export function burst(side: ClientSide, number: number, sessions: number): void {
  const { memory, state } = side;
  const population = populationAt(side, number);
  if (ClientsState.beginTick.get(memory, state) === 0 || Population.over.get(memory, population) !== 0) return;
  for (let i = 0; i < sessions; i++) beginArrival(side, population);
}

/** One session more, though none was to begin any more. Nothing happens before the first alarm. */
export function encore(side: ClientSide, number: number): void {
  if (ClientsState.beginTick.get(side.memory, side.state) !== 0) beginArrival(side, populationAt(side, number));
}

/** Whether no session will begin any more, and none waits. */
export function isOver({ memory }: ClientSide, population: PopulationAddress): boolean {
  return Population.over.get(memory, population) !== 0 && Population.waiting.get(memory, population) === 0;
}

function scheduleFirst(side: ClientSide, number: number, population: PopulationAddress): void {
  const { memory, state, plans } = side;
  const { arrival } = plans[number];
  Population.arrivalTick.set(memory, population, ClientsState.beginTick.get(memory, state));
  const gap = arrival.kind === "drawn" || arrival.kind === "listed" ? gapBehind(side, number, population) : 0;
  // Nobody has arrived at this tick so far.
  Population.arrivalsNow.set(memory, population, 0);
  schedule(side, number, population, gap);
}

function beginArrival(side: ClientSide, population: PopulationAddress): void {
  const { memory } = side;
  Population.arrivals.add(memory, population, 1);
  const client = takeIdle(memory, population);
  if (client === 0) {
    Population.sessionsWaited.add(memory, population, 1);
    Population.waiting.add(memory, population, 1);
    return;
  }
  beginSession(side, client);
  proceed(side, client);
}

/** Ticks from one arrival to the next; -1 if there is none. */
function gapBehind(side: ClientSide, number: number, population: PopulationAddress): number {
  const { memory, state, plans, seed } = side;
  const { arrival } = plans[number];
  const arrivals = Population.arrivals.get(memory, population);
  switch (arrival.kind) {
    case "drawn": {
      const gap = drawFrom(arrival.gapTicks, seed, DrawSite.clientArrival, number, arrivals);
      const same = gap === 0 ? Population.arrivalsNow.get(memory, population) + 1 : 0;
      Population.arrivalsNow.set(memory, population, same < ARRIVALS_PER_TICK_MAX ? same : 0);
      return same < ARRIVALS_PER_TICK_MAX ? gap : 1;
    }
    case "listed": {
      if (arrivals >= arrival.ticks.length) return -1;
      return Math.max(0, ClientsState.beginTick.get(memory, state) + arrival.ticks[arrivals] - Population.arrivalTick.get(memory, population));
    }
    default:
      return Math.max(1, arrival.everyTicks);
  }
}

function schedule(side: ClientSide, number: number, population: PopulationAddress, gapTicks: number): void {
  const { memory, state, alarms, stopTick } = side;
  const tick = Population.arrivalTick.get(memory, population) + gapTicks;
  if (gapTicks < 0 || tick > ClientsState.beginTick.get(memory, state) + stopTick) {
    Population.over.set(memory, population, 1);
    return;
  }
  Population.arrivalTick.set(memory, population, tick);
  alarmSet(memory, alarms, ClientsState.clients.get(memory, state) + number, tick * CYCLES_PER_TICK);
}
