/** Goal: a world for experiments is small, quick and sound. Method: it is played, with its laws, and again and again. */

import { describe, expect, test } from "vitest";
import { TcpStack } from "../../../services/net/tcp/api.ts";
import { tcpStandard } from "../../../services/net/tcp/limits.ts";
import type { Experiment } from "../../../sim/explore/experiment.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { startRun } from "../../../sim/run.ts";
import { smallBackend, smallClient, smallSurroundings, smallWorld, steady } from "../../../sim/scenario/small-world.ts";
import { scenarioSetup } from "../../../sim/scenario/surroundings.ts";
import { playPlan } from "./playing.ts";

const KIB = 1024;

const experiment: Experiment = { schema: 1, name: "small", summary: "", surroundings: () => smallSurroundings(smallWorld()), faults: [{ fault: "wire.drop", parts: 30_000 }], troubleTicks: 300, recoveryTicks: 1500, marks: [] };

describe("a small world", () => {
  test("fits, answers a dozen requests, and keeps every law", () => {
    const { account, broken } = playPlan(smallWorld());
    expect(broken).toEqual([]);
    expect(account.scenario.clients.counters).toMatchObject({ requests: 12, answers: 12, failures: 0, bodiesRight: 12, requestsWrong: 0 });
    expect(account.ticks).toBeLessThan(600);
    expect(account.scenario.backends.backends.map(({ requests }) => requests > 1)).toEqual([true, true, true]);
    for (const { process, peak, size } of account.memory.slice(0, 3)) expect([process, peak * 2 < size]).toEqual([process, true]);
    expect(account.scenario.world.usedBytes * 2).toBeLessThan(512 * KIB);
  });

  test("is the same run each time, and another by another seed", () => {
    const theatre = new Theatre(experiment);
    const [first, second] = [theatre.play({ seed: 3 }), theatre.play({ seed: 4 })];
    expect([first.failures, second.failures]).toEqual([[], []]);
    expect(theatre.play({ seed: 3 })).toEqual(first);
    expect(first.deviations.length + second.deviations.length).toBeGreaterThan(2);
    expect(first.hash).not.toBe(second.hash);
    expect([theatre.world.machine.ram.u8.length, theatre.world.memory.u8.length <= 1024 * KIB]).toEqual([256 * KIB, true]);
  });

  test("has room for eight clients and four backends at once", () => {
    const clients = [{ ...smallClient, count: 8, arrival: { kind: "bursty", everyTicks: 100, sessions: 8 } as const, keepAliveParts: 1_000_000, requestsPerSession: steady(5) }];
    const { account, broken } = playPlan(smallWorld({ clients, backends: [1, 2, 3, 4].map(smallBackend) }));
    expect(broken).toEqual([]);
    expect(account.scenario.clients.counters).toMatchObject({ answers: 40, failures: 0 });
    expect(account.scenario.clients.statuses).toEqual({ 200: 40 });
  });
});

describe("the memory of those around a machine", () => {
  const hostsOf = (plan: Parameters<typeof scenarioSetup>[0]): readonly number[] => {
    const { world } = startRun(scenarioSetup(plan, "x"));
    const { heap, clients } = world.inhabitants!;
    return [TcpStack.connectionsMax.get(heap.memory, clients.stack), TcpStack.bufferBytesMax.get(heap.memory, clients.stack), TcpStack.retransmitTicksMin.get(heap.memory, clients.stack)];
  };

  test("follows the world's size, and what a plan says of its hosts goes before", () => {
    const { hosts: _, ...usual } = smallWorld();
    expect(hostsOf(usual)).toEqual([64, Math.floor((512 * KIB) / 3), tcpStandard.retransmitTicksMin]);
    expect(hostsOf(smallWorld())).toEqual([64, Math.floor((512 * KIB) / 3), 10]);
    expect(hostsOf(smallWorld({ hosts: { connectionsMax: 20, bufferBytesMax: 5000 } })).slice(0, 2)).toEqual([20, 5000]);
  });

  test("is what it always was from 48 MiB on", () => {
    const { hosts: _, ...usual } = smallWorld({ worldBytes: 48 * KIB * KIB });
    expect(hostsOf(usual)).toEqual([2048, 16 * KIB * KIB, tcpStandard.retransmitTicksMin]);
  });
});
