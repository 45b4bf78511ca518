import { describe, expect, test } from "vitest";
import { clientHash } from "../../../../services/lb/algorithm/client-hash.ts";
import { PickRequest } from "../../../../services/lb/algorithm/pick-request.ts";
import { HashKey } from "../../../../services/lb/group/group-policy.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { Draws } from "./draws.ts";
import { Pool, endpoints } from "./pool.ts";

/** nginx's walk: position after that many tries at most, or -1. */
function walk(address: readonly number[], weights: readonly number[], there: (index: number) => boolean): number {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let hash = 89;
  for (let tries = 0; tries <= 20; tries++) {
    for (const byte of address) hash = (hash * 113 + byte) % 6271;
    let left = hash % whole;
    let index = 0;
    while (left >= weights[index]!) left -= weights[index++]!;
    if (there(index)) return index;
  }
  return -1;
}

function askFrom(pool: Pool, address: readonly number[], family: number): number {
  pool.ask(0);
  pool.memory.u8.set(address, PickRequest.client.at(pool.request));
  PickRequest.family.set(pool.memory, pool.request, family);
  return pool.choose();
}

/** Who serves the clients 0 to 4999, by name. */
function served(pool: Pool): string[] {
  return Array.from({ length: 5000 }, (_, client) => pool.name(pool.pick(client * 331)));
}

describe("client hash", () => {
  test("is nginx's walk, whoever is away", () => {
    const weights = [3, 1, 0, 2, 5, 1];
    const pool = new Pool("IpHash", endpoints(weights));
    const draws = new Draws(12);
    const there = weights.map(() => true);
    let unlucky = 0;
    for (let i = 0; i < 20_000; i++) {
      const index = draws.below(weights.length);
      there[index] = draws.below(4) > 0;
      pool.setAvailable(index, there[index]);
      const family = draws.below(2) === 0 ? 4 : 6;
      const address = Array.from({ length: family === 4 ? 4 : 16 }, () => draws.below(256));
      const expected = walk(family === 4 ? address.slice(0, 3) : address, weights, (at) => there[at]!);
      const chosen = askFrom(pool, address, family);
      if (expected >= 0) expect(chosen).toBe(expected);
      else unlucky += 1;
    }
    expect(unlucky).toBeLessThan(200);
  });

  test("tries 21 places, the last like the first", () => {
    const weights = new Array<number>(20).fill(1);
    const pool = new Pool("IpHash", endpoints(weights));
    weights.forEach((_, i) => pool.setAvailable(i, i === 3 || i === 11));
    let last = 0;
    for (let client = 0; client < 30_000; client++) {
      const address = [client >> 16, (client >> 8) & 255, client & 255];
      let tries = 0;
      const expected = walk(address, weights, (index) => ++tries > 0 && (index === 3 || index === 11));
      if (tries !== 21 || expected < 0) continue;
      expect(pool.pick(client)).toBe(expected);
      last += 1;
    }
    expect(last).toBeGreaterThan(100);
  });

  test("counts a client without an address as three zero bytes", () => {
    const pool = new Pool("IpHash", endpoints([1, 1, 1, 1, 1]));
    expect(askFrom(pool, [0, 0, 0, 0], 0)).toBe(walk([0, 0, 0], [1, 1, 1, 1, 1], () => true));
  });

  test("takes the four bytes of the key instead where the policy says so", () => {
    const pool = new Pool("IpHash", endpoints([1, 2, 3]));
    pool.policy("hashKey", HashKey.cookie);
    for (const key of [0, 1, -1, 0x12345678]) {
      expect(pool.pick(key)).toBe(walk([key & 255, (key >>> 8) & 255, (key >>> 16) & 255, key >>> 24], [1, 2, 3], () => true));
    }
  });

  test("keeps the clients of those who stay while all others are removed one by one", () => {
    const pool = new Pool("IpHash", endpoints([1, 2, 3, 1, 1, 2, 5, 1]));
    const draws = new Draws(13);
    while (pool.count > 1) {
      const before = served(pool);
      const index = draws.below(pool.count);
      const name = pool.name(index);
      pool.remove(index);
      const after = served(pool);
      before.forEach((owner, client) => {
        if (owner !== name && after[client] !== owner) expect.fail(`client ${client} moved from ${owner} to ${after[client]}`);
      });
    }
  });

  test("gives one that comes back its place, and a newcomer an empty one of its weight: nobody else moves", () => {
    const members = endpoints([1, 2, 3, 2]);
    const pool = new Pool("IpHash", members);
    const before = served(pool);
    pool.remove(1);
    pool.push(members[1]!);
    expect(pool.renew()).toBe(0);
    expect(served(pool)).toEqual(before);
    const name = pool.name(0);
    pool.remove(0);
    pool.push({ address: "192.168.1.1", port: 99, weight: 1 });
    expect(pool.renew()).toBe(0);
    expect(served(pool)).toEqual(before.map((owner) => (owner === name ? "192.168.1.1:99" : owner)));
  });

  test("serves without one that was removed as without one that is away", () => {
    for (const index of [0, 2, 4]) {
      const removed = new Pool("IpHash", endpoints([1, 2, 3, 1, 2]));
      const away = new Pool("IpHash", endpoints([1, 2, 3, 1, 2]));
      removed.remove(index);
      away.setAvailable(index, false);
      expect(served(removed)).toEqual(served(away));
    }
  });

  test("remembers whose a place was last", () => {
    const pool = new Pool("IpHash", endpoints([1, 1, 1]));
    const newcomer = { address: "192.168.1.1", port: 99, weight: 1 };
    pool.remove(0);
    pool.push(newcomer);
    pool.renew();
    const before = served(pool);
    pool.remove(1);
    pool.remove(1);
    pool.push(newcomer);
    pool.renew();
    const after = served(pool);
    before.forEach((owner, client) => {
      if (owner === "192.168.1.1:99") expect(after[client]).toBe(owner);
    });
  });

  test("is made anew, as nginx does, for one that finds no place", () => {
    const pool = new Pool("IpHash", endpoints([1, 2, 3]));
    pool.remove(1);
    pool.push({ address: "192.168.1.1", port: 99, weight: 7 });
    expect(pool.renew()).toBe(0);
    for (let client = 0; client < 500; client++) {
      expect(pool.pick(client * 991)).toBe(walk([(client * 991) >>> 16, ((client * 991) >>> 8) & 255, (client * 991) & 255], [1, 3, 7], () => true));
    }
  });

  test("has room for every place that it keeps", () => {
    const pool = new Pool("IpHash", endpoints([1, 1, 1, 1, 1, 1]));
    const before = served(pool);
    const away = [0, 3, 4, 5].map((index) => pool.name(index));
    for (const index of [5, 4, 3, 0]) pool.remove(index);
    expect(clientHash.table!.bytes(pool.memory, pool.limits, pool.group, Group.table.get(pool.memory, pool.group))).toBe(8 + 6 * 16);
    expect(pool.renew()).toBe(0);
    served(pool).forEach((owner, client) => {
      if (!away.includes(before[client]!)) expect(owner).toBe(before[client]);
    });
  });

  test("keeps its size however often members change", () => {
    const pool = new Pool("IpHash", endpoints([1, 2, 3, 4]));
    const used = pool.usedBytes();
    for (let round = 0; round < 100; round++) {
      pool.remove(round % 4);
      pool.push({ address: `172.16.0.${100 + round}`, port: 8000, weight: 1 + (round % 9) });
      expect(pool.renew()).toBe(0);
    }
    expect(pool.usedBytes()).toBeLessThan(used + 64);
  });
});
