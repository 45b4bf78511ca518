/**
 * Power of two choices: of two different candidates drawn at random by weight, the one with fewer connections for its
 * weight. (Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001.)
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import { Group, groupBackend } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { backendWeight } from "../health/slow-start.ts";
import { randomBelow } from "../random.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { candidateAt, weightOfCandidates } from "./weighted-random.ts";

/** What a pair's second position is multiplied by: a group has at most 65,534 backends. */
const SECOND = 0x1_0000;

/** The one drawn first wins where both have the same load. */
function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  const pair = drawPair(memory, group, request, tick);
  if (pair < 0) return -1;
  const one = firstOf(pair);
  const other = secondOf(pair);
  const first = groupBackend(memory, group, one);
  const second = groupBackend(memory, group, other);
  const load = Backend.activeConnections.get(memory, first) * backendWeight(memory, group, second, tick);
  return Backend.activeConnections.get(memory, second) * backendWeight(memory, group, first, tick) < load ? other : one;
}

/**
 * Draws two different candidates, the second among the others by weight as well; the same one twice if it is the only
 * one. Positions are got by firstOf() and secondOf(); -1 if there is no candidate.
 */
export function drawPair(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  const random = Group.random.at(group);
  const whole = weightOfCandidates(memory, group, request, tick);
  if (whole === 0) return -1;
  const first = candidateAt(memory, group, request, tick, randomBelow(memory, random, whole), -1);
  const rest = whole - backendWeight(memory, group, groupBackend(memory, group, first), tick);
  const second = rest === 0 ? first : candidateAt(memory, group, request, tick, randomBelow(memory, random, rest), first);
  return first + second * SECOND;
}

export function firstOf(pair: number): number {
  return pair % SECOND;
}

export function secondOf(pair: number): number {
  return Math.floor(pair / SECOND);
}

export const powerOfTwo: Algorithm = Object.freeze({ names: Object.freeze(["p2c"]), keyHash: KeyHash.none, bounded: false, gradual: true, pick });
