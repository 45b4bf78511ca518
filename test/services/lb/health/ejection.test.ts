import { describe, expect, test } from "vitest";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { memberDrain, memberHealth, memberRemove } from "../../../../services/lb/group/member.ts";
import { groupSettle, groupUnsettle } from "../../../../services/lb/health/availability.ts";
import { backendResult } from "../../../../services/lb/health/ejection.ts";
import type { PolicyWords } from "./ward.ts";
import { Ward } from "./ward.ts";

class Patients {
  readonly ward = new Ward();
  readonly group: GroupAddress;

  constructor(members: number, policy: PolicyWords = {}) {
    this.group = this.ward.group(members, { ejectFailures: 3, ejectTicks: 100, ejectPercent: 100, ...policy });
  }

  results(index: number, words: string, tick: number): void {
    groupSettle(this.ward.memory, this.group, tick);
    for (const word of words) backendResult(this.ward.memory, this.group, this.ward.member(this.group, index), word === "f", tick);
  }

  /** Who is ejected, as one digit each. */
  ejected(tick: number): string {
    groupSettle(this.ward.memory, this.group, tick);
    this.ward.recount(this.group);
    return this.ward.members(this.group).map((backend) => this.ward.state(backend).ejected).join("");
  }

  /** Fails as often as it takes; the number of ticks that it is then out. */
  outTicks(index: number, tick: number): number {
    this.results(index, "fff", tick);
    const until = Backend.ejectedUntilTick.get(this.ward.memory, this.ward.member(this.group, index));
    expect(this.ejected(until - 1)[index]).toBe("1");
    expect(this.ejected(until)[index]).toBe("0");
    return until - tick;
  }
}

describe("failures in a row", () => {
  test("as many as the policy says eject, one fewer does not", () => {
    const patients = new Patients(3);
    patients.results(1, "ff", 10);
    expect(patients.ejected(10)).toBe("000");
    patients.results(1, "f", 10);
    expect(patients.ejected(10)).toBe("010");
    expect(patients.ward.available(patients.group)).toBe("101");
  });

  test("a success begins anew, at each backend on its own", () => {
    const patients = new Patients(2);
    patients.results(0, "ffsff", 10);
    patients.results(1, "ff", 10);
    expect(patients.ejected(10)).toBe("00");
    patients.results(1, "f", 10);
    expect(patients.ejected(10)).toBe("01");
    patients.results(0, "f", 10);
    expect(patients.ejected(10)).toBe("11");
  });

  test("what an ejected backend's last connections come to counts neither way", () => {
    const patients = new Patients(2);
    patients.results(0, "ffffffff", 10);
    patients.results(0, "s", 20);
    patients.results(0, "ffff", 30);
    expect(patients.ejected(109)).toBe("10");
    expect(patients.ejected(110)).toBe("00");
    patients.results(0, "ff", 110);
    expect(patients.ejected(110)).toBe("00");
    expect(Backend.timesEjected.get(patients.ward.memory, patients.ward.member(patients.group, 0))).toBe(1);
  });

  test.each([{ ejectFailures: 0 }, { ejectTicks: 0 }])("nobody is ejected while the policy does not say how: %o", (policy) => {
    const patients = new Patients(2, policy);
    patients.results(0, "f".repeat(50), 10);
    expect(patients.ejected(10)).toBe("00");
    expect(Group.ejectionsRefused.get(patients.ward.memory, patients.group)).toBe(0);
    expect(Backend.timesEjected.get(patients.ward.memory, patients.ward.member(patients.group, 0))).toBe(0);
  });

  test("more than a record can count are met at what it can", () => {
    const patients = new Patients(2, { ejectFailures: 70_000 });
    patients.results(0, "f".repeat(65_534), 10);
    expect(patients.ejected(10)).toBe("00");
    patients.results(0, "f", 10);
    expect(patients.ejected(10)).toBe("10");
    const others = new Patients(2, { ejectPercent: 0 });
    others.results(0, "f".repeat(65_540), 10);
    expect(Group.ejectionsRefused.get(others.ward.memory, others.group)).toBe(65_538);
  });
});

