import { describe, expect, test } from "vitest";
import { MAGLEV_SLOTS } from "../../../../services/lb/algorithm/maglev.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { Endpoint } from "./pool.ts";
import { Pool, endpoints } from "./pool.ts";

/** Owner of every slot, by name. */
function slots(pool: Pool): string[] {
  const names = Array.from({ length: pool.count }, (_, i) => pool.name(i));
  const table = Group.table.get(pool.memory, pool.group);
  return Array.from({ length: MAGLEV_SLOTS }, (_, slot) => names[pool.memory.u16[(table >> 1) + slot]!]!);
}

function counts(owners: readonly string[], members: readonly Endpoint[]): number[] {
  const found = new Map<string, number>();
  for (const owner of owners) found.set(owner, (found.get(owner) ?? 0) + 1);
  return members.map((member) => found.get(`${member.address}:${member.port}`) ?? 0);
}

function group(count: number, round: number): Endpoint[] {
  return endpoints(new Array<number>(count).fill(1)).map((member) => ({ ...member, port: 8000 + round }));
}

describe("Maglev", () => {
  test.each([1, 2, 3, 7, 100, 400, 1000])("gives each of %d the same, to one slot", (count) => {
    const members = group(count, 0);
    const shares = counts(slots(new Pool("Maglev", members)), members);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(MAGLEV_SLOTS);
  });

  test("divides by weight, to one slot", () => {
    for (const weights of [[1, 2, 3, 0, 10], [1000, 1, 1], [1000, ...new Array<number>(200).fill(1)]]) {
      const members = endpoints(weights);
      const whole = weights.reduce((sum, weight) => sum + weight, 0);
      counts(slots(new Pool("Maglev", members)), members).forEach((share, i) => {
        expect(Math.abs(share - (MAGLEV_SLOTS * weights[i]!) / whole)).toBeLessThan(weights[i] === 0 ? 0.5 : 1.0001);
      });
    }
  });

  test.each([2, 3, 5, 8, 20, 100, 250, 400])("moves under 1 %% of the other slots when one of %d goes", (count) => {
    for (let round = 0; round < 6; round++) {
      const pool = new Pool("Maglev", group(count, round));
      const before = slots(pool);
      const index = (round * 7) % count;
      const name = pool.name(index);
      pool.remove(index);
      const after = slots(pool);
      const others = before.map((owner, slot) => owner !== name && owner !== after[slot]).filter((moved) => moved).length;
      expect(others / before.filter((owner) => owner !== name).length).toBeLessThan(0.01);
      expect(after).not.toContain(name);
    }
  });

  test("does not depend on the order of its members, nor on what was before", () => {
    const members = endpoints([1, 2, 3, 4, 5, 6, 7]);
    const straight = slots(new Pool("Maglev", members));
    expect(slots(new Pool("Maglev", [...members].reverse()))).toEqual(straight);
    const pool = new Pool("Maglev", [...members, { address: "192.168.0.1", port: 1, weight: 3 }]);
    pool.remove(7);
    expect(slots(pool)).toEqual(straight);
  });

  test("a key belongs to the slot that it is congruent to", () => {
    const pool = new Pool("Maglev", endpoints([1, 1, 1, 1]));
    const owners = slots(pool);
    for (const key of [0, 1, 65_536, 65_537, 2 ** 31, 2 ** 32 - 1, 123_456_789]) expect(pool.name(pool.pick(key))).toBe(owners[key % MAGLEV_SLOTS]);
  });

  test("spreads the keys of one that is away evenly over the others", () => {
    const pool = new Pool("Maglev", endpoints([1, 1, 1, 1, 1]));
    const keys = Array.from({ length: 40_000 }, (_, key) => key).filter((key) => pool.pick(key) === 2);
    pool.setAvailable(2, false);
    const shares = [0, 0, 0, 0, 0];
    for (const key of keys) shares[pool.pick(key)]!++;
    for (const index of [0, 1, 3, 4]) expect(Math.abs(shares[index]! - keys.length / 4)).toBeLessThan(keys.length / 25);
  });
});
