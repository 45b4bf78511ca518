/**
 * Peak EWMA, as Finagle has it: of two candidates drawn at random by weight, the one with the smaller load. A backend's
 * load is its latency times its connections, the new one included, over its weight.
 *
 * The latency is an average that forgets exponentially, by 1/e in ten seconds, and that jumps to every sample above it:
 * a backend that grows slow is noticed at once, and believed again only after a while. Looking at it lets it decay.
 * A backend that was never measured goes first while it is idle, and last while it has connections.
 *
 * Latencies are kept in cycles and parts of 2^-20 of them, at most 2^32 - 1 cycles (4.3 s); time in steps of 2^-20 of
 * the ten seconds. The average is true to about one part in 2^19 a step.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { groupBackend } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { backendWeight } from "../health/slow-start.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { drawPair, firstOf, secondOf } from "./power-of-two.ts";

const CYCLES_PER_TICK = 1_000_000;
/** Parts of a cycle, and steps of the time in which the average loses a factor of e. */
const ONE = 2 ** 20;
/** 1,024 steps are 9,765,625 cycles: 2^20 of them are ten seconds. */
const STEPS = 1024;
const STEPS_CYCLES = 9_765_625;
/** After 32 times ten seconds nothing is left of a latency. */
const FORGOTTEN_CYCLES = 32 * 10_000_000_000;
const LATENCY_MAX = 0xffff_ffff;
/** Load of a backend with connections that was never measured: above every other (2^32 x 2^16 at most). */
const UNKNOWN_LOAD = 2 ** 48;

function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  const pair = drawPair(memory, group, request, tick);
  if (pair < 0) return -1;
  const one = firstOf(pair);
  const other = secondOf(pair);
  if (one === other) return one;
  const first = groupBackend(memory, group, one);
  const second = groupBackend(memory, group, other);
  const load = loadOf(memory, first, cycleOf(tick, 0));
  const otherLoad = loadOf(memory, second, cycleOf(tick, 0));
  return isLess(otherLoad, backendWeight(memory, group, second, tick), load, backendWeight(memory, group, first, tick)) ? other : one;
}

/** Latency now times connections, the new one included; below 2^49. */
function loadOf(memory: Memory, backend: BackendAddress, cycle: number): number {
  observe(memory, backend, 0, cycle);
  const connections = Backend.activeConnections.get(memory, backend);
  const latency = Backend.latencyCycles.get(memory, backend);
  if (latency === 0 && Backend.latencyParts.get(memory, backend) === 0) return connections === 0 ? 0 : UNKNOWN_LOAD + connections;
  return Math.max(1, latency) * (connections + 1);
}

/** Whether load/weight of the one is less than of the other, exactly: by whole quotients, then by remainders. */
function isLess(load: number, weight: number, otherLoad: number, otherWeight: number): boolean {
  const whole = Math.floor(load / weight);
  const otherWhole = Math.floor(otherLoad / otherWeight);
  if (whole !== otherWhole) return whole < otherWhole;
  return (load - whole * weight) * otherWeight < (otherLoad - otherWhole * otherWeight) * weight;
}

/** When that is which is said to happen at that tick, while the machine's clock stands at that cycle: operations' ticks may run ahead of it. */
export function cycleOf(tick: number, cycle: number): number {
  return Math.min(Math.max(cycle, tick * CYCLES_PER_TICK), Number.MAX_SAFE_INTEGER);
}

/**
 * A request to the backend ended at `cycle`, after `latencyCycles` (what is not between 1 and 2^32 - 1 counts as the
 * nearer of the two). A cycle before the last sample's counts as that one's.
 */
export function peakEwmaSample(memory: Memory, backend: BackendAddress, latencyCycles: number, cycle: number): void {
  observe(memory, backend, Math.min(Math.max(1, latencyCycles), LATENCY_MAX), cycle);
}

/** The published step, cost = cost x w + sample x (1 - w) with w = exp(-elapsed / ten seconds), or the sample if that is more. */
function observe(memory: Memory, backend: BackendAddress, sample: number, cycle: number): void {
  const cost = Backend.latencyCycles.get(memory, backend);
  const since = Backend.latencyAtCycle.get(memory, backend);
  if (sample > cost) {
    Backend.latencyCycles.set(memory, backend, sample);
    Backend.latencyParts.set(memory, backend, 0);
    Backend.latencyAtCycle.set(memory, backend, Math.max(since, cycle));
    return;
  }
  const parts = Backend.latencyParts.get(memory, backend);
  const elapsed = Math.min(Math.max(0, cycle - since), FORGOTTEN_CYCLES);
  const steps = Math.floor((elapsed * STEPS) / STEPS_CYCLES);
  if (steps === 0 || cost + parts === 0) return;
  const kept = peakEwmaKept(steps);
  const decayed = Math.max(1, cost * kept + sample * (ONE - kept) + Math.floor((parts * kept) / ONE));
  const whole = Math.floor(decayed / ONE);
  Backend.latencyCycles.set(memory, backend, whole);
  Backend.latencyParts.set(memory, backend, decayed - whole * ONE);
  Backend.latencyAtCycle.set(memory, backend, since + Math.floor((steps * STEPS_CYCLES) / STEPS));
}

/** exp(-1), exp(-1/32) and exp(-1/1024) in units of 2^-26, and the first 32 powers of each. */
const UNIT = 2 ** 26;
const WHOLES = powersOf(24_687_971);
const PARTS = powersOf(65_044_141);
const FINE_PARTS = powersOf(67_043_360);

function powersOf(base: number): readonly number[] {
  const powers = [UNIT];
  while (powers.length < 32) powers.push(Math.round((powers[powers.length - 1]! * base) / UNIT));
  return Object.freeze(powers);
}

/** exp(-steps / 2^20) in units of 2^-20; what is left of the exponent below 1/1024 is taken off evenly. */
export function peakEwmaKept(steps: number): number {
  if (steps >= 32 * ONE) return 0;
  const coarse = Math.floor((WHOLES[steps >> 20]! * PARTS[(steps >> 15) & 31]!) / UNIT);
  const kept = Math.floor((coarse * FINE_PARTS[(steps >> 10) & 31]!) / UNIT);
  return Math.round((kept * (ONE - (steps & 1023))) / UNIT);
}

export const peakEwma: Algorithm = Object.freeze({ names: Object.freeze(["peakewma"]), keyHash: KeyHash.none, bounded: false, gradual: true, pick });
