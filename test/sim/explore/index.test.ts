/** What the package exports is enough to go back in a run. */

import { expect, test } from "vitest";
import { TimeTravel, Theatre, experimentNamed, theatreCourse } from "../../../sim/index.ts";

test("a run of a bundled experiment is gone through, forwards and back", () => {
  const theatre = new Theatre(experimentNamed("process")!);
  const travel = new TimeTravel(theatreCourse(theatre, { seed: 3 }));
  travel.goToTick(20);
  const there = theatre.world.hash();
  travel.forward();
  expect(theatre.world.hash()).not.toBe(there);
  travel.back();
  expect([theatre.world.machine.tick(), theatre.world.hash()]).toEqual([20, there]);
});
