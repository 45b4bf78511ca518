/** Many sessions begin at once, beside those that are planned. */

import { SimSite } from "../../chance/site.ts";
import { burst as begin } from "../../inhabitants/clients/arrivals.ts";
import { BURST_SESSIONS_MAX } from "../../inhabitants/clients/limits.ts";
import { clientsOf } from "../../scenario/surroundings.ts";
import type { World } from "../../world.ts";
import type { Fault } from "../fault.ts";

export const burst: Fault = Object.freeze<Fault>({
  name: "client.burst",
  layer: "client",
  summary: "many sessions begin at once, beside those that are planned",
  site: SimSite.callersBurst,
  parameters: Object.freeze({
    mostSessions: Object.freeze({ value: 8, unit: "count", least: 1, most: BURST_SESSIONS_MAX, help: "so many at most" }),
  }),
  answer: ({ mostSessions }, n, draw) => 1 + draw(0, Math.min(mostSessions, n - 1)),
  act: Object.freeze({
    entities: (world: World) => clientsOf(world)?.side.plans.map((_, number) => number) ?? [],
    answers: () => BURST_SESSIONS_MAX + 1,
    perform: (world: World, population: number, sessions: number) => {
      const clients = clientsOf(world);
      if (clients !== null) world.inhabitants?.meddle(() => begin(clients.side, population, sessions));
    },
  }),
  words: (answer) => `${answer} sessions more begin at once`,
});
