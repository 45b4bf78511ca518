import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import type { RateLimitAddress } from "../../../../services/lb/rate/token-bucket.ts";
import { RateLimit, rateLimitAllow, rateLimitFullTick, rateLimitReset } from "../../../../services/lb/rate/token-bucket.ts";

const memory = new Memory(new ArrayBuffer(64));
const limit = 8 as RateLimitAddress;
const U32_MAX = 0xffff_ffff;
const TICK_MAX = Number.MAX_SAFE_INTEGER;

/** The seed's arithmetic with its integers: 64-bit saturating product, 32-bit tokens. */
class Reference {
  tokens: bigint;
  last = 0n;
  readonly rate: bigint;
  readonly burst: bigint;

  constructor(rate: number, burst: number) {
    this.rate = BigInt(rate);
    this.burst = BigInt(burst);
    this.tokens = this.burst;
  }

  allow(tick: number): boolean {
    const now = BigInt(tick);
    if (now > this.last) {
      const product = (now - this.last) * this.rate;
      const saturated = product > 2n ** 64n - 1n ? 2n ** 64n - 1n : product;
      const added = this.tokens + (saturated > this.burst ? this.burst : saturated);
      this.tokens = added > this.burst ? this.burst : added;
      this.last = now;
    }
    if (this.tokens === 0n) return false;
    this.tokens -= 1n;
    return true;
  }
}

const number = (maximum: number) => fc.oneof(fc.nat(5), fc.maxSafeNat().map((value) => value % (maximum + 1)), fc.constantFrom(maximum, maximum - 1));

describe("a token bucket", () => {
  test("does what the seed's does, to the last bit, at any tick", () => {
    fc.assert(
      fc.property(number(U32_MAX), number(U32_MAX), fc.array(number(TICK_MAX), { maxLength: 40 }), (rate, burst, ticks) => {
        const reference = new Reference(rate, burst);
        rateLimitReset(memory, limit, rate, burst);
        for (const tick of ticks) {
          expect(rateLimitAllow(memory, limit, tick)).toBe(reference.allow(tick));
          expect(BigInt(RateLimit.currentTokens.get(memory, limit))).toBe(reference.tokens);
          expect(BigInt(RateLimit.lastRefillTick.get(memory, limit))).toBe(reference.last);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test("is full from its full tick on, not a tick earlier, and that tick never falls", () => {
    fc.assert(
      fc.property(number(U32_MAX), number(U32_MAX), fc.array(number(TICK_MAX), { minLength: 1, maxLength: 20 }), (rate, burst, ticks) => {
        rateLimitReset(memory, limit, rate, burst);
        let before = 0;
        for (const tick of ticks) {
          rateLimitAllow(memory, limit, tick);
          const full = rateLimitFullTick(memory, limit);
          expect(full).toBeGreaterThanOrEqual(before);
          before = full;
        }
        if (before > TICK_MAX) return;
        const saved = memory.u8.slice();
        expect(tokensAt(before)).toBe(burst);
        memory.u8.set(saved);
        if (before > RateLimit.lastRefillTick.get(memory, limit)) expect(tokensAt(before - 1)).toBeLessThan(burst);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test.each([
    [0, 5, "never refills, so it is never full again", Infinity],
    [5, 0, "has no tokens to miss", 7],
    [1, U32_MAX, "lacks one token for one tick", 8],
    [U32_MAX, U32_MAX, "is full a tick later", 8],
  ])("rate %i, burst %i: %s", (rate, burst, _why, full) => {
    rateLimitReset(memory, limit, rate, burst);
    expect(rateLimitAllow(memory, limit, 7)).toBe(burst > 0);
    expect(rateLimitFullTick(memory, limit)).toBe(full);
  });

  test("a full tick that no tick reaches is never", () => {
    rateLimitReset(memory, limit, 1, U32_MAX);
    rateLimitAllow(memory, limit, TICK_MAX - 1);
    rateLimitAllow(memory, limit, TICK_MAX - 1);
    expect(rateLimitFullTick(memory, limit)).toBe(TICK_MAX + 1);
  });
});

/** Tokens in the bucket just after a refill at that tick, read off from what is left after taking one. */
function tokensAt(tick: number): number {
  const allowed = rateLimitAllow(memory, limit, tick);
  return RateLimit.currentTokens.get(memory, limit) + (allowed ? 1 : 0);
}
