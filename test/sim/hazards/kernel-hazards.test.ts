/**
 * Goal: with upstream's part the stated law breaks, at the tick at which it can be seen first; with ours nothing does, and
 * what was to happen has happened. Method: play each scenario both ways, compare with a table.
 */

import assert from "node:assert";
import { describe, expect, test } from "vitest";
import { Panic } from "../../../hal/assert.ts";
import type { BootOptions } from "../../../kernel/boot.ts";
import type { Checker } from "../../../sim/checkers/checker.ts";
import { acting, actorWorld } from "../../../sim/hazards/actors.ts";
import { hazardNamed } from "../../../sim/hazards/catalogue.ts";
import type { Hazard } from "../../../sim/hazards/hazard.ts";
import { runHazard } from "../../../sim/hazards/run-hazard.ts";
import type { World } from "../../../sim/world.ts";

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

describe("whoever judges is judged", () => {
  test("another law that breaks is not the one that was stated", () => {
    const { broken, holding } = runHazard({ ...named("H1"), breaks: "queue-links" });
    expect([broken, holding]).toEqual([false, true]);
  });

  test("with our part nothing may break, be it the stated law or not", () => {
    const { scenario } = named("H1");
    const complaining: Checker = { name: "complaint", law: "", fits: () => true, begin: ({ fail }) => ({ tick: () => fail("here", "I do not like it") }) };
    const { ours, broken, holding } = runHazard({ ...named("H1"), scenario: { ...scenario, checkers: [complaining] } });
    expect([broken, holding]).toEqual([false, false]);
    expect(ours.failures).toEqual([{ checker: "complaint", place: "here", text: "I do not like it", tick: 1 }]);
  });

  test("what a service throws is a failure of the scenario, and an error of the program goes on", () => {
    const stage = (_part: unknown, boot: BootOptions): World => actorWorld({ alice: acting([[1, () => assert.fail("planted")]]) }, boot);
    const { ours } = runHazard({ ...named("H1"), scenario: { ...named("H1").scenario, stage } });
    expect(ours.failures[0]).toMatchObject({ checker: "exception", place: "process 0" });
    expect(ours.failures[0]!.text).toContain("planted");
    const play = (): void => assert.fail("of ours");
    expect(() => runHazard({ ...named("H1"), scenario: { ...named("H1").scenario, play } })).toThrow("of ours");
  });

  test("a panic of the machine's is a failure, not an error", () => {
    const play = (): void => {
      throw new Panic("planted");
    };
    expect(runHazard({ ...named("H1"), scenario: { ...named("H1").scenario, play } }).ours.failures).toMatchObject([{ checker: "panic", text: "planted" }]);
  });
});
