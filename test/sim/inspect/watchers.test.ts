/** Goal: a run that is checked stops at the first tick at which something does not hold, and says what; and what must not go back is remembered. */

import { describe, expect, test } from "vitest";
import { EndpointRecord } from "../../../kernel/endpoint.ts";
import { checkInvariants, observe } from "../../../kernel/invariants/invariants.ts";
import { tablesOf } from "../../../kernel/invariants/tables.ts";
import { tellViolation } from "../../../sim/host/run-watch.ts";
import { plainPaint } from "../../../sim/host/terminal.ts";
import { InvariantViolation, InvariantWatcher } from "../../../sim/inspect/watchers.ts";
import type { Observer } from "../../../sim/observer.ts";
import { finishRun, startRun } from "../../../sim/run.ts";
import type { World } from "../../../sim/world.ts";
import { setupFor } from "../../captures/playing.ts";
import { makeScene } from "../../kernel/invariants/scene.ts";

/** Loses count of the messages at the first endpoint when tick `at` has passed. */
function breaking(at: number): Observer {
  let done = false;
  return {
    attach() {},
    probe() {},
    between({ machine }: World) {
      if (done || machine.tick() < at) return;
      done = true;
      const { ram, endpoints } = tablesOf(machine.ram, machine.parts);
      EndpointRecord.sent.add(ram, endpoints.at(0), 1);
    },
  };
}

function violationOf(observers: readonly Observer[]): InvariantViolation {
  const setup = setupFor("01-curl-gets");
  const { world } = startRun(setup, observers);
  try {
    finishRun(world, setup);
  } catch (error) {
    if (error instanceof InvariantViolation) return error;
    throw error;
  }
  throw new Error("nothing was found");
}

describe("a run that breaks at tick 53", () => {
  test.each([
    [1, 53],
    [10, 60],
    [100, 100],
  ])("checked every %i ticks, it is stopped at tick %i", (every, tick) => {
    const violation = violationOf([breaking(53), new InvariantWatcher(every)]);
    expect(violation.tick).toBe(tick);
    expect(violation.problems).toMatchObject([{ checker: "messages-conserved", place: "endpoint 0: sent" }]);
  });

  test("without being asked, every run is checked at its end", () => {
    const violation = violationOf([breaking(53)]);
    expect(violation.tick).toBeGreaterThan(100);
    expect(violation.message).toMatch(/^tick \d+: messages-conserved: endpoint 0: sent: /);
  });

  test("the command names tick and checker, and ends with 1", () => {
    let said = "";
    const code = tellViolation(violationOf([breaking(53), new InvariantWatcher(10)]), { out: () => {}, err: (text) => void (said += text), paintOut: plainPaint, paintErr: plainPaint, program: "veridian", columns: 80 });
    expect(code).toBe(1);
    expect(said).toMatch(/^check failed: tick 60, cycle 60\d{6}: messages-conserved: endpoint 0: sent: \d+ messages were sent; .*\n$/);
  });
});

test("an earlier moment of the same machine is told from a later one", () => {
  const { machine } = makeScene();
  const before = machine.snapshot();
  machine.runUntilTick(30);
  const seen = observe(machine);
  expect(checkInvariants(machine, seen)).toEqual([]);
  machine.restore(before);
  expect(checkInvariants(machine)).toEqual([]);
  expect(checkInvariants(machine, seen).map(({ place }) => place)).toEqual(expect.arrayContaining(["clock: cycle", "clock: ticks"]));
});
