/** The link is down for a time: what is on the wire arrives at a dead end, and the driver is told. */

import { SimSite } from "../../chance/site.ts";
import type { Act, Fault } from "../fault.ts";
import { nicAt, nicsOf } from "../nic/nics.ts";

const LANE = 1;
const ANSWERS = 10_001;

const act: Act = Object.freeze<Act>({
  entities: nicsOf,
  answers: () => ANSWERS,
  perform: (world, entity) => nicAt(world, entity).wire.plug(false),
  lastsTicks: (answer) => answer,
  mend: (world, entity) => nicAt(world, entity).wire.plug(true),
});

export const linkDown: Fault = Object.freeze<Fault>({
  name: "wire.link-down",
  layer: "wire",
  summary: "the link is down for a time; asked once in each tick",
  site: SimSite.linkDown,
  parameters: Object.freeze({
    ticksMost: Object.freeze({ value: 30, unit: "ticks", least: 1, most: ANSWERS - 1, help: "how long it is down at most" }),
  }),
  answer: (values, n, draw) => 1 + draw(LANE, Math.min(n - 1, values["ticksMost"])),
  act,
  words: (answer) => `the link is down for ${answer} ticks`,
});
