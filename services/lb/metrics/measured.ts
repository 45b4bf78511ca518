/**
 * What is measured in cycles: how long decisions took, and connections lasted. Both histograms lie in one block that is
 * made at the process's start, unless it would take more than a quarter of the arena: a balancer that is short of
 * memory routes, and measures nothing.
 */

import type { Address } from "../../../hal/field.ts";
import { nested } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { RequestDescriptor } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Histogram, histogramAdd } from "./histogram.ts";

/** High words from here on stand for 2^53 and more. */
const HIGH_END = 0x20_0000;
/** The arena is at least so many times as large as the block. */
const ARENA_SHARE = 4;

export const Measures = layout("Measures", {
  /** From a complete head to the decision on its way to net. */
  decisionCycles: nested(Histogram)("statistic"),
  /** From a connection's opening to its end; only under semantics=strict. */
  connectionCycles: nested(Histogram)("statistic"),
});

/** Makes room to measure, once, if the arena can spare it. */
export function measuresCreate(heap: Heap, balancer: BalancerAddress): void {
  if (Measures.size * ARENA_SHARE > heap.memory.bytes) return;
  const measures = heap.allocate(Measures.size);
  if (measures < 0) return;
  heap.memory.fill(measures, Measures.size, 0);
  Balancer.measures.set(heap.memory, balancer, measures);
}

/** A decision was sent, `cycles` after its request's head was complete; -1 where nobody knows, counted as left out. */
export function decisionMeasured(memory: Memory, balancer: BalancerAddress, cycles: number): void {
  const measures = Balancer.measures.get(memory, balancer);
  if (measures !== 0) histogramAdd(memory, Measures.decisionCycles.at(measures as Address<"Measures">), cycles);
}

/** A connection was closed, `cycles` after it was opened. */
export function connectionMeasured(memory: Memory, balancer: BalancerAddress, cycles: number): void {
  const measures = Balancer.measures.get(memory, balancer);
  if (measures !== 0) histogramAdd(memory, Measures.connectionCycles.at(measures as Address<"Measures">), cycles);
}

/** Cycles since the head of a described request was complete: another process's word, so -1 if it cannot be true. */
export function requestAgeCycles(shared: Memory, descriptor: Address<"RequestDescriptor">, nowCycle: number): number {
  const high = RequestDescriptor.arrivalCycle.high(shared, descriptor);
  if (high < 0 || high >= HIGH_END) return -1;
  const age = nowCycle - RequestDescriptor.arrivalCycle.get(shared, descriptor);
  return age < 0 ? -1 : age;
}
