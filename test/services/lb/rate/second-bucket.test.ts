import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import type { SecondBucketAddress } from "../../../../services/lb/rate/second-bucket.ts";
import { SecondBucket, secondAllows, secondFullTick, secondReset, secondTake } from "../../../../services/lb/rate/second-bucket.ts";

const memory = new Memory(new ArrayBuffer(64));
const bucket = 8 as SecondBucketAddress;
const U32_MAX = 0xffff_ffff;
const TICK_MAX = Number.MAX_SAFE_INTEGER;

/** The same with exact fractions: tokens as a numerator over 1000. */
class Reference {
  level: bigint;
  last = 0n;
  readonly rate: bigint;
  readonly capacity: bigint;

  constructor(rate: number, burst: number) {
    this.rate = BigInt(rate);
    this.capacity = BigInt(burst) * 1000n;
    this.level = this.capacity;
  }

  take(tick: number): boolean {
    const now = BigInt(tick) > this.last ? BigInt(tick) : this.last;
    const refilled = this.level + (now - this.last) * this.rate;
    const level = refilled > this.capacity ? this.capacity : refilled;
    if (level < 1000n) return false;
    this.level = level - 1000n;
    this.last = now;
    return true;
  }
}

const number = (maximum: number) => fc.oneof(fc.nat(5), fc.nat(2000), fc.maxSafeNat().map((value) => value % (maximum + 1)), fc.constantFrom(maximum, maximum - 1));

describe("a token bucket per second", () => {
  test("is exact at any rate, burst and tick, also backwards", () => {
    fc.assert(
      fc.property(number(U32_MAX), number(U32_MAX), fc.array(number(TICK_MAX), { maxLength: 40 }), (rate, burst, ticks) => {
        const reference = new Reference(rate, burst);
        secondReset(memory, bucket, rate, burst);
        for (const tick of ticks) {
          const before = memory.u8.join();
          const allows = secondAllows(memory, bucket, tick);
          expect(memory.u8.join()).toBe(before);
          const took = secondTake(memory, bucket, tick);
          expect(took).toBe(allows);
          expect(took).toBe(reference.take(tick));
          if (!took) expect(memory.u8.join()).toBe(before);
          expect(BigInt(SecondBucket.level.get(memory, bucket))).toBe(reference.level);
          expect(BigInt(SecondBucket.lastTick.get(memory, bucket))).toBe(reference.last);
        }
      }),
      { seed: 1, numRuns: 800 },
    );
  });

  test("lets through at most burst + rate x seconds in any window of a random history", () => {
    const wait = fc.oneof({ weight: 6, arbitrary: fc.nat(3) }, fc.nat(40), fc.nat(4000), fc.integer({ min: -50, max: -1 }));
    fc.assert(
      fc.property(fc.nat(3000), fc.integer({ min: 1, max: 30 }), fc.array(wait, { minLength: 50, maxLength: 300 }), (rate, burst, waits) => {
        secondReset(memory, bucket, rate, burst);
        const admitted: number[] = [];
        let tick = 5;
        let latest = 0;
        for (const ticks of waits) {
          tick = Math.max(0, tick + ticks);
          // An earlier tick is no time at all: the request belongs to the latest one.
          latest = Math.max(latest, tick);
          if (secondTake(memory, bucket, tick)) admitted.push(latest);
        }
        for (let first = 0; first < admitted.length; first++) {
          for (let last = first; last < admitted.length; last++) {
            const count = BigInt(last - first + 1);
            const most = BigInt(burst) * 1000n + BigInt(rate) * BigInt(admitted[last] - admitted[first]);
            if (count * 1000n > most) expect.fail(`${count} requests from ${admitted[first]} to ${admitted[last]}, rate ${rate}, burst ${burst}`);
          }
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  test("gives what it promises: who always asks is let through burst + floor(rate x seconds) times, whenever he asks", () => {
    for (const [rate, burst] of [[100, 200], [100, 1], [1, 1], [7, 3], [999, 5], [1000, 5], [1001, 5], [3, 1]] as const) {
      for (const step of [1, 2, 7, 10, 19, 333, 999]) {
        secondReset(memory, bucket, rate, burst);
        let admitted = 0;
        let tick = 0;
        while (tick <= 100_000) {
          while (secondTake(memory, bucket, tick)) admitted++;
          tick += step;
        }
        const end = tick - step;
        // Nothing is lost as long as the bucket does not overflow between two polls.
        const most = burst + Math.floor((rate * end) / 1000);
        if (step * rate <= burst * 1000 - 999) expect(admitted).toBe(most);
        else expect(admitted).toBeLessThanOrEqual(most);
      }
    }
  });

  test("100 a second polled every 19 ms is 100 a second", () => {
    secondReset(memory, bucket, 100, 10);
    let admitted = 0;
    for (let tick = 0; tick < 19_000; tick += 19) while (secondTake(memory, bucket, tick)) admitted++;
    expect(admitted).toBe(10 + 1898);
  });

  test("is full from its full tick on, not a tick earlier, and that tick never falls", () => {
    fc.assert(
      fc.property(number(U32_MAX), number(U32_MAX), fc.array(number(TICK_MAX), { minLength: 1, maxLength: 20 }), (rate, burst, ticks) => {
        secondReset(memory, bucket, rate, burst);
        let before = 0;
        for (const tick of ticks) {
          secondTake(memory, bucket, tick);
          const full = secondFullTick(memory, bucket);
          expect(full).toBeGreaterThanOrEqual(before);
          before = full;
        }
        if (before > TICK_MAX || burst === 0) return;
        const saved = memory.u8.slice();
        expect(levelAfterTaking(before)).toBe(burst * 1000 - 1000);
        memory.u8.set(saved);
        if (before > SecondBucket.lastTick.get(memory, bucket)) expect(levelAfterTaking(before - 1)).not.toBe(burst * 1000 - 1000);
      }),
      { seed: 3, numRuns: 800 },
    );
  });

  test.each([
    [0, 5, Infinity],
    [1, 1, 1007],
    [1000, 1, 8],
    [999, 1, 9],
    [U32_MAX, U32_MAX, 8],
  ])("rate %i, burst %i: one token is back at tick %f", (rate, burst, full) => {
    secondReset(memory, bucket, rate, burst);
    expect(secondFullTick(memory, bucket)).toBe(0);
    expect(secondTake(memory, bucket, 7)).toBe(true);
    expect(secondFullTick(memory, bucket)).toBe(full);
  });

  test("a burst of 0 lets nothing through, ever", () => {
    secondReset(memory, bucket, U32_MAX, 0);
    for (const tick of [0, 1, TICK_MAX]) expect(secondTake(memory, bucket, tick)).toBe(false);
  });
});

/** What is left after taking one at that tick; -1 if there was none. */
function levelAfterTaking(tick: number): number {
  return secondTake(memory, bucket, tick) ? SecondBucket.level.get(memory, bucket) : -1;
}
