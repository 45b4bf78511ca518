import { expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { AILMENTS_MAX, AILMENT_BYTES, Ailments } from "../../../sim/faults/ailments.ts";

function make(): { readonly memory: Memory; readonly ailments: Ailments; readonly mended: number[][]; mend(tick: number): void } {
  const memory = new Memory(new ArrayBuffer(AILMENT_BYTES));
  const ailments = new Ailments(memory, 0);
  const mended: number[][] = [];
  return { memory, ailments, mended, mend: (tick) => ailments.take(tick, (site, entity) => mended.push([site, entity])) };
}

test("each ailment is mended once, at its tick and not before", () => {
  const { ailments, mended, mend, memory } = make();
  ailments.add(96, 1, 10);
  ailments.add(96, 2, 5);
  ailments.add(130, 1, 10);
  expect(ailments.nextTick()).toBe(5);
  mend(4);
  expect(mended).toEqual([]);
  mend(5);
  expect([mended, ailments.nextTick()]).toEqual([[[96, 2]], 10]);
  mend(10);
  mend(10);
  expect([mended, ailments.nextTick()]).toEqual([[[96, 2], [96, 1], [130, 1]], -1]);
  expect(memory.u8.every((byte) => byte === 0)).toBe(true);
});

test("what is broken is not broken again, by site and entity", () => {
  const { ailments } = make();
  ailments.add(96, 1, 10);
  expect([ailments.keeps(96, 1), ailments.keeps(96, 2), ailments.keeps(97, 1)]).toEqual([true, false, false]);
});

test(`${AILMENTS_MAX} things may be broken at once; nothing more breaks until one is mended`, () => {
  const { ailments, mended, mend } = make();
  for (let entity = 0; entity < AILMENTS_MAX; entity++) {
    expect(ailments.keeps(96, entity)).toBe(false);
    ailments.add(96, entity, 10 + entity);
  }
  expect(ailments.keeps(97, 0)).toBe(true);
  mend(10);
  expect([mended.length, ailments.keeps(97, 0)]).toEqual([1, false]);
});
