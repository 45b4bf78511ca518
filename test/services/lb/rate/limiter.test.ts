import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { lbStandard, lbTiny } from "../../../../services/limits.ts";
import type { Result } from "../../../../sim/conform/script.ts";
import { Desk } from "../desk.ts";

const OK: Result = { ok: null };
const EXCEEDED: Result = { err: "RateLimitExceeded" };
const FULL: Result = { err: `service error ${LbErrno.limiterFull}` };

function desk(limitersMax: number, rps: number, burst: number, arenaBytes?: number): Desk {
  const made = new Desk({ ...lbStandard, limitersMax }, arenaBytes);
  made.run({ op: "set_defaults", rps, burst });
  return made;
}

const rate = (on: Desk, client: string, tick: number): Result => on.run({ op: "rate", client, tick });
const evicted = (on: Desk): number => Balancer.limitersEvicted.get(on.memory, on.balancer);

describe("the table of clients at its bound", () => {
  test("refuses a stranger while every bucket lacks a token, and nothing is kept of him", () => {
    const on = desk(lbTiny.limitersMax, 1, 5);
    for (const client of ["a", "b", "c"]) for (let i = 0; i < 3; i++) expect(rate(on, client, 10)).toEqual(OK);
    const before = on.usedBytes();
    for (const tick of [10, 11, 12, 9, 0]) expect(rate(on, "d", tick)).toEqual(FULL);
    expect(on.usedBytes()).toBe(before);
    expect(evicted(on)).toBe(0);
    for (const client of ["a", "b", "c"]) for (let i = 0; i < 2; i++) expect(rate(on, client, 10)).toEqual(OK);
    expect(rate(on, "a", 10)).toEqual(EXCEEDED);
  });

  test("gives a stranger the place of one whose bucket is full again, and of no other", () => {
    const on = desk(3, 1, 5);
    expect(rate(on, "a", 10)).toEqual(OK);
    for (let i = 0; i < 4; i++) rate(on, "b", 10);
    for (let i = 0; i < 5; i++) rate(on, "c", 10);
    expect(rate(on, "d", 11)).toEqual(OK);
    expect(evicted(on)).toBe(1);
    expect(rate(on, "c", 11)).toEqual(OK);
    expect(rate(on, "c", 11)).toEqual(EXCEEDED);
    for (let i = 0; i < 2; i++) expect(rate(on, "b", 11)).toEqual(OK);
    expect(rate(on, "b", 11)).toEqual(EXCEEDED);
    expect(rate(on, "a", 11)).toEqual(FULL);
  });

  test("a burst of 0 never lacks a token: strangers push each other out, all refused", () => {
    const on = desk(2, 7, 0);
    for (let i = 0; i < 20; i++) expect(rate(on, `client ${i}`, i)).toEqual(EXCEEDED);
    expect(evicted(on)).toBe(18);
  });

  test("a rate of 0 never fills: whoever has a place keeps it", () => {
    const on = desk(2, 0, 2);
    for (const client of ["a", "b"]) expect(rate(on, client, 1)).toEqual(OK);
    for (const tick of [2, 1000, Number.MAX_SAFE_INTEGER]) expect(rate(on, "c", tick)).toEqual(FULL);
    expect(rate(on, "a", 5)).toEqual(OK);
    expect(rate(on, "a", 5)).toEqual(EXCEEDED);
  });

  test("a client whose last call lay in the future is not taken for full before that tick", () => {
    const on = desk(1, 5, 5);
    expect(rate(on, "a", 100)).toEqual(OK);
    expect(rate(on, "b", 50)).toEqual(FULL);
    expect(rate(on, "b", 100)).toEqual(FULL);
    expect(rate(on, "b", 101)).toEqual(OK);
    expect(rate(on, "a", 50)).toEqual(FULL);
  });

  test("a bucket made after a search in vain is found when it is full", () => {
    const on = desk(9, 0, 1);
    const long = (name: string): string => `${name}, a key that is too long to lie in the table`;
    for (let i = 0; i < 8; i++) expect(rate(on, `never ${i}`, 5)).toEqual(OK);
    on.allocationsLeft = 0;
    expect(rate(on, "a", 6)).toEqual({ err: "outOfMemory" });
    on.allocationsLeft = Infinity;
    on.run({ op: "set_defaults", rps: 1, burst: 1 });
    expect(rate(on, long("b"), 6)).toEqual(OK);
    expect(rate(on, "c", 6)).toEqual(FULL);
    expect(rate(on, "c", 7)).toEqual(OK);
    expect(evicted(on)).toBe(1);
  });

  test("a stranger without memory for his key is refused, though a full bucket could go", () => {
    const on = desk(2, 1, 1);
    rate(on, "a", 1);
    on.allocationsLeft = 0;
    expect(rate(on, "a key that is too long to lie in the table", 1)).toEqual({ err: "outOfMemory" });
    expect(rate(on, "b", 1)).toEqual(OK);
    expect(rate(on, "c", 2)).toEqual(OK);
    on.check();
  });
});

