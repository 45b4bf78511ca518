/** An allocation in a process's own arena fails, as if there was no memory left: any, or from the n-th of a process on. */

import { KernelChoice } from "../../../kernel/crossing.ts";
import type { Fault } from "../fault.ts";

const LANE = 1;
const MILLION = 1_000_000;

export const allocation: Fault = Object.freeze<Fault>({
  name: "memory.allocation",
  layer: "memory",
  summary: "an allocation in a process's own arena fails",
  site: KernelChoice.memoryShort,
  parameters: Object.freeze({
    spared: Object.freeze({ value: 0, unit: "count", least: 0, most: MILLION, help: "so many of each process succeed first" }),
  }),
  strikes: ({ ordinal, parts, values, drawAt }) => ordinal >= values["spared"] && drawAt(ordinal)(LANE, MILLION) < parts,
  words: () => "there is no memory for it",
});
