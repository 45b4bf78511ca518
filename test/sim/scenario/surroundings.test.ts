/** Goal: a plan becomes the machine and the world that it says, and the run's account tells of both. Method: small plans, run and looked at. */

import { describe, expect, test } from "vitest";
import type { NetParameters } from "../../../services/net/api.ts";
import { brokenLaws } from "../../../sim/account.ts";
import { startRun } from "../../../sim/run.ts";
import { ProgressWatcher } from "../../../sim/scenario/progress.ts";
import { finishScenario, seenBy } from "../../../sim/scenario/scenario-account.ts";
import { scenarioSetup, backendsOf, clientsOf } from "../../../sim/scenario/surroundings.ts";
import { standard } from "../../../sim/machines/standard.ts";
import { boot } from "../../../kernel/boot.ts";
import { worldOf } from "../../../sim/world.ts";
import { playMembers, quickPlan } from "./playing.ts";
import { planWith } from "./reading.ts";

describe("a plan's machine", () => {
  test("has the addresses and ports that clients ask for, the settings, RAM and seed of the file", () => {
    const { manifest, seed, restTicksMax, inhabitants } = scenarioSetup(
      planWith({
        seed: 7, ticks: 300, worldBytes: 64 * 1024 * 1024, machine: { ram: "24M", settings: { buffers: 300 } },
        clients: [{}, { serverPort: 8080 }, { firstAddress: "fd00:1::1", serverAddress: "fd00::9" }, { serverPort: 8080 }],
      }),
      "file.json",
    );
    const net = manifest.processes["net"]!.parameters as NetParameters;
    expect(net).toMatchObject({ mode: "terminate", addresses: ["10.20.0.2", "fd00::9"], ports: [80, 8080], seed: 7 });
    expect([manifest.ramBytes, manifest.pool?.count, seed, inhabitants?.bytes]).toEqual([24 * 1024 * 1024, 300, 7, 64 * 1024 * 1024]);
    expect(restTicksMax).toBeGreaterThan(300);
  });

  test("tells of a configuration that it does not take, by line", () => {
    const { problems } = startRun(scenarioSetup(planWith({ machine: { configuration: ["semantics=strict", "group=app:fastest"] } }), "file.json"));
    expect(problems.map(({ place }) => place)).toEqual([expect.stringMatching(/^file\.json: machine\.configuration: line 2/)]);
  });

  test("needs a world with room for those who live there", () => {
    const setup = scenarioSetup(planWith({ worldBytes: 256 * 1024, clients: [{ count: 500 }] }), "file.json");
    expect(() => startRun(setup)).toThrow(RangeError);
  });
});

describe("a plan's world", () => {
  test("asks and answers; both sides, link and machine say the same of it", () => {
    const { account, broken } = playMembers({ ticks: 500, clients: [{}, { serverPort: 8080, count: 4, requestsPerSession: 3 }] });
    const { clients, backends, proxy, tcp, link, servedTicks } = account.scenario;
    expect(broken).toEqual([]);
    expect(clients.counters).toMatchObject({ sessions: 102, requests: 204, answers: 204, failures: 0, bodiesRight: 204 });
    expect(clients.populations.map(({ counters }) => counters.requests)).toEqual([51, 153]);
    expect(backends.backends.reduce((sum, { requests }) => sum + requests, 0)).toBe(204);
    expect(account.requests).toEqual({ total: 204, routed: 204, refused: {}, lost: 0 });
    expect(proxy).toMatchObject({ responses: 204, ownResponses: 0, retries: 0 });
    expect([tcp.machine["segmentsIn"], tcp.machine["segmentsOut"]]).toEqual([tcp.clients["segmentsOut"]! + tcp.backends["segmentsOut"]!, tcp.clients["segmentsIn"]! + tcp.backends["segmentsIn"]!]);
    expect(link["sentToMachine"]).toBeGreaterThanOrEqual(tcp.machine["segmentsIn"]!);
    expect(servedTicks).toBeGreaterThan(500);
    expect(servedTicks).toBeLessThan(520);
  });

  test("is as it was for the same seed, and otherwise for another", () => {
    const seen = (seed: number) => JSON.stringify(playMembers({ ticks: 200, seed }).account.scenario.clients.latency);
    expect(seen(5)).toBe(seen(5));
    expect(seen(5)).not.toBe(seen(6));
  });

  test("has clients and backends only where a scenario made it", () => {
    const plain = worldOf(boot(standard.manifest()));
    expect([clientsOf(plain), backendsOf(plain), seenBy(plain)]).toEqual([null, null, null]);
  });

  test("load over time is that of the time in which clients were there", () => {
    const { scenario } = playMembers({ ticks: 500 }).account;
    for (const { sampleTicks, stretches } of scenario.load) {
      expect(sampleTicks * stretches.length).toBeLessThan(600);
      expect(sampleTicks * stretches.length).toBeGreaterThan(500);
    }
    expect(scenario.load.map(({ stretches }) => stretches.reduce((sum, { requests }) => sum + requests, 0))).toEqual(scenario.backends.backends.map(({ requests }) => requests));
  });
});

describe("who watches", () => {
  test("hears now and then, and at the end of the last session; a run without him is the same run", () => {
    const plan = quickPlan({ ticks: 300 });
    const setup = scenarioSetup(plan, "file.json");
    const heard: number[] = [];
    const watcher = new ProgressWatcher(100, (_, tick) => heard.push(tick));
    const watched = startRun(setup, [watcher]).world;
    const { account } = finishScenario(watched, setup, plan, watcher);
    expect(heard).toEqual([100, 200, 300, watcher.servedTicks]);
    expect(watcher.middleTick).toBeGreaterThanOrEqual(Math.floor(watcher.servedTicks / 2));
    const alone = startRun(setup).world;
    const unwatched = finishScenario(alone, setup, plan).account;
    expect(unwatched.stateHash).toBe(account.stateHash);
    expect([unwatched.scenario.servedTicks, unwatched.scenario.answersPerSecond]).toEqual([-1, 0]);
    expect(brokenLaws(unwatched)).toEqual([]);
  });
});
