/** A backend becomes slow: whatever it works on from now on takes several times as long, for a time. */

import { SimSite } from "../../chance/site.ts";
import { BackendRecord } from "../../inhabitants/backends/records.ts";
import { memoryOf } from "../../inhabitants/backends/site.ts";
import { backendAt, PLANNED_HUNDREDTHS } from "../../inhabitants/backends/tables.ts";
import type { World } from "../../world.ts";
import type { Fault } from "../fault.ts";
import { LASTS_TICKS_MAX, backendNumbers, lastingParameters, lastingTicks, meddle } from "./lasting.ts";

/** Times as long: from 2 on. */
const TIMES_MAX = 1000;

const ticksOf = (answer: number): number => ((answer - 1) % LASTS_TICKS_MAX) + 1;
const timesOf = (answer: number): number => 2 + Math.floor((answer - 1) / LASTS_TICKS_MAX);

export const slow: Fault = Object.freeze<Fault>({
  name: "backend.slow",
  layer: "backend",
  summary: "a backend takes several times as long for everything, for a time",
  site: SimSite.backendSlow,
  parameters: Object.freeze({
    ...lastingParameters,
    times: Object.freeze({ value: 20, unit: "count", least: 2, most: TIMES_MAX, help: "it takes so many times as long at most" }),
  }),
  answer: (values, _n, draw) => lastingTicks(values, draw) + draw(1, values["times"] - 1) * LASTS_TICKS_MAX,
  act: Object.freeze({
    entities: backendNumbers,
    answers: () => (TIMES_MAX - 1) * LASTS_TICKS_MAX + 1,
    perform: (world: World, number: number, answer: number) => multiply(world, number, timesOf(answer) * PLANNED_HUNDREDTHS),
    lastsTicks: ticksOf,
    mend: (world: World, number: number) => multiply(world, number, 0),
  }),
  bearable: true,
  words: (answer) => `it takes ${timesOf(answer)} times as long for ${ticksOf(answer)} ticks`,
});

function multiply(world: World, number: number, hundredths: number): void {
  meddle(world, (backends) => BackendRecord.ailingHundredths.set(memoryOf(backends), backendAt(memoryOf(backends), backends.state, number), hundredths));
}
