import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { LimiterFull, Policy } from "../../../../services/lb/policy.ts";
import { BucketKind } from "../../../../services/lb/rate/bucket.ts";
import { limiterCharge, limiterFind, limiterMake, limitersClear } from "../../../../services/lb/rate/limiter-table.ts";
import { lbStandard } from "../../../../services/limits.ts";
import { Desk } from "../desk.ts";
import { putText } from "../requesting.ts";
import { EXCEEDED, FULL, OK, StrictDesk } from "./strict-desk.ts";

const evictedOldest = (desk: Desk): number => Balancer.limitersEvictedOldest.get(desk.memory, desk.balancer);
const evicted = (desk: Desk): number => Balancer.limitersEvicted.get(desk.memory, desk.balancer);

/** Whether there is a limiter by client for the name; the order of use stays. */
function knows(desk: Desk, name: string): boolean {
  const saved = desk.memory.u8.slice();
  putText(desk, 0, name);
  const slot = limiterFind(desk.memory, desk.balancer, 0, desk.shared, 0, name.length);
  desk.memory.u8.set(saved);
  return slot >= 0;
}

describe("a full table whose policy is to evict", () => {
  const make = (limitersMax: number, rate = 0, burst = 2): StrictDesk => new StrictDesk({ limits: { limitersMax }, arenaBytes: 16_384, rate, burst, evict: true });

  test("gives a stranger the place of who was used longest ago, and counts it", () => {
    const desk = make(3);
    for (const name of ["a", "b", "c", "a"]) expect(desk.admit({ client: name }, 1)).toBe(OK);
    expect(desk.admit({ client: "d" }, 1)).toBe(OK);
    expect(["a", "b", "c", "d"].map((name) => knows(desk, name))).toEqual([true, false, true, true]);
    expect(evictedOldest(desk)).toBe(1);
    expect(evicted(desk)).toBe(0);
    // Who was evicted and comes again has a new bucket.
    for (const status of [OK, OK, EXCEEDED]) expect(desk.admit({ client: "b" }, 1)).toBe(status);
    expect(["a", "b", "c", "d"].map((name) => knows(desk, name))).toEqual([true, true, false, true]);
  });

  test("a refused request is a use as well", () => {
    const desk = make(2, 0, 1);
    for (const name of ["a", "b"]) expect(desk.admit({ client: name }, 1)).toBe(OK);
    expect(desk.admit({ client: "a" }, 1)).toBe(EXCEEDED);
    expect(desk.admit({ client: "c" }, 1)).toBe(OK);
    expect(knows(desk, "a")).toBe(true);
    expect(desk.admit({ client: "a" }, 1)).toBe(EXCEEDED);
  });

  test("a request that one limit refuses has used the others as well", () => {
    const desk = new StrictDesk({ limits: { limitersMax: 3 }, rate: 0, burst: 1, rules: [{ burst: 1, key: { header: "X" } }], evict: true });
    const headers = [["X", "k"]] as const;
    expect(desk.admit({ client: "a", headers }, 1)).toBe(OK);
    expect(desk.admit({ client: "b" }, 1)).toBe(OK);
    expect(desk.admit({ client: "a", headers }, 1)).toBe(EXCEEDED);
    expect(desk.admit({ client: "c" }, 1)).toBe(OK);
    expect(knows(desk, "b")).toBe(false);
    expect(desk.admit({ client: "d", headers }, 1)).toBe(EXCEEDED);
  });

  test("takes one that is full first, whenever it was used, and silently", () => {
    const desk = make(3, 1, 3);
    for (const name of ["a", "a", "b", "b", "c"]) desk.admit({ client: name }, 1);
    expect(desk.admit({ client: "d" }, 1001)).toBe(OK);
    expect(["a", "b", "c", "d"].map((name) => knows(desk, name))).toEqual([true, true, false, true]);
    expect([evicted(desk), evictedOldest(desk)]).toEqual([1, 0]);
    expect(desk.admit({ client: "e" }, 1001)).toBe(OK);
    expect(["a", "b", "d", "e"].map((name) => knows(desk, name))).toEqual([false, true, true, true]);
    expect([evicted(desk), evictedOldest(desk)]).toEqual([1, 1]);
  });

  test("evicts for one whose memory is not there, too", () => {
    const desk = make(9);
    const long = (name: string): string => `${name}, a key that is too long to lie in the table`;
    for (let i = 0; i < 8; i++) expect(desk.admit({ client: `c${i}` }, 1)).toBe(OK);
    desk.allocationsLeft = 0;
    expect(desk.admit({ client: "x" }, 1)).toBe(OK);
    expect(knows(desk, "c0")).toBe(false);
    expect(desk.admit({ client: long("y") }, 1)).toBe(FULL);
    desk.check();
  });

  test("evicts nobody from a table that is not there", () => {
    const desk = make(3);
    desk.admit({ client: "a" }, 1);
    limitersClear(desk.heap, desk.balancer);
    desk.allocationsLeft = 1;
    expect(desk.admit({ client: "b" }, 1)).toBe(FULL);
    expect([evictedOldest(desk), desk.usedBytes()]).toEqual([0, 0]);
  });

  test("under the seed's semantics the same policy evicts the same", () => {
    const desk = new Desk({ ...lbStandard, limitersMax: 2 });
    desk.run({ op: "set_defaults", rps: 0, burst: 1 });
    Policy.limiterFull.set(desk.memory, Balancer.policy.at(desk.balancer), LimiterFull.evict);
    for (const client of ["a", "b", "c"]) expect(desk.run({ op: "rate", client, tick: 1 })).toEqual({ ok: null });
    expect(["a", "b", "c"].map((name) => knows(desk, name))).toEqual([false, true, true]);
    expect(evictedOldest(desk)).toBe(1);
  });

  test("keeps exactly the clients used last, in any history", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(8), { maxLength: 120 }), (limitersMax, clients) => {
        const desk = make(limitersMax, 0, 2);
        const model = new Map<string, number>();
        for (const number of clients) {
          const name = `10.0.0.${number}`;
          const taken = model.get(name) ?? 0;
          if (!model.delete(name) && model.size === limitersMax) model.delete(model.keys().next().value!);
          model.set(name, Math.min(2, taken + 1));
          expect(desk.admit({ client: name }, 7)).toBe(taken < 2 ? OK : EXCEEDED);
        }
        for (let number = 0; number <= 8; number++) expect(knows(desk, `10.0.0.${number}`)).toBe(model.has(`10.0.0.${number}`));
        desk.check();
      }),
      { seed: 1, numRuns: 400 },
    );
  });
});

