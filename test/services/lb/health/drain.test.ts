import { describe, expect, test } from "vitest";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { membersDrained } from "../../../../services/lb/group/member.ts";
import { Ward } from "./ward.ts";

const drained = (ward: Ward, group: GroupAddress, tick: number): void => membersDrained(ward.desk.heap, ward.desk.balancer, group, tick);

describe("draining a member", () => {
  test("it takes no new request, stays while something is open, and leaves when nothing is", () => {
    const ward = new Ward();
    const group = ward.group(3);
    ward.open(group, 1, 2);
    ward.drain(group, 1, 100, 10);
    expect(ward.available(group)).toBe("101");
    drained(ward, group, 50);
    ward.open(group, 1, -1);
    drained(ward, group, 99);
    expect(ward.names(group)).toHaveLength(3);
    ward.open(group, 1, -1);
    drained(ward, group, 51);
    expect(ward.names(group)).toEqual(["10.0.0.1:80", "10.0.0.3:80"]);
    ward.recount(group);
  });

  test("it leaves at the deadline, not a tick before, whatever is open", () => {
    const ward = new Ward();
    const group = ward.group(2);
    ward.open(group, 0, 2);
    ward.open(group, 1, 1);
    ward.drain(group, 0, 100, 10);
    drained(ward, group, 99);
    expect(ward.names(group)).toHaveLength(2);
    drained(ward, group, 100);
    expect(ward.names(group)).toEqual(["10.0.0.2:80"]);
    expect(Group.activeConnections.get(ward.memory, group)).toBe(1);
    ward.recount(group);
  });

  test("it leaves at once if nothing is open, or the deadline has come already", () => {
    const ward = new Ward();
    const group = ward.group(4);
    ward.open(group, 1, 1);
    ward.open(group, 2, 1);
    ward.drain(group, 0, 100, 10);
    expect(ward.names(group)).toEqual(["10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"]);
    ward.drain(group, 0, 10, 10);
    expect(ward.names(group)).toEqual(["10.0.0.3:80", "10.0.0.4:80"]);
    ward.drain(group, 0, 11, 10);
    expect(ward.names(group)).toHaveLength(2);
    ward.recount(group);
  });

  test("a later deadline replaces the earlier one; 0 takes it back into service, drained or not", () => {
    const ward = new Ward();
    const group = ward.group(2);
    ward.open(group, 0, 1);
    ward.drain(group, 0, 100, 10);
    ward.drain(group, 0, 200, 10);
    drained(ward, group, 150);
    expect(ward.available(group)).toBe("01");
    ward.drain(group, 0, 0, 150);
    expect(ward.available(group)).toBe("11");
    drained(ward, group, 500);
    ward.open(group, 0, -1);
    drained(ward, group, 500);
    ward.drain(group, 1, 0, 500);
    expect(ward.available(group)).toBe("11");
    ward.recount(group);
  });

  test("several leave together, and only those", () => {
    const ward = new Ward();
    const group = ward.group(5);
    for (const i of [0, 1, 2, 3, 4]) ward.open(group, i, 1);
    for (const [i, deadline] of [[0, 50], [2, 60], [3, 50], [4, 40]] as const) ward.drain(group, i, deadline, 10);
    drained(ward, group, 50);
    expect(ward.names(group)).toEqual(["10.0.0.2:80", "10.0.0.3:80"]);
    expect(ward.available(group)).toBe("10");
    ward.recount(group);
  });
});
