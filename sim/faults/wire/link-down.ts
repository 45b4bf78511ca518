/** The link is down for a time: what is on the wire arrives at a dead end, and the driver is told. */

import { SimSite } from "../../chance/site.ts";
import type { Act, Fault } from "../fault.ts";
import type { World } from "../../world.ts";

const LANE = 1;
const ANSWERS = 10_001;

/** The device number of the world's NIC. */
function nics({ machine, nic }: World): readonly number[] {
  const device = machine.board.device(nic);
  return device === undefined ? [] : [device.number];
}

const act: Act = Object.freeze<Act>({
  entities: nics,
  answers: () => ANSWERS,
  perform: ({ machine }, entity) => machine.plug(machine.board.devices[entity].name, false),
  lastsTicks: (answer) => answer,
  mend: ({ machine }, entity) => machine.plug(machine.board.devices[entity].name, true),
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
