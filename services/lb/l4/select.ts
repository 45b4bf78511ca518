/** The transport balancer's choice among the healthy backends of a VIP, by its algorithm. */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import { Group, groupBackend, groupBackendCount, groupHealthyNumber, groupLeastConnected, groupTake } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { Transport } from "../l4.ts";
import type { TransportAddress } from "../l4.ts";

/** The generator's multiplier 6364136223846793005 and increment 1442695040888963407, as words. */
const MULTIPLIER_LOW = 0x4c95_7f2d;
const MULTIPLIER_HIGH = 0x5851_f42d;
const INCREMENT_LOW = 0xf767_814f;
const INCREMENT_HIGH = 0x1405_7b7e;

const CLIENT_MULTIPLIER = 2_654_435_761;

/** Chooses a healthy backend and counts it. `clientIp` from 0 to 2^32-1. Its position, or -1 if none is healthy; then nothing moves. */
export function transportSelect(memory: Memory, transport: TransportAddress, group: GroupAddress, clientIp: number): number {
  const healthy = Group.healthyCount.get(memory, group);
  if (healthy === 0) return -1;
  const index = choose(memory, transport, group, healthy, clientIp);
  groupTake(memory, group, index);
  return index;
}

/** By position in ALGORITHMS. */
function choose(memory: Memory, transport: TransportAddress, group: GroupAddress, healthy: number, clientIp: number): number {
  switch (Group.algorithm.get(memory, group)) {
    case 1:
      return groupLeastConnected(memory, group);
    case 2:
      return weighted(memory, transport, group);
    case 3:
      return groupHealthyNumber(memory, group, nextRandom(memory, transport) % healthy);
    case 4:
      return groupHealthyNumber(memory, group, (Math.imul(clientIp, CLIENT_MULTIPLIER) >>> 0) % healthy);
    default:
      return groupHealthyNumber(memory, group, nextTurn(memory, transport, healthy));
  }
}

/** The first whose running sum of weights exceeds the turn; sums are of 32 bits and wrap. */
function weighted(memory: Memory, transport: TransportAddress, group: GroupAddress): number {
  const count = groupBackendCount(memory, group);
  let whole = 0;
  for (let i = 0; i < count; i++) whole = (whole + healthyWeight(memory, group, i)) >>> 0;
  if (whole === 0) return groupHealthyNumber(memory, group, 0);
  const turn = nextTurn(memory, transport, whole);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    if (Backend.healthy.get(memory, groupBackend(memory, group, i)) === 0) continue;
    sum = (sum + healthyWeight(memory, group, i)) >>> 0;
    if (turn < sum) return i;
  }
  return groupHealthyNumber(memory, group, 0);
}

function healthyWeight(memory: Memory, group: GroupAddress, index: number): number {
  const backend = groupBackend(memory, group, index);
  return Backend.healthy.get(memory, backend) === 0 ? 0 : Backend.weight.get(memory, backend);
}

/** The counter modulo `count` (1 to 2^32-1), 16 bits at a time so that every step is exact; then the counter moves on. */
function nextTurn(memory: Memory, transport: TransportAddress, count: number): number {
  const low = Transport.counter.low(memory, transport) >>> 0;
  const high = Transport.counter.high(memory, transport) >>> 0;
  Transport.counter.setWords(memory, transport, (low + 1) | 0, low === 0xffff_ffff ? (high + 1) | 0 : high | 0);
  const upper = ((high % count) * 0x1_0000 + (low >>> 16)) % count;
  return (upper * 0x1_0000 + (low & 0xffff)) % count;
}

/** Moves the generator on. The upper 31 bits of its state. */
function nextRandom(memory: Memory, transport: TransportAddress): number {
  const low = Transport.random.low(memory, transport);
  const high = Transport.random.high(memory, transport);
  const product = Math.imul(low, MULTIPLIER_LOW) >>> 0;
  const sum = product + INCREMENT_LOW;
  const carry = sum > 0xffff_ffff ? 1 : 0;
  const upper = (multiplyHigh(low >>> 0, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH) + Math.imul(high, MULTIPLIER_LOW) + INCREMENT_HIGH + carry) | 0;
  Transport.random.setWords(memory, transport, sum | 0, upper);
  return upper >>> 1;
}

/** The upper word of the product of two words. */
function multiplyHigh(one: number, other: number): number {
  const oneLow = one & 0xffff;
  const oneHigh = one >>> 16;
  const otherLow = other & 0xffff;
  const otherHigh = other >>> 16;
  const first = oneHigh * otherLow + ((oneLow * otherLow) >>> 16);
  const second = oneLow * otherHigh + (first % 0x1_0000);
  return oneHigh * otherHigh + Math.floor(first / 0x1_0000) + Math.floor(second / 0x1_0000);
}
