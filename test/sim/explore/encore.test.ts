/** What is proved when trouble is over: a client is served, with some things broken for good; where nobody promised to come back, nothing is. */

import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { KernelTrace } from "../../../kernel/trace-kinds.ts";
import { Supervised, SupervisedPhase } from "../../../services/supervisor/api.ts";
import { SupervisorState } from "../../../services/supervisor/supervisor.ts";
import { calm, Listed } from "../../../sim/chance/decider.ts";
import { SimSite } from "../../../sim/chance/site.ts";
import { backendsAccount } from "../../../sim/inhabitants/backends/account.ts";
import { ownMemory } from "../../../sim/checkers/places.ts";
import { whyUnrecoverable } from "../../../sim/checkers/recoverable.ts";
import { KernelChoice } from "../../../kernel/crossing.ts";
import { experimentNamed } from "../../../sim/experiments/catalogue.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { SUPERVISED } from "../../../sim/machines/supervision.ts";
import { backendsOf } from "../../../sim/scenario/surroundings.ts";

describe("a backend that is down when trouble ends", () => {
  const theatre = new Theatre({ ...experimentNamed("backend")!, troubleTicks: 20 });
  const rule = theatre.experiment.faults.findIndex(({ fault }) => fault === "backend.down");
  const modes = (answer: number, seed = 1): { readonly failures: number; readonly mode: string | undefined } => {
    const { failures } = theatre.play({ seed, decider: new Listed([{ site: SimSite.backendDown, entity: 1, ordinal: 3, answer, rule, tick: 4 }]) });
    return { failures: failures.length, mode: backendsAccount(backendsOf(theatre.world)!).backends[1]?.mode };
  };

  test("comes back, or stays down for good, as its deviation has it; others are served all the same", () => {
    const seen = [120, 121, 122, 123, 124, 125].map((answer) => modes(answer));
    expect(seen.every(({ failures }) => failures === 0)).toBe(true);
    expect(new Set(seen.map(({ mode }) => mode))).toEqual(new Set(["up", "down"]));
    // Whatever the seed is.
    expect(modes(120, 7)).toEqual(seen[0]);
  });

  test("is not the last one: where all are broken, some come back", () => {
    const sites = [SimSite.backendDown, SimSite.backendSilent, SimSite.backendDown];
    for (let answer = 170; answer < 180; answer++) {
      const broken = [0, 1, 2].map((entity) => ({ site: sites[(entity + answer) % 3]!, entity, ordinal: 3 + entity, answer, rule: 0, tick: 4 + entity }));
      expect(theatre.play({ seed: 1, decider: new Listed(broken) })).toMatchObject({ failures: [], deviations: broken });
    }
  });
});

describe("a process that dies again and again", () => {
  const theatre = new Theatre(experimentNamed("process")!);
  const lb = theatre.world.machine.processNames.indexOf("lb");
  const rule = theatre.experiment.faults.findIndex(({ fault }) => fault === "process.crash");
  const deaths = (count: number): Listed => new Listed(Array.from({ length: count }, (_, index) => ({ site: KernelChoice.processDies, entity: lb, ordinal: 40 * index, answer: 1, rule, tick: 0 })));

  test("comes back as long as its rule says, and a client is served", () => {
    let restarts = 0;
    const { failures, deviations } = theatre.play({ seed: 1, decider: deaths(2) }, { watches: [{ probe: (kind, _process, who) => void (restarts += kind === KernelTrace.restarted && who === lb ? 1 : 0) }] });
    expect({ failures, deaths: deviations.length, restarts }).toEqual({ failures: [], deaths: 2, restarts: 2 });
    expect(whyUnrecoverable(theatre.world)).toEqual([]);
  });

  test("is given up in the end, and then nobody expects anything", () => {
    expect(theatre.play({ seed: 1, decider: deaths(12) }).failures).toEqual([]);
    expect(whyUnrecoverable(theatre.world)).toEqual(["lb has ended too often, and is given up"]);
  });
});

test("around a proxy the encore is one more session of those who live there", () => {
  const theatre = new Theatre({ ...experimentNamed("client")!, faults: [] });
  const { marks, failures } = theatre.play({ seed: 1, decider: calm });
  expect(failures).toEqual([]);
  expect(marks).toContain("status.200");
});

test("a supervisor that gives up before its rule says so has no excuse", () => {
  const theatre = new Theatre(experimentNamed("process")!);
  const lb = theatre.world.machine.processNames.indexOf("lb");
  const rule = theatre.experiment.faults.findIndex(({ fault }) => fault === "process.crash");
  const once = new Listed([{ site: KernelChoice.processDies, entity: lb, ordinal: 100, answer: 1, rule, tick: 0 }]);
  const { memory, state } = ownMemory(theatre.world.machine, "supervisor")!;
  const tooEarly = (): void => {
    const at = SupervisorState.supervisedAt.get(memory, state as Address<"SupervisorState">) + SUPERVISED.indexOf("lb") * Supervised.size;
    const supervised = at as Address<"Supervised">;
    if (Supervised.phase.get(memory, supervised) === SupervisedPhase.waiting) Supervised.phase.set(memory, supervised, SupervisedPhase.givenUp);
  };
  const { failures } = theatre.play({ seed: 1, decider: once }, { watches: [{ between: tooEarly }] });
  expect(failures[0]).toMatchObject({ checker: "liveness", place: "a client" });
});
