import { describe, expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { CHANCE_BYTES } from "../../../sim/chance/chance-state.ts";
import { Chance } from "../../../sim/chance/chance.ts";
import type { Decider } from "../../../sim/chance/decider.ts";

const SITE = 64;

function make(): { readonly chance: Chance; readonly ticks: number[] } {
  const chance = new Chance();
  const ticks: number[] = [];
  const decider: Decider = { sites: new Set([SITE]), decide: ({ tick }) => (ticks.push(tick), null) };
  chance.settle({ memory: new Memory(new ArrayBuffer(CHANCE_BYTES)), at: 0, tick: () => 100 });
  chance.decideBy(decider);
  return { chance, ticks };
}

describe("chance", () => {
  test("may be asked about a tick to come: rules count from where it was armed", () => {
    const { chance, ticks } = make();
    chance.arm();
    chance.choose(SITE, 0, 2);
    chance.chooseAt(SITE, 0, 2, 130);
    expect(ticks).toEqual([0, 30]);
  });

  test("says whether it may ever answer otherwise than 0: only while it is armed, only at its sites", () => {
    const { chance } = make();
    expect(chance.mayDeviate(SITE)).toBe(false);
    chance.arm();
    expect([chance.mayDeviate(SITE), chance.mayDeviate(SITE + 1)]).toEqual([true, false]);
    chance.disarm();
    expect(chance.mayDeviate(SITE)).toBe(false);
    expect(new Chance().mayDeviate(SITE)).toBe(false);
  });
});
