/**
 * Goal: a machine goes on after a death as its contracts say: what is refused meanwhile, what comes back, what is counted.
 * Method: let a process die in the middle of a capture and stay away for a while, and compare with the run in which nobody dies.
 */

import { describe, expect, test } from "vitest";
import { KernelChoice } from "../kernel/crossing.ts";
import { NetTrace } from "../services/net/api.ts";
import { brokenLaws, total } from "../sim/account.ts";
import { BUILT_IN_CONFIGURATION } from "../sim/machines/configuration.ts";
import { standard } from "../sim/machines/standard.ts";
import { DecisionRecorder } from "../sim/decisions.ts";
import type { RunEnd, RunSetup } from "../sim/run.ts";
import { finishRun, startRun } from "../sim/run.ts";
import type { World } from "../sim/world.ts";
import { setupFor } from "./captures/playing.ts";

const CAPTURE = "08-wrk-burst";

interface Played extends RunEnd {
  readonly world: World;
  readonly decisions: DecisionRecorder;
}

/** Plays a capture; the process dies at its next crossing once `decided` requests are. */
function play(process: string, decided: number, settings: Readonly<Record<string, number>> = {}, configuration = BUILT_IN_CONFIGURATION): Played {
  const plain = setupFor(CAPTURE, standard, settings);
  const names = Object.keys(plain.manifest.processes);
  const seen = { decided: 0, died: false };
  const setup: RunSetup = {
    ...plain,
    configuration,
    crashes: true,
    choose: (site, entity) => {
      if (site !== KernelChoice.processDies || names[entity] !== process || seen.died || seen.decided < decided) return 0;
      seen.died = true;
      return 1;
    },
  };
  const recorder = new DecisionRecorder();
  const { world, problems } = startRun(setup, [recorder, { attach: () => {}, probe: (kind) => void (kind === NetTrace.requestDecided ? seen.decided++ : 0) }]);
  expect(problems).toEqual([]);
  return { ...finishRun(world, setup), world, decisions: recorder };
}

const plain = play("nobody", 0);
const outcomesOf = ({ decisions, groups }: Played): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { outcome, group } of decisions.decisions(() => "", groups)) counts[`${outcome} ${group}`] = (counts[`${outcome} ${group}`] ?? 0) + 1;
  return counts;
};

describe("the balancer dies", () => {
  const died = play("lb", 50, { "restart.delay": 3, "restart.delayMost": 3 });

  test("what waits is lost, what comes meanwhile is answered ServiceRestarted, and then it routes as before", () => {
    const { requests } = died.account;
    expect(requests.total).toBe(plain.account.requests.total);
    expect(requests.refused).toEqual({ ServiceRestarted: expect.any(Number) });
    expect(requests.refused.ServiceRestarted).toBeGreaterThan(10);
    expect(requests.lost).toBeGreaterThan(0);
    expect(requests.routed).toBeGreaterThan(200);
    expect(requests.routed + total(requests.refused) + requests.lost).toBe(requests.total);
    expect(brokenLaws(died.account)).toEqual([]);
  });

  test("its configuration comes back without anybody outside", () => {
    expect(died.groups.map(({ name }) => name)).toEqual(plain.groups.map(({ name }) => name));
    expect(Object.keys(outcomesOf(died)).filter((kind) => kind.startsWith("routed")).sort()).toEqual(Object.keys(outcomesOf(plain)).sort());
  });

  test("a configuration that is too long to be kept does not: nothing is routed any more", () => {
    const { account } = play("lb", 50, { "region.configuration": 16 });
    // Regions are rounded to pages: the text must exceed one.
    expect(account.requests.routed).toBeGreaterThan(200);
    const long = play("lb", 50, { "region.configuration": 16 }, BUILT_IN_CONFIGURATION + "# a remark\n".repeat(500));
    expect(long.groups).toEqual([]);
    expect(long.account.requests.refused).toMatchObject({ NoRouteMatch: expect.any(Number) });
  });

  test("under semantics=strict too: its connections end with it, and new ones are counted from the start", () => {
    const strict = `semantics=strict\n${BUILT_IN_CONFIGURATION}`;
    const whole = play("nobody", 0, {}, strict);
    const { account, world } = play("lb", 50, {}, strict);
    // Names of connections before are told to nobody: they may be others' by now.
    expect(world.machine.inspect("state.lb")).toMatchObject({ strayFinishes: 0 });
    expect(whole.account.connections.named).toBeGreaterThan(0);
    expect(brokenLaws(account)).toEqual([]);
    expect(account.connections.unheard).toBeGreaterThan(0);
  });
});

describe("net dies", () => {
  test("what it had asked is lost, its ledger goes on, and flows begin anew at their next request", () => {
    const { account } = play("net", 50);
    const { requests, net } = account;
    expect(requests.lost).toBeGreaterThanOrEqual(0);
    expect(requests.routed).toBeGreaterThan(50);
    expect(requests.total).toBeLessThanOrEqual(plain.account.requests.total);
    expect(net.midstream).toBeGreaterThan(0);
    expect(brokenLaws(account)).toEqual([]);
  });

  test("a net that stays down: what it had begun is lost, and nothing hangs", () => {
    const { account } = play("net", 50, { "restart.net": 0 });
    expect(account.requests.total).toBeGreaterThanOrEqual(50);
    expect(account.requests.routed + total(account.requests.refused) + account.requests.lost).toBe(account.requests.total);
    expect(brokenLaws(account)).toEqual([expect.stringContaining("process net runs no more")]);
  });
});

describe("the driver dies", () => {
  const died = play("driver", 50);

  test("frames are lost, counted by the NIC; requests of others keep their frames' numbers", () => {
    const { frames } = died.account;
    expect(frames.offered).toBe(frames.received + total(frames.dropped));
    expect(total(frames.dropped)).toBeGreaterThan(0);
    expect(brokenLaws(died.account)).toEqual([]);
    const known = new Set(plain.decisions.decisions(() => "", plain.groups).map(({ frame, sport, target }) => `${frame} ${sport} ${target}`));
    const after = died.decisions.decisions(() => "", died.groups);
    expect(after.length).toBeGreaterThan(60);
    expect(after.filter(({ frame, sport, target }) => !known.has(`${frame} ${sport} ${target}`))).toEqual([]);
  });
});

test("who dies again and again is given up, and the machine says so", () => {
  const plainSetup = setupFor(CAPTURE, standard);
  const names = Object.keys(plainSetup.manifest.processes);
  const setup: RunSetup = { ...plainSetup, crashes: true, choose: (site, entity) => (site === KernelChoice.processDies && names[entity] === "lb" && begun.replay ? 1 : 0) };
  const begun = { replay: false };
  const { world } = startRun(setup);
  begun.replay = true;
  const { account } = finishRun(world, setup);
  expect(account.requests).toMatchObject({ routed: 0 });
  expect(account.requests.total).toBe(total(account.requests.refused) + account.requests.lost);
  expect(account.stopped).toEqual([{ process: "lb", why: "was made to crash (0)" }]);
  expect(world.machine.inspect("state.supervisor")).toMatchObject({ restarts: 5, givenUp: 1 });
  expect(world.machine.report().processes[names.indexOf("lb")]).toMatchObject({ restarts: 5, state: "dead" });
});
