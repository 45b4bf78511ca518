/** A bit anywhere in RAM changes by itself: code has none here, so it is data of hal, kernel or a service, or nobody's. */

import { SimSite } from "../../chance/site.ts";
import type { Act, Fault } from "../fault.ts";
import { flipBit } from "./flip.ts";

const LANE = 1;
/** A question has fewer answers than this: of a larger RAM the first 256 MiB. */
const ANSWERS_MAX = 0x7fff_ffff;

const act: Act = Object.freeze<Act>({
  entities: () => [0],
  answers: ({ machine }) => Math.min(ANSWERS_MAX, 1 + machine.ram.bytes * 8),
  perform: ({ machine }, _entity, answer) => flipBit(machine.ram.u8, 0, answer - 1),
});

export const flipAnywhere: Fault = Object.freeze<Fault>({
  name: "memory.flip-anywhere",
  layer: "memory",
  summary: "a bit anywhere in RAM flips; asked once in each tick",
  site: SimSite.bitFlipsAnywhere,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(LANE, n - 1),
  act,
  words: (answer) => `bit ${(answer - 1) & 7} of the byte at ${Math.floor((answer - 1) / 8)} flips`,
});
