/**
 * One suite for every algorithm: what each promises whatever its rule. What an algorithm does not promise is a skip that
 * says why. The rules themselves are tested in a file for each.
 */

import { describe, expect, test } from "vitest";
import { KeyHash } from "../../../../services/lb/algorithm/algorithm.ts";
import { ALGORITHM_TABLE } from "../../../../services/lb/algorithm/algorithms.ts";
import { ALGORITHMS } from "../../../../services/lb/control.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { PickRequest } from "../../../../services/lb/algorithm/pick-request.ts";
import { ALL_FULL, NONE_IN_SERVICE } from "../../../../services/lb/group/pick.ts";
import { lbStandard } from "../../../../services/limits.ts";
import type { AlgorithmName } from "./pool.ts";
import { Pool, endpoints } from "./pool.ts";
import { Draws } from "./draws.ts";

interface Case {
  readonly name: AlgorithmName;
  /** Counts after many picks differ from weight's part by at most `picks`, and that part of it which `part` says. */
  readonly share: { readonly picks: number; readonly part: number };
  /** What weights it goes by; plain turns know none. */
  readonly weighted: boolean;
  readonly random: boolean;
  /** Part of the other backends' keys that may move when one of 50 is removed; or why there is no such promise. */
  readonly movedOnRemoval: number | string;
  /** Likewise when one joins 50. */
  readonly movedOnAddition: number | string;
}

const NO_KEY = "it goes by no key: a request has no backend of its own";
const CASES: readonly Case[] = [
  { name: "RoundRobin", share: { picks: 1, part: 0 }, weighted: false, random: false, movedOnRemoval: NO_KEY, movedOnAddition: NO_KEY },
  { name: "LeastConnections", share: { picks: 1, part: 0 }, weighted: true, random: false, movedOnRemoval: NO_KEY, movedOnAddition: NO_KEY },
  { name: "WeightedRoundRobin", share: { picks: 1, part: 0 }, weighted: true, random: false, movedOnRemoval: NO_KEY, movedOnAddition: NO_KEY },
  { name: "Random", share: { picks: 0, part: 0.03 }, weighted: true, random: true, movedOnRemoval: NO_KEY, movedOnAddition: NO_KEY },
  { name: "IpHash", share: { picks: 0, part: 0.03 }, weighted: true, random: false, movedOnRemoval: 0, movedOnAddition: "a row without an empty place is made anew, as nginx does" },
  { name: "PowerOfTwo", share: { picks: 0, part: 0.03 }, weighted: true, random: true, movedOnRemoval: NO_KEY, movedOnAddition: NO_KEY },
  { name: "PeakEwma", share: { picks: 0, part: 0.03 }, weighted: true, random: true, movedOnRemoval: NO_KEY, movedOnAddition: NO_KEY },
  { name: "RingHash", share: { picks: 0, part: 0.2 }, weighted: true, random: false, movedOnRemoval: 0, movedOnAddition: 0 },
  { name: "Maglev", share: { picks: 0, part: 0.03 }, weighted: true, random: false, movedOnRemoval: 0.01, movedOnAddition: 0.01 },
  { name: "Rendezvous", share: { picks: 0, part: 0.03 }, weighted: true, random: false, movedOnRemoval: 0, movedOnAddition: 0 },
];

const PICKS = 100_000;
const WEIGHTS = [5, 1, 1, 3, 2, 8];
/** A thousand backends on a ring are more points than the standard bound has. */
const LARGE = { ...lbStandard, ringPointsMax: 1024 * 160 };

test("the suite runs for every algorithm, in their order, under names of its own", () => {
  expect(CASES.map((one) => one.name)).toEqual([...ALGORITHMS]);
  expect(ALGORITHM_TABLE).toHaveLength(ALGORITHMS.length);
  const names = ALGORITHM_TABLE.flatMap((algorithm) => algorithm.names);
  expect(names).toEqual(["roundrobin", "rr", "leastconn", "lc", "weighted", "wrr", "random", "iphash", "p2c", "peakewma", "ringhash", "maglev", "rendezvous"]);
});

/** Owners of the keys 0 to count - 1 (spread), by name. */
function owners(pool: Pool, count: number): string[] {
  const draws = new Draws(7);
  return Array.from({ length: count }, () => pool.name(pool.pick(draws.word())));
}

/** Part of the keys that were not `gone`'s and have another owner now, other than `come`. */
function movedPart(before: readonly string[], after: readonly string[], gone: string, come = ""): number {
  const others = before.map((owner, i) => [owner, after[i]!] as const).filter(([owner]) => owner !== gone);
  return others.filter(([owner, now]) => owner !== now && now !== come).length / others.length;
}

