/**
 * Goal: a law that is broken is said, and nothing else. Method: the account of a sound run, in which one number at a time is
 * made wrong; each of them breaks one law.
 */

import { beforeAll, describe, expect, test } from "vitest";
import type { BalancerMetrics } from "../../../sim/metrics/query.ts";
import type { ScenarioPlan } from "../../../sim/scenario/plan.ts";
import type { ScenarioAccount } from "../../../sim/scenario/scenario-account.ts";
import { brokenScenarioLaws } from "../../../sim/scenario/scenario-laws.ts";
import { configuring, playPlan, quickPlan } from "./playing.ts";
import { planWith } from "./reading.ts";

type Changed = (account: any, metrics: any) => void;

let plan: ScenarioPlan;
let account: ScenarioAccount;
const metrics = { groups: [{ name: "app", backends: [{ address: "10.30.0.1", port: 8080, activeConnections: 0 }] }] } as unknown as BalancerMetrics;

beforeAll(() => {
  plan = quickPlan({ ticks: 200, machine: { configuration: configuring("leastconn", 2, "backend_max_connections=app:7") } });
  account = playPlan(plan).account.scenario;
});

function judge(change: Changed = () => {}, plans: ScenarioPlan = plan): string[] {
  const changed = structuredClone({ account, metrics }) as { account: ScenarioAccount; metrics: BalancerMetrics };
  change(changed.account, changed.metrics);
  return brokenScenarioLaws(plans, changed.account, { metrics: changed.metrics });
}

describe("laws", () => {
  test("hold of a sound run", () => {
    expect(judge()).toEqual([]);
    expect(account.clients.counters.answers).toBeGreaterThan(10);
  });

  const rows: readonly (readonly [law: string, change: Changed])[] = [
    ["clients began 99 requests, and 21 were answered, failed or were given up", (one) => (one.clients.counters.requests = 99)],
    ["1 clients are still in a session, with 0 requests", (one) => (one.clients.busy = 1)],
    ["clients got 2 answers to somebody else's request", (one) => (one.clients.counters.foreign = 2)],
    ["clients got answers to nothing 3 times", (one) => (one.clients.counters.unasked = 3)],
    ["clients got 4 bodies that are not what their backend wrote", (one) => (one.clients.counters.bodiesWrong = 4)],
    ["10.30.0.2:8080: 9 connections were opened, 1 closed, and 0 are open", (one) => (one.backends.backends[1].connections.opened = 9)],
    ["10.30.0.1:8080: 0 connections are open at the end, 1 requests unanswered", (one) => (one.backends.backends[0].waiting = 1)],
    ["10.30.0.1:8080: it worked on 17 requests at once, and can on 16", (one) => (one.backends.backends[0].workingMost = 17)],
    ["10.30.0.1:8080: 65 requests waited, and 64 may", (one) => (one.backends.backends[0].waitingMost = 65)],
    ["10.30.0.1:8080: 1 bodies are not what their client wrote", (one) => (one.backends.backends[0].bodiesWrong = 1)],
    ["group app: 10.30.0.1:8080 has 1 connections while all is at rest", (_, two) => (two.groups[0].backends[0].activeConnections = 1)],
    ["group app: 10.30.0.2:8080 had 8 connections at once, and may have 7", (one) => (one.groups[0].members[1].connectionsPeak = 8)],
    ["group app: 10.30.0.1:8080: 1 requests wait while all is at rest", (one) => (one.groups[0].members[0].waiting = 1)],
    ["TCP of the machine still holds 5 bytes", (one) => (one.tcp.machine.bufferBytes = 5)],
    ["TCP of the clients still holds 5 bytes", (one) => (one.tcp.clients.bufferBytes = 5)],
  ];
  test.each(rows)("%s", (law, change) => {
    expect(judge(change)).toEqual([law]);
  });

  test("connections that the balancer counts are finished, failed or open, and none is open at rest", () => {
    expect(judge((one) => (one.groups[0].members[0].connections = 1))).toEqual([expect.stringMatching(/^group app: 10\.30\.0\.1:8080: \d+ requests, \d+ finished, 0 failed, 1 open$/)]);
    expect(judge((one) => (one.groups[0].members[0].finished += 1))).toEqual([expect.stringMatching(/^group app: 10\.30\.0\.1:8080: /)]);
  });

  test("the proxy closes what it opens", () => {
    expect(judge((one) => (one.proxy.clientsOpened += 1))).toEqual([expect.stringMatching(/^the proxy had \d+ clients, and \d+ have left$/)]);
    expect(judge((one) => (one.proxy.upstreamsOpened += 1))).toEqual([expect.stringMatching(/^the proxy opened \d+ connections to backends, and closed \d+$/)]);
  });

  test("a peak at its limit is within it, and where there is no limit there is none", () => {
    expect(judge((one) => (one.groups[0].members[1].connectionsPeak = 7))).toEqual([]);
    const unlimited = planWith({ ticks: 200, machine: { configuration: configuring("leastconn", 2) } });
    expect(judge((one) => (one.groups[0].members[1].connectionsPeak = 1_000_000), unlimited)).toEqual([]);
  });

  test("bodies may be cut where a backend is planned to cut them", () => {
    const cutting = planWith({ ticks: 200, backends: [{ halfParts: 1 }, {}], machine: { configuration: configuring("leastconn", 2) } });
    expect(judge((one) => (one.clients.counters.bodiesWrong = 4), cutting)).toEqual([]);
    const aborting = planWith({ ticks: 200, clients: [{ abortParts: 1 }] });
    expect(judge((one) => (one.backends.backends[0].bodiesWrong = 4), aborting)).toEqual([]);
  });
});
