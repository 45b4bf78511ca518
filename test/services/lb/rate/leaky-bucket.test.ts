import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import type { LeakyBucketAddress } from "../../../../services/lb/rate/leaky-bucket.ts";
import { LeakyBucket, leakyAllows, leakyFullTick, leakyReset, leakyTake } from "../../../../services/lb/rate/leaky-bucket.ts";

const memory = new Memory(new ArrayBuffer(64));
const bucket = 8 as LeakyBucketAddress;
const U32_MAX = 0xffff_ffff;
const TICK_MAX = Number.MAX_SAFE_INTEGER;

/** The published arithmetic with its integers: excess, rate and burst in thousandths, 0 before the first request. */
class Reference {
  excess: bigint | null = null;
  last = 0n;
  readonly rate: bigint;
  readonly burst: bigint;

  constructor(rate: number, burst: number) {
    this.rate = BigInt(rate) * 1000n;
    this.burst = BigInt(burst) * 1000n;
  }

  take(tick: number): boolean {
    const now = BigInt(tick);
    if (this.excess === null) {
      this.excess = 0n;
      this.last = now;
      return true;
    }
    let ms = now - this.last;
    if (ms < -60_000n) ms = 1n;
    else if (ms < 0n) ms = 0n;
    let excess = this.excess - (this.rate * ms) / 1000n + 1000n;
    if (excess < 0n) excess = 0n;
    if (excess > this.burst) return false;
    this.excess = excess;
    if (ms !== 0n) this.last = now;
    return true;
  }
}

const number = (maximum: number) => fc.oneof(fc.nat(5), fc.nat(2000), fc.maxSafeNat().map((value) => value % (maximum + 1)), fc.constantFrom(maximum, maximum - 1));
const near = fc.oneof(fc.nat(5), fc.nat(300), fc.constantFrom(-1, -59_999, -60_000, -60_001, 60_000, 200_000), fc.integer({ min: -200_000, max: -1 }));

function compare(rate: number, burst: number, ticks: readonly number[]): void {
  const reference = new Reference(rate, burst);
  leakyReset(memory, bucket, rate, burst);
  for (const tick of ticks) {
    const before = memory.u8.join();
    const allows = leakyAllows(memory, bucket, tick);
    expect(memory.u8.join()).toBe(before);
    const took = leakyTake(memory, bucket, tick);
    expect(took).toBe(allows);
    expect(took).toBe(reference.take(tick));
    if (!took) expect(memory.u8.join()).toBe(before);
    expect(BigInt(LeakyBucket.level.get(memory, bucket)) - 1000n).toBe(reference.excess);
    expect(BigInt(LeakyBucket.lastTick.get(memory, bucket))).toBe(reference.last);
  }
}