for (const one of CASES) describe(one.name, () => {
  const algorithm = ALGORITHM_TABLE[ALGORITHMS.indexOf(one.name)]!;
  const takesKeys = algorithm.keyHash !== KeyHash.none;

  test.each([["weighted", WEIGHTS], ["equal", [4, 4, 4, 4, 4, 4, 4]], ["with a zero", [4, 0, 2, 0, 6]]])("gives each its share: %s", (_, weights) => {
    const pool = new Pool(one.name, endpoints(weights));
    const draws = new Draws(1);
    const counts = weights.map(() => 0);
    for (let i = 0; i < PICKS; i++) counts[pool.pick(draws.word())]!++;
    const counted = one.weighted ? weights : weights.map((weight) => Math.min(1, weight));
    const whole = counted.reduce((sum, weight) => sum + weight, 0);
    counts.forEach((count, i) => {
      const share = (PICKS * counted[i]!) / whole;
      expect(Math.abs(count - share), `backend ${i} got ${count} of ${share}`).toBeLessThanOrEqual(one.share.picks + one.share.part * share);
    });
  });

  test("only ever chooses a candidate, and says why it finds none", () => {
    const pool = new Pool(one.name, endpoints([3, 1, 0, 2, 1, 5, 1, 1]));
    pool.policy("backendConnectionsMax", 3);
    const draws = new Draws(2);
    let answers = 0;
    for (let i = 0; i < PICKS; i++) {
      disturb(pool, draws);
      pool.ask(draws.word());
      if (draws.below(4) === 0) PickRequest.excluded.set(pool.memory, pool.request, pool.backend(draws.below(pool.count)));
      const expected = judge(pool);
      const chosen = pool.choose();
      const right = expected.candidates.length > 0 ? expected.candidates.includes(chosen) : chosen === (expected.inService ? ALL_FULL : NONE_IN_SERVICE);
      if (!right) expect.fail(`request ${i}: ${chosen} of ${JSON.stringify(expected)}`);
      answers |= chosen >= 0 ? 1 : chosen === ALL_FULL ? 2 : 4;
    }
    expect(answers, "every kind of answer was seen").toBe(7);
  });

  test("in panic takes those that are not available, but none that drains", () => {
    const pool = new Pool(one.name, endpoints([1, 1, 1, 1]));
    for (let i = 0; i < 4; i++) pool.setAvailable(i, false);
    Backend.draining.set(pool.memory, pool.backend(1), 1);
    expect(pool.pick(1)).toBe(NONE_IN_SERVICE);
    Group.panicking.set(pool.memory, pool.group, 1);
    const draws = new Draws(3);
    const seen = new Set(Array.from({ length: 400 }, () => pool.pick(draws.word())));
    expect([...seen].sort()).toEqual([0, 2, 3]);
  });

  test("finds the only candidate among 1024, and none when it is gone", () => {
    const pool = new Pool(one.name, endpoints(new Array<number>(1024).fill(1)), LARGE, 8 * 1024 * 1024);
    expect(pool.status).toBe(0);
    for (let i = 0; i < 1024; i++) if (i !== 700) pool.setAvailable(i, false);
    for (let key = 0; key < 20; key++) expect(pool.pick(key * 77_777_777)).toBe(700);
    PickRequest.excluded.set(pool.memory, pool.request, pool.backend(700));
    expect(pool.choose()).toBe(ALL_FULL);
    pool.setAvailable(700, false);
    expect(pool.pick(5)).toBe(NONE_IN_SERVICE);
  });

  test("serves nobody from an empty group, or with weights of zero only", () => {
    expect(new Pool(one.name, []).pick(3)).toBe(NONE_IN_SERVICE);
    expect(new Pool(one.name, endpoints([0, 0, 0])).pick(3)).toBe(NONE_IN_SERVICE);
  });

  test("chooses the same with the same seed, and another way with another if it draws", () => {
    const run = (seed: number): string => {
      const pool = new Pool(one.name, endpoints(WEIGHTS));
      pool.setSeed(seed);
      const draws = new Draws(4);
      return Array.from({ length: 200 }, () => pool.pick(draws.word())).join();
    };
    expect(run(9)).toBe(run(9));
    expect(run(9) === run(10)).toBe(!one.random);
  });

  test("takes no memory to choose", () => {
    const pool = new Pool(one.name, endpoints(WEIGHTS));
    const used = pool.usedBytes();
    pool.allocationsLeft = 0;
    for (let i = 0; i < 1000; i++) expect(pool.pick(i * 7_777_777)).toBeGreaterThanOrEqual(0);
    expect(pool.usedBytes()).toBe(used);
    pool.free();
    expect(pool.usedBytes()).toBe(0);
  });

  test.skipIf(!takesKeys)(`keeps a client where it was, and brings it back${takesKeys ? "" : `: ${NO_KEY}`}`, () => {
    const pool = new Pool(one.name, endpoints(new Array<number>(10).fill(2)));
    const before = owners(pool, 5000);
    for (const gone of [3, 8, 9, 0, 1, 2]) {
      const last = owners(pool, 5000);
      const name = pool.name(gone);
      pool.setAvailable(gone, false);
      expect(movedPart(last, owners(pool, 5000), name)).toBe(0);
    }
    for (const back of [3, 8, 9, 0, 1, 2]) pool.setAvailable(back, true);
    expect(owners(pool, 5000)).toEqual(before);
  });

  const removal = one.movedOnRemoval;
  test.skipIf(typeof removal === "string")(`moves few keys when one is removed${typeof removal === "string" ? `: ${removal}` : ""}`, () => {
    const pool = new Pool(one.name, endpoints(new Array<number>(50).fill(1)));
    for (const index of [0, 48, 20, 7, 31]) {
      const before = owners(pool, 20_000);
      const name = pool.name(index);
      pool.remove(index);
      const after = owners(pool, 20_000);
      expect(after).not.toContain(name);
      expect(movedPart(before, after, name)).toBeLessThanOrEqual(removal as number);
    }
  });

  const addition = one.movedOnAddition;
  test.skipIf(typeof addition === "string")(`moves few keys but to the one that joins${typeof addition === "string" ? `: ${addition}` : ""}`, () => {
    const pool = new Pool(one.name, endpoints(new Array<number>(50).fill(1)));
    const before = owners(pool, 20_000);
    pool.push({ address: "192.168.7.7", port: 8080, weight: 1 });
    expect(pool.renew()).toBe(0);
    const after = owners(pool, 20_000);
    expect(movedPart(before, after, "", "192.168.7.7:8080")).toBeLessThanOrEqual(addition as number);
    expect(after).toContain("192.168.7.7:8080");
  });

  test.skipIf(!algorithm.bounded)(`keeps every backend below its bound${algorithm.bounded ? "" : ": it spreads requests by itself"}`, () => {
    const weights = [1, 2, 1, 4];
    const pool = new Pool(one.name, endpoints(weights));
    pool.policy("boundedPercent", 125);
    for (let open = 1; open <= 2000; open++) {
      const chosen = pool.pick(open % 3);
      pool.setConnections(chosen, pool.connections(chosen) + 1);
      expect(pool.connections(chosen)).toBeLessThanOrEqual(Math.ceil((open * 1.25 * weights[chosen]!) / 8));
    }
    pool.setConnections(3, 9000);
    for (let key = 0; key < 50; key++) expect(pool.pick(key * 99_999_999)).not.toBe(3);
    for (const index of [0, 1, 2]) pool.setAvailable(index, false);
    for (let key = 0; key < 3; key++) expect(pool.pick(key), "a bound refuses nobody").toBe(3);
  });

  test.skipIf(!takesKeys)(`takes turns without a key${takesKeys ? "" : `: ${NO_KEY}`}`, () => {
    const pool = new Pool(one.name, endpoints([5, 1, 1]));
    pool.ask(1);
    PickRequest.keyless.set(pool.memory, pool.request, 1);
    expect(Array.from({ length: 7 }, () => pool.choose()).join("")).toBe("0010200");
  });
});

