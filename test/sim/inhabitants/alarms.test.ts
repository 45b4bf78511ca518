import fc from "fast-check";
import { expect, it } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import { alarmClear, alarmSet, alarmsCreate, alarmsNextCycle, alarmsTake } from "../../../sim/inhabitants/alarms.ts";

const NUMBERS = 12;
const BYTES = 4096;
const SEED = 3;

function alarmsOf(): { memory: Memory; alarms: Address<"Agenda"> } {
  const memory = new Memory(new ArrayBuffer(BYTES));
  arenaFormat(memory, 0, BYTES);
  return { memory, alarms: alarmsCreate(arenaHeap(memory, 0), NUMBERS) as Address<"Agenda"> };
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), number: fc.nat(NUMBERS - 1), cycle: fc.nat(40) }),
  fc.record({ kind: fc.constant("clear" as const), number: fc.nat(NUMBERS - 1), cycle: fc.constant(0) }),
  fc.record({ kind: fc.constant("take" as const), number: fc.constant(0), cycle: fc.nat(40) }),
);

/** What is due first, of the plain map that the alarms are compared with. */
function firstOf(model: ReadonlyMap<number, number>): { number: number; cycle: number } | undefined {
  return [...model].map(([number, cycle]) => ({ number, cycle })).sort((a, b) => a.cycle - b.cycle || a.number - b.number)[0];
}

it("alarms go off by cycle, then by number, whatever is set, moved and cleared in between", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { memory, alarms } = alarmsOf();
      const model = new Map<number, number>();
      for (const { kind, number, cycle } of steps) {
        if (kind === "set") {
          alarmSet(memory, alarms, number, cycle);
          model.set(number, cycle);
        } else if (kind === "clear") {
          alarmClear(memory, alarms, number);
          model.delete(number);
        } else {
          const first = firstOf(model);
          const due = first !== undefined && first.cycle <= cycle ? first.number : -1;
          expect(alarmsTake(memory, alarms, cycle)).toBe(due);
          model.delete(due);
        }
        expect(alarmsNextCycle(memory, alarms)).toBe(firstOf(model)?.cycle ?? -1);
      }
    }),
    { seed: SEED, numRuns: 400 },
  );
});

it("no alarm goes off before its cycle", () => {
  const { memory, alarms } = alarmsOf();
  alarmSet(memory, alarms, 3, 2 ** 40);
  expect(alarmsTake(memory, alarms, 2 ** 40 - 1)).toBe(-1);
  expect(alarmsTake(memory, alarms, 2 ** 40)).toBe(3);
  expect(alarmsTake(memory, alarms, 2 ** 41)).toBe(-1);
});

it("alarms that find no room say so", () => {
  const memory = new Memory(new ArrayBuffer(BYTES));
  arenaFormat(memory, 0, BYTES);
  expect(alarmsCreate(arenaHeap(memory, 0), BYTES)).toBe(-5);
});
