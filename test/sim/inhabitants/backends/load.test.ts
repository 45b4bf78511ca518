import { expect, test } from "vitest";
import fc from "fast-check";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { hashBytes } from "../../../../hal/snapshot.ts";
import { backendsAccount } from "../../../../sim/inhabitants/backends/account.ts";
import { SAMPLES_MAX, SAMPLE_TICKS } from "../../../../sim/inhabitants/backends/limits.ts";
import { loadAdd, loadCount, sampleAt } from "../../../../sim/inhabitants/backends/load.ts";
import { BackendRecord, LoadSample } from "../../../../sim/inhabitants/backends/records.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { Stage, get } from "./stage.ts";

const RECORD = 0 as Address<"BackendRecord">;

function emptyBackend(): Memory {
  const memory = new Memory(new ArrayBuffer(BackendRecord.size + SAMPLES_MAX * LoadSample.size));
  BackendRecord.samplesAt.set(memory, RECORD, BackendRecord.size);
  BackendRecord.samples.set(memory, RECORD, 1);
  BackendRecord.sampleTicks.set(memory, RECORD, SAMPLE_TICKS);
  return memory;
}

test("samples cover the whole time, in ever longer stretches, and add up to the sums", () => {
  const changes = fc.array(fc.record({ ticks: fc.integer({ min: 0, max: 900 }), working: fc.integer({ min: 0, max: 5 }), waiting: fc.integer({ min: 0, max: 3 }), counts: fc.integer({ min: 0, max: 2 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(changes, (all) => {
      const memory = emptyBackend();
      // Each tick by itself: how many worked, waited, came.
      const worked: number[] = [];
      const waited: number[] = [];
      const came: number[] = [];
      let tick = 0;
      for (const { ticks, working, waiting, counts } of all) {
        for (let i = 0; i < ticks; i++, tick++) {
          worked[tick] = BackendRecord.working.get(memory, RECORD);
          waited[tick] = BackendRecord.waiting.get(memory, RECORD);
        }
        loadAdd(memory, RECORD, tick);
        BackendRecord.working.set(memory, RECORD, working);
        BackendRecord.waiting.set(memory, RECORD, waiting);
        for (let i = 0; i < counts; i++) loadCount(memory, RECORD, LoadSample.requests);
        came[tick] = (came[tick] ?? 0) + counts;
      }
      const sum = (values: readonly number[], from: number, to: number): number => values.slice(from, to).reduce((total, value) => total + (value ?? 0), 0);
      const stretch = BackendRecord.sampleTicks.get(memory, RECORD);
      const samples = BackendRecord.samples.get(memory, RECORD);
      expect(samples).toBe(Math.floor(tick / stretch) + 1);
      expect(samples).toBeLessThanOrEqual(SAMPLES_MAX);
      for (let number = 0; number < samples; number++) {
        const sample = sampleAt(memory, RECORD, number);
        const [from, to] = [number * stretch, (number + 1) * stretch];
        expect(LoadSample.workTicks.get(memory, sample)).toBe(sum(worked, from, to));
        expect(LoadSample.waitTicks.get(memory, sample)).toBe(sum(waited, from, to));
        expect(LoadSample.requests.get(memory, sample)).toBe(sum(came, from, to));
      }
      expect(BackendRecord.workTicks.get(memory, RECORD)).toBe(sum(worked, 0, tick));
      expect(BackendRecord.waitTicks.get(memory, RECORD)).toBe(sum(waited, 0, tick));
      expect(BackendRecord.busyTicks.get(memory, RECORD)).toBe(worked.filter((count) => count > 0).length);
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("a long silence costs nothing worth mentioning", () => {
  const memory = emptyBackend();
  BackendRecord.working.set(memory, RECORD, 1);
  // More ticks than a clock of cycles counts.
  const end = 2 ** 34;
  loadAdd(memory, RECORD, end);
  expect(BackendRecord.workTicks.get(memory, RECORD)).toBe(end);
  expect(BackendRecord.samples.get(memory, RECORD)).toBeLessThanOrEqual(SAMPLES_MAX);
});

test("whoever looks changes nothing", () => {
  const stage = new Stage({ serviceTicks: constantly(100) });
  const seen = stage.open();
  stage.step(3);
  stage.send(seen, get());
  stage.step(50);
  const before = hashBytes(stage.server.memory);
  const account = backendsAccount(stage.backends, stage.tick + 40);
  expect(hashBytes(stage.server.memory)).toBe(before);
  expect(account.backends[0]).toMatchObject({ name: "2.0.0.10:8001", mode: "up", workTicks: 49 + 40, sampleTicks: SAMPLE_TICKS });
  expect(account.backends[0].load).toHaveLength(6);
  expect(account.backends[0].load.map(({ working }) => working)).toEqual([Math.round((100 * 11) / 16), 100, 100, 100, 100, 100]);
  expect(account.backends[0].load[0].requests).toBe(1);
});
