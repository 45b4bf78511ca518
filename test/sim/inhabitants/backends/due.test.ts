import { expect, test } from "vitest";
import fc from "fast-check";
import { Memory } from "../../../../hal/memory.ts";
import { agendaOpen } from "../../../../sim/inhabitants/agenda.ts";
import { dueFirst, duePut, dueTake } from "../../../../sim/inhabitants/backends/due.ts";
import type { BackendConnectionAddress, BackendsAddress } from "../../../../sim/inhabitants/backends/records.ts";
import { BackendConnection, BackendsState, NO_BACKEND_CONNECTION } from "../../../../sim/inhabitants/backends/records.ts";

const COUNT = 40;

test("what is due comes by tick, then in order, whoever was taken out in between", () => {
  const steps = fc.array(fc.record({ number: fc.integer({ min: 0, max: COUNT - 1 }), tick: fc.integer({ min: 0, max: 20 }) }), { maxLength: 300 });
  fc.assert(
    fc.property(steps, (all) => {
      const state = 8 as BackendsAddress;
      const connectionsAt = 8 + BackendsState.size;
      const dueAt = connectionsAt + COUNT * BackendConnection.size;
      const memory = new Memory(new ArrayBuffer(dueAt + COUNT * 4));
      agendaOpen(memory, BackendsState.agenda.at(state), dueAt, COUNT);
      const at = (number: number): BackendConnectionAddress => (connectionsAt + number * BackendConnection.size) as BackendConnectionAddress;
      const expected: { number: number; tick: number; order: number }[] = [];
      all.forEach(({ number, tick }, order) => {
        const known = expected.findIndex((entry) => entry.number === number);
        dueTake(memory, state, at(number));
        if (known >= 0) expected.splice(known, 1);
        else {
          duePut(memory, state, at(number), tick);
          expected.push({ number, tick, order });
        }
        expected.sort((one, other) => one.tick - other.tick || one.order - other.order);
        expect(dueFirst(memory, state)).toBe(expected.length === 0 ? NO_BACKEND_CONNECTION : at(expected[0].number));
      });
      const left: number[] = [];
      for (let due = dueFirst(memory, state); due !== NO_BACKEND_CONNECTION; due = dueFirst(memory, state)) {
        left.push((due - connectionsAt) / BackendConnection.size);
        dueTake(memory, state, due);
      }
      expect(left).toEqual(expected.map(({ number }) => number));
    }),
    { seed: 1, numRuns: 300 },
  );
});
