import { describe, expect, test } from "vitest";
import { LOGARITHM_UNIT, negativeLogarithm } from "../../../../services/lb/algorithm/logarithm.ts";
import { Draws } from "./draws.ts";
import { Pool, endpoints } from "./pool.ts";

function owners(pool: Pool): string[] {
  const draws = new Draws(14);
  return Array.from({ length: 20_000 }, () => pool.name(pool.pick(draws.word())));
}

describe("rendezvous", () => {
  test("the logarithm is the logarithm, and falls as the word grows", () => {
    const draws = new Draws(15);
    for (let i = 0; i < 20_000; i++) {
      const word = i < 200 ? i : i < 400 ? -1 - (i - 200) : draws.word() >>> draws.below(32);
      const exact = -Math.log2(((word >>> 0) + 0.5) / 2 ** 32);
      expect(Math.abs(negativeLogarithm(word) / LOGARITHM_UNIT - exact), `${word}`).toBeLessThan(3e-6);
      if (word !== -1) expect(negativeLogarithm(word + 1)).toBeLessThanOrEqual(negativeLogarithm(word));
    }
  });

  test("a changed weight moves keys to or from that backend only", () => {
    const pool = new Pool("Rendezvous", endpoints([4, 4, 4, 4, 4]));
    const before = owners(pool);
    pool.setWeight(2, 6);
    const heavier = owners(pool);
    before.forEach((owner, i) => expect([owner, pool.name(2)]).toContain(heavier[i]));
    expect(heavier.filter((owner) => owner === pool.name(2)).length).toBeGreaterThan(20_000 / 4);
    pool.setWeight(2, 1);
    owners(pool).forEach((owner, i) => {
      if (owner !== heavier[i]) expect(heavier[i]).toBe(pool.name(2));
    });
  });

  test("does not depend on the order of its members", () => {
    const members = endpoints([1, 2, 3, 4, 5, 6, 7]);
    expect(owners(new Pool("Rendezvous", members))).toEqual(owners(new Pool("Rendezvous", [...members].reverse())));
  });

  test("gives a thousand backends their shares", () => {
    const pool = new Pool("Rendezvous", endpoints(Array.from({ length: 1000 }, (_, i) => (i < 500 ? 1 : 3))));
    const draws = new Draws(16);
    let heavy = 0;
    for (let i = 0; i < 20_000; i++) if (pool.pick(draws.word()) >= 500) heavy++;
    expect(Math.abs(heavy - 15_000)).toBeLessThan(300);
  });
});
