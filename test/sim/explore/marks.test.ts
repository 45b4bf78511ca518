import { expect, test } from "vitest";
import { calm, Listed } from "../../../sim/chance/decider.ts";
import { KernelChoice } from "../../../kernel/crossing.ts";
import { experimentNamed } from "../../../sim/experiments/catalogue.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";

const theatre = new Theatre(experimentNamed("process")!);

test("what machine and world count is a mark once it has happened", () => {
  const { marks } = theatre.play({ seed: 1, decider: calm });
  expect(marks).toEqual([...marks].sort());
  expect(marks).toEqual(expect.arrayContaining(["lb.rateLimitExceeded", "net.evictedSilent", "net.outOfOrderSegments", "net.total"]));
  expect(marks.filter((mark) => mark.startsWith("process.") || mark.startsWith("restart."))).toEqual([]);
});

test("a fault that struck is a mark, and so is what it led to", () => {
  const rule = theatre.experiment.faults.findIndex(({ fault }) => fault === "process.crash");
  const driver = theatre.world.machine.processNames.indexOf("driver");
  const { marks } = theatre.play({ seed: 1, decider: new Listed([{ site: KernelChoice.processDies, entity: driver, ordinal: 30, answer: 1, rule, tick: 0 }]) });
  expect(marks).toEqual(expect.arrayContaining(["kernel.faults", "process.crash", "restart.driver"]));
});
