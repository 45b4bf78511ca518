/**
 * Goal: with upstream's part the stated law breaks, at the tick at which it can be seen first; with ours nothing does, and
 * what was to happen has happened. Method: play each scenario both ways, compare with a table.
 */

import { describe, expect, test } from "vitest";
import { hazardNamed } from "../../../sim/hazards/catalogue.ts";
import type { Hazard } from "../../../sim/hazards/hazard.ts";
import { runHazard } from "../../../sim/hazards/run-hazard.ts";

function named(id: string): Hazard {
  const hazard = hazardNamed(id);
  if (hazard === undefined) throw new RangeError(`there is no hazard ${id}`);
  return hazard;
}

/** What breaks, where, when, and what our part's account says instead. */
const TABLE = [
  ["H1", "messages-conserved", "endpoint 0: sent", 3, "bob runs for message (7)"],
  ["H2", "authority", "process mallory", 2, "mallory is refused invalidCapability"],
  ["H9", "timers-fire", "timer of process alice", 7, "a timer of alice fires (bits 1073741824) (65 times)"],
  ["H14", "given-once", "endpoint dora.inbox", 3, "dora runs for message (9)"],
  ["H15", "first-come", "process anna", 4, "anna runs for message (5)"],
  ["H16", "messages", "process bob", 3, "bob runs for timeout (0)"],
  ["H17", "messages-conserved", "batch 0: added", 3, "bob runs for message (8)"],
  ["H18", "revoked-stays-revoked", "capability 4: token", 7, "alice is refused invalidCapability"],
  ["H19", "send-rates", "process alice", 302, "bob runs for message (1)"],
  ["H23", "authority", "process mallory", 2, "mallory is refused invalidCapability"],
  ["H24", "waits-isolated", "process 1: callSequence", 5, "carol runs for reply (0)"],
  ["H25", "frames-conserved", "pool: freeHead", 2, "alice is refused invalidCapability"],
  ["H28", "waiters-wakeable", "process 0: ", 3, "alice runs for reply (-3)"],
] as const;

describe.each(TABLE)("%s", (id, breaks, place, tick, instead) => {
  const { hazard, upstream, ours, broken, holding } = runHazard(named(id));

  test(`breaks ${breaks} with upstream's part`, () => {
    expect(hazard.breaks).toBe(breaks);
    expect(broken).toBe(true);
    const failure = upstream.failures.find(({ checker }) => checker === breaks);
    expect(failure?.place).toContain(place);
    expect(failure?.tick).toBe(tick);
    expect(upstream.lines.at(-1)).toContain("BROKEN");
  });

  test("holds with ours, and what was to happen has happened", () => {
    expect(ours.failures).toEqual([]);
    expect(holding).toBe(true);
    expect(ours.lines.join("\n")).toContain(instead);
    expect(ours.lines.join("\n")).not.toContain("BROKEN");
  });

  test("chooses seams under its own number", () => {
    expect(hazard.variant.name).toBe(id);
    expect(hazard.variant.seams?.number).toBe(Number(id.slice(1)));
  });
});
