/**
 * A backend's load over time: sums since its beginning, and a bounded row of samples that covers the whole run. When the row
 * is full each two samples become one that stands for twice the time. Nothing happens by itself: whoever changes what a
 * backend is doing adds up first, and so does whoever looks.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { SAMPLES_MAX } from "./limits.ts";
import type { BackendAddress } from "./records.ts";
import { BackendRecord, LoadSample } from "./records.ts";

type Sample = Address<"LoadSample">;

/** Adds up what went on until `tick` (below 2^37): before working, waiting, or a sample's counts change. */
export function loadAdd(memory: Memory, backend: BackendAddress, tick: number): void {
  for (let since = BackendRecord.sinceTick.get(memory, backend); since < tick; since = BackendRecord.sinceTick.get(memory, backend)) {
    const end = BackendRecord.sampleTick.get(memory, backend) + BackendRecord.sampleTicks.get(memory, backend);
    addStretch(memory, backend, Math.min(tick, end) - since);
    if (end <= tick) beginSample(memory, backend, end);
  }
}

/** A request has come, or a connection ended badly, at the tick up to which was added up. */
export function loadCount(memory: Memory, backend: BackendAddress, counter: typeof LoadSample.requests): void {
  counter.add(memory, sampleAt(memory, backend, BackendRecord.samples.get(memory, backend) - 1), 1);
}

export function sampleAt(memory: Memory, backend: BackendAddress, number: number): Sample {
  return (BackendRecord.samplesAt.get(memory, backend) + number * LoadSample.size) as Sample;
}

function addStretch(memory: Memory, backend: BackendAddress, ticks: number): void {
  const working = BackendRecord.working.get(memory, backend);
  const waiting = BackendRecord.waiting.get(memory, backend);
  const sample = sampleAt(memory, backend, BackendRecord.samples.get(memory, backend) - 1);
  if (working > 0) BackendRecord.busyTicks.add(memory, backend, ticks);
  BackendRecord.workTicks.add(memory, backend, working * ticks);
  BackendRecord.waitTicks.add(memory, backend, waiting * ticks);
  LoadSample.workTicks.add(memory, sample, working * ticks);
  LoadSample.waitTicks.add(memory, sample, waiting * ticks);
  BackendRecord.sinceTick.add(memory, backend, ticks);
}

function beginSample(memory: Memory, backend: BackendAddress, tick: number): void {
  let samples = BackendRecord.samples.get(memory, backend);
  BackendRecord.sampleTick.set(memory, backend, tick);
  if (samples === SAMPLES_MAX) {
    for (let number = 0; number < SAMPLES_MAX >> 1; number++) merge(memory, sampleAt(memory, backend, number), sampleAt(memory, backend, 2 * number), sampleAt(memory, backend, 2 * number + 1));
    samples = SAMPLES_MAX >> 1;
    BackendRecord.sampleTicks.set(memory, backend, BackendRecord.sampleTicks.get(memory, backend) * 2);
  }
  memory.fill(sampleAt(memory, backend, samples), LoadSample.size, 0);
  BackendRecord.samples.set(memory, backend, samples + 1);
}

function merge(memory: Memory, into: Sample, one: Sample, other: Sample): void {
  LoadSample.workTicks.set(memory, into, LoadSample.workTicks.get(memory, one) + LoadSample.workTicks.get(memory, other));
  LoadSample.waitTicks.set(memory, into, LoadSample.waitTicks.get(memory, one) + LoadSample.waitTicks.get(memory, other));
  LoadSample.requests.set(memory, into, LoadSample.requests.get(memory, one) + LoadSample.requests.get(memory, other));
  LoadSample.faults.set(memory, into, LoadSample.faults.get(memory, one) + LoadSample.faults.get(memory, other));
}