test("beside a table without a bound: whoever is answered, is answered the same, and refused only where no bucket is full", () => {
  const step = fc.record({ client: fc.nat(11), wait: fc.constantFrom(0, 0, 0, 1, 1, 2, 7, -3) });
  fc.assert(
    fc.property(fc.nat(3), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 120 }), (rps, burst, limitersMax, steps) => {
      const bounded = desk(limitersMax, rps, burst);
      const model = new Map<string, { tokens: number; last: number }>();
      let tick = 20;
      for (const { client, wait } of steps) {
        tick = Math.max(0, tick + wait);
        const key = `10.0.0.${client}`;
        const got = rate(bounded, key, tick);
        let bucket = model.get(key);
        if (bucket === undefined) {
          const full = [...model].filter(([, { tokens, last }]) => tick >= last && (tokens === burst || (rps > 0 && tokens + (tick - last) * rps >= burst)));
          if (model.size === limitersMax && full.length === 0) {
            expect(got).toEqual(FULL);
            continue;
          }
          // Which of several full ones had to go is the table's affair; ask it.
          if (model.size === limitersMax) model.delete(full.find(([name]) => !knows(bounded, name))![0]);
          bucket = { tokens: burst, last: 0 };
          model.set(key, bucket);
        }
        if (tick > bucket.last) {
          bucket.tokens = Math.min(burst, bucket.tokens + (tick - bucket.last) * rps);
          bucket.last = tick;
        }
        expect(got).toEqual(bucket.tokens > 0 ? OK : EXCEEDED);
        if (bucket.tokens > 0) bucket.tokens -= 1;
      }
      bounded.check();
    }),
    { seed: 1, numRuns: 400 },
  );
});

/** Whether the table has an entry for the client, without making one. */
function knows(on: Desk, client: string): boolean {
  const saved = on.memory.u8.slice();
  on.allocationsLeft = 0;
  Balancer.noneFullBeforeTick.set(on.memory, on.balancer, Number.MAX_SAFE_INTEGER);
  const answer = rate(on, client, 0);
  on.allocationsLeft = Infinity;
  on.memory.u8.set(saved);
  return "ok" in answer || answer.err === "RateLimitExceeded";
}

test("a hostile stream of keys leaves memory constant, and clients who behave are served", () => {
  const on = desk(256, 1, 3);
  let used = 0;
  for (let i = 0; i < 20_000; i++) {
    const tick = 1 + (i >> 6);
    const answer = rate(on, `203.0.${(i * 7919) & 255}.${(i * 104_729) & 255}:${i}`.slice(0, 20), tick);
    expect(answer).toEqual(OK);
    if (i % 64 === 0) expect(rate(on, "10.1.1.1", tick)).toEqual(OK);
    if (i === 1000) used = on.usedBytes();
    if (i > 1000) expect(on.usedBytes()).toBe(used);
  }
  expect(evicted(on)).toBeGreaterThan(19_000);
});
