import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { List } from "../../../../kernel/collections/list.ts";
import { Errno } from "../../../../kernel/errno.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { Directory } from "../../../../services/lb/connection/records.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { groupSettle } from "../../../../services/lb/health/availability.ts";
import { lbStandard } from "../../../../services/limits.ts";
import { Ward } from "../health/ward.ts";

describe("memory may end anywhere", () => {
  /** Everything that a group and its members are, their table included. */
  const picture = (ward: Ward, group: GroupAddress): string => {
    const { memory } = ward;
    const shown = [Group, Backend].flatMap((layout) => (layout === Group ? [group] : ward.members(group)).map((at) => layout.fields.map((field) => field.show(memory, at as number)).join()));
    const list = Group.backends.get(memory, group) as Address<"List">;
    const table = Group.table.get(memory, group);
    let sum = 0;
    for (let i = 0; table !== 0 && i < 65_537; i++) sum = (Math.imul(sum, 31) + memory.u8[table + i]!) | 0;
    const directory = Directory.fields.map((field) => field.show(memory, Balancer.directory.at(ward.desk.balancer)));
    return [...shown, ward.names(group).join(), List.capacity.get(memory, list), sum, ...directory, ward.desk.remembered()].join("\n");
  };

  test.each([
    // Lists hold four and eight before they grow.
    ["a list with room", 3],
    ["a full list", 4],
    ["a longer full list", 8],
    ["a group without members, nobody named yet", 0],
  ])("adding to Maglev's table: %s", (_what, members) => {
    let steps = 0;
    for (; ; steps++) {
      const ward = new Ward(lbStandard, 2 * 1024 * 1024);
      const group = ward.group(members, { panicPercent: 100, slowStartTicks: 5 }, "app", "Maglev");
      groupSettle(ward.memory, group, 3);
      const before = picture(ward, group);
      const used = ward.desk.usedBytes();
      ward.desk.allocationsLeft = steps;
      const status = ward.add(group, "10.0.9.9", 3);
      ward.desk.check();
      ward.recount(group);
      if (status > 0) break;
      expect(status).toBe(Errno.outOfMemory);
      expect(picture(ward, group)).toBe(before);
      expect(ward.desk.usedBytes()).toBe(used);
      ward.desk.allocationsLeft = Infinity;
      expect(ward.add(group, "10.0.9.9", 3)).toBeGreaterThan(0);
    }
    expect(steps).toBeGreaterThan(2);
  });

  test("removing and draining take none, and give back all", () => {
    const ward = new Ward(lbStandard, 2 * 1024 * 1024);
    const empty = ward.desk.usedBytes();
    const group = ward.group(4, {}, "app", "Maglev");
    ward.open(group, 2, 1);
    for (let i = 0; i < 3; i++) {
      expect(ward.add(group, "10.0.9.9", 1)).toBeGreaterThan(0);
      ward.remove(group, 4);
    }
    ward.desk.allocationsLeft = 0;
    ward.remove(group, 1);
    ward.drain(group, 0, 50, 10);
    ward.drain(group, 0, 50, 10);
    expect(ward.names(group)).toEqual(["10.0.0.3:80", "10.0.0.4:80"]);
    ward.remove(group, 0);
    ward.remove(group, 0);
    expect(ward.members(group)).toEqual([]);
    ward.recount(group);
    ward.desk.check();
    expect(empty).toBe(0);
    expect(ward.desk.run({ op: "new" })).toEqual({ ok: null });
    expect(ward.desk.usedBytes()).toBe(0);
  });
});
