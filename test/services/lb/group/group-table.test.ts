import { describe, expect, test } from "vitest";
import { Errno } from "../../../../kernel/errno.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { groupTableBuild, groupTableExchange, groupTableFree } from "../../../../services/lb/group/group-table.ts";
import { ALGORITHM_TABLE } from "../../../../services/lb/algorithm/algorithms.ts";
import { ALGORITHMS } from "../../../../services/lb/control.ts";
import { Draws } from "../algorithm/draws.ts";
import type { AlgorithmName } from "../algorithm/pool.ts";
import { Pool, endpoints } from "../algorithm/pool.ts";

const WITH_TABLE: readonly AlgorithmName[] = ["IpHash", "RingHash", "Maglev"];

function owners(pool: Pool): string[] {
  const draws = new Draws(17);
  return Array.from({ length: 500 }, () => pool.name(pool.pick(draws.word())));
}

test("three algorithms have a table", () => {
  expect(ALGORITHMS.filter((_, i) => ALGORITHM_TABLE[i]!.table !== undefined)).toEqual(WITH_TABLE);
  const pool = new Pool("Rendezvous", endpoints([1, 2]));
  pool.allocationsLeft = 0;
  expect(groupTableBuild(pool.heap, pool.limits, pool.group, 0)).toBe(0);
  expect(pool.renew()).toBe(0);
});

for (const name of WITH_TABLE) describe(`the table of ${name}`, () => {
  test("stays in force where there is no memory for another", () => {
    const pool = new Pool(name, endpoints([1, 2, 1]));
    const before = owners(pool);
    const used = pool.usedBytes();
    pool.allocationsLeft = 0;
    expect(pool.renew()).toBe(Errno.outOfMemory);
    expect(pool.usedBytes()).toBe(used);
    expect(owners(pool)).toEqual(before);
  });

  test("is built beside the one in force, and exchanged", () => {
    const pool = new Pool(name, endpoints([1, 2, 1]));
    const before = owners(pool);
    const used = pool.usedBytes();
    const table = groupTableBuild(pool.heap, pool.limits, pool.group, Group.table.get(pool.memory, pool.group));
    expect(table).toBeGreaterThan(0);
    expect(owners(pool)).toEqual(before);
    groupTableFree(pool.heap, groupTableExchange(pool.memory, pool.group, table));
    expect(owners(pool)).toEqual(before);
    expect(pool.usedBytes()).toBe(used);
    pool.free();
    expect(pool.usedBytes()).toBe(0);
  });

  test("follows every member that goes, without memory, to the last", () => {
    const pool = new Pool(name, endpoints([1, 2, 3, 1, 1, 4]));
    const draws = new Draws(18);
    pool.allocationsLeft = 0;
    while (pool.count > 0) {
      const gone = draws.below(pool.count);
      const lost = pool.name(gone);
      pool.remove(gone);
      const now = owners(pool);
      expect(now).not.toContain(lost);
      expect(new Set(now).size).toBe(Math.max(1, pool.count));
    }
    expect(owners(pool)[0]).toBe("none");
  });

  test("depends on who may take requests in nothing", () => {
    const pool = new Pool(name, endpoints([1, 2, 3, 1]));
    const before = owners(pool);
    pool.setAvailable(2, false);
    pool.setConnections(0, 100);
    expect(pool.renew()).toBe(0);
    pool.setAvailable(2, true);
    pool.setConnections(0, 0);
    expect(owners(pool)).toEqual(before);
  });
});