/** Changes availability, draining, connections or the group's panic. */
function disturb(pool: Pool, draws: Draws): void {
  const index = draws.below(pool.count);
  switch (draws.below(8)) {
    case 0:
    case 1:
      return pool.setAvailable(index, draws.below(2) === 0 && Backend.draining.get(pool.memory, pool.backend(index)) === 0);
    case 2:
    case 3:
      return pool.setConnections(index, draws.below(5));
    case 4:
      pool.setAvailable(index, false);
      return Backend.draining.set(pool.memory, pool.backend(index), draws.below(2));
    case 5:
      return Group.panicking.set(pool.memory, pool.group, draws.below(3) === 0 ? 1 : 0);
    default:
      return;
  }
}

/** Who may be chosen, told without the code under test. */
function judge(pool: Pool): { candidates: number[]; inService: boolean } {
  const excluded = PickRequest.excluded.get(pool.memory, pool.request);
  const panicking = Group.panicking.get(pool.memory, pool.group) === 1;
  const serving = Array.from({ length: pool.count }, (_, i) => i).filter((i) => {
    const backend = pool.backend(i);
    const available = Backend.available.get(pool.memory, backend) === 1 || (panicking && Backend.draining.get(pool.memory, backend) === 0);
    return available && Backend.weight.get(pool.memory, backend) > 0;
  });
  return { candidates: serving.filter((i) => pool.connections(i) < 3 && pool.backend(i) !== excluded), inService: serving.length > 0 };
}
