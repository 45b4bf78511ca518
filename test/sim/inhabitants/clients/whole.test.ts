import { describe, expect, it } from "vitest";
import { arenaAccount } from "../../../../kernel/arena.ts";
import type { BackendPlan, ClientPlan, ScenarioPlan } from "../../../../sim/scenario/plan.ts";
import type { ClientsAccount } from "../../../../sim/inhabitants/clients/account.ts";
import { clientView, clientsAccount } from "../../../../sim/inhabitants/clients/account.ts";
import { constantly } from "../../../../sim/inhabitants/distribution.ts";
import { cleanLink } from "../../../../sim/inhabitants/link.ts";
import { startRun } from "../../../../sim/run.ts";
import { clientsOf, scenarioSetup } from "../../../../sim/scenario/surroundings.ts";
import type { World } from "../../../../sim/world.ts";
import { asked, planned } from "./stage.ts";

const REST_TICKS = 200_000;
const WORLD_BYTES = 48 * 1024 * 1024;

const bodies = { steps: [{ parts: 700_000, from: 1, to: 3000 }, { parts: 300_000, from: 3000, to: 40_000 }] };

const lively: ClientPlan = Object.freeze<ClientPlan>({
  ...planned,
  firstAddress: "10.1.0.1",
  count: 6,
  arrival: { kind: "bursty", everyTicks: 10, sessions: 6 },
  requestsPerSession: { steps: [{ parts: 1_000_000, from: 1, to: 12 }] },
  thinkTicks: { steps: [{ parts: 800_000, from: 0, to: 0 }, { parts: 200_000, from: 1, to: 9 }] },
  keepAliveParts: 700_000,
  pipelineMax: 3,
  timeoutTicks: 20_000,
  slowBytesPerTick: 3000,
  slowParts: 200_000,
  keepsCookies: true,
  http10Parts: 200_000,
  requests: [
    { ...asked, weight: 4 },
    { ...asked, method: "HEAD" },
    { ...asked, method: "POST", target: "/up?x=1", bodyBytes: bodies, chunked: true },
    { ...asked, method: "PUT", target: "/put", bodyBytes: bodies },
    { ...asked, method: "DELETE", target: "/gone" },
  ],
});

function backend(address: string, plan: Partial<BackendPlan> = {}): BackendPlan {
  return { address, port: 8001, serviceTicks: { steps: [{ parts: 1_000_000, from: 0, to: 4 }] }, concurrency: 64, queueMax: 64, bodyBytes: bodies, chunkedParts: 300_000, failureParts: 0, resetParts: 0, closeParts: 50_000, events: [], ...plan };
}

function scenario(clients: Partial<ClientPlan> = {}, backends: Partial<BackendPlan> = {}, link: Partial<typeof cleanLink> = {}): ScenarioPlan {
  return {
    schema: 1,
    name: "whole",
    summary: "",
    machine: { model: "proxy", settings: {}, configuration: "semantics=strict\nrate_limit_rps=1000000\nrate_limit_burst=1000000\ngroup=g:roundrobin\nmember=g:10.3.0.1:8001\nmember=g:10.3.0.2:8001\ndefault=g\n" },
    link: { ...cleanLink, ...link },
    clients: [{ ...lively, ...clients }],
    backends: [backend("10.3.0.1", backends), backend("10.3.0.2", backends)],
    ticks: 25,
    worldBytes: WORLD_BYTES,
    seed: 3,
  };
}

interface Played {
  readonly world: World;
  readonly account: () => ClientsAccount;
  readonly digests: () => string[];
  readonly leaked: () => number;
  end(): void;
}

function play(plan: ScenarioPlan): Played {
  const { world, problems } = startRun(scenarioSetup(plan, "here"));
  expect(problems).toEqual([]);
  const clients = clientsOf(world);
  const heap = world.inhabitants?.heap;
  if (clients === null || heap === undefined) throw new Error("nobody lives around the machine");
  const used = arenaAccount(heap.memory, 0).usedBytes;
  world.beginReplay();
  return {
    world,
    account: () => clientsAccount(clients),
    digests: () => Array.from({ length: plan.clients[0].count }, (_, number) => clientView(clients, number).digest),
    leaked: () => arenaAccount(heap.memory, 0).usedBytes - used,
    end: () => expect(world.runUntil(() => world.inhabitants?.quiet() ?? true, REST_TICKS)).toBe(true),
  };
}

describe("clients around a whole machine", () => {
  it("get what backends wrote for them, and backends what clients wrote", () => {
    const { account, end, leaked } = play(scenario());
    end();
    const { counters, statuses, errors } = account();
    expect(errors).toEqual({});
    expect(statuses).toEqual({ 200: counters.requests });
    expect(counters).toMatchObject({ answers: counters.requests, failures: 0, bodiesWrong: 0, bodiesUnsaid: 0, requestsWrong: 0, unlabelled: 0 });
    expect(counters.sessions + counters.sessionsDropped).toBe(18);
    expect(counters.requests).toBeGreaterThan(80);
    expect(counters.bodiesRight).toBeGreaterThan(50);
    expect(leaked()).toBe(0);
  });

  it("see the same from the same moment on, and from power-on on", () => {
    const one = play(scenario());
    one.world.runUntilTick(30);
    const copy = one.world.snapshot();
    one.end();
    const [digests, hash, account] = [one.digests(), one.world.hash(), JSON.stringify(one.account())];
    one.world.restore(copy);
    expect(one.digests()).not.toEqual(digests);
    one.end();
    expect([one.digests(), one.world.hash(), JSON.stringify(one.account())]).toEqual([digests, hash, account]);
    const other = play(scenario());
    other.end();
    expect([other.digests(), other.world.hash()]).toEqual([digests, hash]);
  });

  it("account for every request in a bad world", () => {
    const bad = { failureParts: 50_000, resetParts: 50_000, untilCloseParts: 50_000, garbledParts: 20_000, halfParts: 20_000, silentParts: 10_000 };
    const { account, end, leaked } = play(scenario({ abortParts: 100_000, timeoutTicks: 3000, retriesMax: 2 }, bad, { lossParts: 20_000, duplicateParts: 20_000, reorderParts: 20_000, reorderCycles: 300_000, corruptParts: 10_000 }));
    end();
    const { counters, statuses, pending, busy } = account();
    expect(counters.answers + counters.failures + counters.aborted).toBe(counters.requests);
    expect(Object.values(statuses).reduce((sum, answers) => sum + answers, 0)).toBe(counters.answers);
    expect(counters).toMatchObject({ foreign: 0, unasked: 0, badHead: 0, badBody: 0 });
    expect(counters.aborted).toBeGreaterThan(0);
    expect([pending, busy, leaked()]).toEqual([0, 0, 0]);
  });

  it("are refused by the machine with answers of its own", () => {
    const { account, end } = play({ ...scenario({ requestsPerSession: constantly(3) }), machine: { model: "proxy", settings: {}, configuration: "semantics=strict\nrate_limit_rps=1000\nrate_limit_burst=1000\nroute=/nowhere:site:g\ngroup=g:roundrobin\nmember=g:10.3.0.1:8001\n" } });
    end();
    const { counters, statuses } = account();
    expect(statuses).toEqual({ 404: counters.requests });
    expect(counters).toMatchObject({ unlabelled: counters.requests, failures: 0 });
  });
});
