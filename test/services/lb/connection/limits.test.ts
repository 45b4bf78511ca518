/**
 * Whatever is done in any order, no limit is exceeded, not by one: 100,000 steps. A limit that was lowered may be exceeded
 * by what was there before, but never by more.
 */

import { describe, expect, test } from "vitest";
import { Group } from "../../../../services/lb/group/group.ts";
import { Model } from "./model.ts";

const STEPS = 100_000;

describe("100,000 steps in any order", () => {
  test.each([1, 2])("exceed no limit, serve in turn, and leave nothing behind (draws %i)", (seed) => {
    const model = new Model(seed);
    for (let i = 0; i < STEPS / 2; i++) {
      try {
        model.step();
      } catch (problem) {
        throw new Error(`step ${i}: ${String(problem)}`);
      }
    }
    model.end();
    const { desk } = model;
    desk.check();
    expect([Group.activeConnections, Group.pendingCount, Group.retries].map((field) => model.groups.map((group) => field.get(desk.memory, group)))).toEqual([[0, 0, 0], [0, 0, 0], [0, 0, 0]]);
    // All of it was seen, and often.
    expect(Math.min(model.told.routed, model.told.refused, model.told.retried)).toBeGreaterThan(300);
    expect(model.told.gone).toBeGreaterThan(10);
    for (const group of model.groups) expect(Group.retriesRefused.get(desk.memory, group)).toBeGreaterThan(100);
    desk.run({ op: "new" });
    expect(desk.usedBytes()).toBe(0);
  });
});
