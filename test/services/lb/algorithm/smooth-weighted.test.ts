import { describe, expect, test } from "vitest";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Draws } from "./draws.ts";
import { Pool, endpoints } from "./pool.ts";

/** nginx's rule, over plain objects. */
function turn(peers: { weight: number; sum: number; there: boolean }[]): number {
  let best = -1;
  let whole = 0;
  peers.forEach((peer, i) => {
    if (!peer.there) return;
    peer.sum += peer.weight;
    whole += peer.weight;
    if (best < 0 || peer.sum > peers[best]!.sum) best = i;
  });
  if (best >= 0) peers[best]!.sum -= whole;
  return best;
}

function sequence(weights: readonly number[], picks: number): string {
  const pool = new Pool("WeightedRoundRobin", endpoints(weights));
  return Array.from({ length: picks }, () => "abcdefgh"[pool.pick()]).join("");
}

describe("smooth weighted round robin", () => {
  test("mixes the turns as published", () => {
    expect(sequence([5, 1, 1], 14)).toBe("aabacaaaabacaa");
    expect(sequence([1, 1, 2], 8)).toBe("cabccabc");
    expect(sequence([3, 3], 4)).toBe("abab");
  });

  test("is nginx's, whoever comes and goes", () => {
    const draws = new Draws(5);
    const weights = [5, 1, 9, 2, 2, 1000];
    const pool = new Pool("WeightedRoundRobin", endpoints(weights));
    const peers = weights.map((weight) => ({ weight, sum: 0, there: true }));
    for (let i = 0; i < 20_000; i++) {
      if (draws.below(10) === 0) {
        const index = draws.below(weights.length);
        peers[index]!.there = draws.below(3) > 0;
        pool.setAvailable(index, peers[index]!.there);
      }
      expect(pool.pick()).toBe(turn(peers));
    }
  });

  test("counts the growing part of a backend that starts slowly", () => {
    const pool = new Pool("WeightedRoundRobin", endpoints([10, 10]));
    pool.policy("slowStartTicks", 1000);
    Backend.slowStarting.set(pool.memory, pool.backend(1), 1);
    Backend.slowStartTick.set(pool.memory, pool.backend(1), pool.tick);
    const share = (): number => Array.from({ length: 1100 }, () => pool.pick()).filter((index) => index === 1).length;
    expect(share(), "a tenth of its weight").toBe(100);
    pool.tick += 500;
    expect(share(), "more than a third").toBeGreaterThan(380);
    pool.tick += 500;
    expect(Math.abs(share() - 550), "all of it").toBeLessThanOrEqual(1);
  });
});
