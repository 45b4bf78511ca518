import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ringHash } from "../../../../services/lb/algorithm/ring-hash.ts";
import { LbErrno } from "../../../../services/lb/control.ts";
import { lbTiny } from "../../../../services/limits.ts";
import { Draws } from "./draws.ts";
import type { Endpoint } from "./pool.ts";
import { Pool, endpoints } from "./pool.ts";

interface Point {
  readonly hash: number;
  readonly name: string;
}

/** nginx's ring: points in order, of equal ones the first. */
function ringOf(members: readonly Endpoint[]): Point[] {
  const points = members.flatMap((member) => {
    const host = member.address.includes(":") ? `[${member.address}]` : member.address;
    const previous = Buffer.alloc(4);
    return Array.from({ length: 160 * member.weight }, () => {
      const hash = crc32(Buffer.concat([Buffer.from(`${host}\0${member.port}`, "latin1"), previous]));
      previous.writeUInt32LE(hash);
      return { hash, name: `${member.address}:${member.port}` };
    });
  });
  points.sort((one, other) => one.hash - other.hash);
  return points.filter((point, i) => i === 0 || point.hash !== points[i - 1]!.hash);
}

/** Owners in the order in which a request asks them. */
function ownerOf(ring: readonly Point[], key: number, there: (name: string) => boolean): string {
  const found = ring.findIndex((point) => point.hash >= key);
  const start = found < 0 ? 0 : found;
  for (let i = 0; i < ring.length; i++) {
    const point = ring[(start + i) % ring.length]!;
    if (there(point.name)) return point.name;
  }
  return "none";
}

const MEMBERS: readonly Endpoint[] = [
  { address: "127.0.0.1", port: 9101, weight: 1 },
  { address: "fd20::1:0:0:1:11", port: 80, weight: 2 },
  { address: "backend.example.test", port: 65535, weight: 3 },
  { address: "10.0.0.1", port: 0, weight: 1 },
  { address: "10.0.0.2", port: 8080, weight: 0 },
];

describe("ring hash", () => {
  test("is nginx's ring, for names, IPv4 and IPv6, and walks on where a backend is away", () => {
    const pool = new Pool("RingHash", MEMBERS);
    const ring = ringOf(MEMBERS);
    const draws = new Draws(9);
    const away = new Set<string>();
    for (let i = 0; i < 4000; i++) {
      const index = draws.below(4);
      if (draws.below(8) === 0) {
        const gone = draws.below(2) === 0;
        pool.setAvailable(index, !gone);
        if (gone) away.add(pool.name(index));
        else away.delete(pool.name(index));
      }
      const key = draws.below(5) === 0 ? ring[draws.below(ring.length)]!.hash : draws.word() >>> 0;
      expect(pool.name(pool.pick(key))).toBe(ownerOf(ring, key, (name) => !away.has(name)));
    }
  });

  test("begins anew behind the last point", () => {
    const pool = new Pool("RingHash", MEMBERS);
    const ring = ringOf(MEMBERS);
    expect(pool.name(pool.pick(-1))).toBe(ring[0]!.name);
    expect(pool.name(pool.pick(0))).toBe(ring[0]!.name);
    expect(pool.name(pool.pick(ring.at(-1)!.hash))).toBe(ring.at(-1)!.name);
  });

  test("after a removal is the ring of those who stay", () => {
    const pool = new Pool("RingHash", MEMBERS);
    pool.remove(1);
    const ring = ringOf(MEMBERS.filter((_, i) => i !== 1));
    const draws = new Draws(10);
    for (let i = 0; i < 2000; i++) {
      const key = draws.word() >>> 0;
      expect(pool.name(pool.pick(key))).toBe(ownerOf(ring, key, () => true));
    }
  });

  test("of two equal points the one of the earlier backend counts, and a walk asks neither's twin", () => {
    const twins = [MEMBERS[0]!, MEMBERS[0]!, MEMBERS[3]!];
    const pool = new Pool("RingHash", twins);
    const ring = ringOf([MEMBERS[0]!, MEMBERS[3]!]);
    const key = ring.find((point, i) => point.name === pool.name(0) && ring[i + 1]?.name === pool.name(2))!.hash;
    expect(pool.pick(key)).toBe(0);
    pool.setAvailable(0, false);
    expect(pool.pick(key)).toBe(2);
  });

  test("has at most so many points", () => {
    expect(new Pool("RingHash", endpoints([1, 1]), lbTiny).status).toBe(0);
    const pool = new Pool("RingHash", endpoints([1, 1]), lbTiny);
    pool.push({ address: "10.9.9.9", port: 1, weight: 1 });
    expect(pool.renew()).toBe(LbErrno.tableFull);
    expect(ringHash.table!.bytes(pool.memory, { ...lbTiny, ringPointsMax: 480 }, pool.group, 0)).toBe(8 + 480 * 8);
  });

  test("chooses without a table as well", () => {
    const pool = new Pool("RingHash", endpoints([1, 1]), { ...lbTiny, ringPointsMax: 0 });
    expect(pool.status).toBe(LbErrno.tableFull);
    const draws = new Draws(11);
    expect(new Set(Array.from({ length: 60 }, () => pool.pick(draws.word())))).toEqual(new Set([0, 1]));
  });
});
