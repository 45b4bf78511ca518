import { describe, expect, test } from "vitest";
import { KernelChoice } from "../../../../kernel/crossing.ts";
import { KernelState, ProcessRecord } from "../../../../kernel/process.ts";
import { KernelTrace } from "../../../../kernel/trace-kinds.ts";
import type { Address } from "../../../../hal/field.ts";
import { random } from "../../../../sim/explore/strategies/random.ts";
import { answerFor, changePoints, pct } from "../../../../sim/explore/strategies/pct.ts";
import type { Strategy } from "../../../../sim/explore/strategy.ts";
import { Theatre } from "../../../../sim/explore/theatre.ts";
import { isReady, ownExperiment } from "../own-experiment.ts";

const calmExperiment = ownExperiment({ faults: [] });

/** The processes in the order in which they ran, and who was ready and did not each time. */
function order(theatre: Theatre, strategy: Strategy, seed: number): { readonly ran: readonly number[]; readonly passed: readonly number[] } {
  const ran: number[] = [];
  const passed: number[] = [];
  const { world } = theatre;
  const play = theatre.play.bind(theatre);
  theatre.play = (run, staging) => play(run, { ...staging, watches: [{ probe: (kind, process) => {
    if (kind !== KernelTrace.dispatch || staging?.checked === false) return;
    ran.push(process);
    passed.push(KernelState.readyProcesses.get(world.machine.ram, world.machine.kernelState) & ~(1 << process));
  } }] });
  strategy.play(theatre, seed);
  theatre.play = play;
  return { ran, passed };
}

describe("priorities", () => {
  test("of depth 1: whoever once went before another that was ready always does, while trouble lasts", () => {
    const theatre = new Theatre(ownExperiment({ faults: [], troubleTicks: 1000 }));
    const orders = new Set<string>();
    for (let seed = 1; seed <= 10; seed++) {
      const { ran, passed } = order(theatre, pct(1), seed);
      const above = new Set<string>();
      ran.forEach((process, i) => {
        for (let other = 0; other < 5; other++) if (((passed[i]! >> other) & 1) === 1) above.add(`${process}>${other}`);
      });
      for (const pair of above) expect([pair, above.has([...pair].reverse().join("").replace("<", ">"))]).toEqual([pair, false]);
      orders.add([...above].sort().join());
    }
    expect(orders.size).toBeGreaterThan(3);
  });

  test("change at depth - 1 turns", () => {
    for (const depth of [1, 2, 5]) {
      const points = changePoints(9, depth, 40);
      expect([points.length, points.every((point) => point >= 0 && point < 40), [...points].sort((a, b) => a - b)]).toEqual([depth - 1, true, points]);
    }
    expect(new Set(Array.from({ length: 200 }, (_, seed) => changePoints(seed, 2, 40)[0])).size).toBeGreaterThan(35);
  });

  test("a seed plays the same each time, and different seeds different orders", () => {
    const theatre = new Theatre(calmExperiment);
    const hashes = [1, 2, 3, 4, 1].map((seed) => pct(3).play(theatre, seed).outcome.hash);
    expect(hashes[4]).toBe(hashes[0]);
    expect(new Set(hashes).size).toBeGreaterThan(2);
  });
});

test("an answer means the process that it is for", () => {
  for (let ready = 1; ready < 64; ready++) {
    const processes = [0, 1, 2, 3, 4, 5].filter((process) => ((ready >> process) & 1) === 1);
    for (const picked of processes) expect(processes.filter((process) => process !== picked).map((chosen) => answerFor(ready, picked, chosen))).toEqual(processes.slice(1).map((_, i) => i + 1));
  }
});

/** Whether any of these seeds has the load balancer run while the driver is ready, which has a higher priority. */
function findsOvertaking(strategy: Strategy, seeds: number): boolean {
  const theatre = new Theatre(calmExperiment);
  const found = { overtaken: false };
  const { world } = theatre;
  const lb = world.machine.processNames.indexOf("lb");
  const play = theatre.play.bind(theatre);
  theatre.play = (run, staging) => play(run, { ...staging, watches: [{ probe: (kind, process) => {
    if (kind === KernelTrace.dispatch && process === lb && isReady(world, "driver")) found.overtaken = true;
  } }] });
  for (let seed = 1; seed <= seeds; seed++) strategy.play(theatre, seed);
  return found.overtaken;
}

test("an order that no scheduler would choose is found, and not by chance elsewhere", () => {
  expect([findsOvertaking(pct(2), 10), findsOvertaking(random, 10)]).toEqual([true, false]);
});

test("only turns go otherwise, by a rule behind those of the experiment", () => {
  const theatre = new Theatre(ownExperiment());
  const { outcome, rules, sites } = pct(3).play(theatre, 2);
  const turns = outcome.deviations.filter(({ site }) => site === KernelChoice.runs);
  expect(turns.length).toBeGreaterThan(0);
  expect(turns.every(({ rule, entity }) => rule === 1 && entity === 0)).toBe(true);
  expect([rules[0], sites.has(KernelChoice.runs)]).toEqual([theatre.experiment.faults[0], true]);
  expect(ProcessRecord.rank.get(theatre.world.machine.ram, theatre.world.machine.parts.find(({ name }) => name === "processes")!.base as Address<"ProcessRecord">)).toBeGreaterThanOrEqual(0);
});
