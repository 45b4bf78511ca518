/** A bit of a named structure of hal or kernel changes by itself, as by radiation. Nobody need survive that. */

import { SimSite } from "../../chance/site.ts";
import type { Act, Fault } from "../fault.ts";
import { structureAt, structureNumbers } from "./structures.ts";

const LANE = 1;

const act: Act = Object.freeze<Act>({
  entities: ({ machine }) => structureNumbers(machine),
  answers: ({ machine }, entity) => 1 + structureAt(machine, entity).bytes * 8,
  perform: ({ machine }, entity, answer) => flipBit(machine.ram.u8, structureAt(machine, entity).base, answer - 1),
});

export const flip: Fault = Object.freeze<Fault>({
  name: "memory.flip",
  layer: "memory",
  summary: "a bit of a structure of hal or kernel flips; asked once in each tick about each structure",
  site: SimSite.bitFlips,
  parameters: Object.freeze({}),
  answer: (_values, n, draw) => 1 + draw(LANE, n - 1),
  act,
  words: (answer) => `bit ${(answer - 1) & 7} of byte ${(answer - 1) >> 3} flips`,
});

/** Bit `bit` counted from the first of the byte at `base`. */
export function flipBit(bytes: Uint8Array, base: number, bit: number): void {
  bytes[base + Math.floor(bit / 8)] ^= 1 << bit % 8;
}
