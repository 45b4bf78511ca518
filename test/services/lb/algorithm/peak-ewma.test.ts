import { describe, expect, test } from "vitest";
import { peakEwmaKept, peakEwmaSample } from "../../../../services/lb/algorithm/peak-ewma.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { AdmittingDesk } from "../connection/admitting.ts";
import { Draws } from "./draws.ts";
import { Pool, endpoints } from "./pool.ts";

const MILLISECOND = 1_000_000;
const SECOND = 1000 * MILLISECOND;
const DECAY = 10 * SECOND;

function latency(pool: Pool, index: number): number {
  const backend = pool.backend(index);
  return Backend.latencyCycles.get(pool.memory, backend) + Backend.latencyParts.get(pool.memory, backend) / 2 ** 20;
}

function sample(pool: Pool, index: number, cycles: number, cycle: number): void {
  peakEwmaSample(pool.memory, pool.backend(index), cycles, cycle);
}

/** The only one chosen in 40 picks, or -1. */
function always(pool: Pool): number {
  const chosen = new Set(Array.from({ length: 40 }, () => pool.pick()));
  return chosen.size === 1 ? [...chosen][0]! : -1;
}

describe("the decay", () => {
  test("is the exponential function, to two parts in 2^20, and never grows", () => {
    for (let steps = 0; steps < 34 * 2 ** 20; steps += 1 + (steps >> 9)) {
      expect(Math.abs(peakEwmaKept(steps) - Math.exp(-steps / 2 ** 20) * 2 ** 20), `${steps} steps`).toBeLessThan(2);
    }
    let before = peakEwmaKept(0);
    expect(before).toBe(2 ** 20);
    for (let steps = 1; steps < 5000; steps++) {
      expect(peakEwmaKept(steps)).toBeLessThanOrEqual(before);
      before = peakEwmaKept(steps);
    }
  });

  test("follows the published average through any samples", () => {
    const pool = new Pool("PeakEwma", endpoints([1]));
    const draws = new Draws(8);
    let cost = 0;
    let stamp = 0;
    let cycle = 0;
    for (let i = 0; i < 5000; i++) {
      cycle += draws.below(3) === 0 ? draws.below(2 ** 31) * 4 : draws.below(50_000);
      const cycles = 1 + (draws.below(20) === 0 ? draws.below(4 * SECOND) : draws.below(3 * MILLISECOND));
      const kept = Math.exp(-(cycle - stamp) / DECAY);
      cost = cycles > cost ? cycles : cost * kept + cycles * (1 - kept);
      stamp = cycle;
      sample(pool, 0, cycles, cycle);
      expect(Math.abs(latency(pool, 0) - cost), `sample ${i}`).toBeLessThan(100 + cost / 50_000);
    }
  });

  test("takes no time back, and keeps what it is given within its word", () => {
    const pool = new Pool("PeakEwma", endpoints([1]));
    sample(pool, 0, 5000, 100 * SECOND);
    sample(pool, 0, 1000, 50 * SECOND);
    expect(latency(pool, 0)).toBe(5000);
    sample(pool, 0, 6000, 50 * SECOND);
    expect(Backend.latencyAtCycle.get(pool.memory, pool.backend(0))).toBe(100 * SECOND);
    sample(pool, 0, 2 ** 40, 100 * SECOND);
    expect(latency(pool, 0)).toBe(2 ** 32 - 1);
    const fresh = new Pool("PeakEwma", endpoints([1]));
    sample(fresh, 0, -5, 0);
    expect(latency(fresh, 0)).toBe(1);
  });
});

describe("peak EWMA", () => {
  test("takes the faster of two, and counts connections as waiting", () => {
    const pool = new Pool("PeakEwma", endpoints([1, 1]));
    const now = pool.tick * MILLISECOND;
    sample(pool, 0, 2 * MILLISECOND, now);
    sample(pool, 1, 7 * MILLISECOND, now);
    expect(always(pool)).toBe(0);
    pool.setConnections(0, 3);
    expect(always(pool), "2 x 4 against 7 x 1").toBe(1);
    pool.setConnections(0, 2);
    expect(always(pool), "2 x 3 against 7 x 1").toBe(0);
  });

  test("divides by weight", () => {
    const pool = new Pool("PeakEwma", endpoints([2, 5]));
    const now = pool.tick * MILLISECOND;
    sample(pool, 0, 2 * MILLISECOND, now);
    sample(pool, 1, 5 * MILLISECOND + 1, now);
    expect(always(pool)).toBe(0);
    pool.setWeight(1, 6);
    expect(always(pool)).toBe(1);
  });

  test("sees a peak at once and believes in calm slowly", () => {
    const pool = new Pool("PeakEwma", endpoints([1, 1]));
    const now = pool.tick * MILLISECOND;
    for (const index of [0, 1]) sample(pool, index, MILLISECOND, now);
    sample(pool, 0, 50 * MILLISECOND, now);
    expect(always(pool)).toBe(1);
    for (let i = 1; i <= 1000; i++) for (const index of [0, 1]) sample(pool, index, MILLISECOND, now + i * MILLISECOND);
    pool.tick += 1000;
    expect(always(pool), "after a second").toBe(1);
    pool.tick += 60_000;
    for (const index of [0, 1]) sample(pool, index, MILLISECOND, pool.tick * MILLISECOND);
    pool.setConnections(1, 1);
    expect(always(pool), "after a minute").toBe(0);
  });

  test("asks one that was never measured first while it is idle, last while it is not", () => {
    const pool = new Pool("PeakEwma", endpoints([1, 1]));
    sample(pool, 0, 1000, pool.tick * MILLISECOND);
    expect(always(pool)).toBe(1);
    pool.setConnections(1, 1);
    pool.setConnections(0, 60_000);
    expect(always(pool)).toBe(0);
  });

  test("never forgets altogether that it was measured", () => {
    const pool = new Pool("PeakEwma", endpoints([1, 1]));
    for (const index of [0, 1]) sample(pool, index, 1000, 0);
    pool.tick = 10 ** 9;
    pool.setConnections(0, 2);
    pool.setConnections(1, 3);
    expect(always(pool), "by connections, not as unknown").toBe(0);
    expect(latency(pool, 0)).toBeGreaterThan(0);
  });
});

test("a latency is averaged at the tick that it is said to end at, though the clock stands still", () => {
  const desk = new AdmittingDesk("semantics=strict\ngroup=app:peakewma\nmember=app:10.0.0.1:80\ndefault=app\n");
  const took = (latencyCycles: number, tick: number): number => {
    desk.admit({ tick: 0, cycle: 5 });
    desk.end(desk.chosen.connection, 0, { latencyCycles, tick, cycle: 5 });
    return Backend.latencyCycles.get(desk.memory, desk.backends(desk.named("app"))[0]!);
  };
  expect(took(100_000_000, 1)).toBe(100_000_000);
  // Ten seconds later: 1/e of what was, the rest is new.
  expect(Math.abs(took(10_000_000, 10_001) - (100_000_000 / Math.E + 10_000_000 * (1 - 1 / Math.E)))).toBeLessThan(1000);
  expect(took(4_000_000_000, Number.MAX_SAFE_INTEGER)).toBe(4_000_000_000);
});
