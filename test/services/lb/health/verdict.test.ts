import { describe, expect, test } from "vitest";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { memberHealth } from "../../../../services/lb/group/member.ts";
import { groupSettle } from "../../../../services/lb/health/availability.ts";
import { backendResult } from "../../../../services/lb/health/ejection.ts";
import { probed } from "./probing.ts";
import type { PolicyWords } from "./ward.ts";

describe("results", () => {
  /** Probes once a round, and answers by the word: p, f, or - for no answer. The health after each round. */
  const rounds = (policy: PolicyWords, words: string): string => {
    const { ward, group, asked, answer } = probed(1, policy);
    return [...words]
      .map((word, i) => {
        const tick = 1000 + i * 1000;
        expect(asked(tick)).toEqual([0]);
        if (word !== "-") expect(answer(0, word === "p", tick + 1)).toBe(0);
        groupSettle(ward.memory, group, tick + 500);
        ward.recount(group);
        return ward.state(ward.member(group, 0)).healthy;
      })
      .join("");
  };

  test.each([
    [{}, "fff", "110"],
    [{}, "ffpfff", "111110"],
    [{}, "fffp", "1100"],
    [{}, "fffpp", "11001"],
    [{}, "fffpfpp", "1100001"],
    [{}, "fffppff", "1100111"],
    [{}, "fffppfff", "11001110"],
    [{}, "---", "110"],
    [{}, "f-f", "110"],
    [{}, "--p--", "11111"],
    [{ rise: 1, fall: 1 }, "fpfp", "0101"],
    [{ rise: 3, fall: 2 }, "ffppp", "10001"],
    [{ rise: 0, fall: 0 }, "fffpp", "11001"],
    [{ rise: 255, fall: 1 }, "f" + "p".repeat(255), "0" + "0".repeat(254) + "1"],
    [{ rise: 1, fall: 255 }, "f".repeat(255), "1".repeat(254) + "0"],
  ])("%o: %s gives %s", (policy, words, health) => {
    expect(rounds(policy, words)).toBe(health);
  });

  test("what the operator says counts like as many probes, and probes count from the beginning again", () => {
    const { ward, group, asked, answer } = probed(1);
    const backend = ward.member(group, 0);
    let tick = 1000;
    const probe = (passed: boolean): number => {
      tick += 100;
      asked(tick);
      answer(0, passed, tick);
      return ward.state(backend).healthy;
    };
    expect([probe(false), probe(false)]).toEqual([1, 1]);
    memberHealth(ward.memory, ward.desk.balancer, group, backend, true, tick);
    expect([probe(false), probe(false), probe(false)]).toEqual([1, 1, 0]);
    expect(probe(true)).toBe(0);
    memberHealth(ward.memory, ward.desk.balancer, group, backend, false, tick);
    expect([probe(true), probe(true)]).toEqual([0, 1]);
  });

  test("a probe that was not answered before the operator spoke does not count after it", () => {
    const { ward, group, asked } = probed(1, { fall: 1 });
    asked(1000);
    memberHealth(ward.memory, ward.desk.balancer, group, ward.member(group, 0), true, 1040);
    groupSettle(ward.memory, group, 1050);
    expect(ward.state(ward.member(group, 0))).toMatchObject({ healthy: 1, probing: 0 });
    ward.recount(group);
  });

  test("are counted as far as the record goes, and no further", () => {
    const { ward, group, asked, answer } = probed(1);
    for (let i = 1; i <= 300; i++) {
      asked(i * 100);
      answer(0, true, i * 100);
      expect(Backend.probesPassed.get(ward.memory, ward.member(group, 0))).toBe(Math.min(255, i));
    }
  });

  test("an ejection is not ended by a probe that passes", () => {
    const { ward, group, asked, answer } = probed(1, { ejectFailures: 1, ejectTicks: 1000, ejectPercent: 100, rise: 1 });
    backendResult(ward.memory, group, ward.member(group, 0), true, 10);
    asked(20);
    expect(answer(0, true, 21)).toBe(0);
    expect(ward.state(ward.member(group, 0))).toMatchObject({ healthy: 1, ejected: 1, available: 0 });
  });
});
