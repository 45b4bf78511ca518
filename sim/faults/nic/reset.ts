/** The NIC resets itself, as after power-on: what is in flight is lost, and it waits to be set up. */

import { SimSite } from "../../chance/site.ts";
import type { Act, Fault } from "../fault.ts";
import { nicAt, nicsOf } from "./nics.ts";

const act: Act = Object.freeze<Act>({
  entities: nicsOf,
  answers: () => 2,
  perform: (world, entity) => nicAt(world, entity).reset(),
});

export const reset: Fault = Object.freeze<Fault>({
  name: "nic.reset",
  layer: "nic",
  summary: "the NIC is reset behind its driver's back; asked once in each tick",
  site: SimSite.nicReset,
  parameters: Object.freeze({}),
  act,
  words: () => "the NIC is reset",
});