describe("the time out of service", () => {
  test("grows with every ejection that comes right after another", () => {
    const patients = new Patients(2);
    let tick = 1000;
    for (const times of [1, 2, 3, 4]) {
      expect(patients.outTicks(0, tick)).toBe(100 * times);
      tick += 100 * times;
    }
  });

  test.each([
    // After three ejections the multiplier is 3; so many ticks of calm, and how long the next one is.
    [0, 400],
    [99, 400],
    [100, 300],
    [199, 300],
    [200, 200],
    [300, 100],
    [301, 100],
    [100_000, 100],
  ])("falls by one step for every ejectTicks without failure: %i ticks", (calm, out) => {
    const patients = new Patients(2);
    let tick = 1000;
    for (const times of [1, 2, 3]) tick += patients.outTicks(0, tick) === 100 * times ? 100 * times : NaN;
    expect(patients.outTicks(0, tick + calm)).toBe(out);
  });

  test("a failure takes what is left of such a span, also one that ejects nobody; a success does not", () => {
    const patients = new Patients(2);
    patients.outTicks(0, 1000);
    patients.results(0, "fs", 1199);
    patients.results(0, "ss", 1250);
    expect(patients.outTicks(0, 1298)).toBe(200);
    const other = new Patients(2);
    other.outTicks(0, 1000);
    other.results(0, "ss", 1199);
    expect(other.outTicks(0, 1200)).toBe(100);
  });

  test("counts the calm from the end of the ejection, however late that was noticed", () => {
    const patients = new Patients(2);
    patients.results(0, "fff", 1000);
    expect(patients.outTicks(0, 1199)).toBe(200);
    const other = new Patients(2);
    other.results(0, "fff", 1000);
    expect(other.outTicks(0, 1200)).toBe(100);
  });

  test("a clock that goes back neither ends it nor makes calm", () => {
    const patients = new Patients(2);
    patients.results(0, "fff", 1000);
    expect(patients.ejected(5)).toBe("10");
    expect(patients.ejected(1099)).toBe("10");
    expect(patients.ejected(1100)).toBe("00");
    expect(patients.ejected(1050)).toBe("00");
    patients.results(0, "f", 1050);
    patients.results(0, "f", 3);
    patients.results(0, "f", 1199);
    expect(patients.ejected(1398)).toBe("10");
    expect(patients.ejected(1399)).toBe("00");
  });

  test("is not longer than there are ticks", () => {
    const patients = new Patients(2, { ejectTicks: 0xffff_ffff });
    patients.results(0, "fff", Number.MAX_SAFE_INTEGER - 5);
    expect(patients.ejected(Number.MAX_SAFE_INTEGER - 1)).toBe("10");
    expect(patients.ejected(Number.MAX_SAFE_INTEGER)).toBe("00");
  });
});

describe("the share", () => {
  test.each([
    [10, 9, 0],
    [10, 10, 1],
    [10, 19, 1],
    [10, 20, 2],
    [3, 33, 0],
    [3, 34, 1],
    [3, 66, 1],
    [3, 67, 2],
    [1, 99, 0],
    [1, 100, 1],
    [4, 0, 0],
    [7, 100, 7],
  ])("of %i members, %i %%: at most %i, counted with the one in question", (members, ejectPercent, most) => {
    const patients = new Patients(members, { ejectPercent });
    for (let i = 0; i < members; i++) patients.results(i, "fff", 10);
    expect(patients.ejected(10)).toBe("1".repeat(most).padEnd(members, "0"));
    expect(Group.ejectionsRefused.get(patients.ward.memory, patients.group)).toBe(members - most);
  });

  test("who stays in service for it asks again at the next failure, and not after a success", () => {
    const patients = new Patients(2, { ejectPercent: 50 });
    patients.results(0, "fff", 10);
    patients.results(1, "ffff", 20);
    expect(patients.ejected(20)).toBe("10");
    expect(Group.ejectionsRefused.get(patients.ward.memory, patients.group)).toBe(2);
    expect(patients.ejected(110)).toBe("00");
    patients.results(1, "sf", 110);
    expect(patients.ejected(110)).toBe("00");
    patients.results(1, "ff", 110);
    expect(patients.ejected(110)).toBe("01");
    patients.results(0, "fff", 120);
    expect(patients.ejected(120)).toBe("01");
  });

  test("neither illness nor draining changes who is ejected", () => {
    const patients = new Patients(4, { ejectPercent: 50 });
    const { ward, group } = patients;
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 0), false, 10);
    Backend.activeConnections.set(ward.memory, ward.member(group, 1), 1);
    Group.activeConnections.set(ward.memory, group, 1);
    memberDrain(ward.desk.heap, ward.desk.balancer, group, 1, 1000, 10);
    for (const i of [0, 1, 2]) patients.results(i, "fff", 10);
    expect(patients.ejected(10)).toBe("1100");
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 0), true, 20);
    expect(ward.available(group)).toBe("0011");
    expect(patients.ejected(110)).toBe("0000");
    expect(ward.available(group)).toBe("1011");
  });

  test("when members are taken away the ejections end that would end first, the earlier member's among equals", () => {
    const patients = new Patients(6, { ejectPercent: 50 });
    patients.results(3, "fff", 10);
    patients.results(1, "fff", 20);
    patients.results(2, "fff", 20);
    expect(patients.ejected(30)).toBe("011100");
    const { ward, group } = patients;
    const remove = (index: number): void => memberRemove(ward.desk.heap, ward.desk.balancer, group, index, 30);
    remove(5);
    expect(patients.ejected(30)).toBe("01100");
    remove(4);
    expect(patients.ejected(30)).toBe("0110");
    remove(0);
    expect(patients.ejected(30)).toBe("010");
    remove(1);
    expect(patients.ejected(30)).toBe("00");
    ward.recount(group);
  });

  test("so it is when a policy lowers the share", () => {
    const patients = new Patients(4);
    for (const i of [0, 1, 2]) patients.results(i, "fff", 10 + i);
    patients.ward.policy(patients.group, { ejectPercent: 25 });
    groupUnsettle(patients.ward.memory, patients.group);
    expect(patients.ejected(20)).toBe("0010");
  });
});
