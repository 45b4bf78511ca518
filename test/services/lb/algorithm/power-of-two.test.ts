import { describe, expect, test } from "vitest";
import { drawPair, firstOf, secondOf } from "../../../../services/lb/algorithm/power-of-two.ts";
import { Pool, endpoints } from "./pool.ts";

describe("power of two choices", () => {
  test("draws two different candidates, each by its weight", () => {
    const weights = [1, 2, 3, 4];
    const pool = new Pool("PowerOfTwo", endpoints(weights));
    const firsts = [0, 0, 0, 0];
    const seconds = [0, 0, 0, 0];
    for (let i = 0; i < 100_000; i++) {
      const pair = drawPair(pool.memory, pool.group, pool.request, pool.tick);
      if (firstOf(pair) === secondOf(pair)) expect.fail("the same twice");
      firsts[firstOf(pair)]!++;
      if (firstOf(pair) === 3) seconds[secondOf(pair)]!++;
    }
    weights.forEach((weight, i) => expect(Math.abs(firsts[i]! - weight * 10_000)).toBeLessThan(600));
    [1, 2, 3].forEach((weight, i) => expect(Math.abs(seconds[i]! - (firsts[3]! * weight) / 6)).toBeLessThan(600));
  });

  test("takes of two the one with fewer connections for its weight, and the first drawn of equals", () => {
    const pool = new Pool("PowerOfTwo", endpoints([1, 10]));
    pool.setConnections(0, 3);
    pool.setConnections(1, 29);
    expect(new Set(Array.from({ length: 50 }, () => pool.pick()))).toEqual(new Set([1]));
    pool.setConnections(1, 31);
    expect(new Set(Array.from({ length: 50 }, () => pool.pick()))).toEqual(new Set([0]));
    pool.setConnections(1, 30);
    expect(Array.from({ length: 1100 }, () => pool.pick()).filter((index) => index === 1).length, "first by weight").toBeGreaterThan(900);
  });

  test("keeps loads much closer than chance does", () => {
    const spread = (algorithm: "PowerOfTwo" | "Random"): number => {
      const pool = new Pool(algorithm, endpoints(new Array<number>(50).fill(1)));
      for (let i = 0; i < 5000; i++) {
        const chosen = pool.pick();
        pool.setConnections(chosen, pool.connections(chosen) + 1);
      }
      return Math.max(...Array.from({ length: 50 }, (_, i) => pool.connections(i))) - 100;
    };
    expect(spread("PowerOfTwo")).toBeLessThanOrEqual(4);
    expect(spread("Random")).toBeGreaterThan(10);
  });
});