describe("a search for a full bucket", () => {
  test.each([false, true])("is not repeated in the same tick, however many strangers knock; evict %s", (evict) => {
    const desk = new StrictDesk({ limits: { limitersMax: 64 }, rate: 10, burst: 5, rules: [{ kind: "leaky", rate: 10, burst: 5 }], evict });
    for (let i = 0; i < 32; i++) expect(desk.admit({ client: `10.0.0.${i}` }, 50)).toBe(OK);
    for (let i = 0; i < 200; i++) {
      expect(desk.admit({ client: `10.0.1.${i}` }, 50)).toBe(evict ? OK : FULL);
      expect(Balancer.noneFullBeforeTick.get(desk.memory, desk.balancer)).toBe(150);
    }
    // At the tick it said, there is one.
    expect(desk.admit({ client: "10.0.2.0" }, 149)).toBe(evict ? OK : FULL);
    const before = evicted(desk);
    expect(desk.admit({ client: "10.0.2.1" }, 150)).toBe(OK);
    expect(evicted(desk)).toBeGreaterThan(before);
  });

  test("is spared before the tick that the last one found", () => {
    const desk = new StrictDesk({ limits: { limitersMax: 1 }, rate: 1000, burst: 1 });
    expect(desk.admit({ client: "a" }, 5)).toBe(OK);
    Balancer.noneFullBeforeTick.set(desk.memory, desk.balancer, 50);
    expect(desk.admit({ client: "b" }, 49)).toBe(FULL);
    expect(desk.admit({ client: "b" }, 50)).toBe(OK);
  });

  test("hears of a leaky bucket whose clock was set back", () => {
    const desk = new StrictDesk({ limits: { limitersMax: 2 } });
    const { heap, limits, memory, balancer, shared } = desk;
    const make = (name: string, rate: number, tick: number): number => {
      putText(desk, 0, name);
      return limiterMake(heap, limits, balancer, 1, shared, 0, name.length, BucketKind.leaky, rate, 9, tick);
    };
    const [one, other] = [make("a", 1, 200_000), make("b", 0, 200_000)];
    for (const slot of [one, other]) expect(limiterCharge(memory, balancer, slot, 200_000)).toBe(true);
    expect(make("c", 1, 200_000)).toBe(FULL);
    expect(Balancer.noneFullBeforeTick.get(memory, balancer)).toBe(201_000);
    expect(limiterCharge(memory, balancer, one, 100_000)).toBe(true);
    expect(make("c", 1, 101_998)).toBe(FULL);
    expect(make("c", 1, 101_999)).toBe(one);
  });
});

test.each([false, true])("100,000 hostile keys leave memory constant; evict %s", (evict) => {
  const desk = new StrictDesk({ limits: { limitersMax: 512 }, rate: 5, burst: 3, evict });
  const { heap, limits, memory, balancer, shared } = desk;
  let used = 0;
  for (let i = 0; i < 100_000; i++) {
    const name = `${(i * 7919) & 255}.${(i * 104_729) & 255}.${i}`;
    putText(desk, 0, name);
    const tick = i >> 4;
    if (limiterFind(memory, balancer, i & 3, shared, 0, name.length) >= 0) continue;
    const slot = limiterMake(heap, limits, balancer, i & 3, shared, 0, name.length, BucketKind.perSecond, 5, 3, tick);
    if (slot >= 0) limiterCharge(memory, balancer, slot, tick);
    else expect(slot).toBe(FULL);
    if (i === 1000) used = desk.usedBytes();
    if (i > 1000 && i % 50 === 0) expect(desk.usedBytes()).toBe(used);
  }
  // Sixteen strangers a tick push each other out long before a bucket is full again.
  expect(evicted(desk) > 0).toBe(!evict);
  expect(evictedOldest(desk) > 0).toBe(evict);
  desk.check();
});