describe("a leaky bucket", () => {
  test("computes as nginx does, at any rate, burst and tick", () => {
    fc.assert(fc.property(number(U32_MAX), number(U32_MAX), fc.array(number(TICK_MAX), { maxLength: 40 }), compare), { seed: 1, numRuns: 800 });
  });

  test("computes as nginx does where the clock steps back", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(6), fc.array(near, { maxLength: 60 }), (rate, burst, waits) => {
        let tick = 300_000;
        compare(rate, burst, waits.map((ticks) => (tick = Math.max(0, tick + ticks))));
      }),
      { seed: 2, numRuns: 800 },
    );
  });

  test("the clock stands still for 60,000 ms back, and is believed beyond", () => {
    for (const [back, last, level] of [[60_000, 100_000, 2000], [60_001, 39_999, 1995]] as const) {
      leakyReset(memory, bucket, 5, 4);
      leakyTake(memory, bucket, 100_000);
      expect(leakyTake(memory, bucket, 100_000 - back)).toBe(true);
      expect(LeakyBucket.lastTick.get(memory, bucket)).toBe(last);
      expect(LeakyBucket.level.get(memory, bucket)).toBe(level);
    }
  });

  test("without a burst it keeps to its rate: one request in 200 ms at 5 a second", () => {
    leakyReset(memory, bucket, 5, 0);
    const admitted: number[] = [];
    for (let tick = 1; tick <= 1000; tick++) if (leakyTake(memory, bucket, tick)) admitted.push(tick);
    expect(admitted).toEqual([1, 201, 401, 601, 801]);
  });

  test("5 a second and a burst of 4: the first five at once, then one each 200 ms", () => {
    leakyReset(memory, bucket, 5, 4);
    const admitted: number[] = [];
    for (let tick = 10; tick <= 500; tick++) for (let i = 0; i < 3; i++) if (leakyTake(memory, bucket, tick)) admitted.push(tick);
    expect(admitted).toEqual([10, 10, 10, 11, 11, 210, 410]);
  });

  test("acts as a new one from its full tick on, not a tick earlier", () => {
    fc.assert(
      fc.property(number(5000), number(U32_MAX), fc.array(near, { minLength: 1, maxLength: 30 }), (rate, burst, waits) => {
        leakyReset(memory, bucket, rate, burst);
        let tick = 300_000;
        for (const ticks of waits) leakyTake(memory, bucket, (tick = Math.max(0, tick + ticks)));
        const full = leakyFullTick(memory, bucket);
        if (full > TICK_MAX) {
          expect(rate).toBe(0);
          return;
        }
        const saved = memory.u8.slice();
        expect(excessAt(full)).toBe(0);
        memory.u8.set(saved);
        if (full > LeakyBucket.lastTick.get(memory, bucket)) expect(excessAt(full - 1)).not.toBe(0);
      }),
      { seed: 3, numRuns: 800 },
    );
  });

  test.each([
    [0, Infinity],
    [5, 207],
    [1000, 8],
    [999, 9],
    [U32_MAX, 8],
  ])("rate %i: the first request is forgotten at tick %f", (rate, full) => {
    leakyReset(memory, bucket, rate, 1);
    expect(leakyFullTick(memory, bucket)).toBe(0);
    leakyTake(memory, bucket, 7);
    expect(leakyFullTick(memory, bucket)).toBe(full);
  });
});

/** The excess of a request at that tick, or -1 if it is refused. */
function excessAt(tick: number): number {
  return leakyTake(memory, bucket, tick) ? LeakyBucket.level.get(memory, bucket) - 1000 : -1;
}

/**
 * nginx's own verdicts: limit_req 5 r/s, burst 4, nodelay, by client address, under /limited/. Of each request: when its
 * head was complete on the wire (microseconds since the first), its client, its target, its status.
 */
interface Observed {
  readonly microseconds: number;
  readonly client: string;
  readonly target: string;
  readonly status: number;
}

function observed(): Observed[] {
  const lines = gunzipSync(readFileSync(new URL("../../../data/nginx-limit-req.jsonl.gz", import.meta.url))).toString("utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [microseconds, client, target, status] = JSON.parse(line) as [number, string, string, number];
    return { microseconds, client, target, status };
  });
}

describe("beside nginx", () => {
  const requests = observed();

  test("the capture has what it should", () => {
    expect(requests.length).toBe(156);
    expect(requests.filter(({ status }) => status === 429).length).toBe(64);
    expect(requests.every(({ target }) => target.startsWith("/limited/"))).toBe(true);
  });

  // Where nginx's milliseconds begin within the capture's is not known, and does not matter.
  test.each([0, 1, 250, 499, 500, 750, 999])("all 156 verdicts are equal, milliseconds beginning at %i microseconds", (phase) => {
    const buckets = new Map<string, Uint8Array>();
    const verdicts = requests.map(({ microseconds, client }) => {
      const kept = buckets.get(client);
      if (kept === undefined) leakyReset(memory, bucket, 5, 4);
      else memory.u8.set(kept);
      const took = leakyTake(memory, bucket, 1000 + Math.floor((microseconds + phase) / 1000));
      buckets.set(client, memory.u8.slice());
      return took ? 200 : 429;
    });
    expect(verdicts).toEqual(requests.map(({ status }) => status));
  });
});
